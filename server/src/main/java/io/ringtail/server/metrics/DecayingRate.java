package io.ringtail.server.metrics;

/**
 * How fast a total grows, as a mean in which what happened a while ago counts less and less: after {@value #MEMORY_SECONDS} seconds about a third. So it neither jumps with each
 * second nor remembers the day. Confined to whoever updates it.
 */
public final class DecayingRate {
    /** After so long what was counts for 1/e. */
    public static final int MEMORY_SECONDS = 10;

    private static final double NANOS_PER_SECOND = 1e9;

    private double lastTotal;
    private long lastNanos;
    private double perSecond;

    /** @param total what has been counted by now; only what comes on top of it counts */
    public DecayingRate(double total, long nowNanos) {
        lastTotal = total;
        lastNanos = nowNanos;
    }

    /**
     * Takes a new total, and returns the rate a second. One that is less than before has begun again at zero.
     *
     * @param nowNanos by a clock that only goes forward; the more often it is called, the finer
     */
    public double update(double total, long nowNanos) {
        double seconds = (nowNanos - lastNanos) / NANOS_PER_SECOND;
        if (seconds <= 0) {
            return perSecond;
        }
        double grown = total < lastTotal ? total : total - lastTotal;
        double weight = 1 - Math.exp(-seconds / MEMORY_SECONDS);
        perSecond += weight * (grown / seconds - perSecond);
        lastTotal = total;
        lastNanos = nowNanos;
        return perSecond;
    }
}
