package io.ringtail.engine.sstable;

import io.ringtail.engine.io.Region;
import io.ringtail.engine.record.Key;

/**
 * Finds the block that can hold a key, from the first tokens of all blocks.
 *
 * <p>Tokens are hashes, so the place of one can be computed: the search guesses by interpolation between the table's first
 * and last block, widens around the guess in doubling steps until it has the token between two blocks, and halves that.
 * With uniform tokens the guess is off by a few blocks; when a hash tag crowds all keys into one slot it is off by many,
 * and the doubling steps keep the search at O(log n).
 *
 * <p>When several blocks share a token (elements of one collection, or keys somebody chose), tokens cannot tell them
 * apart. For each block that begins with the token its predecessor ended with, the boundary section has a key: the
 * shortest that is greater than all keys before the block and not greater than any in it. They are searched as tokens are: from a guess, by the
 * hashes of members.
 *
 * <p>Reads the mapped file. Immutable. The region's owner keeps it open.
 */
final class SparseIndex {
    private static final int GUESSES = 2;

    private final Region region;
    private final long tokens;
    private final long offsets;
    private final int blocks;
    private final long boundaryHeads;
    private final int boundaries;
    private final long firstToken;
    private final long lastToken;
    private final double blocksPerToken;

    SparseIndex(Region region, SstableProperties properties) {
        this.region = region;
        this.tokens = properties.indexOffset();
        this.blocks = properties.blocks();
        this.offsets = tokens + 8L * blocks;
        this.boundaryHeads = properties.boundariesOffset();
        this.boundaries = properties.boundaries();
        this.firstToken = token(0);
        this.lastToken = token(blocks - 1);
        this.blocksPerToken = blocks == 1 ? 0 : (blocks - 1) / unsigned(lastToken - firstToken);
    }

    int blocks() {
        return blocks;
    }

    long token(int block) {
        return region.getLong(tokens + 8L * block);
    }

    /** Where a block begins; for {@code block == blocks()} where the last one ends. */
    long offset(int block) {
        return region.getLong(offsets + 8L * block);
    }

    /** The only block that can hold {@code key}, or -1. */
    int find(Key key) {
        long token = key.token();
        int block = floor(token);
        return boundaries > 0 && block >= 0 && token(block) == token ? findAmongEqual(key, block) : block;
    }

    /** The first block that can hold a key behind {@code key}. */
    int firstBlockBehind(Key key) {
        return Math.max(0, find(key));
    }

    /** The first block that can hold a key whose token is at least {@code token}. */
    int firstBlockFrom(long token) {
        return token == 0 ? 0 : Math.max(0, floor(token - 1));
    }

    /** The last block whose first token is not greater than {@code token}, or -1. */
    private int floor(long token) {
        if (Long.compareUnsigned(token, firstToken) < 0) {
            return -1;
        }
        if (Long.compareUnsigned(token, lastToken) >= 0) {
            return blocks - 1;
        }
        // From here on token(low) <= token < token(high).
        int low = 0;
        int high = blocks - 1;
        int guess = Math.min((int) (unsigned(token - firstToken) * blocksPerToken), blocks - 1);
        if (Long.compareUnsigned(token(guess), token) <= 0) {
            low = guess;
            for (int step = 4; low + step < high; step <<= 1) {
                if (Long.compareUnsigned(token(low + step), token) > 0) {
                    high = low + step;
                    break;
                }
                low += step;
            }
        } else {
            high = guess;
            for (int step = 4; high - step > low; step <<= 1) {
                if (Long.compareUnsigned(token(high - step), token) <= 0) {
                    low = high - step;
                    break;
                }
                high -= step;
            }
        }
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(token(middle), token) <= 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** {@code block} is the last of those that begin with the key's token. */
    private int findAmongEqual(Key key, int block) {
        int low = 0;
        int high = boundaries;
        int middle = key.hasSubkey() ? guessBoundary(key) : high >>> 1;
        // What is not known to hold yet is looked at near the guess first, and ever farther from it.
        for (int step = 1; low < high; step <<= 1) {
            if (compareBoundary(middle, key) <= 0) {
                low = middle + 1;
                middle = high - low > step << 1 ? low + step : low + high >>> 1;
            } else {
                high = middle;
                middle = high - low > step << 1 ? high - step : low + high >>> 1;
            }
        }
        // Boundaries [0, low) are not greater than the key.
        if (low > 0 && boundaryToken(low - 1) == key.token()) {
            return boundaryBlock(low - 1);
        }
        if (low < boundaries && boundaryToken(low) == key.token()) {
            return boundaryBlock(low) - 1;
        }
        return block;
    }

    /**
     * About which boundary a member's is: members lie in the order of their hashes, which are as good as random. The first guess takes the whole section for the one collection's, as of a very large one it is; each further one goes on from where the one before was wrong, and is as far off as the square root of that. Where
     * the section is something else as well, guesses are worth nothing, and cost a few steps.
     */
    private int guessBoundary(Key key) {
        long place = key.subkeyPlace();
        int placeOffset = key.subkeyOffset() + 1;
        double boundariesPerPlace = boundaries / 0x1p64;
        double guess = unsigned(place) * boundariesPerPlace;
        for (int i = 0; i < GUESSES; i++) {
            int at = (int) Math.clamp(guess, 0, boundaries - 1);
            if (boundaryToken(at) != key.token()) {
                break;
            }
            guess = at + (unsigned(place) - unsigned(boundaryPlace(at, placeOffset))) * boundariesPerPlace;
        }
        return (int) Math.clamp(guess, 0, boundaries - 1);
    }

    /** A boundary is cut off where it is greater than what is before it; what is cut off counts as zeros. */
    private long boundaryPlace(int boundary, int placeOffset) {
        int size = boundarySize(boundary) - placeOffset;
        if (size <= 0) {
            return 0;
        }
        // In the table there are eight bytes behind any boundary's beginning: the next ones', or the filter's.
        long place = region.getLong(boundaryOffset(boundary) + placeOffset);
        return size >= Long.BYTES ? place : place & -1L << Long.SIZE - 8 * size;
    }

    private int boundaryBlock(int boundary) {
        return region.getInt(boundaryHeads + (long) boundary * SstableFormat.BOUNDARY_SIZE);
    }

    private int boundarySize(int boundary) {
        return region.getInt(boundaryHeads + (long) boundary * SstableFormat.BOUNDARY_SIZE + 4);
    }

    private long boundaryOffset(int boundary) {
        long offset = region.getLong(boundaryHeads + (long) boundary * SstableFormat.BOUNDARY_SIZE + 8);
        return boundaryHeads + (long) boundaries * SstableFormat.BOUNDARY_SIZE + offset;
    }

    private long boundaryToken(int boundary) {
        return region.getLong(boundaryOffset(boundary));
    }

    private int compareBoundary(int boundary, Key key) {
        return region.compare(boundaryOffset(boundary), boundarySize(boundary), key.bytes(), 0, key.size());
    }

    /**
     * What is wrong with the sections' content, or null. Checked once, when the table is opened, so that no later read can
     * leave the file: offsets ascend from the header to the index, tokens ascend, boundaries lie within their section.
     */
    @org.jspecify.annotations.Nullable String defect(SstableProperties properties) {
        if (offset(0) != SstableFormat.BLOCKS_OFFSET || offset(blocks) != properties.indexOffset()) {
            return "blocks begin at " + offset(0) + " and end at " + offset(blocks);
        }
        for (int block = 0; block < blocks; block++) {
            long size = offset(block + 1) - offset(block);
            if (size <= SstableFormat.BLOCK_HEADER_SIZE
                    || size > (long) Integer.MAX_VALUE - 32
                    || block > 0 && Long.compareUnsigned(token(block - 1), token(block)) > 0) {
                return "index entry " + block + " of " + blocks;
            }
        }
        long room = properties.filterOffset() - boundaryHeads - (long) boundaries * SstableFormat.BOUNDARY_SIZE;
        for (int boundary = 0; boundary < boundaries; boundary++) {
            long at = region.getLong(boundaryHeads + (long) boundary * SstableFormat.BOUNDARY_SIZE + 8);
            int size = boundarySize(boundary);
            int block = boundaryBlock(boundary);
            if (at < 0 || size < 8 || at > room - size || block < 1 || block >= blocks) {
                return "boundary " + boundary + " of " + boundaries;
            }
        }
        return null;
    }

    private static double unsigned(long value) {
        return (value >>> 1) * 2.0 + (value & 1);
    }
}
