package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.WritableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * One segment that is being written. Made by {@link CommitLog}, which also closes it.
 *
 * <p>{@link #write} and {@link #extend} are confined to the holder of the append lock; {@link #seal} is called once,
 * after the last write, by the holder of the sync lock; {@link #sync} by any thread.
 *
 * <p>Invariant: after a failed write nothing is written before the file has been cut back to the end of the last frame.
 */
final class SegmentWriter {
    private final Path path;
    private final long id;
    private final long salt;
    private final WritableFile file;
    private final CRC32C frameCrcs = new CRC32C();
    private final byte[] frameCrc = new byte[4];
    private long capacity;
    /** Written by the holder of the append lock only. */
    private volatile long end = LogFormat.FRAMES_OFFSET;
    private boolean hasFrames;
    private boolean endIsDirty;

    private SegmentWriter(Path path, long id, long salt, WritableFile file, long capacity) {
        this.path = path;
        this.id = id;
        this.salt = salt;
        this.file = file;
        this.capacity = capacity;
    }

    /** Makes a durable, empty segment with room for {@code capacity} bytes; leaves nothing behind when that fails. */
    static SegmentWriter create(
            FileSystem fileSystem, Path directory, long storeId, long id, long salt, long capacity) throws IOException {
        Path path = LogFormat.segmentFile(directory, id);
        WritableFile file = fileSystem.create(path);
        try {
            file.reserve(capacity);
            file.write(ByteBuffer.wrap(LogFormat.segmentStart(storeId, id, salt)));
            file.sync();
            fileSystem.syncDirectory(directory);
            return new SegmentWriter(path, id, salt, file, capacity);
        } catch (IOException | RuntimeException e) {
            try {
                file.close();
                fileSystem.delete(path);
            } catch (IOException again) {
                e.addSuppressed(again); // recovery deletes segments without frames
            }
            throw e;
        }
    }

    Path path() {
        return path;
    }

    long id() {
        return id;
    }

    /** Offset at which the next frame starts. */
    long end() {
        return end;
    }

    /** The position at which the next frame starts. */
    long endPosition() {
        return LogPosition.toLong(id, end);
    }

    boolean hasFrames() {
        return hasFrames;
    }

    boolean isHalfFull() {
        return end > capacity / 2;
    }

    boolean hasRoomFor(int frameSize) {
        return end + frameSize + FileFooter.SIZE <= capacity;
    }

    /** Makes room for a frame that is larger than a segment is. */
    void extend(int frameSize) throws IOException {
        long needed = end + frameSize + FileFooter.SIZE;
        file.reserve(needed);
        capacity = needed;
    }

    /**
     * Writes one frame.
     *
     * @param synced position up to which the log is known to be durable
     * @param previousEnd position at which the frame before ended, in whichever segment
     */
    void write(FrameBuffer buffer, long synced, long previousEnd) throws IOException {
        if (endIsDirty) {
            file.truncate(end);
            file.reserve(capacity);
            endIsDirty = false;
        }
        ByteBuffer frame = buffer.frame(endPosition() ^ salt, synced, hasFrames ? -1 : previousEnd);
        int size = frame.remaining();
        frame.get(frame.position(), frameCrc);
        try {
            file.write(frame);
        } catch (IOException | RuntimeException e) {
            endIsDirty = true;
            cutBack(e);
            throw e;
        }
        frameCrcs.update(frameCrc, 0, 4);
        hasFrames = true;
        end = endAfter(size);
    }

    private long endAfter(int size) {
        return end + size;
    }

    private void cutBack(Exception e) {
        try {
            file.truncate(end);
            file.reserve(capacity);
            endIsDirty = false;
        } catch (IOException again) {
            e.addSuppressed(again); // done before the next write
        }
    }

    void sync() throws IOException {
        file.sync();
    }

    /**
     * Makes all frames durable, then writes the footer and makes it durable: a footer says that the frames before it
     * were synced. Without room for a footer the segment stays without one, which recovery understands.
     */
    void seal() throws IOException {
        if (endIsDirty) {
            file.truncate(end);
        }
        file.sync();
        try {
            file.write(ByteBuffer.wrap(FileFooter.encode(end, id, (int) frameCrcs.getValue())));
            file.truncate(file.position()); // frees what was reserved beyond
        } catch (DiskFullException e) {
            file.truncate(end);
        }
        file.sync();
        file.close();
    }

    /** What {@link #seal} leaves behind. */
    Recovery.Segment sealed() {
        return new Recovery.Segment(path, file.position(), true, end, (int) frameCrcs.getValue());
    }

    /** Closes it as it is. */
    void close() throws IOException {
        file.close();
    }

    /** Bytes of a segment with one frame. */
    static long capacityFor(int frameSize) {
        return (long) LogFormat.FRAMES_OFFSET + frameSize + FileFooter.SIZE;
    }
}
