package io.ringtail.engine;

import io.ringtail.engine.io.ThreadNice;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Gives memory and files back, on a thread of its own if the store has threads: unmapping takes milliseconds that no event loop should spend because it happened to be the last reader.
 *
 * <p>One per store. Safe for concurrent use. The queue holds at most a task for each view, table and memtable there has been and is not bounded otherwise:
 * what waits in it is memory that somebody wants back.
 */
final class Reclaimer implements Executor {
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final @Nullable Thread thread;
    private volatile boolean stopping;

    /** Without a factory there is no thread, and somebody calls {@link #runOnce}. */
    Reclaimer(@Nullable ThreadFactory threads) {
        thread = threads == null ? null : threads.newThread(this::run);
        if (thread != null) {
            thread.setName("store-reclaim");
            thread.start();
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    private void run() {
        boolean ignored = ThreadNice.yieldToOthers(10);
        while (!stopping || !tasks.isEmpty()) {
            try {
                tasks.take().run();
            } catch (InterruptedException e) {
                // Only stop() interrupts, and sets its flag before.
                continue;
            }
        }
    }

    /** Does all that was handed in, on the caller's thread; whether there was anything. */
    boolean runOnce() {
        Runnable task = tasks.poll();
        boolean any = task != null;
        while (task != null) {
            task.run();
            task = tasks.poll();
        }
        return any;
    }

    /** Returns when all that was handed in is done. */
    void stop() {
        stopping = true;
        if (thread == null) {
            runOnce();
            return;
        }
        tasks.add(() -> {});
        Threads.join(thread);
    }
}
