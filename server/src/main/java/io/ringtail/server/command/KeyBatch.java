package io.ringtail.server.command;

import io.ringtail.protocol.ReplyWriter;
import java.util.Arrays;

/**
 * Keys gathered for one reply, which must say how many there are before the first of them. Made for one command and dropped with it.
 */
final class KeyBatch {
    /** Bytes of the keys that one reply takes; a scan in batches is for more. */
    static final int MAX_BYTES = 256 << 20;

    private final String instead;
    private byte[] bytes = new byte[1024];
    private int[] ends = new int[64];
    private int count;
    private int size;

    KeyBatch() {
        this("SCAN");
    }

    /** @param instead the command that is for more */
    KeyBatch(String instead) {
        this.instead = instead;
    }

    void add(byte[] source, int offset, int keySize) {
        if (keySize > MAX_BYTES - size) {
            throw new CommandException("ERR the " + (instead.equals("SCAN") ? "keys" : "members") + " are too many for one reply; use " + instead);
        }
        if (size + keySize > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_BYTES, Math.max(size + keySize, 2L * bytes.length)));
        }
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * count);
        }
        System.arraycopy(source, offset, bytes, size, keySize);
        size += keySize;
        ends[count++] = size;
    }

    /** Bytes of all keys together. */
    int size() {
        return size;
    }

    void writeTo(ReplyWriter reply) {
        reply.arrayHeader(count);
        writeAll(reply);
    }

    /** As a set, which RESP3 tells from an array. */
    void writeSetTo(ReplyWriter reply) {
        reply.setHeader(count);
        writeAll(reply);
    }

    /** Is told of each. */
    @FunctionalInterface
    interface Visitor {
        void visit(int index, byte[] array, int offset, int size);
    }

    void forEach(Visitor visitor) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            visitor.visit(i, bytes, from, ends[i] - from);
            from = ends[i];
        }
    }

    /** How many there are. */
    int count() {
        return count;
    }

    private void writeAll(ReplyWriter reply) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            reply.bulk(bytes, from, ends[i] - from);
            from = ends[i];
        }
    }
}
