package io.ringtail.engine.sstable;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Hot blocks, decompressed, on the heap; bounded by their bytes.
 *
 * <p>A block comes in at its second miss within recent memory: a read spread over far more data than fits would otherwise
 * pay for an allocation, an insertion and an eviction each time, for a block nobody asks for again. The memory of first
 * misses is a fixed array of block ids, one per place, overwritten by whatever hashes there next; it needs no precision.
 * Which blocks stay is Caffeine's W-TinyLFU to say.
 *
 * <p>One for all tables of a store; created by it. A block is named by its table's file id (36 bits) and its index in the
 * table (28 bits). Safe for concurrent use; eviction happens on the thread that inserts.
 */
public final class BlockCache {
    /** Larger blocks are not cached. */
    static final int MAX_BLOCK_BYTES = 1 << 20;
    /** What an entry costs beside its bytes: array header, key, Caffeine's node. */
    private static final int ENTRY_OVERHEAD_BYTES = 120;

    private static final int BLOCK_BITS = 28;

    private final long maxBytes;
    private final Cache<Long, byte[]> blocks;
    private final AtomicLongArray seen;

    /** At most {@code maxBytes} of blocks; 0 keeps none. */
    public BlockCache(long maxBytes) {
        this.maxBytes = maxBytes;
        this.blocks = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher((Long id, byte[] block) -> block.length + ENTRY_OVERHEAD_BYTES)
                .executor(Runnable::run)
                .recordStats()
                .build();
        // Remembers about twice as many first misses as there can be blocks of 4 KiB, within 8 KiB … 8 MiB.
        long places = Math.min(Math.max(maxBytes >>> 11, 1 << 10), 1 << 20);
        this.seen = new AtomicLongArray(Integer.highestOneBit((int) places));
    }

    static long id(long fileId, int block) {
        return fileId << BLOCK_BITS | block;
    }

    byte @Nullable [] get(long id) {
        return maxBytes == 0 ? null : blocks.getIfPresent(id);
    }

    /** Whether a block just missed was missed before, not long ago, and so is worth keeping. */
    boolean admits(long id, int size) {
        if (size > MAX_BLOCK_BYTES || maxBytes == 0) {
            return false;
        }
        int place = (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) & (seen.length() - 1);
        if (seen.getPlain(place) == id) {
            return true;
        }
        seen.setPlain(place, id);
        return false;
    }

    void put(long id, byte[] block) {
        blocks.put(id, block);
    }

    /** Forgets all blocks of a table that is gone. */
    void forget(long fileId, int count) {
        for (int block = 0; block < count; block++) {
            blocks.invalidate(id(fileId, block));
        }
    }

    /** Bytes of the blocks it holds, what they cost beside included. */
    public long bytes() {
        return blocks.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0L))
                .orElse(0L);
    }

    /** How many blocks it holds, about. */
    public long count() {
        return blocks.estimatedSize();
    }

    /** Lookups that found their block. */
    public long hits() {
        return blocks.stats().hitCount();
    }

    /** Lookups that did not. */
    public long misses() {
        return blocks.stats().missCount();
    }
}
