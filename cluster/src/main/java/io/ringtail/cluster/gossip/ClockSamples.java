package io.ringtail.cluster.gossip;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The latest that each peer said of its wall clock. Pure; confined to one thread.
 *
 * <p>A sample is how far the peer's wall clock is ahead of this node's <em>monotonic</em> clock, so that a jump of
 * this node's wall clock shows in full the moment it is asked for, not when all peers have been asked again.
 */
final class ClockSamples {
    private static final long NONE = Long.MIN_VALUE;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final IntPredicate EVERYBODY = peer -> true;

    private long[] baseMillis = new long[0];

    /** Starts over, with so many peers. */
    void reset(int peers) {
        baseMillis = new long[peers];
        Arrays.fill(baseMillis, NONE);
    }

    /** The samples by new indexes; one that was not there is negative in {@code oldIndexes}. */
    void rearrange(int[] oldIndexes) {
        long[] old = baseMillis;
        reset(oldIndexes.length);
        for (int i = 0; i < oldIndexes.length; i++) {
            if (oldIndexes[i] >= 0) {
                baseMillis[i] = old[oldIndexes[i]];
            }
        }
    }

    /** The peer's clock stood at {@code peerMillis} about half way between the two times. */
    void add(int peer, long peerMillis, long askedNanos, long answeredNanos) {
        baseMillis[peer] = peerMillis - (askedNanos + (answeredNanos - askedNanos) / 2) / NANOS_PER_MILLI;
    }

    boolean hasAny() {
        for (long base : baseMillis) {
            if (base != NONE) {
                return true;
            }
        }
        return false;
    }

    /**
     * How far this node's wall clock is ahead of the median of the peers'; 0 when none has been heard, of all that have been when none counts. Of an even
     * number the middle one that is nearer to this node's own clock counts: of two that disagree the one that agrees
     * with this node is the likelier.
     */
    long offsetMillis(long wallMillis, long nowNanos, IntPredicate counts) {
        long ownBase = wallMillis - nowNanos / NANOS_PER_MILLI;
        long[] offsets = new long[baseMillis.length];
        int count = 0;
        for (int i = 0; i < baseMillis.length; i++) {
            if (baseMillis[i] != NONE && counts.test(i)) {
                offsets[count++] = ownBase - baseMillis[i];
            }
        }
        for (int i = 0; i < baseMillis.length && counts != EVERYBODY && count == 0; i++) {
            if (baseMillis[i] != NONE) {
                // Cut off from all: what they said last is as good a judge of this clock as ever, and better than none.
                return offsetMillis(wallMillis, nowNanos, EVERYBODY);
            }
        }
        if (count == 0) {
            return 0;
        }
        Arrays.sort(offsets, 0, count);
        long low = offsets[(count - 1) / 2];
        long high = offsets[count / 2];
        return Math.abs(low) <= Math.abs(high) ? low : high;
    }
}
