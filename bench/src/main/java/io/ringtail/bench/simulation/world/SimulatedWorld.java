package io.ringtail.bench.simulation.world;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A discrete-event simulation: a queue of events, each at a time in nanoseconds, run one after the other. Nothing in it reads the machine's clock or a source of
 * randomness other than those made here from the seed, so a seed is a history.
 *
 * <p>Events of one time run in the order in which they were asked for. An event belongs to the world or to a {@link SimulatedLoop}; one that belongs to a loop is
 * dropped when the loop's machine has crashed since, waits while the machine is paused or the loop busy, and keeps its place among the others when it waits.
 *
 * <p>Made by whoever runs a simulation. Confined to one thread.
 */
public final class SimulatedWorld {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Something that will happen. */
    private static final class Event implements Comparable<Event> {
        private long atNanos;
        private final long sequence;
        private final @Nullable SimulatedLoop loop;
        private final boolean onAnotherThread;
        private final Runnable task;

        private Event(long atNanos, long sequence, @Nullable SimulatedLoop loop, boolean onAnotherThread, Runnable task) {
            this.atNanos = atNanos;
            this.sequence = sequence;
            this.loop = loop;
            this.onAnotherThread = onAnotherThread;
            this.task = task;
        }

        @Override
        public int compareTo(Event other) {
            int order = Long.compare(atNanos, other.atNanos);
            return order != 0 ? order : Long.compare(sequence, other.sequence);
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>(1024);
    private final List<SimulatedMachine> machines = new ArrayList<>();
    private final SimulatedNetwork network;
    private long nowNanos;
    private long nextSequence;
    private long eventsRun;
    private long trace;

    public SimulatedWorld(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.network = new SimulatedNetwork(this);
    }

    public long seed() {
        return seed;
    }

    /** A source of randomness of its own, so that who draws more from one does not change what others draw. Asked for in a fixed order. */
    public RandomGenerator newRandom() {
        return random.split();
    }

    public SimulatedNetwork network() {
        return network;
    }

    /** Adds a machine, switched on, whose clock shows {@code clockSkewMillis} more than the true time. */
    public SimulatedMachine addMachine(long clockSkewMillis, double clockDrift) {
        SimulatedMachine machine = new SimulatedMachine(this, machines.size(), clockSkewMillis, clockDrift);
        machines.add(machine);
        return machine;
    }

    public List<SimulatedMachine> machines() {
        return machines;
    }

    /** Nanoseconds since the world began. */
    public long nowNanos() {
        return nowNanos;
    }

    /** Events that have run. */
    public long eventsRun() {
        return eventsRun;
    }

    /** What tells two runs apart: equal when the same events ran at the same times and the same bytes were sent. */
    public long traceHash() {
        return trace;
    }

    /** Makes something that has happened part of {@link #traceHash}. */
    public void trace(long what) {
        trace = mix(trace ^ what);
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 32)) * 0x9E37_79B9_7F4A_7C15L;
        return mixed ^ (mixed >>> 29);
    }

    /** Has the world itself do something, whatever becomes of any machine. */
    public void after(long delayNanos, Runnable task) {
        add(nowNanos + delayNanos, null, false, task);
    }

    /** {@link #after} in milliseconds. */
    public void afterMillis(long delayMillis, Runnable task) {
        after(delayMillis * NANOS_PER_MILLI, task);
    }

    void onLoop(SimulatedLoop loop, long atNanos, Runnable task) {
        add(atNanos, loop, false, task);
    }

    /** Something a machine does beside its loop: dropped and put off like the loop's events, but no turn of it. */
    void besideLoop(SimulatedLoop loop, long atNanos, Runnable task) {
        add(atNanos, loop, true, task);
    }

    private void add(long atNanos, @Nullable SimulatedLoop loop, boolean onAnotherThread, Runnable task) {
        events.add(new Event(Math.max(atNanos, nowNanos), nextSequence++, loop, onAnotherThread, task));
    }

    /** Runs everything up to and including {@code untilNanos}, and leaves the clock there. */
    public void runUntil(long untilNanos) {
        while (true) {
            Event event = events.peek();
            if (event == null || event.atNanos > untilNanos) {
                break;
            }
            events.poll();
            run(event);
        }
        nowNanos = Math.max(nowNanos, untilNanos);
    }

    private void run(Event event) {
        nowNanos = event.atNanos;
        SimulatedLoop loop = event.loop;
        if (loop == null) {
            note(event);
            event.task.run();
            return;
        }
        if (!loop.isAlive()) {
            return;
        }
        long wakes = event.onAnotherThread ? loop.machine().pausedUntilNanos() : loop.freeAtNanos();
        if (wakes > nowNanos) {
            event.atNanos = wakes;
            events.add(event);
            return;
        }
        note(event);
        if (event.onAnotherThread) {
            event.task.run();
        } else {
            loop.runTurn(event.task);
        }
    }

    private void note(Event event) {
        eventsRun++;
        trace = mix(trace ^ event.atNanos) + event.sequence;
    }
}
