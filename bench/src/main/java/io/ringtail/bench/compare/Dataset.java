package io.ringtail.bench.compare;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Numbered keys and values that can be made again from their number, so that every answer can be checked without
 * keeping what was written.
 *
 * <pre>
 *   key     mixed number (8) · number (8)     16 bytes, big endian; in random order when numbers ascend
 *   value   half of it pseudo-random, and that half again: about what ordinary data leave to a compressor
 * </pre>
 *
 * Confined to one thread: it has room for one value.
 */
final class Dataset {
    static final int KEY_BYTES = 16;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final long STEP = 0x9E3779B97F4A7C15L;

    private final int valueBytes;
    private final byte[] expected;

    Dataset(int valueBytes) {
        this.valueBytes = valueBytes;
        this.expected = new byte[valueBytes];
    }

    int valueBytes() {
        return valueBytes;
    }

    static void key(long number, byte[] into) {
        LONG.set(into, 0, mix(number * STEP));
        LONG.set(into, 8, number);
    }

    /** The number of a key. */
    static long number(byte[] key, int offset) {
        return (long) LONG.get(key, offset + 8);
    }

    void value(long number, byte[] into) {
        int half = (valueBytes + 1) / 2;
        long state = number;
        int at = 0;
        for (; at + 8 <= half; at += 8) {
            LONG.set(into, at, mix(state += STEP));
        }
        long rest = mix(state + STEP);
        for (; at < half; at++) {
            into[at] = (byte) rest;
            rest >>>= 8;
        }
        System.arraycopy(into, 0, into, half, valueBytes - half);
    }

    /** Whether {@code array[offset, offset + size)} is the value of this number. */
    boolean isValue(long number, byte[] array, int offset, int size) {
        if (size != valueBytes) {
            return false;
        }
        value(number, expected);
        return Arrays.equals(expected, 0, size, array, offset, offset + size);
    }

    /** A pseudo-random number of {@code [0, bound)}, another for each {@code draw}. */
    static long below(long draw, long bound) {
        return Math.multiplyHigh(mix(draw * STEP + 1) >>> 1, 2 * bound);
    }

    /** A bijection of 64 bits (SplitMix's finalizer). */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
