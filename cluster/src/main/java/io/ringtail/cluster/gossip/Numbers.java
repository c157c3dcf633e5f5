package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;

/** Numbers of up to 63 bits as gossip writes them: base 128, low bits first. Pure. */
final class Numbers {
    /** Bytes of the largest. */
    static final int SIZE_LIMIT = 9;

    private Numbers() {}

    static void write(MessageWriter out, long value) {
        long rest = value;
        while (rest >>> 7 != 0) {
            out.writeByte((int) rest | 0x80);
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    /** A number that is not negative. */
    static long read(MessageReader in) {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int b = in.readByte();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        throw new MalformedMessageException("number of more than nine bytes");
    }
}
