package io.ringtail.engine.record;

/**
 * The Redis Cluster hash slot of a key: CRC16 of its hash tag, or of the whole key, modulo 16384.
 *
 * <p>A hash tag is what stands between the first <code>{</code> and the first <code>}</code> after it, when that is not
 * empty. Source: the Redis Cluster specification (CRC16-CCITT in its XMODEM form: polynomial 0x1021, initial value 0).
 */
public final class HashSlot {
    /** How many slots the ring has. */
    public static final int COUNT = 16384;

    /** What a byte adds to the remainder, when it is the last, and when one, two or three bytes follow it: so four bytes are taken in one step. */
    private static final char[] CRC16 = new char[256];

    private static final char[] CRC16_BEFORE_1 = new char[256];
    private static final char[] CRC16_BEFORE_2 = new char[256];
    private static final char[] CRC16_BEFORE_3 = new char[256];

    static {
        for (int i = 0; i < 256; i++) {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
            CRC16[i] = (char) crc;
        }
        for (int i = 0; i < 256; i++) {
            CRC16_BEFORE_1[i] = beforeOneMore(CRC16[i]);
            CRC16_BEFORE_2[i] = beforeOneMore(CRC16_BEFORE_1[i]);
            CRC16_BEFORE_3[i] = beforeOneMore(CRC16_BEFORE_2[i]);
        }
    }

    private static char beforeOneMore(int crc) {
        return (char) ((crc << 8) ^ CRC16[crc >>> 8]);
    }

    private HashSlot() {}

    /** The slot, 0 … 16383, of the user key in {@code key[offset, offset + size)}. */
    public static int of(byte[] key, int offset, int size) {
        int end = offset + size;
        int from = offset;
        int to = end;
        for (int open = offset; open < end; open++) {
            if (key[open] == '{') {
                int close = open + 1;
                while (close < end && key[close] != '}') {
                    close++;
                }
                if (close < end && close > open + 1) {
                    from = open + 1;
                    to = close;
                }
                break;
            }
        }
        int crc = 0;
        int i = from;
        for (; to - i >= 4; i += 4) {
            crc = CRC16_BEFORE_3[((crc >>> 8) ^ key[i]) & 0xFF]
                    ^ CRC16_BEFORE_2[(crc ^ key[i + 1]) & 0xFF]
                    ^ CRC16_BEFORE_1[key[i + 2] & 0xFF]
                    ^ CRC16[key[i + 3] & 0xFF];
        }
        for (; i < to; i++) {
            crc = ((crc << 8) & 0xFFFF) ^ CRC16[((crc >>> 8) ^ key[i]) & 0xFF];
        }
        return crc & (COUNT - 1);
    }
}
