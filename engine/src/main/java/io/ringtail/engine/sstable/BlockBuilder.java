package io.ringtail.engine.sstable;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.Arrays;

/**
 * Collects entries and lays them out as a {@link Block}. Made by {@link SstableWriter}, reused for all its blocks. Confined
 * to one thread.
 */
final class BlockBuilder {
    private long[] tokens = new long[64];
    private int[] offsets = new int[64];
    private byte[] entries = new byte[8192];
    private byte[] block = new byte[8192];
    private int count;
    private int entriesSize;

    int count() {
        return count;
    }

    long firstToken() {
        return tokens[0];
    }

    /** Bytes of the block as it stands. */
    int rawSize() {
        return blockSize(count, entriesSize);
    }

    /** Bytes of the block if an entry of {@code entrySize} were added. */
    long rawSizeWith(long entrySize) {
        long narrow = 4 + (count + 1L) * 10 + entriesSize + entrySize;
        return narrow < Block.WIDE_FROM ? narrow : narrow + (count + 1L) * 2;
    }

    private static int blockSize(int count, int entriesSize) {
        int narrow = 4 + count * 10 + entriesSize;
        return narrow < Block.WIDE_FROM ? narrow : narrow + count * 2;
    }

    static long entrySize(Key key, Record record) {
        int restSize = key.size() - Key.DATABASE_OFFSET;
        return (long) Block.varintSize(restSize) + restSize + record.size();
    }

    void add(Key key, Record record) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        int needed = Math.toIntExact(entriesSize + entrySize(key, record));
        if (needed > entries.length) {
            entries = Arrays.copyOf(entries, Math.max(needed, entries.length * 2));
        }
        tokens[count] = key.token();
        offsets[count++] = entriesSize;
        int at = putKey(key, entries, entriesSize);
        entriesSize = at + record.encode(entries, at);
    }

    private static int putKey(Key key, byte[] target, int offset) {
        int restSize = key.size() - Key.DATABASE_OFFSET;
        int at = Block.putVarint(target, offset, restSize);
        System.arraycopy(key.bytes(), Key.DATABASE_OFFSET, target, at, restSize);
        return at + restSize;
    }

    /** Lays the block out; the array is valid, in {@code [0, rawSize())}, until the next call. */
    byte[] finish() {
        int size = rawSize();
        if (block.length < size) {
            block = new byte[Math.max(size, Math.min(block.length * 2, 1 << 20))];
        }
        int at = putHead(block, size);
        System.arraycopy(entries, 0, block, at, entriesSize);
        return block;
    }

    private int putHead(byte[] target, int size) {
        Block.INT.set(target, 0, count);
        int at = 4;
        for (int i = 0; i < count; i++, at += 8) {
            Block.LONG.set(target, at, tokens[i]);
        }
        boolean wide = size >= Block.WIDE_FROM;
        int entriesAt = at + count * (wide ? 4 : 2);
        for (int i = 0; i < count; i++) {
            if (wide) {
                Block.INT.set(target, at, entriesAt + offsets[i]);
                at += 4;
            } else {
                Block.SHORT.set(target, at, (short) (entriesAt + offsets[i]));
                at += 2;
            }
        }
        return entriesAt;
    }

    /**
     * All of a one-entry block but the value's bytes, for a value too large to be copied about. The array is valid until
     * the next call; returns its used size.
     */
    static byte[] headOfSingle(Key key, Record record) {
        int restSize = key.size() - Key.DATABASE_OFFSET;
        byte[] head = new byte[16 + Block.varintSize(restSize) + restSize + record.headerSize()];
        Block.INT.set(head, 0, 1);
        Block.LONG.set(head, 4, key.token());
        Block.INT.set(head, 12, 16);
        int at = putKey(key, head, 16);
        record.encodeHeader(head, at);
        return head;
    }

    void clear() {
        count = 0;
        entriesSize = 0;
        if (entries.length > 1 << 20) {
            entries = new byte[8192];
            block = new byte[8192];
        }
    }
}
