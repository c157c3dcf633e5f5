package io.ringtail.bench.changes;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Requests in the Redis protocol, gathered to be sent at once, and the replies to them. Confined to one thread. */
final class Commands {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

    Commands set(String key, byte[] value) {
        begin(3).argument("SET").argument(key);
        return argument(value);
    }

    Commands get(String key) {
        return begin(2).argument("GET").argument(key);
    }

    private Commands begin(int arguments) {
        return raw("*" + arguments + "\r\n");
    }

    private Commands argument(String text) {
        return argument(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Commands argument(byte[] bytes) {
        raw("$" + bytes.length + "\r\n");
        out.writeBytes(bytes);
        return raw("\r\n");
    }

    private Commands raw(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    void writeTo(OutputStream target) throws IOException {
        out.writeTo(target);
    }

    /**
     * Reads a bulk string, or null.
     *
     * @throws Refused when the reply is an error
     */
    static byte @Nullable [] readBulk(DataInputStream in) throws IOException {
        String head = line(in);
        if (head.startsWith("-")) {
            throw new Refused(head.substring(1));
        }
        int size = Integer.parseInt(head.substring(1));
        if (!head.startsWith("$") || size < 0) {
            return null;
        }
        byte[] bytes = new byte[size];
        in.readFully(bytes);
        String ignored = line(in);
        return bytes;
    }

    /**
     * Reads {@code OK}.
     *
     * @throws Refused when the reply is something else
     */
    static void readOk(DataInputStream in) throws IOException {
        String head = line(in);
        if (!head.equals("+OK")) {
            throw new Refused(head.substring(1));
        }
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** An error reply. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String error) {
            super(error);
        }
    }
}
