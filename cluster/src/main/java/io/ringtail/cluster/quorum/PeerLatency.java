package io.ringtail.cluster.quorum;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast members answer: a moving mean, by which the nearest is chosen to be read from, and an estimate of the 99th percentile, after which a read is hedged. Confined to
 * the loop, but for {@link #meanMicros}.
 *
 * <p>The percentile is followed by steps, up by 99 parts when an answer was slower and down by one when it was faster: no memory of the answers themselves, and it
 * forgets by itself.
 */
final class PeerLatency {
    private static final double MEAN_WEIGHT = 0.05;
    private static final double STEP = 0.05;
    private static final long HEDGE_MIN_NANOS = 3_000_000;
    private static final long HEDGE_MAX_NANOS = 250_000_000;

    private static final class Estimate {
        double meanNanos;
        double slowNanos = 10_000_000;
    }

    private final Map<Long, Estimate> estimates = new ConcurrentHashMap<>();

    private Estimate of(long memberId) {
        return estimates.computeIfAbsent(memberId, id -> new Estimate());
    }

    /** Takes note of how long an answer took; for one that has not come, of how long it has been waited for. */
    void note(long memberId, long nanos) {
        Estimate estimate = of(memberId);
        estimate.meanNanos += (nanos - estimate.meanNanos) * MEAN_WEIGHT;
        double step = estimate.slowNanos * STEP;
        estimate.slowNanos += nanos > estimate.slowNanos ? 0.99 * step : -0.01 * step;
        estimate.slowNanos = Math.clamp(estimate.slowNanos, HEDGE_MIN_NANOS, HEDGE_MAX_NANOS);
    }

    double meanNanos(long memberId) {
        return of(memberId).meanNanos;
    }

    /** The mean as of about now, 0 when nothing is known; for any thread. */
    long meanMicros(long memberId) {
        Estimate known = estimates.get(memberId);
        return known == null ? 0 : (long) (known.meanNanos / 1000);
    }

    /** After how long a read that has not been answered is asked of somebody else too. */
    long hedgeNanos(long memberId) {
        return (long) of(memberId).slowNanos;
    }
}
