package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.ConsistencyLevel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who has the keys of one partition that are replicated in one way, in order of preference, and how many of them make a quorum. Immutable; made with the {@link Ring}.
 *
 * <p><b>Settled</b>, the first N of the preference list are the replicas, those after them the fallbacks.
 *
 * <p><b>While the partition is handed over</b>, the replicas are those of before <i>and</i> those of after, the former first, and a quorum is so many of all that
 * any such number has, of those before as well as of those after, as many as the level asks for. So it meets every quorum of the epochs before, which knew the old
 * replicas only, and every one of the epochs to come, which will know the new ones only; and nodes that are an epoch apart may work beside each other.
 * For three replicas of which one is another afterwards, a majority is three of four: as many may fail as at any other time. (Counting both sets by themselves would
 * let a little more happen at once, for two sets of counters in every operation.)
 */
public final class ReplicaSet {
    private static final int[] NOBODY = new int[0];

    private final int index;
    private final int[] preference;
    private final int count;
    private final int before;
    private final int after;
    /** The members of after; null when those are the same. */
    private final int @Nullable [] membersAfter;
    /** Members that are to be sent what others hold. */
    private final int[] receivers;
    /** Null where all members are in one data center. */
    private final @Nullable DatacenterQuorums byDatacenter;

    /**
     * @param index see {@link #index}
     * @param preference members as indexes into the topology's
     * @param count how many of the first are replicas, of before or of after
     * @param before how many are of before: the first ones
     * @param after how many are of after, wherever they are
     * @param membersAfter those; null when they are the replicas of before
     * @param receivers see {@link #receivers}
     */
    private ReplicaSet(
            int index,
            int[] preference,
            int count,
            int before,
            int after,
            int @Nullable [] membersAfter,
            int[] receivers,
            @Nullable DatacenterQuorums byDatacenter) {
        this.index = index;
        this.byDatacenter = byDatacenter;
        this.preference = preference;
        this.count = count;
        this.before = before;
        this.after = after;
        this.membersAfter = membersAfter;
        this.receivers = receivers;
    }

    /** A preference list, the first ones of which are replicas. */
    record Listed(int[] preference, int replicas) {
        boolean isSameAs(Listed other) {
            return replicas == other.replicas && Arrays.equals(preference, other.preference);
        }

        int[] replicaMembers() {
            return Arrays.copyOf(preference, replicas);
        }
    }

    /** Makes those of one ring: partitions that have the same members in the same order share one. */
    static final class Factory {
        private final DatacenterQuorums.Factory quorums;
        private final Map<List<Integer>, ReplicaSet> known = new HashMap<>();

        Factory(Datacenters datacenters) {
            this.quorums = new DatacenterQuorums.Factory(datacenters);
        }

        /** Of a partition that has one list, or is handed over and has two. */
        ReplicaSet of(Listed before, Listed after) {
            List<Integer> content = new ArrayList<>(2 + before.preference.length + after.preference.length);
            content.add(before.replicas);
            content.add(after.replicas);
            for (int member : before.preference) {
                content.add(member);
            }
            if (!before.isSameAs(after)) {
                // No member has this index: where one list ends and the other begins is told, too.
                content.add(-1);
                for (int member : after.preference) {
                    content.add(member);
                }
            }
            return known.computeIfAbsent(
                    content,
                    each -> before.isSameAs(after)
                            ? settled(known.size(), before, quorums)
                            : joint(known.size(), before, after, quorums));
        }

        /** How many different ones there are. */
        int count() {
            return known.size();
        }
    }

    private static ReplicaSet settled(int index, Listed list, DatacenterQuorums.Factory quorums) {
        int count = list.replicas();
        int[] preference = list.preference();
        return new ReplicaSet(
                index, preference, count, count, count, null, NOBODY, byDatacenter(quorums, preference, count, count, list.replicaMembers()));
    }

    private static @Nullable DatacenterQuorums byDatacenter(
            DatacenterQuorums.Factory quorums, int[] preference, int count, int before, int[] after) {
        return quorums.datacenters().areSeveral() ? new DatacenterQuorums(quorums, preference, count, before, after) : null;
    }

    /** Of a partition that is handed over: the replicas of before, then those of after that are new, then whoever else is in either list. */
    private static ReplicaSet joint(int index, Listed listBefore, Listed listAfter, DatacenterQuorums.Factory quorums) {
        int[] preferenceBefore = listBefore.preference();
        int[] preferenceAfter = listAfter.preference();
        int before = listBefore.replicas();
        int after = listAfter.replicas();
        int[] joint = new int[Ring.MAX_PREFERENCE];
        int count = append(joint, 0, preferenceBefore, 0, before);
        count = append(joint, count, preferenceAfter, 0, after);
        int size = append(joint, count, preferenceAfter, after, preferenceAfter.length);
        size = append(joint, size, preferenceBefore, before, preferenceBefore.length);
        int[] receivers =
                after < before ? Arrays.copyOf(preferenceAfter, after) : Arrays.copyOfRange(joint, before, count);
        return new ReplicaSet(
                index,
                Arrays.copyOf(joint, size),
                count,
                before,
                after,
                listAfter.replicaMembers(),
                receivers,
                byDatacenter(quorums, joint, count, before, listAfter.replicaMembers()));
    }

    /** Appends those that are not there yet, as far as there is room. */
    private static int append(int[] to, int size, int[] from, int begin, int end) {
        int grown = size;
        for (int i = begin; i < end && grown < to.length; i++) {
            if (!contains(to, grown, from[i])) {
                to[grown++] = from[i];
            }
        }
        return grown;
    }

    private static boolean contains(int[] members, int size, int member) {
        for (int i = 0; i < size; i++) {
            if (members[i] == member) {
                return true;
            }
        }
        return false;
    }

    /** Its number among the different ones of its ring, from 0 to below {@link Ring#replicaSetCount}: what is worked out for one need not be for each key. */
    public int index() {
        return index;
    }

    /** Members as indexes into the topology's: the replicas, then the fallbacks. Not to be changed. */
    public int[] preference() {
        return preference;
    }

    /** How many replicas there are: the first of {@link #preference}. */
    public int count() {
        return count;
    }

    /** How many of them were replicas before: the first ones; all, unless the partition is being handed over. */
    public int countBefore() {
        return before;
    }

    /**
     * What a level asks for.
     *
     * @param datacenter that is the local one, where members are in several
     */
    public Requirement requirement(ConsistencyLevel level, int datacenter) {
        DatacenterQuorums several = byDatacenter;
        return several == null || level.scope() == ConsistencyLevel.Scope.ALL
                ? Requirement.ofAll(count, required(level))
                : several.of(level, datacenter);
    }

    /** How many of all replicas, wherever they are, a level asks for; may be more than there are. All of none are nobody, who could not hold anything: it is one at least. */
    public int required(ConsistencyLevel level) {
        int ofBoth = Math.max(count - before + level.required(before), count - after + level.required(after));
        return Math.max(1, ofBoth);
    }

    /** Whether the partition is handed over: its replicas of before and of after are not the same. */
    public boolean isJoint() {
        return membersAfter != null;
    }

    /** How many replicas there will be. */
    public int countAfter() {
        return after;
    }

    /** Whether a member will be a replica, or is one and nothing is handed over. */
    public boolean isAfter(int member) {
        int[] members = membersAfter;
        return members == null ? contains(member) : contains(members, members.length, member);
    }

    /**
     * Who is to be sent what the replicas of before hold, while the partition is handed over: those that become replicas. When there will be fewer replicas than there
     * were, all that stay are, too: of what two of three have accepted only one may stay, and a quorum of two would not have to be it alone. Not to be changed.
     */
    public int[] receivers() {
        return receivers;
    }

    /** Whether a member is one of {@link #receivers}. */
    public boolean isReceiver(int member) {
        return contains(receivers, receivers.length, member);
    }

    /** Whether a member was a replica before the hand-over, or is one and there is none. */
    public boolean isBefore(int member) {
        return contains(preference, before, member);
    }

    /** The place of a member among the replicas of before, the first being 0; -1 when it was none. */
    public int placeBefore(int member) {
        for (int i = 0; i < before; i++) {
            if (preference[i] == member) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a member is one of the replicas. */
    public boolean contains(int member) {
        return contains(preference, count, member);
    }
}
