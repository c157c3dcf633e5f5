package io.ringtail.cluster.replica;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.flaw.Flaw;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A node's hybrid clock, shared by all who version or merge records there.
 *
 * <p>Made once per node. Safe for concurrent use: ticks are drawn under the store's write lock, which whoever writes holds anyhow.
 *
 * <p>A peer whose clock is ahead by more than the bound is not followed, and nothing of such a time is taken: it would hide every other write until the others'
 * clocks have come that far.
 */
public final class NodeClock implements ReplicaClock {
    /** How far ahead of its own clock a node lets others be. */
    public static final long DEFAULT_MAX_DRIFT_MILLIS = 600_000;

    private static final VarHandle LAST;
    private static final VarHandle CHANGES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LAST = lookup.findVarHandle(NodeClock.class, "last", long.class);
            CHANGES = lookup.findVarHandle(NodeClock.class, "changes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final WallClock wallClock;
    private final ReentrantLock lock;
    private final HybridLogicalClock clock;
    private final long maxDriftMillis;
    private final Set<Flaw> flaws;

    // Both are written under the lock, with ordered stores only: a full fence for each write would cost more than the write.
    @SuppressWarnings("UnusedVariable") // through LAST
    private long last;

    @SuppressWarnings("UnusedVariable") // through CHANGES
    private long changes;

    /** What the wall clock showed when it was last found to agree with the others'. */
    private volatile long confirmedMillis;

    private volatile @Nullable String refusal;

    /**
     * @param lock the store's write lock
     * @param greatestStored the greatest time of anything in the store
     */
    public NodeClock(
            WallClock wallClock, ReentrantLock lock, long greatestStored, long maxDriftMillis, Set<Flaw> flaws) {
        this.wallClock = wallClock;
        this.lock = lock;
        this.clock = new HybridLogicalClock(greatestStored);
        this.maxDriftMillis = maxDriftMillis;
        this.flaws = flaws;
        this.last = greatestStored;
        this.confirmedMillis = wallClock.millis();
    }

    /**
     * Compares this node's clock with the others'. Called every second; a clock that is too far ahead makes no versions until it is set right.
     *
     * @param aheadMillis of the median of the others; 0 when nothing is known of theirs
     */
    public void confirm(long aheadMillis) {
        if (aheadMillis > maxDriftMillis) {
            refusal = "CLUSTERDOWN this node's clock is " + aheadMillis / 1000
                    + " s ahead of the other nodes': it takes no writes until that is set right";
        } else {
            confirmedMillis = wallClock.millis();
            refusal = null;
        }
    }

    /**
     * Makes no versions until this clock has been compared with others', unless what is stored here shows it to be about right: for a node that has been started again, whose
     * clock may have been set to anything meanwhile.
     */
    public void awaitComparison() {
        if (HybridLogicalClock.millis(nowHlc()) + maxDriftMillis < wallClock.millis()) {
            refusal = "CLUSTERDOWN this node's clock has not been compared with the other nodes' since it was started: it takes no writes before";
        }
    }

    /** Why no versions are to be made by this clock, as an error reply; null when they are. */
    public @Nullable String refusal() {
        return refusal(wallClock.millis());
    }

    /** {@link #refusal()} when the wall clock has been read already. */
    public @Nullable String refusal(long wallMillis) {
        String known = refusal;
        if (known == null && wallMillis - confirmedMillis > maxDriftMillis) {
            // It has jumped since it was last looked at, or the node has been stopped: a moment will tell.
            return "CLUSTERDOWN this node's clock has jumped ahead: it takes no writes until that is compared with other nodes'";
        }
        return known;
    }

    @Override
    public long nowMillis() {
        return wallClock.millis();
    }

    /** {@link #tick()} when the wall clock has been read already. The caller holds the lock. */
    public long tick(long wallMillis) {
        assert lock.isHeldByCurrentThread();
        long tick = clock.tick(wallMillis);
        LAST.setRelease(this, tick);
        CHANGES.setRelease(this, changes + 1);
        return flaws.isEmpty() || !flaws.contains(Flaw.WALL_CLOCK_VERSIONS) ? tick : wallMillis << 16;
    }

    @Override
    public long tick() {
        lock.lock();
        try {
            return tick(wallClock.millis());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long tickAbove(long hlc) {
        lock.lock();
        try {
            clock.observe(hlc);
            // A wall clock that no versions are to be made by adds nothing to what has been heard.
            return tick(refusal() == null || flaws.contains(Flaw.WALL_CLOCK_VERSIONS) ? wallClock.millis() : 0);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void observe(long hlc) {
        lock.lock();
        try {
            // What is known already is most of what comes, and needs no look at the wall clock.
            if (Long.compareUnsigned(hlc, clock.last()) > 0 && !isTooFarAhead(hlc)) {
                clock.observe(hlc);
            }
            LAST.setRelease(this, clock.last());
            CHANGES.setRelease(this, changes + 1);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nowHlc() {
        return (long) LAST.getAcquire(this);
    }

    /** Grows whenever something may have been written here. */
    public long changes() {
        return (long) CHANGES.getAcquire(this);
    }

    @Override
    public boolean isTooFarAhead(long hlc) {
        return isTooFarAhead(hlc, wallClock.millis());
    }

    /** {@link #isTooFarAhead(long)} when the wall clock has been read already. */
    public boolean isTooFarAhead(long hlc, long wallMillis) {
        return Long.compareUnsigned(hlc, greatestTaken(wallMillis)) > 0;
    }

    @Override
    public long greatestTaken() {
        return greatestTaken(wallClock.millis());
    }

    private long greatestTaken(long wallMillis) {
        return HybridLogicalClock.lastOf(wallMillis + maxDriftMillis);
    }
}
