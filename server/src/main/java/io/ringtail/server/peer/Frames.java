package io.ringtail.server.peer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The layout of a frame, and the messages of the links themselves. Pure.
 *
 * <pre>
 *   length of the payload (4) · CRC32C of the payload (4) · payload
 * </pre>
 */
final class Frames {
    static final int HEADER_SIZE = 8;

    /** Asks for a {@link #PONG} with the same eight bytes behind the type. */
    static final byte PING = 0;

    static final byte PONG = 1;
    static final int PING_SIZE = 9;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Frames() {}

    /** Whether a message of this type answers another one; requests are even. */
    static boolean isReply(byte type) {
        return (type & 1) == 1;
    }

    static int intAt(byte[] bytes, int offset) {
        return (int) INT.get(bytes, offset);
    }

    static long longAt(byte[] bytes, int offset) {
        return (long) LONG.get(bytes, offset);
    }

    static void putLong(byte[] bytes, int offset, long value) {
        LONG.set(bytes, offset, value);
    }
}
