package io.ringtail.server.loop;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads for what the cluster's loops must not wait for: names to resolve, scans, files. Safe for concurrent use. At most {@value #QUEUE_CAPACITY} tasks wait.
 */
public final class OffloadPool {
    private static final Logger LOG = LoggerFactory.getLogger(OffloadPool.class);
    private static final int QUEUE_CAPACITY = 1024;

    private final ThreadPoolExecutor threads;

    public OffloadPool(int threadCount) {
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUE_CAPACITY),
                task -> new Thread(task, "cluster-offload-" + number.incrementAndGet()));
        threads.allowCoreThreadTimeOut(true);
    }

    /** Runs a task on one of the threads; false when too many wait already, or the pool is closed. */
    public boolean offer(Runnable task) {
        try {
            threads.execute(() -> run(task));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("a task of the cluster's failed", e);
        }
    }

    /** Ends the threads after what they have begun. */
    public void close(long timeoutMillis) throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(timeoutMillis, TimeUnit.MILLISECONDS)) {
            threads.shutdownNow();
        }
    }
}
