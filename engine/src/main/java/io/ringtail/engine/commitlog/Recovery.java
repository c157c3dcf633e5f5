package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.WritableFile;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log at start: replays the whole frames, tells a torn tail from damage, cuts the one and stops at the other.
 *
 * <p>Used once by {@link CommitLog#open}. Confined to one thread.
 *
 * <p>What was never synced may be lost in a power cut, and not only from the end: the kernel writes pages, and files,
 * in any order. So the first place where frames do not go on (a <em>hole</em>) says nothing by itself. But each frame
 * carries the position up to which the log was durable when it was written. The rule:
 *
 * <ol>
 *   <li>When any whole frame, wherever, says that the log was durable beyond the hole, then what is missing was there:
 *       it is damage, and {@link CorruptionException} names the place.
 *   <li>A segment with a footer was synced before the footer was written: any hole in it is damage. So is a bad header
 *       before frames, for a header is durable before its segment is used.
 *   <li>Otherwise what follows the hole was never durable, and nobody was promised otherwise; it is cut, whole frames
 *       included, since a log with a gap would be out of order.
 * </ol>
 */
final class Recovery {
    private final FileSystem fileSystem;
    private final Path directory;
    private final long storeId;
    private final long replayFrom;
    private final CommitLogReplay target;
    private final CommitLogListener listener;

    private final Key key = new Key();
    private final Record record = new Record();

    /** Segments to be kept and their sizes. */
    private final NavigableMap<Long, Segment> kept = new TreeMap<>();
    private final List<Path> deletable = new ArrayList<>();
    private long lastId;
    private long end;
    private boolean endIsKnown;
    private long maxSynced;
    private long frameCount;
    private long entryCount;

    private @Nullable Path holeFile;
    private long holePosition = -1;
    private String holeReason = "";
    private long cutBytes;
    private long cutFrames;
    private @Nullable Path footerlessFile;
    private long footerlessPosition;

    /** A segment on disk. */
    record Segment(Path path, long size, boolean sealed, long framesEnd, int contentChecksum) {}

    private Recovery(
            FileSystem fileSystem,
            Path directory,
            long storeId,
            LogPosition replayFrom,
            CommitLogReplay target,
            CommitLogListener listener) {
        this.fileSystem = fileSystem;
        this.directory = directory;
        this.storeId = storeId;
        this.replayFrom = replayFrom.toLong();
        this.end = this.replayFrom;
        this.lastId = replayFrom.segmentId();
        this.target = target;
        this.listener = listener;
    }

    static Recovery run(
            FileSystem fileSystem,
            Path directory,
            long storeId,
            LogPosition replayFrom,
            CommitLogReplay target,
            CommitLogListener listener)
            throws IOException {
        Recovery recovery = new Recovery(fileSystem, directory, storeId, replayFrom, target, listener);
        recovery.readAll(replayFrom.segmentId());
        recovery.judge();
        recovery.tidy();
        return recovery;
    }

    /** Position at which the last frame ended; everything before it is durable. */
    long end() {
        return end;
    }

    /** The greatest segment id ever seen. */
    long lastId() {
        return lastId;
    }

    NavigableMap<Long, Segment> segments() {
        return kept;
    }

    long frameCount() {
        return frameCount;
    }

    long entryCount() {
        return entryCount;
    }

    long cutBytes() {
        return cutBytes;
    }

    private void readAll(long firstId) throws IOException {
        NavigableMap<Long, Path> files = new TreeMap<>();
        for (Path file : fileSystem.list(directory)) {
            Long id = LogFormat.segmentId(file);
            if (id != null) {
                files.put(id, file);
                lastId = Math.max(lastId, id);
            }
        }
        for (var file : files.entrySet()) {
            if (file.getKey() < firstId) {
                deletable.add(file.getValue()); // released; the deletion was not durable
            } else {
                readSegment(file.getKey(), file.getValue());
            }
        }
    }

    private void readSegment(long id, Path path) throws IOException {
        if (fileSystem.size(path) <= LogFormat.FRAMES_OFFSET) {
            deletable.add(path); // made ahead of time, or while making it the power went
            return;
        }
        try (SegmentReader reader = SegmentReader.open(fileSystem, path, id)) {
            if (reader.storeId() != storeId) {
                throw new CorruptionException(
                        path, 0, "segment of store %016x, this is %016x".formatted(reader.storeId(), storeId));
            }
            int frames = readFrames(reader);
            long framesEnd = reader.endOffset();
            int checksum = reader.contentChecksum();
            if (framesEnd < reader.limit()) {
                readBeyondHole(reader, framesEnd, frames);
            } else if (reader.isSealed() && !reader.contentMatchesFooter()) {
                throw new CorruptionException(path, framesEnd, "the footer is not that of these frames");
            }
            if (holePosition < 0 || ((holePosition >>> 32) == id && frames > 0)) {
                if (frames > 0) {
                    kept.put(id, new Segment(path, reader.fileSize(), reader.isSealed(), framesEnd, checksum));
                } else {
                    deletable.add(path);
                }
            } else {
                deletable.add(path);
            }
        }
    }

    /** Replays frames until there is none; returns how many were in order. */
    private int readFrames(SegmentReader reader) throws IOException {
        int frames = 0;
        boolean first = true;
        while (reader.next()) {
            maxSynced = Math.max(maxSynced, reader.synced());
            if (first) {
                checkLink(reader);
                first = false;
            }
            if (holePosition >= 0) {
                cutFrames++;
                cutBytes += reader.frameSize();
                continue;
            }
            long position = LogPosition.toLong(reader.segmentId(), reader.frameOffset());
            if (position >= replayFrom) {
                entryCount += reader.replay(target, key, record);
                frameCount++;
            }
            frames++;
            end = LogPosition.toLong(reader.segmentId(), reader.endOffset());
            endIsKnown = true;
        }
        return frames;
    }

    /** The first frame of a segment says where the one before it ended: nothing may be missing in between. */
    private void checkLink(SegmentReader reader) throws IOException {
        long link = reader.link();
        if (link < 0) {
            throw new CorruptionException(reader.path(), reader.frameOffset(),
                    "first frame of a segment without a link");
        }
        if (holePosition >= 0 || (endIsKnown ? link == end : link <= replayFrom)) {
            return;
        }
        if (link < end) {
            throw new CorruptionException(
                    reader.path(),
                    reader.frameOffset(),
                    "continues the log at " + LogPosition.of(link) + ", which ended at " + LogPosition.of(end));
        }
        hole(reader.path(), end, "the frames from " + LogPosition.of(end) + " to "
                + LogPosition.of(link) + " are missing");
    }

    private void hole(Path file, long position, String reason) {
        holeFile = file;
        holePosition = position;
        holeReason = reason;
    }

    /** At {@code offset} stands no frame: looks whether any follow, and what they say. */
    private void readBeyondHole(SegmentReader reader, long offset, int frames) throws IOException {
        if (reader.isSealed()) {
            throw new CorruptionException(reader.path(), offset, "damaged frame in a sealed segment");
        }
        long position = LogPosition.toLong(reader.segmentId(), offset);
        boolean framesFollow = false;
        while (reader.skipDamage()) {
            framesFollow = true;
            do {
                maxSynced = Math.max(maxSynced, reader.synced());
                cutFrames++;
            } while (reader.next());
        }
        cutBytes += reader.limit() - offset;
        if (holePosition >= 0) {
            return;
        }
        if (framesFollow || frames == 0) {
            hole(reader.path(), frames == 0 ? end : position,
                    "frame damaged or cut at " + reader.path() + ":" + offset);
        } else if (footerlessFile == null) {
            // Perhaps only half a footer: it is a hole when the next segment does not link to here.
            footerlessFile = reader.path();
            footerlessPosition = position;
        }
    }

    private void judge() throws CorruptionException {
        if (footerlessFile != null && maxSynced > footerlessPosition) {
            throw new CorruptionException(
                    footerlessFile,
                    LogPosition.of(footerlessPosition).offset(),
                    "neither a frame nor a footer, and later frames say that the log was durable up to "
                            + LogPosition.of(maxSynced));
        }
        if (holeFile != null && maxSynced > holePosition) {
            throw new CorruptionException(
                    holeFile,
                    LogPosition.of(holePosition).offset(),
                    holeReason + ", and later frames say that the log was durable up to " + LogPosition.of(maxSynced));
        }
    }

    /**
     * Cuts, deletes and seals, so that every segment kept is whole and durable; then a crash changes nothing any more.
     */
    private void tidy() throws IOException {
        if (cutBytes > 0) {
            Path file = holeFile != null ? holeFile : footerlessFile;
            if (file != null) {
                long position = holeFile != null ? holePosition : footerlessPosition;
                listener.tornTailCut(file, LogPosition.of(position).offset(), cutBytes, cutFrames);
            }
        }
        for (Path file : deletable) {
            fileSystem.delete(file);
        }
        for (var entry : kept.entrySet()) {
            Segment segment = entry.getValue();
            if (!segment.sealed()) {
                entry.setValue(seal(entry.getKey(), segment));
                listener.segmentSealed(segment.path());
            }
        }
        fileSystem.syncDirectory(directory);
    }

    private Segment seal(long id, Segment segment) throws IOException {
        try (WritableFile file = fileSystem.append(segment.path())) {
            file.truncate(segment.framesEnd());
            file.sync();
            try {
                file.write(ByteBuffer.wrap(
                        FileFooter.encode(segment.framesEnd(), id, segment.contentChecksum())));
            } catch (DiskFullException e) {
                file.truncate(segment.framesEnd()); // frames are durable without a footer too
            }
            file.sync();
            return new Segment(
                    segment.path(), file.position(), true, segment.framesEnd(), segment.contentChecksum());
        }
    }
}
