package io.ringtail.cluster.hint;

import io.ringtail.cluster.transport.Loop;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A loop whose time passes when a test says so. What is offloaded runs after what the loop is doing, in the same thread. */
public final class ManualLoop implements Loop {
    private record Timer(long dueNanos, long order, Runnable task) {}

    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.comparingLong(Timer::dueNanos).thenComparingLong(Timer::order));
    private long nanos;
    private long order;
    boolean refusesToOffload;

    @Override
    public void execute(Runnable task) {
        ready.add(task);
    }

    @Override
    public void schedule(Runnable task, long delayMillis) {
        timers.add(new Timer(nanos + delayMillis * 1_000_000, order++, task));
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public boolean offload(Runnable blocking) {
        if (refusesToOffload) {
            return false;
        }
        ready.add(blocking);
        return true;
    }

    long millis() {
        return nanos / 1_000_000;
    }

    public void pass(long millis) {
        long until = nanos + millis * 1_000_000;
        while (true) {
            while (!ready.isEmpty()) {
                ready.poll().run();
            }
            Timer next = timers.peek();
            if (next == null || next.dueNanos > until) {
                nanos = until;
                return;
            }
            timers.poll();
            nanos = next.dueNanos;
            next.task.run();
        }
    }
}
