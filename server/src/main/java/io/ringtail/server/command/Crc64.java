package io.ringtail.server.command;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The CRC-64 that ends a {@code DUMP} payload: the polynomial of Jones, bits reflected, no initial value, no final inversion
 * (its check value, over the digits 1 to 9, is {@code e9c6d914c4b8d9ca}). Eight bytes a step, by tables. Pure.
 */
final class Crc64 {
    /** {@code ad93d23594c935a9} with its bits reversed. */
    private static final long POLYNOMIAL = 0x95AC9329AC4BC9B5L;

    /** {@code TABLES[n][b]}: what byte {@code b} adds when {@code n} bytes follow it in the step. */
    private static final long[][] TABLES = new long[8][256];

    static {
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
            }
            TABLES[0][b] = crc;
        }
        for (int n = 1; n < 8; n++) {
            for (int b = 0; b < 256; b++) {
                long crc = TABLES[n - 1][b];
                TABLES[n][b] = TABLES[0][(int) crc & 0xFF] ^ (crc >>> 8);
            }
        }
    }

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Crc64() {}

    static long of(byte[] array, int offset, int size) {
        long crc = 0;
        int at = offset;
        int end = offset + size;
        for (; at <= end - 8; at += 8) {
            crc ^= (long) LONG.get(array, at);
            crc = TABLES[7][(int) crc & 0xFF]
                    ^ TABLES[6][(int) (crc >>> 8) & 0xFF]
                    ^ TABLES[5][(int) (crc >>> 16) & 0xFF]
                    ^ TABLES[4][(int) (crc >>> 24) & 0xFF]
                    ^ TABLES[3][(int) (crc >>> 32) & 0xFF]
                    ^ TABLES[2][(int) (crc >>> 40) & 0xFF]
                    ^ TABLES[1][(int) (crc >>> 48) & 0xFF]
                    ^ TABLES[0][(int) (crc >>> 56)];
        }
        for (; at < end; at++) {
            crc = TABLES[0][(int) (crc ^ array[at]) & 0xFF] ^ (crc >>> 8);
        }
        return crc;
    }
}
