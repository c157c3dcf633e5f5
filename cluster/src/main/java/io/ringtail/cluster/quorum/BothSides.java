package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;

/**
 * Who holds what a read is about to answer, of the replicas of a partition that is handed over: those of before and those of after, counted apart. The hand-over may go on or back, and what somebody has been shown has to be
 * met by every read at the same level afterwards. Confined to the loop.
 */
final class BothSides {
    private final Ring ring;
    private final ReplicaSet replicas;
    private final int askedBefore;
    private final int askedAfter;
    private int holdersBefore;
    private int holdersAfter;

    BothSides(Ring ring, ReplicaSet replicas, ConsistencyLevel level) {
        this.ring = ring;
        this.replicas = replicas;
        this.askedBefore = level.required(replicas.countBefore());
        this.askedAfter = level.required(replicas.countAfter());
    }

    void holds(long memberId) {
        int member = ring.topology().indexOf(memberId);
        holdersBefore += replicas.isBefore(member) ? 1 : 0;
        holdersAfter += replicas.isAfter(member) ? 1 : 0;
    }

    /** Whether every read of one side meets a holder. Of no replicas there are no reads. */
    boolean areMet() {
        return isMet(holdersBefore, replicas.countBefore(), askedBefore) && isMet(holdersAfter, replicas.countAfter(), askedAfter);
    }

    private static boolean isMet(int holders, int count, int asked) {
        return count == 0 || holders >= Math.max(1, count - asked + 1);
    }

    /** Whether a read at this level asks a majority of either side. */
    boolean areMajorities() {
        return 2 * askedBefore > replicas.countBefore() && 2 * askedAfter > replicas.countAfter();
    }
}
