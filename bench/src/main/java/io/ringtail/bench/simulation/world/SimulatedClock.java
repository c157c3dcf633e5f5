package io.ringtail.bench.simulation.world;

import io.ringtail.cluster.clock.WallClock;

/**
 * A machine's idea of the time of day: the true time, off by a skew, drifting, and now and then set forward or back. It outlives the machine's crashes.
 *
 * <p>Confined to the world's thread.
 */
public final class SimulatedClock implements WallClock {
    /** What the true time of day is when the world begins. */
    public static final long WORLD_BEGINS_MILLIS = 1_750_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final SimulatedWorld world;
    private final double drift;
    private long skewMillis;
    private long highestMillis;
    private int jumps;

    SimulatedClock(SimulatedWorld world, long skewMillis, double drift) {
        this.world = world;
        this.skewMillis = skewMillis;
        this.drift = drift;
    }

    @Override
    public long millis() {
        long elapsed = world.nowNanos() / NANOS_PER_MILLI;
        return WORLD_BEGINS_MILLIS + elapsed + (long) (elapsed * drift) + skewMillis;
    }

    /** Sets the clock forward, or back. */
    public void jump(long millis) {
        highestMillis = highestMillis();
        skewMillis += millis;
        jumps++;
    }

    /** How often it has been set. */
    public int jumps() {
        return jumps;
    }

    /** The latest time it has ever shown. */
    public long highestMillis() {
        return Math.max(highestMillis, millis());
    }
}
