package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads numbers from a stretch of bytes that may be anything, and says no when they end too early. Reusable; confined to one thread.
 */
final class ByteSource {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] EMPTY = new byte[0];

    private byte[] bytes = EMPTY;
    private int at;
    private int end;

    ByteSource set(byte[] bytes, int offset, int size) {
        this.bytes = bytes;
        this.at = offset;
        this.end = offset + size;
        return this;
    }

    byte[] bytes() {
        return bytes;
    }

    int offset() {
        return at;
    }

    private void require(int size) {
        if (size > end - at) {
            throw new IllegalArgumentException(size + " bytes wanted, " + (end - at) + " left");
        }
    }

    int u8() {
        require(1);
        return bytes[at++] & 0xFF;
    }

    long i64() {
        require(8);
        long value = (long) LONG.get(bytes, at);
        at += 8;
        return value;
    }

    /** A number from 0 through {@code max}, in as few bytes as it takes. */
    int varint(int max) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int b = u8();
            value |= (b & 0x7FL) << shift;
            if (b < 0x80) {
                if (value > max || (b == 0 && shift > 0)) {
                    throw new IllegalArgumentException("number " + value + ", at most " + max + " and no longer than need be");
                }
                return (int) value;
            }
            if (shift == 28) {
                throw new IllegalArgumentException("number of more than 5 bytes");
            }
        }
    }

    /** Passes over bytes; returns where they begin. */
    int skip(int size) {
        require(size);
        int from = at;
        at += size;
        return from;
    }

    void requireEnd() {
        if (at != end) {
            throw new IllegalArgumentException((end - at) + " bytes too many");
        }
    }
}
