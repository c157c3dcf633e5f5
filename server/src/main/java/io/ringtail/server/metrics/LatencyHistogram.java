package io.ringtail.server.metrics;

/**
 * Durations, counted in buckets a sixteenth of a power of two wide: at most 6 % off, 8 KiB, no allocation to record.
 *
 * <p>One thread records; others may read at any time and see counts a moment old.
 */
public final class LatencyHistogram {
    private static final int STEPS_PER_POWER = 16;
    private static final int BUCKETS = 40 * STEPS_PER_POWER;

    private final long[] counts = new long[BUCKETS];

    public void record(long nanos) {
        counts[bucket(nanos)]++;
    }

    private static int bucket(long nanos) {
        if (nanos < STEPS_PER_POWER) {
            return (int) Math.max(nanos, 0);
        }
        int power = 63 - Long.numberOfLeadingZeros(nanos);
        int step = (int) (nanos >>> (power - 4)) & (STEPS_PER_POWER - 1);
        return Math.min((power - 3) * STEPS_PER_POWER + step, BUCKETS - 1);
    }

    /** The largest duration that falls into a bucket. */
    private static long upperNanos(int bucket) {
        if (bucket < STEPS_PER_POWER) {
            return bucket;
        }
        int power = bucket / STEPS_PER_POWER + 3;
        long step = bucket % STEPS_PER_POWER;
        return (1L << power) + ((step + 1) << (power - 4)) - 1;
    }

    public void add(LatencyHistogram other) {
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] += other.counts[i];
        }
    }

    public void clear() {
        java.util.Arrays.fill(counts, 0);
    }

    public long count() {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    /** The duration that {@code percent} of all did not exceed; 0 when there are none. */
    public long percentileNanos(double percent) {
        long total = count();
        if (total == 0) {
            return 0;
        }
        long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return upperNanos(i);
            }
        }
        return upperNanos(BUCKETS - 1);
    }

    /** How many did not exceed {@code nanos}, to the precision of the buckets. */
    public long countUpTo(long nanos) {
        long seen = 0;
        for (int i = 0; i < BUCKETS && upperNanos(i) <= nanos; i++) {
            seen += counts[i];
        }
        return seen;
    }
}
