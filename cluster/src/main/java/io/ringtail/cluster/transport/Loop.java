package io.ringtail.cluster.transport;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/** A thread that runs one thing at a time, with timers: an event loop, or the one thread of a simulation. Safe for concurrent use. */
public interface Loop extends Executor {
    /** Runs a task on the loop, after what it is doing now. */
    @Override
    void execute(Runnable task);

    /** Runs a task on the loop once so many milliseconds have passed. */
    void schedule(Runnable task, long delayMillis);

    /** A clock that only goes forward, by which timeouts are measured. */
    long nanoTime();

    /** Runs a task that may block for long on another thread, with nothing of the loop's; false when too many wait already. */
    boolean offload(Runnable blocking);

    /** Holds up the loop, on whose thread this is called, for about so long: what it does next comes later. */
    default void pause(long nanos) {
        LockSupport.parkNanos(nanos);
    }
}
