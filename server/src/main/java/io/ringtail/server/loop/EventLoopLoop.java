package io.ringtail.server.loop;

import io.netty.channel.EventLoop;
import io.ringtail.cluster.transport.Loop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An event loop as the cluster sees it. Safe for concurrent use. A task given to a loop that is ending is dropped: what it was about has ended too.
 */
public final class EventLoopLoop implements Loop {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoopLoop.class);

    private final EventLoop eventLoop;
    private final OffloadPool pool;

    public EventLoopLoop(EventLoop eventLoop, OffloadPool pool) {
        this.eventLoop = eventLoop;
        this.pool = pool;
    }

    public EventLoop eventLoop() {
        return eventLoop;
    }

    @Override
    public void execute(Runnable task) {
        try {
            eventLoop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("a task came after its loop's end");
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // nobody takes a timer back
    public void schedule(Runnable task, long delayMillis) {
        try {
            eventLoop.schedule(() -> run(task), delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("a timer came after its loop's end");
        }
    }

    /** A timer's failure would be kept in a future that nobody reads. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("a timer of the cluster's failed", e);
        }
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public boolean offload(Runnable blocking) {
        return pool.offer(blocking);
    }
}
