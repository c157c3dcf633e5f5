package io.ringtail.bench.simulation.world;

import io.ringtail.engine.io.SimulatedFileSystem;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * A computer: a disk and a clock, which outlive crashes, and a process with loops, which does not. Each start of the process is a life; loops and transports belong
 * to one.
 *
 * <p>Made by the {@link SimulatedWorld}. Confined to the world's thread.
 */
public final class SimulatedMachine {
    /** Where every node listens for others. */
    public static final int NODE_PORT = 7379;

    private static final int SMALL_ROOM_BYTES = 4096;

    private final SimulatedWorld world;
    private final int index;
    private final SimulatedClock clock;
    private final RandomGenerator random;
    private SimulatedFileSystem disk = new SimulatedFileSystem();
    private int life;
    private boolean on = true;
    private long pausedUntilNanos;
    private long slownessNanos;
    private long diskStallsUntilNanos;

    SimulatedMachine(SimulatedWorld world, int index, long clockSkewMillis, double clockDrift) {
        this.world = world;
        this.index = index;
        this.clock = new SimulatedClock(world, clockSkewMillis, clockDrift);
        this.random = world.newRandom();
    }

    public int index() {
        return index;
    }

    /** What others reach it at. */
    public String host() {
        return "10.0.0." + (index + 1);
    }

    public SimulatedWorld world() {
        return world;
    }

    public SimulatedClock clock() {
        return clock;
    }

    /** The disk as the present life is to open it. A crash puts another in its place: what the life before still holds open is of no effect any more. */
    public SimulatedFileSystem disk() {
        return disk;
    }

    /** While it is off: what its next life finds is another disk, an older copy for example. */
    public void replaceDisk(SimulatedFileSystem other) {
        disk = other;
    }

    /** Randomness for what runs here. */
    public RandomGenerator random() {
        return random;
    }

    /** How often its process has been started again. */
    public int life() {
        return life;
    }

    public boolean isOn() {
        return on;
    }

    /** Whether it is on and not paused. */
    public boolean isRunning() {
        return on && pausedUntilNanos <= world.nowNanos();
    }

    /** A new thread of the present life. */
    public SimulatedLoop newLoop(String name) {
        return new SimulatedLoop(world, this, name, life, world.newRandom());
    }

    /**
     * Ends the process at once: nothing of it runs any more.
     *
     * @param powerLoss whether the disk forgets what was not synced, in part, and other machines hear nothing; otherwise files are as they were written and links
     *     break at once
     */
    public void crash(boolean powerLoss) {
        on = false;
        life++;
        if (powerLoss) {
            disk.powerCut(random);
        }
        // Locks and open files are the dead process's: a copy has neither.
        disk = disk.copy();
        world.network().crashed(this, powerLoss);
    }

    /** Switches it on; what is to run on it is the caller's business. */
    public void switchOn() {
        on = true;
        pausedUntilNanos = 0;
        world.network().reachabilityChanged();
    }

    /** Stops everything on it for a while, as SIGSTOP does. */
    public void pause(long nanos) {
        pausedUntilNanos = Math.max(pausedUntilNanos, world.nowNanos() + nanos);
        world.network().reachabilityChanged();
        world.after(pausedUntilNanos - world.nowNanos(), world.network()::reachabilityChanged);
    }

    long pausedUntilNanos() {
        return pausedUntilNanos;
    }

    /** From now on each turn of each loop takes a random time of up to so much; 0 is as fast as can be. */
    public void slowness(long nanosPerTurn) {
        slownessNanos = nanosPerTurn;
    }

    long slownessNanos() {
        return slownessNanos;
    }

    /** Whoever begins to wait for the disk waits for so long at least; what can be done without it goes on. */
    public void stallDisk(long nanos) {
        diskStallsUntilNanos = Math.max(diskStallsUntilNanos, world.nowNanos() + nanos);
    }

    long diskStallsUntilNanos() {
        return diskStallsUntilNanos;
    }

    /** Leaves the disk room for hardly anything more, or for all there may come. */
    public void diskFull(boolean full) {
        try {
            disk.capacity(Long.MAX_VALUE);
            if (full) {
                long used = Long.MAX_VALUE - disk.usableBytes(Path.of("/"));
                disk.capacity(used + random.nextInt(SMALL_ROOM_BYTES));
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "n" + index;
    }
}
