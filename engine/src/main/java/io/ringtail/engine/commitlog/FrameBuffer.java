package io.ringtail.engine.commitlog;

import static io.ringtail.engine.commitlog.LogFormat.CLEAR_SIZE;
import static io.ringtail.engine.commitlog.LogFormat.ENTRY_CLEAR;
import static io.ringtail.engine.commitlog.LogFormat.ENTRY_LINK;
import static io.ringtail.engine.commitlog.LogFormat.ENTRY_RECORD;
import static io.ringtail.engine.commitlog.LogFormat.FRAME_HEADER_SIZE;
import static io.ringtail.engine.commitlog.LogFormat.LINK_SIZE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Entries on their way into one frame. A log has two, used by turns: one is filled while the other is written.
 *
 * <p>Confined to whoever holds the lock that guards it at the time (see {@link CommitLog}). Its memory is outside the
 * heap, so that writing it copies nothing; it grows to fit, is given back after a large frame, and is freed by
 * {@link #close}.
 *
 * <pre>
 *   room for a frame header (24) · room for a link (9) · entries      a frame with a link starts at 0, one without at 9
 * </pre>
 */
final class FrameBuffer implements AutoCloseable {
    /** The largest frame: more than two of the largest values. */
    static final int MAX_CAPACITY = Integer.MAX_VALUE - 64;

    private static final int INITIAL_CAPACITY = 256 << 10;
    /** Above this the memory is given back once the frame is written. */
    private static final int KEPT_CAPACITY = 4 << 20;
    private static final int ENTRIES_OFFSET = FRAME_HEADER_SIZE + LINK_SIZE;
    private static final int SMALL_KEY_SIZE = 256;

    private final byte[] scratch = new byte[SMALL_KEY_SIZE + 64];
    private final CRC32C crc = new CRC32C();
    private Arena arena;
    private ByteBuffer buffer;
    private int entryCount;

    @SuppressWarnings("MustBeClosedChecker") // closed by close
    FrameBuffer() {
        arena = Arena.ofShared();
        buffer = allocate(arena, INITIAL_CAPACITY);
    }

    private static ByteBuffer allocate(Arena arena, int capacity) {
        return arena.allocate(capacity, 64).asByteBuffer().position(ENTRIES_OFFSET);
    }

    boolean isEmpty() {
        return entryCount == 0;
    }

    int entryCount() {
        return entryCount;
    }

    /** Bytes of the entries. */
    int size() {
        return buffer.position() - ENTRIES_OFFSET;
    }

    void add(Key key, Record record) {
        int keySize = key.size();
        int recordSize = record.size();
        ensureRoom(11L + keySize + recordSize);
        byte[] small = scratch;
        small[0] = ENTRY_RECORD;
        int at = putVarint(small, 1, keySize);
        if (keySize <= SMALL_KEY_SIZE) {
            System.arraycopy(key.bytes(), 0, small, at, keySize);
            at += keySize;
        } else {
            buffer.put(small, 0, at).put(key.bytes(), 0, keySize);
            at = 0;
        }
        at = putVarint(small, at, recordSize);
        if (record.isCausal()) {
            buffer.put(small, 0, at).put(record.encoded(), 0, recordSize);
        } else {
            at += record.encodeHeader(small, at);
            buffer.put(small, 0, at).put(record.valueArray(), record.valueOffset(), record.valueSize());
        }
        entryCount++;
    }

    void addClear(int database, long hlc) {
        ensureRoom(CLEAR_SIZE);
        buffer.put(ENTRY_CLEAR).put((byte) database).putLong(hlc);
        entryCount++;
    }

    private static int putVarint(byte[] target, int offset, int value) {
        while ((value & ~0x7F) != 0) {
            target[offset++] = (byte) (value | 0x80);
            value >>>= 7;
        }
        target[offset++] = (byte) value;
        return offset;
    }

    private void ensureRoom(long size) {
        if (buffer.remaining() < size) {
            grow(size);
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // closed by close, or when it is replaced
    private void grow(long size) {
        long needed = buffer.position() + size;
        if (needed > MAX_CAPACITY) {
            throw new IllegalStateException(
                    "commit log frame of " + needed + " bytes, limit " + MAX_CAPACITY + ": append more often");
        }
        int capacity = (int) Math.min(MAX_CAPACITY, Math.max(needed, buffer.capacity() + (buffer.capacity() >> 1)));
        Arena larger = Arena.ofShared();
        ByteBuffer copy;
        try {
            copy = allocate(larger, capacity).position(0);
        } catch (Throwable t) {
            larger.close();
            throw t;
        }
        copy.put(buffer.flip());
        arena.close();
        arena = larger;
        buffer = copy;
    }

    /** Bytes of the frame, with a link to the segment before or without one. */
    int frameSize(boolean withLink) {
        return withLink ? buffer.position() : buffer.position() - LINK_SIZE;
    }

    /**
     * Completes the frame; what is returned is to be written before anything is added.
     *
     * @param mark position XOR salt
     * @param link where the frame before ended, when this is the first of a segment; otherwise negative
     */
    ByteBuffer frame(long mark, long synced, long link) {
        int start = link >= 0 ? 0 : LINK_SIZE;
        int end = buffer.position();
        if (link >= 0) {
            buffer.put(FRAME_HEADER_SIZE, ENTRY_LINK).putLong(FRAME_HEADER_SIZE + 1, link);
        }
        buffer.putInt(start + LogFormat.SIZE_OFFSET, end - start);
        buffer.putLong(start + LogFormat.MARK_OFFSET, mark);
        buffer.putLong(start + LogFormat.SYNCED_OFFSET, synced);
        ByteBuffer frame = buffer.duplicate();
        crc.reset();
        crc.update(frame.limit(end).position(start + LogFormat.SIZE_OFFSET));
        buffer.putInt(start, (int) crc.getValue());
        return frame.position(start);
    }

    /** Empties it; gives memory back when it has become large. */
    @SuppressWarnings("MustBeClosedChecker") // closed by close, or when it is replaced
    void reset() {
        entryCount = 0;
        buffer.position(ENTRIES_OFFSET);
        if (buffer.capacity() > KEPT_CAPACITY) {
            arena.close();
            arena = Arena.ofShared();
            buffer = allocate(arena, INITIAL_CAPACITY);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
