package io.ringtail.cluster.clock;

/**
 * A hybrid logical clock: 48 bits of milliseconds since 1970, 16 bits of counter, in one unsigned long.
 *
 * <p>Owned by a coordinator. Guarded by that coordinator's exclusive section.
 *
 * <p>Invariant: every {@link #tick} is greater than every tick and every {@link #observe observed} time before it, whatever the wall
 * clock does. When the wall clock stands still or goes back, the counter goes on, and carries into the milliseconds when it is full.
 *
 * <p>Source: Kulkarni, Demirbas et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases", 2014.
 */
public final class HybridLogicalClock {
    private static final int COUNTER_BITS = 16;

    private long last;

    /** @param last what every tick must be greater than: the greatest time in the store this clock serves */
    public HybridLogicalClock(long last) {
        this.last = last;
    }

    /** The time of a new event, when the wall clock shows {@code wallMillis}. */
    public long tick(long wallMillis) {
        long wall = wallMillis << COUNTER_BITS;
        last = Long.compareUnsigned(wall, last) > 0 ? wall : last + 1;
        return last;
    }

    /** Takes note of a time from elsewhere, which all later ticks are to exceed. */
    public void observe(long time) {
        if (Long.compareUnsigned(time, last) > 0) {
            last = time;
        }
    }

    /** The greatest time given out or observed. */
    public long last() {
        return last;
    }

    /** The milliseconds of a hybrid time. */
    public static long millis(long time) {
        return time >>> COUNTER_BITS;
    }

    /** The greatest time whose {@link #millis} are these. */
    public static long lastOf(long millis) {
        return millis << COUNTER_BITS | (1L << COUNTER_BITS) - 1;
    }
}
