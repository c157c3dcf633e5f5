package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The explicit way on when a damaged log stops the start: saves every whole frame, from before and from after the
 * damage.
 *
 * <p>Called by the command line, with the store's directory locked, and never by the server itself: what a damaged
 * frame held is lost, and only people can know whether another replica has it.
 *
 * <p>The segments from the first damaged one on are copied, frame by whole frame, to new segments with greater ids. So
 * all of them will be replayed, even what a manifest already has elsewhere, which changes nothing because a merge can
 * be repeated and needs no order. Only when the copies are durable are damaged segments set aside as {@code *.damaged},
 * and copied ones deleted: a crash in between leaves all there was. Confined to one thread.
 */
public final class CommitLogRepair {
    private static final String ASIDE = ".damaged";

    private final FileSystem fileSystem;
    private final Path directory;
    private final boolean dryRun;
    private final SecureRandom salts = new SecureRandom();

    private final List<String> damages = new ArrayList<>();
    private final List<Path> damaged = new ArrayList<>();
    private final List<Path> copied = new ArrayList<>();
    private long storeId;
    private long lastId;
    /** Where the last segment looked at ended; -1 when that cannot be known. */
    private long sourceEnd = -1;
    /** Where the frames that stay, or are copied, end. */
    private long end;

    private boolean copying;
    private long savedFrames;
    private long savedEntries;
    private long lostBytes;
    private @Nullable SegmentWriter writer;
    private final FrameBuffer frame = new FrameBuffer();
    private final Copy copy = new Copy();
    private final Key key = new Key();
    private final Record record = new Record();

    private CommitLogRepair(FileSystem fileSystem, Path directory, boolean dryRun) {
        this.fileSystem = fileSystem;
        this.directory = directory;
        this.dryRun = dryRun;
    }

    /**
     * What was, or in a dry run would be, done. Immutable.
     *
     * @param damages one sentence for each place
     * @param savedFrames copied to new segments
     * @param savedEntries in them
     * @param lostBytes that belong to no whole frame
     * @param setAside the damaged files, by their names before
     */
    public record Report(
            List<String> damages, long savedFrames, long savedEntries, long lostBytes, List<Path> setAside) {
        public boolean isClean() {
            return damages.isEmpty();
        }
    }

    /**
     * Repairs the log in {@code directory}; does nothing to one that is whole. A torn tail counts as damage here.
     *
     * @param dryRun only look and report
     */
    public static Report repair(FileSystem fileSystem, Path directory, boolean dryRun) throws IOException {
        CommitLogRepair repair = new CommitLogRepair(fileSystem, directory, dryRun);
        try {
            repair.run();
        } finally {
            repair.frame.close();
        }
        return new Report(
                List.copyOf(repair.damages),
                repair.savedFrames,
                repair.savedEntries,
                repair.lostBytes,
                List.copyOf(repair.damaged));
    }

    private void run() throws IOException {
        NavigableMap<Long, Path> segments = new TreeMap<>();
        for (Path file : fileSystem.list(directory)) {
            Long id = LogFormat.segmentId(file);
            if (id != null && fileSystem.size(file) > LogFormat.FRAMES_OFFSET) {
                segments.put(id, file);
            }
            lastId = id == null ? lastId : Math.max(lastId, id);
        }
        storeId = findStoreId(segments);
        for (var segment : segments.entrySet()) {
            look(segment.getKey(), segment.getValue());
            if (copying) {
                copy(segment.getKey(), segment.getValue());
            }
        }
        SegmentWriter last = writer;
        if (last != null) {
            last.seal();
        }
        if (dryRun) {
            return;
        }
        if (copying) {
            fileSystem.syncDirectory(directory);
        }
        for (Path file : damaged) {
            fileSystem.rename(file, file.resolveSibling(file.getFileName() + ASIDE));
        }
        for (Path file : copied) {
            fileSystem.delete(file);
        }
        fileSystem.syncDirectory(directory);
    }

    private long findStoreId(NavigableMap<Long, Path> segments) throws IOException {
        CorruptionException unreadable = null;
        for (var segment : segments.entrySet()) {
            try (SegmentReader reader = SegmentReader.open(fileSystem, segment.getValue(), segment.getKey())) {
                return reader.storeId();
            } catch (CorruptionException e) {
                unreadable = e; // the next one may tell
            }
        }
        if (unreadable == null) {
            return 0; // no segments: nothing to do
        }
        throw new IOException(
                "no segment in " + directory + " has a readable header: nothing to repair from", unreadable);
    }

    /** Finds out whether a segment is whole and goes on where the one before ended; if not, copying begins. */
    private void look(long id, Path path) throws IOException {
        int damagesBefore = damages.size();
        try (SegmentReader reader = SegmentReader.open(fileSystem, path, id)) {
            boolean first = true;
            while (reader.next()) {
                if (first && sourceEnd >= 0 && reader.link() != sourceEnd) {
                    damages.add(path + ": the frames from " + LogPosition.of(sourceEnd) + " to "
                            + LogPosition.of(reader.link())
                            + " before it are missing");
                    copying = true; // but the file itself is whole
                    damagesBefore++;
                }
                first = false;
                reader.replay(Discard.INSTANCE, key, record);
                sourceEnd = LogPosition.toLong(id, reader.endOffset());
            }
            if (reader.endOffset() < reader.limit()) {
                damages.add(path + " at offset " + reader.endOffset() + ": no whole frame");
            } else if (reader.isSealed() && !reader.contentMatchesFooter()) {
                damages.add(path + " at offset " + reader.limit() + ": the footer is not that of these frames");
            }
        } catch (CorruptionException e) {
            damages.add(String.valueOf(e.getMessage()));
        }
        if (damages.size() > damagesBefore) {
            copying = true;
            sourceEnd = -1;
            damaged.add(path);
        } else if (copying) {
            copied.add(path);
        } else if (sourceEnd >= 0) {
            end = sourceEnd;
        }
    }

    private void copy(long id, Path path) throws IOException {
        try (SegmentReader reader = SegmentReader.openDamaged(fileSystem, path, id, storeId)) {
            long saved = 0;
            while (reader != null && (reader.next() || reader.skipDamage())) {
                if (copyFrame(reader)) {
                    saved += reader.frameSize();
                }
            }
            long framed = (long) LogFormat.FRAMES_OFFSET + (reader != null && reader.isSealed() ? FileFooter.SIZE : 0);
            lostBytes += Math.max(0, fileSystem.size(path) - framed - saved);
        }
    }

    private boolean copyFrame(SegmentReader reader) throws IOException {
        frame.reset();
        int entries;
        try {
            entries = reader.replay(copy, key, record);
        } catch (CorruptionException e) {
            damages.add(String.valueOf(e.getMessage()));
            return false;
        }
        savedFrames++;
        savedEntries += entries;
        if (!dryRun && !frame.isEmpty()) {
            SegmentWriter target = writerFor(frame.frameSize(true));
            target.write(frame, 0, end);
            end = target.endPosition();
        }
        return true;
    }

    private SegmentWriter writerFor(int frameSize) throws IOException {
        SegmentWriter now = writer;
        if (now == null || !now.hasRoomFor(frameSize)) {
            if (now != null) {
                now.seal();
            }
            long capacity = Math.max(CommitLogOptions.DEFAULT_SEGMENT_SIZE, SegmentWriter.capacityFor(frameSize));
            now = SegmentWriter.create(fileSystem, directory, storeId, ++lastId, salts.nextLong(), capacity);
            writer = now;
        }
        return now;
    }

    private final class Copy implements CommitLogReplay {
        @Override
        public void record(Key key, Record record) {
            frame.add(key, record);
        }

        @Override
        public void clear(int database, long hlc) {
            frame.addClear(database, hlc);
        }
    }

    /** Entries are read to see that they can be. */
    private enum Discard implements CommitLogReplay {
        INSTANCE;

        @Override
        public void record(Key key, Record record) {}

        @Override
        public void clear(int database, long hlc) {}
    }
}
