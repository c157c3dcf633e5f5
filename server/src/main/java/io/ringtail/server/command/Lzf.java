package io.ringtail.server.command;

import java.util.Arrays;

/**
 * LZF, the compression of strings in Redis' serialization. Pure.
 *
 * <pre>
 *   000nnnnn · n+1 bytes                        these bytes
 *   nnnooooo · oooooooo                         n+2 bytes from o+1 back          n = 1 … 6
 *   111ooooo · nnnnnnnn · oooooooo              n+9 bytes from o+1 back
 * </pre>
 */
final class Lzf {
    /** Every byte of compressed data makes at most so many: three bytes make 264. */
    private static final int MAX_RATIO = 88;

    private static final int MAX_LITERALS = 32;
    private static final int MAX_DISTANCE = 1 << 13;
    private static final int MAX_MATCH = 264;
    private static final int MIN_MATCH = 3;
    private static final int HASH_BITS = 14;

    private Lzf() {}

    /** Whether so little compressed data could make so much: to be asked before memory is allocated for it. */
    static boolean canExpand(int compressedSize, long size) {
        return size <= (long) compressedSize * MAX_RATIO;
    }

    /**
     * Decompresses all of {@code source[offset, offset + size)} into exactly {@code into}.
     *
     * @return false when the data are not LZF, or are not as long
     */
    static boolean decompress(byte[] source, int offset, int size, byte[] into) {
        int in = offset;
        int end = offset + size;
        int out = 0;
        while (in < end) {
            int control = source[in++] & 0xFF;
            if (control < MAX_LITERALS) {
                int count = control + 1;
                if (count > end - in || count > into.length - out) {
                    return false;
                }
                System.arraycopy(source, in, into, out, count);
                in += count;
                out += count;
                continue;
            }
            int count = (control >>> 5) + 2;
            if (in + (count == 9 ? 2 : 1) > end) {
                return false;
            }
            if (count == 9) {
                count += source[in++] & 0xFF;
            }
            int from = out - 1 - ((control & 0x1F) << 8 | source[in++] & 0xFF);
            if (from < 0 || count > into.length - out) {
                return false;
            }
            // Byte by byte, since the stretch may reach into what it makes.
            for (int i = 0; i < count; i++) {
                into[out++] = into[from++];
            }
        }
        return out == into.length;
    }

    /**
     * Compresses into the beginning of {@code into}.
     *
     * @return how many bytes it took, or 0 when they do not fit
     */
    static int compress(byte[] source, int offset, int size, byte[] into) {
        int[] last = new int[1 << HASH_BITS];
        Arrays.fill(last, -1);
        int end = offset + size;
        int out = 0;
        int literals = offset;
        int in = offset;
        while (in <= end - MIN_MATCH) {
            int hash = hash(source, in);
            int from = last[hash];
            last[hash] = in;
            if (from < 0 || in - from > MAX_DISTANCE || !sameStart(source, from, in)) {
                in++;
                continue;
            }
            int longest = Math.min(MAX_MATCH, end - in);
            int count = MIN_MATCH;
            while (count < longest && source[from + count] == source[in + count]) {
                count++;
            }
            out = putLiterals(source, literals, in, into, out);
            if (out < 0 || out + 3 > into.length) {
                return 0;
            }
            int distance = in - from - 1;
            if (count < 9) {
                into[out++] = (byte) ((count - 2) << 5 | distance >>> 8);
            } else {
                into[out++] = (byte) (7 << 5 | distance >>> 8);
                into[out++] = (byte) (count - 9);
            }
            into[out++] = (byte) distance;
            in += count;
            literals = in;
        }
        out = putLiterals(source, literals, end, into, out);
        return Math.max(out, 0);
    }

    private static int hash(byte[] source, int at) {
        int three = (source[at] & 0xFF) << 16 | (source[at + 1] & 0xFF) << 8 | source[at + 2] & 0xFF;
        return three * 0x9E3779B1 >>> (32 - HASH_BITS);
    }

    private static boolean sameStart(byte[] source, int a, int b) {
        return source[a] == source[b] && source[a + 1] == source[b + 1] && source[a + 2] == source[b + 2];
    }

    /** Returns where the output now ends, or -1 when there is no room. */
    private static int putLiterals(byte[] source, int from, int to, byte[] into, int out) {
        int at = from;
        int end = out;
        while (at < to) {
            int count = Math.min(MAX_LITERALS, to - at);
            if (count + 1 > into.length - end) {
                return -1;
            }
            into[end++] = (byte) (count - 1);
            System.arraycopy(source, at, into, end, count);
            at += count;
            end += count;
        }
        return end;
    }
}
