package io.ringtail.engine.compaction;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds compaction to a byte rate by letting its thread sleep, and ends it when the store closes.
 *
 * <p>A debt of time: each chunk costs {@code bytes / rate}; the thread sleeps when it has got ahead of the clock. An idle
 * time is forgiven up to a tenth of a second of work and no more. A new rate or {@link #cancel} wakes a sleeper at once.
 *
 * <p>Made by the store. Safe for concurrent use; everything guarded by {@code lock}.
 */
public final class CompactionPacer {
    /** The rate that does not pace. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    private static final long FORGIVEN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long bytesPerSecond;
    private long dueNanos = System.nanoTime();
    private boolean cancelled;

    public CompactionPacer(long bytesPerSecond) {
        setBytesPerSecond(bytesPerSecond);
    }

    /** From now on; at least 1. */
    public void setBytesPerSecond(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("rate of " + bytesPerSecond + " bytes a second");
        }
        lock.lock();
        try {
            this.bytesPerSecond = bytesPerSecond;
            dueNanos = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the tasks that ask this pacer, now and in future. */
    public void cancel() {
        lock.lock();
        try {
            cancelled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Sleeps until {@code bytes} more are within the rate; false when cancelled, or when the thread is interrupted. */
    public boolean pace(long bytes) {
        lock.lock();
        try {
            long now = System.nanoTime();
            if (dueNanos - now < -FORGIVEN_NANOS) {
                dueNanos = now - FORGIVEN_NANOS;
            }
            if (bytesPerSecond != UNLIMITED) {
                dueNanos += (long) (bytes * 1e9 / bytesPerSecond);
            }
            while (!cancelled && bytesPerSecond != UNLIMITED) {
                long waitNanos = dueNanos - System.nanoTime();
                if (waitNanos <= 0) {
                    break;
                }
                long left = changed.awaitNanos(waitNanos);
                if (left <= 0) {
                    break;
                }
            }
            return !cancelled;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
