package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.clock.WallClock;
import io.ringtail.engine.Store;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The coordinator of a cluster of one: every key is here, every quorum is this node, and the path to the store is a method call.
 *
 * <p>Opened by the server over an open store, which stays the server's to close. {@link #session} and what this class offers itself are safe for concurrent
 * use; sessions are confined to their threads.
 *
 * <p>All writing goes through one exclusive section, the store's write lock, as Redis' does through one thread: commands that read and
 * then write, and transactions, are atomic by holding it throughout. Single reads take no lock; one volatile read tells them whether a
 * stretch that writes several keys is under way, and only then do they wait for its end, so that nobody sees half a transaction.
 */
public final class LocalCoordinator implements Closeable {
    private final Store store;
    private final WallClock wallClock;
    private final ReentrantLock exclusive;
    private final HybridLogicalClock clock;

    /** Whether an exclusive stretch is under way. Written by its holder; read by anyone. */
    volatile boolean exclusiveHeld;

    public LocalCoordinator(Store store, WallClock wallClock) {
        this.store = store;
        this.wallClock = wallClock;
        this.exclusive = store.writeLock();
        this.clock = new HybridLogicalClock(store.maxHlc());
    }

    /**
     * A session for one thread.
     *
     * @param mayBlock whether its reads may wait for a disk
     */
    public DataSession session(boolean mayBlock) {
        return new LocalSession(this, store, mayBlock);
    }

    WallClock wallClock() {
        return wallClock;
    }

    ReentrantLock exclusive() {
        return exclusive;
    }

    /** The version's time of a new write. The caller is in the exclusive section. */
    long tick(long nowMillis) {
        assert exclusive.isHeldByCurrentThread();
        return clock.tick(nowMillis);
    }

    @Override
    public void close() throws IOException {
        store.append();
    }
}
