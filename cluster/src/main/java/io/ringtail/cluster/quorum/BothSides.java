package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;

/**
 * Who holds what a read is about to answer, of the replicas of a partition that is handed over: those of before and those of after, counted apart, and each data center by itself where the level counts so. The hand-over may go on
 * or back, and what somebody has been shown has to be met by every read at the same level afterwards. Confined to the loop.
 *
 * <p>Of several data centers every one has to be met, although a read at {@code EACH_QUORUM} asks them all, and one that is met on both sides would do: which of them that is, hand-overs of several rings that end differently need not
 * leave so.
 */
final class BothSides {
    private final Ring ring;
    private final ReplicaSet replicas;
    private final Requirement requirement;
    private final ConsistencyLevel level;
    /** By part of the requirement. */
    private final Side[] before;

    private final Side[] after;

    /** The replicas of before, or of after, that a part of the requirement is about. */
    private final class Side {
        private int count;
        private int holders;

        private int asked() {
            return level.required(count);
        }

        /** Whether every read of this side meets a holder. Of no replicas there are no reads. */
        private boolean isMet() {
            return count == 0 || holders >= Math.max(1, count - asked() + 1);
        }

        private boolean isMajority() {
            return 2 * asked() > count;
        }
    }

    /** @param requirement what the level asks for of these replicas, for this coordinator */
    BothSides(Ring ring, ReplicaSet replicas, Requirement requirement, ConsistencyLevel level) {
        this.ring = ring;
        this.replicas = replicas;
        this.requirement = requirement;
        this.level = level;
        this.before = sides(requirement.parts());
        this.after = sides(requirement.parts());
        for (int i = 0; i < replicas.count(); i++) {
            int member = replicas.preference()[i];
            int part = Quota.partOf(requirement, ring, member);
            if (part >= 0) {
                before[part].count += replicas.isBefore(member) ? 1 : 0;
                after[part].count += replicas.isAfter(member) ? 1 : 0;
            }
        }
    }

    private Side[] sides(int parts) {
        Side[] sides = new Side[parts];
        for (int part = 0; part < parts; part++) {
            sides[part] = new Side();
        }
        return sides;
    }

    /** Notes a holder, one of those that the requirement is about. */
    void holds(long memberId) {
        int member = ring.topology().indexOf(memberId);
        int part = Quota.partOf(requirement, ring, member);
        before[part].holders += replicas.isBefore(member) ? 1 : 0;
        after[part].holders += replicas.isAfter(member) ? 1 : 0;
    }

    /** Whether every later read meets a holder, whichever way the hand-over ends. */
    boolean areMet() {
        for (int part = 0; part < before.length; part++) {
            if (!before[part].isMet() || !after[part].isMet()) {
                return false;
            }
        }
        return true;
    }

    /** Whether a read at this level asks a majority of either side. */
    boolean areMajorities() {
        for (int part = 0; part < before.length; part++) {
            if (!before[part].isMajority() || !after[part].isMajority()) {
                return false;
            }
        }
        return true;
    }
}
