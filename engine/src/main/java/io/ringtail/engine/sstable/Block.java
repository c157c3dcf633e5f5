package io.ringtail.engine.sstable;

import io.ringtail.engine.record.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The layout of a block's raw bytes, and search in it. Pure functions.
 *
 * <pre>
 *   entry count (4) · token of each entry (8 each) · offset of each entry (2 each, or 4 when the block exceeds 65,535 bytes)
 *   entries: varint size of the rest of the key · rest of the key (what follows its token) · encoded record
 * </pre>
 *
 * An entry ends where the next begins, the last one with the block. The tokens stand together so that a search reads two
 * or three cache lines of plain longs and compares bytes only once, whatever the keys' length.
 */
final class Block {
    /** From this raw size on offsets take four bytes. */
    static final int WIDE_FROM = 1 << 16;

    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private Block() {}

    static int count(byte[] block) {
        return (int) INT.get(block, 0);
    }

    static long token(byte[] block, int index) {
        return (long) LONG.get(block, 4 + (index << 3));
    }

    /** Where entry {@code index} begins; for {@code index == count} the block's end. */
    static int entryOffset(byte[] block, int size, int count, int index) {
        if (index == count) {
            return size;
        }
        int offsets = 4 + (count << 3);
        return size >= WIDE_FROM
                ? (int) INT.get(block, offsets + (index << 2))
                : (short) SHORT.get(block, offsets + (index << 1)) & 0xFFFF;
    }

    /** Size of the varint at {@code at}. */
    static int varintSize(int value) {
        return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    }

    static int putVarint(byte[] target, int offset, int value) {
        int at = offset;
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return at;
    }

    static int varint(byte[] source, int offset) {
        int value = source[offset];
        if (value >= 0) {
            return value;
        }
        value &= 0x7F;
        for (int shift = 7, at = offset + 1; shift < 35; shift += 7) {
            byte b = source[at++];
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint longer than 5 bytes");
    }

    /** The index of the entry with {@code key}, or -1. */
    static int find(byte[] block, int size, Key key) {
        int count = count(block);
        long token = key.token();
        int first = lowerBound(block, count, token);
        if (first == count || token(block, first) != token) {
            return -1;
        }
        if (first + 1 == count || token(block, first + 1) != token) {
            return compareRest(block, entryOffset(block, size, count, first), key) == 0 ? first : -1;
        }
        int low = first;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = token(block, middle) != token
                    ? 1
                    : compareRest(block, entryOffset(block, size, count, middle), key);
            if (order < 0) {
                low = middle + 1;
            } else if (order > 0) {
                high = middle - 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    /** The index of the first entry whose token is at least {@code token}, or the count. */
    static int lowerBound(byte[] block, int count, long token) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(token(block, middle), token) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static int compareRest(byte[] block, int entryOffset, Key key) {
        int restSize = varint(block, entryOffset);
        int rest = entryOffset + varintSize(restSize);
        return Arrays.compareUnsigned(block, rest, rest + restSize, key.bytes(), Key.DATABASE_OFFSET, key.size());
    }

    /** Where the record of the entry at {@code entryOffset} begins. */
    static int recordOffset(byte[] block, int entryOffset) {
        int restSize = varint(block, entryOffset);
        return entryOffset + varintSize(restSize) + restSize;
    }
}
