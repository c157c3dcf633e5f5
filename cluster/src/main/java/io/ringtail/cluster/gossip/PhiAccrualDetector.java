package io.ringtail.cluster.gossip;

/**
 * Says of one member how unlikely its silence is, from how regularly it was heard of before (Hayashibara et al., "The
 * φ accrual failure detector", 2004). Phi of 8 means: were it alive, a silence as long as this would come about once
 * in 10^8. Pure: times are handed in. Confined to one thread.
 *
 * <pre>
 *   phi(silence) = log10(e) * (silence - mean) / deviation          when silence > mean, else 0
 * </pre>
 *
 * <p>The tail is exponential, not the paper's normal one: a heartbeat comes by way of random peers, so each exchange
 * that brings no news is one more independent miss, and gaps get rarer by a constant factor per length. A normal tail
 * takes a gap of six deviations for one in a billion, while it is one in four hundred. Unlike the plain exponential
 * estimate, whose scale is the mean, the scale is the measured deviation: regular arrivals are trusted sooner.
 *
 * <p>The deviation has a floor of half a period. Until {@value #MIN_INTERVALS} intervals are known it is at least two
 * periods. A gap longer than {@value #MAX_INTERVAL_PERIODS} periods counts as one of that length: it was an outage,
 * and must not make the next one take longer to see, but a network that has become slow is learnt.
 */
public final class PhiAccrualDetector {
    /** Intervals remembered. */
    static final int WINDOW = 32;

    private static final int MIN_INTERVALS = 8;
    private static final int MAX_INTERVAL_PERIODS = 10;
    private static final double LOG10_E = Math.log10(Math.E);
    private static final double NANOS_PER_MICRO = 1e3;

    private final double threshold;
    private final int periodMicros;
    /** A ring; microseconds, which fit an int as they are capped. */
    private final int[] intervalsMicros = new int[WINDOW];
    private int count;
    private int next;
    private long sumMicros;
    private long sumOfSquares;
    private long lastNanos;
    /**
     * The silence from which on phi is over the threshold; worked out at each arrival, so that asking costs a
     * comparison.
     */
    private long suspicionNanos;

    /** @param nowNanos from when on silence counts: there has been no arrival yet */
    public PhiAccrualDetector(GossipOptions options, long nowNanos) {
        threshold = options.phiThreshold();
        periodMicros = (int) (options.periodMillis() * 1000);
        lastNanos = nowNanos;
        estimate();
    }

    /** The member's heartbeat has moved. */
    public void heard(long nowNanos) {
        long gapMicros = (nowNanos - lastNanos) / 1000;
        int interval = (int) Math.clamp(gapMicros, 0, (long) MAX_INTERVAL_PERIODS * periodMicros);
        if (count == WINDOW) {
            long oldest = intervalsMicros[next];
            sumMicros -= oldest;
            sumOfSquares -= oldest * oldest;
        } else {
            count++;
        }
        intervalsMicros[next] = interval;
        next = (next + 1) % WINDOW;
        sumMicros += interval;
        sumOfSquares += (long) interval * interval;
        lastNanos = nowNanos;
        estimate();
    }

    /** So much of the silence is not the member's: it was this node that did not listen. */
    public void forgive(long nanos, long nowNanos) {
        lastNanos = Math.min(lastNanos + nanos, nowNanos);
    }

    private double meanMicros() {
        return count == 0 ? periodMicros : Math.max((double) sumMicros / count, periodMicros);
    }

    private double deviationMicros() {
        double floor = count < MIN_INTERVALS ? 2.0 * periodMicros : 0.5 * periodMicros;
        if (count == 0) {
            return floor;
        }
        double mean = (double) sumMicros / count;
        return Math.max(Math.sqrt(Math.max((double) sumOfSquares / count - mean * mean, 0)), floor);
    }

    private void estimate() {
        suspicionNanos = (long) ((meanMicros() + threshold / LOG10_E * deviationMicros()) * NANOS_PER_MICRO);
    }

    public double phi(long nowNanos) {
        double silenceMicros = (nowNanos - lastNanos) / NANOS_PER_MICRO;
        return Math.max(LOG10_E * (silenceMicros - meanMicros()) / deviationMicros(), 0);
    }

    /** Whether phi is over the threshold. */
    public boolean isSuspected(long nowNanos) {
        return nowNanos - lastNanos > suspicionNanos;
    }
}
