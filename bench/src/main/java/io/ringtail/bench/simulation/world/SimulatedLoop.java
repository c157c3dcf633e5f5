package io.ringtail.bench.simulation.world;

import io.ringtail.cluster.transport.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A thread of a machine, as one life of the machine knows it: each event that belongs to it is a turn, at whose end what the turn has sent goes out together. Once
 * the machine has crashed nothing of this loop ever runs again; the next life makes new ones.
 *
 * <p>Confined to the world's thread, as everything is.
 */
public final class SimulatedLoop implements Loop {
    /** Tasks that may wait for another thread, as a server's pool would have it. */
    private static final int OFFLOADED_MAX = 1024;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long HANDOVER_NANOS = 2_000;
    private static final long BLOCKING_NANOS = 300_000;
    private static final long LONG_BLOCKING_NANOS = 20_000_000;
    private static final int LONG_BLOCKING_ONE_IN = 50;

    private final SimulatedWorld world;
    private final SimulatedMachine machine;
    private final String name;
    private final int life;
    private final RandomGenerator random;
    private final List<Runnable> turnEnds = new ArrayList<>();
    private long freeAtNanos;
    private int offloaded;
    private boolean inTurn;

    SimulatedLoop(SimulatedWorld world, SimulatedMachine machine, String name, int life, RandomGenerator random) {
        this.world = world;
        this.machine = machine;
        this.name = name;
        this.life = life;
        this.random = random;
    }

    public SimulatedMachine machine() {
        return machine;
    }

    public boolean isAlive() {
        return machine.isOn() && machine.life() == life;
    }

    /** Whether one of its events is running. */
    boolean isInTurn() {
        return inTurn;
    }

    /** When its next turn can begin. */
    long freeAtNanos() {
        return Math.max(freeAtNanos, machine.pausedUntilNanos());
    }

    /** Has {@code task} run at the end of every turn, after what was added before: what a server does when a loop has read all there was. */
    public void atTurnEnd(Runnable task) {
        turnEnds.add(task);
    }

    void runTurn(Runnable task) {
        inTurn = true;
        try {
            task.run();
            for (int i = 0; i < turnEnds.size() && isAlive(); i++) {
                turnEnds.get(i).run();
            }
        } finally {
            inTurn = false;
        }
        long slowness = machine.slownessNanos();
        if (slowness > 0) {
            freeAtNanos = Math.max(freeAtNanos, world.nowNanos() + random.nextLong(slowness));
        }
    }

    @Override
    public void execute(Runnable task) {
        world.onLoop(this, world.nowNanos() + HANDOVER_NANOS, task);
    }

    @Override
    public void schedule(Runnable task, long delayMillis) {
        world.onLoop(this, world.nowNanos() + delayMillis * NANOS_PER_MILLI, task);
    }

    /** Runs a task in a turn of this loop at a time from now, in nanoseconds: what comes from outside, such as a client's request. */
    public void arrive(long delayNanos, Runnable task) {
        world.onLoop(this, world.nowNanos() + delayNanos, task);
    }

    @Override
    public long nanoTime() {
        return world.nowNanos();
    }

    @Override
    public boolean offload(Runnable blocking) {
        if (offloaded >= OFFLOADED_MAX) {
            return false;
        }
        offloaded++;
        long longest = random.nextInt(LONG_BLOCKING_ONE_IN) == 0 ? LONG_BLOCKING_NANOS : BLOCKING_NANOS;
        long delay = HANDOVER_NANOS + random.nextLong(longest) + machine.slownessNanos();
        world.besideLoop(this, Math.max(world.nowNanos(), machine.diskStallsUntilNanos()) + delay, () -> {
            offloaded--;
            blocking.run();
        });
        return true;
    }

    @Override
    public void pause(long nanos) {
        freeAtNanos = Math.max(freeAtNanos, world.nowNanos() + nanos);
    }

    /** Tasks that have been offloaded and have not begun. */
    public int offloadedCount() {
        return offloaded;
    }

    @Override
    public String toString() {
        return machine + "/" + name;
    }
}
