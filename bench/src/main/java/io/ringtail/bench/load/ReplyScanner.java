package io.ringtail.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Counts the replies in the bytes of one connection, and sees that each is of the kind that was asked for: {@code
 * +OK} to SET, and what {@code WAIT} says behind each batch of them; to GET a bulk string of the right size, or none; to INCR a number. A general decoder would make an object of each; a
 * generator that must outrun the server only looks at the ends. Confined to one thread.
 */
final class ReplyScanner {
    private static final int OK = '+' << 24 | 'O' << 16 | 'K' << 8 | '\r';
    private static final int NIL = '$' << 24 | '-' << 16 | '1' << 8 | '\r';
    private static final int CONSTANT_BYTES = 5;
    private static final int WAIT_REPLY_BYTES = 4;
    private static final short CRLF = '\r' << 8 | '\n';

    private final Load.Command command;
    private final byte[] header;
    private final int bulkReplyBytes;
    private final int replicasAwaited;
    /** Replies to SET that no reply to WAIT has followed yet. */
    private int unconfirmed;
    private long missing;

    ReplyScanner(Load load) {
        int valueBytes = load.valueBytes();
        replicasAwaited = load.replicasAwaited();
        command = load.command();
        header = ("$" + valueBytes + "\r\n").getBytes(StandardCharsets.US_ASCII);
        bulkReplyBytes = header.length + valueBytes + 2;
    }

    /** Replies that said there is no such key. */
    long missing() {
        return missing;
    }

    /**
     * Consumes whole replies, at most {@code max}, from the position of {@code in}, which is big endian; returns how
     * many. Where replicas are waited for none is counted before the reply to {@code WAIT} has come, and then all {@code max}.
     *
     * @throws IOException when what stands there is no such reply, or there are bytes behind the last one that was
     * asked for
     */
    int scan(ByteBuffer in, int max) throws IOException {
        int at = in.position();
        int limit = in.limit();
        int count = unconfirmed;
        while (count < max && at < limit) {
            int size =
                    switch (command) {
                        case SET -> constant(in, at, limit, OK);
                        case GET -> bulkReply(in, at, limit);
                        case INCR -> number(in, at, limit);
                    };
            if (size == 0) {
                break;
            }
            at += size;
            count++;
        }
        if (replicasAwaited > 0 && count < max) {
            in.position(at);
            unconfirmed = count;
            return 0;
        }
        if (replicasAwaited > 0) {
            int size = replicas(in, at, limit);
            unconfirmed = size == 0 ? count : 0;
            at += size;
            count = size == 0 ? 0 : count;
        }
        in.position(at);
        if (count == max && at < limit) {
            throw new IOException("more replies than requests: " + line(in, at, limit));
        }
        return count;
    }

    /** Bytes of the reply at {@code at}, 0 when it is not whole. */
    private int bulkReply(ByteBuffer in, int at, int limit) throws IOException {
        int compared = Math.min(header.length, limit - at);
        for (int i = 0; i < compared; i++) {
            if (in.get(at + i) != header[i]) {
                int size = constant(in, at, limit, NIL);
                missing += size == 0 ? 0 : 1;
                return size;
            }
        }
        if (limit - at < bulkReplyBytes) {
            return 0;
        }
        if (in.getShort(at + bulkReplyBytes - 2) != CRLF) {
            throw new IOException("a value that does not end where its length says");
        }
        return bulkReplyBytes;
    }

    /** Bytes of the number from 1 on at {@code at}, 0 when it is not whole. */
    private static int number(ByteBuffer in, int at, int limit) throws IOException {
        for (int i = at; i < limit; i++) {
            byte c = in.get(i);
            if (i > at + 1 && c == '\n' && in.get(i - 1) == '\r') {
                return i + 1 - at;
            }
            boolean expected = i == at ? c == ':' : i == at + 1 ? c >= '1' && c <= '9' : c >= '0' && c <= '9' || c == '\r';
            if (!expected) {
                throw new IOException("unexpected reply: " + line(in, at, limit));
            }
        }
        return 0;
    }

    /** Bytes of the reply to {@code WAIT} at {@code at}, 0 when it is not whole; it says how many replicas have the writes. */
    private int replicas(ByteBuffer in, int at, int limit) throws IOException {
        if (limit - at < WAIT_REPLY_BYTES) {
            return 0;
        }
        int said = in.get(at + 1) - '0';
        if (in.get(at) != ':' || said < replicasAwaited || said > 9 || in.getShort(at + 2) != CRLF) {
            throw new IOException("too few replicas have the writes: " + line(in, at, limit));
        }
        return WAIT_REPLY_BYTES;
    }

    private static int constant(ByteBuffer in, int at, int limit, int expected) throws IOException {
        if (limit - at >= CONSTANT_BYTES) {
            if (in.getInt(at) != expected || in.get(at + 4) != '\n') {
                throw new IOException("unexpected reply: " + line(in, at, limit));
            }
            return CONSTANT_BYTES;
        }
        for (int i = 0; i < limit - at; i++) {
            if (in.get(at + i) != (byte) (expected >>> (24 - 8 * i))) {
                throw new IOException("unexpected reply: " + line(in, at, limit));
            }
        }
        return 0;
    }

    private static String line(ByteBuffer in, int from, int limit) {
        StringBuilder text = new StringBuilder();
        for (int at = from; at < limit && text.length() < 200; at++) {
            char c = (char) (in.get(at) & 0xFF);
            if (c == '\r') {
                break;
            }
            text.append(c < ' ' || c > '~' ? '?' : c);
        }
        return text.toString();
    }
}
