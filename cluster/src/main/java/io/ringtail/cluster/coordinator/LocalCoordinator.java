package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.engine.Store;
import io.ringtail.engine.record.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * The coordinator of a cluster of one: every key is here, every quorum is this node, and the path to the store is a method call.
 *
 * <p>Opened by the server over an open store, which stays the server's to close. {@link #session} and what this class offers itself are safe for concurrent
 * use; sessions are confined to their threads.
 *
 * <p>All writing goes through one exclusive section, the store's write lock, as Redis' does through one thread: commands that read and
 * then write, and transactions, are atomic by holding it throughout. Single reads take no lock; one volatile read tells them whether a
 * stretch is under way on another thread, and only then do they wait for its end, so that nobody sees half a transaction.
 */
public final class LocalCoordinator {
    private static final VarHandle EXCLUSIVE_HELD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            EXCLUSIVE_HELD = lookup.findVarHandle(LocalCoordinator.class, "exclusiveHeld", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Store store;
    private final WallClock wallClock;
    private final ReentrantLock exclusive;
    private final NodeClock clock;
    private final KeyspaceCensus census;
    private final Predicate<Key> keepsSiblings;
    private final Set<Flaw> flaws;
    private final SiblingWriter.Counters siblingCounters = new SiblingWriter.Counters();
    private final List<LocalSession> sessions = new CopyOnWriteArrayList<>();
    private final LongAdder closedHits = new LongAdder();
    private final LongAdder closedMisses = new LongAdder();

    /** Whether an exclusive stretch is under way. Written by its holder, with ordered stores only; read by anyone. */
    @SuppressWarnings("UnusedVariable") // through EXCLUSIVE_HELD
    private boolean exclusiveHeld;

    /** Over a store that no other node has a part in. */
    public LocalCoordinator(Store store, WallClock wallClock) {
        this(
                store,
                wallClock,
                new NodeClock(wallClock, store.writeLock(), store.maxHlc(), NodeClock.DEFAULT_MAX_DRIFT_MILLIS, Set.of()),
                key -> false,
                Set.of());
    }

    /**
     * @param clock of the node, which others of it tick as well
     * @param keepsSiblings of which keys writes that had not seen each other are kept
     */
    public LocalCoordinator(Store store, WallClock wallClock, NodeClock clock, Predicate<Key> keepsSiblings, Set<Flaw> flaws) {
        this.keepsSiblings = keepsSiblings;
        this.flaws = flaws;
        this.store = store;
        this.wallClock = wallClock;
        this.exclusive = store.writeLock();
        this.clock = clock;
        this.census = new KeyspaceCensus(store, clock::changes);
    }

    /**
     * A session for one thread.
     *
     * @param mayBlock whether its reads may wait for a disk
     */
    public DataSession session(boolean mayBlock) {
        return localSession(mayBlock, LockSupport::parkNanos);
    }

    /** @param pause holds up the session's thread for so many nanoseconds */
    LocalSession localSession(boolean mayBlock, LongConsumer pause) {
        LocalSession session = new LocalSession(this, store, mayBlock, pause);
        sessions.add(session);
        return session;
    }

    void forget(LocalSession session) {
        if (sessions.remove(session)) {
            closedHits.add(session.hits);
            closedMisses.add(session.misses);
        }
    }

    /** Reads that found something, as of about now. */
    public long readHits() {
        return closedHits.sum() + sessions.stream().mapToLong(session -> session.hits).sum();
    }

    /** Reads that found nothing, as of about now. */
    public long readMisses() {
        return closedMisses.sum() + sessions.stream().mapToLong(session -> session.misses).sum();
    }

    WallClock wallClock() {
        return wallClock;
    }

    ReentrantLock exclusive() {
        return exclusive;
    }

    boolean isExclusiveHeld() {
        return (boolean) EXCLUSIVE_HELD.getAcquire(this);
    }

    /** Begins or ends an exclusive stretch; the caller holds the lock. What is written afterwards is seen by nobody who does not see this. */
    void exclusiveHeld(boolean held) {
        EXCLUSIVE_HELD.setRelease(this, held);
        VarHandle.storeStoreFence();
    }

    boolean keepsSiblings(Key key) {
        return keepsSiblings.test(key);
    }

    SetWriter setWriter() {
        return new SetWriter(clock, store.actor());
    }

    SiblingWriter siblingWriter() {
        return new SiblingWriter(clock, store.actor(), siblingCounters, flaws);
    }

    /** Writes that would have left a key with more siblings than it may have, as of about now. */
    public long siblingsRefused() {
        return siblingCounters.refused.sum();
    }

    /** Writes that have shortened a context which named more actors than it may, as of about now. */
    public long contextsPruned() {
        return siblingCounters.pruned.sum();
    }

    /** The version's time of a new write. The caller is in the exclusive section. */
    long tick(long nowMillis) {
        return clock.tick(nowMillis);
    }

    /** How many live keys a database has, exactly. May take as long as walking them all. */
    long countKeys(int database) {
        return census.take(wallClock.millis(), true).keys()[database];
    }

    /** About how many live keys a database has: a count that is at most a while old. May block. */
    public long estimateKeys(int database) {
        return census.take(wallClock.millis(), false).keys()[database];
    }

    /** About how many of its keys end at some time. May block. */
    public long estimateExpiringKeys(int database) {
        return census.take(wallClock.millis(), false).expiring()[database];
    }
}
