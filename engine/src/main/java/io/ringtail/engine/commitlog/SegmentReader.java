package io.ringtail.engine.commitlog;

import static io.ringtail.engine.commitlog.LogFormat.FRAMES_OFFSET;
import static io.ringtail.engine.commitlog.LogFormat.FRAME_HEADER_SIZE;
import static io.ringtail.engine.commitlog.LogFormat.INT;
import static io.ringtail.engine.commitlog.LogFormat.LINK_SIZE;
import static io.ringtail.engine.commitlog.LogFormat.LONG;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.ReadableFile;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the whole frames of one segment. Made by recovery, repair and the dump tool, which close it.
 *
 * <p>Confined to one thread. Everything is checked before it is believed: a declared size never exceeds what the file
 * holds, and memory grows by what the file really has. {@link #next} stops at the first thing that is no frame;
 * {@link #skipDamage} looks for one after it.
 */
final class SegmentReader implements Closeable {
    private static final int WINDOW_SIZE = 1 << 20;

    private final Path path;
    private final ReadableFile file;
    private final FileHeader header;
    private final long salt;
    private final long fileSize;
    private final @Nullable FileFooter footer;
    /** Where frames end at the latest. */
    private final long limit;

    private final CRC32C crc = new CRC32C();
    private final CRC32C frameCrcs = new CRC32C();
    private byte[] window = new byte[0];
    private long windowOffset;
    private int windowSize;

    private long frameOffset = FRAMES_OFFSET;
    private long nextOffset = FRAMES_OFFSET;
    private int frameSize;
    private long synced;

    private SegmentReader(
            Path path, ReadableFile file, FileHeader header, long salt, long size, @Nullable FileFooter footer) {
        this.path = path;
        this.file = file;
        this.header = header;
        this.salt = salt;
        this.fileSize = size;
        this.footer = footer;
        this.limit = footer == null ? size : footer.contentSize();
    }

    /**
     * Opens a segment.
     *
     * @throws CorruptionException when what stands before the first frame is damaged or cut
     */
    static SegmentReader open(FileSystem fileSystem, Path path, long segmentId) throws IOException {
        ReadableFile file = fileSystem.open(path);
        try {
            long size = file.size();
            byte[] start = read(file, 0, (int) Math.min(FRAMES_OFFSET, size));
            FileHeader header = FileHeader.parse(start, path).require(LogFormat.FILE_TYPE, LogFormat.VERSION, path);
            if (header.fileId() != segmentId) {
                throw new CorruptionException(path, 0, "header says this is segment " + header.fileId());
            }
            if (start.length < FRAMES_OFFSET) {
                throw new CorruptionException(path, start.length, "segment cut before its first frame");
            }
            if (LogFormat.saltCrc(start) != (int) INT.get(start, LogFormat.SALT_CRC_OFFSET)) {
                throw new CorruptionException(path, LogFormat.SALT_OFFSET, "salt and its CRC32C do not match");
            }
            long salt = (long) LONG.get(start, LogFormat.SALT_OFFSET);
            return new SegmentReader(path, file, header, salt, size, footer(file, path, size, segmentId));
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * Opens a segment for what can be saved from it. When what stands before the first frame is damaged, the salt is
     * taken from the first frame, if that is whole: its mark is the salt XOR a place that is known.
     *
     * @param storeId what to believe when the header cannot be read
     * @return null when there is nothing to be saved
     */
    static @Nullable SegmentReader openDamaged(FileSystem fileSystem, Path path, long segmentId, long storeId)
            throws IOException {
        try {
            return open(fileSystem, path, segmentId);
        } catch (CorruptionException e) {
            ReadableFile file = fileSystem.open(path);
            long size = file.size();
            byte[] first = read(file, FRAMES_OFFSET, FRAME_HEADER_SIZE);
            if (first.length == FRAME_HEADER_SIZE) {
                FileHeader header = new FileHeader(LogFormat.FILE_TYPE, LogFormat.VERSION, storeId, segmentId);
                long salt = (long) LONG.get(first, LogFormat.MARK_OFFSET)
                        ^ LogPosition.toLong(segmentId, FRAMES_OFFSET);
                return new SegmentReader(path, file, header, salt, size, null);
            }
            file.close();
            return null;
        }
    }

    private static @Nullable FileFooter footer(ReadableFile file, Path path, long size, long segmentId)
            throws IOException {
        if (size < FRAMES_OFFSET + FileFooter.SIZE) {
            return null;
        }
        byte[] end = read(file, size - FileFooter.SIZE, FileFooter.SIZE);
        if (!FileFooter.isFooter(end)) {
            return null; // not sealed, or damaged: recovery finds out which
        }
        FileFooter footer = FileFooter.parse(end, path, size);
        if (footer.fileId() != segmentId) {
            throw new CorruptionException(path, size - FileFooter.SIZE, "footer of segment " + footer.fileId());
        }
        return footer;
    }

    private static byte[] read(ReadableFile file, long offset, int size) throws IOException {
        byte[] bytes = new byte[size];
        int read = file.read(ByteBuffer.wrap(bytes), offset);
        return read == size ? bytes : Arrays.copyOf(bytes, read);
    }

    Path path() {
        return path;
    }

    long segmentId() {
        return header.fileId();
    }

    long storeId() {
        return header.storeId();
    }

    long salt() {
        return salt;
    }

    long fileSize() {
        return fileSize;
    }

    /** Whether a footer ends it, so that every frame must be whole. */
    boolean isSealed() {
        return footer != null;
    }

    /** Where the last frame must end in a sealed segment; the file's size in another. */
    long limit() {
        return limit;
    }

    /** Moves to the frame that starts where the one before ended; false when there is none. */
    boolean next() throws IOException {
        if (!isFrame(nextOffset)) {
            return false;
        }
        take(nextOffset);
        return true;
    }

    /**
     * After {@link #next} has returned false: moves to the first whole frame that starts anywhere later; false when
     * there is none. A frame's mark ties it to its place and to this segment's secret salt, so nothing else is taken
     * for one.
     */
    boolean skipDamage() throws IOException {
        for (long offset = nextOffset + 1; offset + FRAME_HEADER_SIZE <= limit; offset++) {
            int at = load(offset, FRAME_HEADER_SIZE);
            if (((long) LONG.get(window, at + LogFormat.MARK_OFFSET) ^ salt) == LogPosition.toLong(segmentId(), offset)
                    && isFrame(offset)) {
                take(offset);
                return true;
            }
        }
        return false;
    }

    private void take(long offset) throws IOException {
        int at = load(offset, FRAME_HEADER_SIZE);
        frameOffset = offset;
        frameSize = (int) INT.get(window, at + LogFormat.SIZE_OFFSET);
        at = load(offset, frameSize);
        synced = (long) LONG.get(window, at + LogFormat.SYNCED_OFFSET);
        frameCrcs.update(window, at, 4);
        nextOffset = offset + frameSize;
    }

    private boolean isFrame(long offset) throws IOException {
        if (limit - offset < FRAME_HEADER_SIZE) {
            return false;
        }
        int at = load(offset, FRAME_HEADER_SIZE);
        int size = (int) INT.get(window, at + LogFormat.SIZE_OFFSET);
        if (((long) LONG.get(window, at + LogFormat.MARK_OFFSET) ^ salt) != LogPosition.toLong(segmentId(), offset)
                || size <= FRAME_HEADER_SIZE
                || size > limit - offset) {
            return false;
        }
        at = load(offset, size);
        crc.reset();
        crc.update(window, at + LogFormat.SIZE_OFFSET, size - LogFormat.SIZE_OFFSET);
        return (int) crc.getValue() == (int) INT.get(window, at);
    }

    /** Makes {@code [offset, offset + size)} of the file, which has it, stand in the window; returns where. */
    private int load(long offset, int size) throws IOException {
        if (offset >= windowOffset && offset + size <= windowOffset + windowSize) {
            return (int) (offset - windowOffset);
        }
        int wanted = (int) Math.min(limit - offset, Math.max(size, WINDOW_SIZE));
        if (window.length < wanted || (window.length > 8 * WINDOW_SIZE && wanted <= WINDOW_SIZE)) {
            window = new byte[wanted];
        }
        windowOffset = offset;
        windowSize = file.read(ByteBuffer.wrap(window, 0, wanted), offset);
        if (windowSize < size) {
            throw new CorruptionException(path, offset + windowSize, "the file became shorter while it was read");
        }
        return 0;
    }

    // ---- the frame it stands at

    /** Offset of the frame. */
    long frameOffset() {
        return frameOffset;
    }

    int frameSize() {
        return frameSize;
    }

    /** Offset after the last frame it stood at: where the next one starts, or what is none. */
    long endOffset() {
        return nextOffset;
    }

    /** Position up to which the log was durable when the frame was written. */
    long synced() {
        return synced;
    }

    /** CRC32C over the CRCs of the frames passed, which a footer holds. */
    int contentChecksum() {
        return (int) frameCrcs.getValue();
    }

    /** Whether the footer's checksum is that of the frames passed; only when sealed, at the end. */
    boolean contentMatchesFooter() {
        return footer != null && footer.contentChecksum() == contentChecksum();
    }

    /** Where the frame before this segment's first one ended, by the frame it stands at; -1 when it says nothing. */
    long link() throws IOException {
        int at = load(frameOffset, frameSize) + FRAME_HEADER_SIZE;
        return frameSize >= FRAME_HEADER_SIZE + LINK_SIZE && window[at] == LogFormat.ENTRY_LINK
                ? (long) LONG.get(window, at + 1)
                : -1;
    }

    /** Hands over the frame's entries, in order; returns how many. Key and record are scratch objects of the caller. */
    int replay(CommitLogReplay target, Key key, Record record) throws IOException {
        int start = load(frameOffset, frameSize);
        int end = start + frameSize;
        int at = start + FRAME_HEADER_SIZE;
        int count = 0;
        while (at < end) {
            int entry = at;
            byte type = window[at++];
            switch (type) {
                case LogFormat.ENTRY_RECORD -> {
                    int keySize = varint(at, end);
                    at += keySize < 0 ? 0 : LogFormat.varintSize(keySize);
                    if (keySize < 0 || keySize > end - at || !LogFormat.isKey(window, at, keySize)) {
                        throw malformed(entry - start, "no internal key");
                    }
                    key.setEncoded(window, at, keySize);
                    at += keySize;
                    int recordSize = varint(at, end);
                    at += recordSize < 0 ? 0 : LogFormat.varintSize(recordSize);
                    if (recordSize < 0 || recordSize > end - at) {
                        throw malformed(entry - start, "record of " + recordSize + " bytes");
                    }
                    wrap(record, at, recordSize, entry - start);
                    at += recordSize;
                    target.record(key, record);
                    count++;
                }
                case LogFormat.ENTRY_CLEAR -> {
                    if (end - entry < LogFormat.CLEAR_SIZE) {
                        throw malformed(entry - start, "clear entry cut");
                    }
                    target.clear(window[at] & 0xFF, (long) LONG.get(window, at + 1));
                    at = entry + LogFormat.CLEAR_SIZE;
                    count++;
                }
                case LogFormat.ENTRY_LINK -> {
                    if (entry != start + FRAME_HEADER_SIZE || end - entry < LINK_SIZE) {
                        throw malformed(entry - start, "link entry out of place");
                    }
                    at = entry + LINK_SIZE;
                }
                default -> throw malformed(entry - start, "entry type " + type);
            }
        }
        return count;
    }

    private void wrap(Record record, int at, int size, int entryOffset) throws CorruptionException {
        try {
            record.wrap(window, at, size);
        } catch (IllegalArgumentException e) {
            throw malformed(entryOffset, String.valueOf(e.getMessage()));
        }
    }

    /** The varint at {@code at}, or -1 when it is none, or not in its shortest form. */
    private int varint(int at, int end) {
        int value = 0;
        for (int shift = 0; shift <= 28 && at < end; shift += 7) {
            byte b = window[at++];
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                boolean shortest = shift == 0 || b != 0;
                return shortest && (shift < 28 || b < 8) ? value : -1;
            }
        }
        return -1;
    }

    /** A frame with a right checksum and wrong entries: a bug of the writer, or somebody's work. */
    private CorruptionException malformed(int offsetInFrame, String what) {
        return new CorruptionException(path, frameOffset + offsetInFrame,
                "in the frame at " + frameOffset + ": " + what);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
