package io.ringtail.engine.sstable;

import io.ringtail.engine.io.Region;

/**
 * A blocked Bloom filter: all bits of a key lie in one line of 64 bytes, so that a lookup costs one cache miss.
 *
 * <p>With 10 bits a key and 6 probes about 1 % of absent keys pass. A line is chosen by the hash's upper bits (multiply and
 * shift, no division); the six places of 9 bits in it come from the hash multiplied by an odd constant. After Putze,
 * Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters" (2007).
 *
 * <p>Read straight from the mapped file: filters of a large store need not fit the heap, the page cache keeps the hot ones.
 *
 * <p>Immutable. The region's owner keeps it open.
 */
final class BloomFilter {
    static final int LINE_BYTES = 64;
    static final int PROBES = 6;
    private static final int LINE_LONGS = LINE_BYTES / Long.BYTES;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final Region region;
    private final long offset;
    private final long lines;

    /** The filter whose lines stand at {@code offset}, a multiple of 64. */
    BloomFilter(Region region, long offset, int lines) {
        this.region = region;
        this.offset = offset;
        this.lines = lines;
    }

    boolean mayContain(long hash) {
        long line = offset + Math.unsignedMultiplyHigh(hash, lines) * LINE_BYTES;
        long bits = hash * MIX;
        for (int probe = 0; probe < PROBES; probe++) {
            // 3 bits choose the word, 6 the bit: a shift of a long takes the lowest 6 bits of its count.
            long word = region.getLong(line + ((bits >>> 61) << 3));
            if ((word >>> (bits >>> 55) & 1) == 0) {
                return false;
            }
            bits <<= 9;
        }
        return true;
    }

    static int linesFor(int keys, int bitsPerKey) {
        long lines = ((long) keys * bitsPerKey + LINE_BYTES * 8 - 1) / (LINE_BYTES * 8);
        return (int) Math.min(Math.max(1, lines), Integer.MAX_VALUE / LINE_LONGS - 1);
    }

    /** The words of a filter that holds {@code hashes[0, count)}. */
    static long[] build(long[] hashes, int count, int lines) {
        long[] words = new long[lines * LINE_LONGS];
        for (int i = 0; i < count; i++) {
            long hash = hashes[i];
            int line = (int) Math.unsignedMultiplyHigh(hash, lines) * LINE_LONGS;
            long bits = hash * MIX;
            for (int probe = 0; probe < PROBES; probe++) {
                words[line + (int) (bits >>> 61)] |= 1L << (bits >>> 55);
                bits <<= 9;
            }
        }
        return words;
    }
}
