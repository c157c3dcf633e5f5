package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.engine.MergeListener;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which leaves hold something else than when they were hashed: a bit for each, set by the write path.
 *
 * <p>A write costs a shift and a look at one word, which it changes if the bit is not set; nothing is allocated. Whoever is to hash a leaf takes its bit <em>before</em> reading
 * it: a write that comes while it is read sets the bit again, whether or not it was still met.
 *
 * <p>Guarded by the store's write lock, which who merges holds anyhow.
 */
final class DirtyLeaves implements MergeListener {
    private static final int WORD_BITS = 6;

    private final ReentrantLock lock;
    private final int tokenShift;
    private final long[] words;
    private final boolean forgetful;

    /** All dirty at first. */
    DirtyLeaves(ReentrantLock writeLock, int leafBits, Set<Flaw> flaws) {
        this.lock = writeLock;
        this.tokenShift = Long.SIZE - leafBits;
        this.words = new long[1 << leafBits - WORD_BITS];
        this.forgetful = flaws.contains(Flaw.LEAF_NOT_MARKED);
        Arrays.fill(words, -1L);
    }

    @Override
    public void merged(long token) {
        assert lock.isHeldByCurrentThread();
        if (!forgetful) {
            mark((int) (token >>> tokenShift));
        }
    }

    @Override
    public void cleared(int database) {
        assert lock.isHeldByCurrentThread();
        Arrays.fill(words, -1L);
    }

    private void mark(int leaf) {
        int word = leaf >>> WORD_BITS;
        long bit = 1L << leaf;
        // Most writes find it set, and leave the line as it is in everybody's cache.
        if ((words[word] & bit) == 0) {
            words[word] |= bit;
        }
    }

    /** Marks the leaves from one through another. */
    void mark(int firstLeaf, int lastLeaf) {
        int firstWord = firstLeaf >>> WORD_BITS;
        int lastWord = lastLeaf >>> WORD_BITS;
        long fromFirst = -1L << firstLeaf;
        long throughLast = -1L >>> -1 - lastLeaf;
        lock.lock();
        try {
            if (firstWord == lastWord) {
                words[firstWord] |= fromFirst & throughLast;
            } else {
                // By words: everybody who writes waits for this lock.
                words[firstWord] |= fromFirst;
                Arrays.fill(words, firstWord + 1, lastWord, -1L);
                words[lastWord] |= throughLast;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether any leaf from one through another is dirty. */
    boolean any(int firstLeaf, int lastLeaf) {
        lock.lock();
        try {
            return next(firstLeaf, lastLeaf) >= 0;
        } finally {
            lock.unlock();
        }
    }

    /** Dirty leaves side by side. */
    record Run(int firstLeaf, int lastLeaf) {}

    /** Takes the marks of the first dirty leaves side by side, at most {@code most}; the caller holds the lock. A run of last before first is none. */
    Run take(int firstLeaf, int lastLeaf, int most) {
        assert lock.isHeldByCurrentThread();
        int first = next(firstLeaf, lastLeaf);
        if (first < 0) {
            return new Run(0, -1);
        }
        int leaf = first;
        while (leaf <= lastLeaf && leaf - first < most && (words[leaf >>> WORD_BITS] >>> leaf & 1) != 0) {
            words[leaf >>> WORD_BITS] &= ~(1L << leaf);
            leaf++;
        }
        return new Run(first, leaf - 1);
    }

    private int next(int firstLeaf, int lastLeaf) {
        int word = firstLeaf >>> WORD_BITS;
        long rest = words[word] & -1L << firstLeaf;
        while (rest == 0) {
            if (++word > lastLeaf >>> WORD_BITS) {
                return -1;
            }
            rest = words[word];
        }
        int leaf = (word << WORD_BITS) + Long.numberOfTrailingZeros(rest);
        return leaf <= lastLeaf ? leaf : -1;
    }

    /** How many are dirty. */
    int count() {
        lock.lock();
        try {
            int count = 0;
            for (long word : words) {
                count += Long.bitCount(word);
            }
            return count;
        } finally {
            lock.unlock();
        }
    }
}
