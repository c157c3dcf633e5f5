package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.settle.Forgotten;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.engine.Store;
import io.ringtail.engine.record.RecordCursor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The Merkle tree over all that this node holds: of each leaf, a stretch of tokens, one sum for each {@linkplain KeyClasses class} of keys. A sum adds up the hashes of the
 * keys and of the versions held of them, so that it does not depend on their order, and that a node above the leaves is the sum of what is below: it is added up when it is asked
 * for, and takes no memory. Merkle's tree (1987) has hashes of hashes there; among members that trust each other sums of 64 bits do.
 *
 * <p>Nothing is hashed unless somebody wants to compare it, and of that only leaves that were written to since. Data lie in token order, so dirty leaves side by side are one
 * scan. Whoever asks, hashing takes a tenth of one thread's time: after a piece of work it rests nine times as long. When the machine is busy the work takes longer, and so do the rests.
 *
 * <p>Memory: {@code 2^leafBits} sums of 8 bytes for each class of keys in use, and a bit for each leaf. Nothing is kept on disk: a node that was started hashes what it holds
 * once.
 *
 * <p>Safe for concurrent use; sums are guarded by {@code this}, no lock is held while files are read. One thread hashes at a time.
 */
final class LeafHashes {
    /** Keys hashed in one piece of work, but for a leaf that has more. */
    private static final int KEYS_MAX = 1 << 15;

    private static final int RUN_LEAVES_MAX = 1 << 10;
    /** Rests are so many times as long as work. */
    private static final int REST = 9;

    private final Store store;
    private final SettledTimes times;
    private final int leafBits;
    private final LongSupplier nanoTime;
    private final DirtyLeaves dirty;
    private final AtomicBoolean hashing = new AtomicBoolean();
    private final LongAdder keysHashed = new LongAdder();
    private volatile long restsUntilNanos;
    private volatile Sums sums;

    /** By leaf, the least time up to which its partition has to be settled for something in it to be forgotten. Guarded by this. */
    private final long[] forgetsAt;

    private SettledTimes.ByPartition timesBefore;

    /** What holds for the keyspaces of one ring; replaced as a whole when they change, under the store's write lock. */
    private static final class Sums {
        final KeyClasses classes;
        /** By class and leaf. */
        final long[][] ofLeaves;

        Sums(KeyClasses classes, int leaves) {
            this.classes = classes;
            this.ofLeaves = new long[classes.count()][leaves];
        }
    }

    /** @param nanoTime a clock that only goes forward, safe for concurrent use */
    LeafHashes(Store store, SettledTimes times, int leafBits, Ring ring, LongSupplier nanoTime, Set<Flaw> flaws) {
        this.store = store;
        this.times = times;
        this.leafBits = leafBits;
        this.forgetsAt = new long[1 << leafBits];
        this.timesBefore = times.byPartition();
        this.nanoTime = nanoTime;
        this.dirty = new DirtyLeaves(store.writeLock(), leafBits, flaws);
        this.sums = new Sums(new KeyClasses(ring), 1 << leafBits);
        this.restsUntilNanos = nanoTime.getAsLong();
        store.mergeListener(dirty);
    }

    int leafBits() {
        return leafBits;
    }

    KeyClasses classes() {
        return sums.classes;
    }

    int dirtyCount() {
        return dirty.count();
    }

    long keysHashed() {
        return keysHashed.sum();
    }

    /** Another ring has come; when keys fall into other classes by it all is to be hashed again. */
    void ring(Ring ring) {
        if (sums.classes.isSameFor(ring)) {
            return;
        }
        Sums next = new Sums(new KeyClasses(ring), 1 << leafBits);
        store.writeLock().lock();
        try {
            // In one holding of the lock: who hashes for the old ones takes no mark any more.
            sums = next;
            dirty.mark(0, (1 << leafBits) - 1);
        } finally {
            store.writeLock().unlock();
        }
    }

    private int leafOf(long token) {
        return (int) (token >>> Long.SIZE - leafBits);
    }

    private long firstToken(int leaf) {
        return (long) leaf << Long.SIZE - leafBits;
    }

    private long lastToken(int leaf) {
        return firstToken(leaf) | -1L >>> leafBits;
    }

    /** Has the leaves that a range touches hashed again before they are compared: their hashes were found to be no good. */
    void mark(long fromToken, long throughToken) {
        dirty.mark(leafOf(fromToken), leafOf(throughToken));
    }

    /** Partitions are settled through other times than when this was last called: has those leaves hashed again of which something else is forgotten now. */
    void timesChanged() {
        SettledTimes.ByPartition now = times.byPartition();
        BitSet changed = new BitSet(1 << leafBits);
        synchronized (this) {
            for (int leaf = 0; leaf < forgetsAt.length; leaf++) {
                long latest = now.latestSettled(firstToken(leaf), lastToken(leaf));
                long before = timesBefore.latestSettled(firstToken(leaf), lastToken(leaf));
                changed.set(leaf, Long.compareUnsigned(latest, before) < 0 || Long.compareUnsigned(forgetsAt[leaf], latest) <= 0 && latest != 0);
            }
            timesBefore = now;
        }
        for (int first = changed.nextSetBit(0); first >= 0; first = changed.nextSetBit(changed.nextClearBit(first))) {
            dirty.mark(first, changed.nextClearBit(first) - 1);
        }
    }

    /**
     * Hashes what has been written to under a node, as far as one piece of work goes. Blocks on the disk.
     *
     * @return whether no leaf was left dirty; when false, what is left takes more calls, later
     */
    boolean refresh(TreeNode node) {
        int first = leafOf(node.firstToken());
        int last = leafOf(node.lastToken());
        if (!dirty.any(first, last)) {
            return true;
        }
        if (restsUntilNanos - nanoTime.getAsLong() > 0 || !hashing.compareAndSet(false, true)) {
            return false;
        }
        long begunNanos = nanoTime.getAsLong();
        try {
            int keys = 0;
            int at = first;
            while (at <= last && keys < KEYS_MAX) {
                Sums of;
                DirtyLeaves.Run run;
                store.writeLock().lock();
                try {
                    of = sums;
                    run = dirty.take(at, last, RUN_LEAVES_MAX);
                } finally {
                    store.writeLock().unlock();
                }
                if (run.lastLeaf() < run.firstLeaf()) {
                    return true;
                }
                keys += hash(of, run);
                at = run.lastLeaf() + 1;
            }
            return !dirty.any(first, last);
        } finally {
            long endNanos = nanoTime.getAsLong();
            restsUntilNanos = endNanos + REST * (endNanos - begunNanos);
            hashing.set(false);
        }
    }

    /** Hashes leaves whose marks have been taken; those that are not come to are marked again. Returns how many keys there were. */
    private int hash(Sums of, DirtyLeaves.Run run) {
        int next = run.firstLeaf();
        int keys = 0;
        long[] ofLeaf = new long[of.classes.count()];
        long forgets = SettledTimes.NEVER;
        SettledTimes.ByPartition settled = times.byPartition();
        Forgotten forgotten = new Forgotten(store, times);
        ItemHash item = new ItemHash();
        try (RecordCursor cursor = store.session().scan(firstToken(run.firstLeaf()), lastToken(run.lastLeaf()))) {
            while (cursor.next()) {
                int leaf = leafOf(cursor.key().token());
                if (leaf != next) {
                    next = put(of, next, leaf, ofLeaf, forgets);
                    forgets = SettledTimes.NEVER;
                    if (keys >= KEYS_MAX) {
                        return keys;
                    }
                }
                long forgottenThrough = forgotten.through(cursor.key(), cursor.record());
                if (!settled.isForgotten(cursor.key().token(), forgottenThrough)) {
                    ofLeaf[of.classes.classOf(cursor.key())] += item.of(cursor.key(), cursor.record());
                    forgets = Long.compareUnsigned(forgottenThrough, forgets) < 0 ? forgottenThrough : forgets;
                }
                keys++;
            }
            next = put(of, next, run.lastLeaf() + 1, ofLeaf, forgets);
            return keys;
        } finally {
            keysHashed.add(keys);
            if (times.byPartition() != settled) {
                // Some of it by times that were no longer good.
                dirty.mark(run.firstLeaf(), run.lastLeaf());
            } else if (next <= run.lastLeaf()) {
                dirty.mark(next, run.lastLeaf());
            }
        }
    }

    /** Puts the sums of a leaf in place, which are nothing from then on, and nothing for the empty ones up to {@code nextLeaf}, exclusive; returns that. */
    private synchronized int put(Sums of, int leaf, int nextLeaf, long[] ofLeaf, long forgets) {
        forgetsAt[leaf] = forgets;
        Arrays.fill(forgetsAt, leaf + 1, nextLeaf, SettledTimes.NEVER);
        for (int i = 0; i < ofLeaf.length; i++) {
            of.ofLeaves[i][leaf] = ofLeaf[i];
            Arrays.fill(of.ofLeaves[i], leaf + 1, nextLeaf, 0);
            ofLeaf[i] = 0;
        }
        return nextLeaf;
    }

    /**
     * The hash of a node, a leaf or above, as it was when it was last hashed.
     *
     * @param share whose keys are counted, as {@link KeyClasses} says
     * @return 0 when it holds none
     */
    synchronized long hash(TreeNode node, int share) {
        Sums of = sums;
        int first = leafOf(node.firstToken());
        int last = leafOf(node.lastToken());
        long hash = 0;
        for (int i = 0; i < of.classes.count(); i++) {
            if (!of.classes.isIn(share, i)) {
                continue;
            }
            long[] ofLeaves = of.ofLeaves[i];
            for (int leaf = first; leaf <= last; leaf++) {
                hash += ofLeaves[leaf];
            }
        }
        return hash;
    }
}
