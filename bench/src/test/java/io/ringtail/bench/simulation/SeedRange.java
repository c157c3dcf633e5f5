package io.ringtail.bench.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs one simulation for each seed of a range, on two threads: a simulation is confined to one and shares nothing, so the order in which they end is all that differs.
 * Confined to the calling thread, which waits.
 */
public final class SeedRange {
    private static final int THREADS = 2;

    private SeedRange() {}

    /**
     * The first bad run that is found, after which no more are begun; null when all are good.
     *
     * @param through inclusive
     * @param each told of every result, by several threads
     */
    public static @Nullable SimulationResult firstBad(
            long from,
            long through,
            SimulationOptions options,
            Supplier<NodeFactory> nodes,
            Consumer<SimulationResult> each) {
        AtomicLong next = new AtomicLong(from);
        AtomicReference<@Nullable SimulationResult> bad = new AtomicReference<>();
        Runnable work = () -> {
            for (long seed = next.getAndIncrement(); seed <= through && bad.get() == null; seed = next.getAndIncrement()) {
                SimulationResult result = new Simulation(seed, options, nodes.get()).run();
                each.accept(result);
                if (!result.isGood()) {
                    bad.compareAndSet(null, result);
                }
            }
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                ends.add(threads.submit(work));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
        return bad.get();
    }
}
