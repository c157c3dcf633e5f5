package io.ringtail.cluster.membership;

import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import java.util.concurrent.TimeUnit;

/**
 * When a member that owns nothing asks for its share. It came in while some member did not answer, so that nothing could be moved; as long as the cluster may hold no
 * data, it asks for all partitions to be assigned anew, more and more rarely, and not again in an epoch in which somebody was found to hold data. Confined to
 * the control loop.
 */
final class ShareWish {
    private static final int MIN_PAUSE_MILLIS = 2_000;
    private static final int MAX_PAUSE_MILLIS = 64_000;

    private final long self;
    private final Surroundings surroundings;
    private int pauseMillis = MIN_PAUSE_MILLIS;
    private long dueAtNanos;
    private long inVainInEpoch;

    ShareWish(long self, Surroundings surroundings) {
        this.self = self;
        this.surroundings = surroundings;
    }

    boolean isDue(Topology topology, long nowNanos) {
        if (nowNanos - dueAtNanos < 0
                || topology.epoch() == inVainInEpoch
                || topology.members().size() > topology.partitions()
                || topology.transition().isLeaving(self)
                || Placement.ownsAny(topology, self)) {
            return false;
        }
        if (!surroundings.holdsNoData().getAsBoolean()) {
            isInVain(topology);
            return false;
        }
        return true;
    }

    /** It has just been asked, or there was no reason to yet. */
    void asked(long nowNanos) {
        dueAtNanos = nowNanos + TimeUnit.MILLISECONDS.toNanos(pauseMillis + surroundings.random().nextInt(pauseMillis));
        pauseMillis = Math.min(MAX_PAUSE_MILLIS, 2 * pauseMillis);
    }

    /** Somebody holds data. */
    void isInVain(Topology topology) {
        inVainInEpoch = topology.epoch();
    }
}
