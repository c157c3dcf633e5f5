package io.ringtail.protocol.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;

/**
 * Writes requests as RESP arrays of bulk strings, the same in both versions. Called by the command line and the load
 * generator. Pure functions over the caller's buffer.
 */
public final class RequestEncoder {
    private RequestEncoder() {}

    public static void encode(ByteBuf out, byte[]... arguments) {
        header(out, '*', arguments.length);
        for (byte[] argument : arguments) {
            bulk(out, argument);
        }
    }

    public static void encode(ByteBuf out, List<byte[]> arguments) {
        header(out, '*', arguments.size());
        for (byte[] argument : arguments) {
            bulk(out, argument);
        }
    }

    /** Arguments are written as UTF-8. */
    public static void encode(ByteBuf out, String... arguments) {
        header(out, '*', arguments.length);
        for (String argument : arguments) {
            header(out, '$', ByteBufUtil.utf8Bytes(argument));
            ByteBufUtil.writeUtf8(out, argument);
            crlf(out);
        }
    }

    private static void bulk(ByteBuf out, byte[] argument) {
        header(out, '$', argument.length);
        out.writeBytes(argument);
        crlf(out);
    }

    private static void header(ByteBuf out, char type, int value) {
        out.writeByte(type);
        digits(out, value);
        crlf(out);
    }

    private static void digits(ByteBuf out, int value) {
        if (value >= 10) {
            digits(out, value / 10);
        }
        out.writeByte('0' + value % 10);
    }

    private static void crlf(ByteBuf out) {
        out.writeShort(('\r' << 8) | '\n');
    }
}
