package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whom to ask for a stretch of keys, and how long the stretch can be: members among which every key of it, of whatever keyspace, has as many replicas as a read of it
 * asks. Pure, but for what it is told of others' reachability. Confined to one call.
 *
 * <p>A stretch grows, partition by partition, until it needs more than {@value #MAX_ASKED} members: so in a small cluster the whole ring is one stretch, and in a large one
 * a walk does not ask anew for each of thousands of partitions.
 */
final class WalkPlan {
    /** Members asked at the same time, as far as one partition does not need more. */
    static final int MAX_ASKED = 8;

    /** Partitions looked at for one stretch. */
    private static final int MAX_PARTITIONS = 1024;

    /** Of whom it is asked, and at what cost; this node itself costs nothing. */
    interface Candidates {
        boolean isReachable(long memberId);

        double cost(long memberId);
    }

    private final Ring ring;
    private final long selfId;
    private final @Nullable ConsistencyLevel level;
    private final Candidates candidates;
    private final List<Keyspace> fewestReplicasFirst;
    private final List<Long> members = new ArrayList<>();
    private final Set<Long> passedOver = new HashSet<>();

    private WalkPlan(Ring ring, long selfId, @Nullable ConsistencyLevel level, Candidates candidates) {
        this.ring = ring;
        this.selfId = selfId;
        this.level = level;
        this.candidates = candidates;
        this.fewestReplicasFirst = new ArrayList<>(ring.topology().keyspaces());
        fewestReplicasFirst.sort(Comparator.comparingInt(Keyspace::replicationFactor));
    }

    /**
     * Members to ask, and the last token of the stretch that they are enough for. Immutable.
     *
     * @param passedOver members that could not be reached, so that others stood in for them
     */
    record Stretch(
            Ring ring,
            List<Long> members,
            long throughToken,
            Set<Long> passedOver,
            @Nullable ConsistencyLevel level,
            long selfId) {
        /**
         * Says of each member whether a read of such a key could have asked it. What others have of the key, or of its being cleared, was no write to it: no quorum
         * has heard of it, and no read repair will spread it.
         */
        void markSpeakers(Keyspace keyspace, int partition, boolean[] speaks) {
            ReplicaSet replicaSet = ring.replicasOf(keyspace, partition);
            int[] preference = replicaSet.preference();
            Requirement requirement = Quota.of(ring, replicaSet, level == null ? keyspace.readLevel() : level, selfId);
            int listed = keyspace.sloppy() ? preference.length : replicaSet.count();
            Arrays.fill(speaks, false);
            int[] counts = new int[requirement.parts()];
            for (int i = 0; i < listed; i++) {
                long memberId = WriteOperation.memberAt(ring, preference, i);
                int part = Quota.partOf(requirement, ring, preference[i]);
                if (part < 0 || counts[part] == requirement.replicas(part) || passedOver.contains(memberId)) {
                    continue;
                }
                counts[part]++;
                int index = members.indexOf(memberId);
                if (index >= 0) {
                    speaks[index] = true;
                }
            }
        }
    }

    /**
     * @param selfId who asks: what is near is where it is
     * @param throughToken where the stretch ends at the latest
     * @throws QuorumException when too few replicas of the first partition can be reached
     */
    static Stretch of(
            Ring ring, long selfId, long fromToken, long throughToken, @Nullable ConsistencyLevel level, Candidates candidates) {
        WalkPlan plan = new WalkPlan(ring, selfId, level, candidates);
        int first = ring.topology().partitionOf(fromToken);
        int last = ring.topology().partitionOf(throughToken);
        QuorumException failure = plan.extend(first);
        if (failure != null) {
            throw failure;
        }
        int partition = first;
        while (partition < last && partition - first < MAX_PARTITIONS) {
            int before = plan.members.size();
            if (plan.extend(partition + 1) != null || (plan.members.size() > MAX_ASKED && plan.members.size() > before)) {
                plan.members.subList(before, plan.members.size()).clear();
                break;
            }
            partition++;
        }
        long endToken = partition == last ? throughToken : ring.lastToken(partition);
        return new Stretch(ring, List.copyOf(plan.members), endToken, Set.copyOf(plan.passedOver), level, selfId);
    }

    /** Adds members until they are enough for a partition; why they cannot be, else null. */
    private @Nullable QuorumException extend(int partition) {
        for (int i = 0; i < fewestReplicasFirst.size(); i++) {
            QuorumException failure = extend(partition, fewestReplicasFirst.get(i));
            if (failure != null) {
                return failure;
            }
        }
        return null;
    }

    private @Nullable QuorumException extend(int partition, Keyspace keyspace) {
        ReplicaSet replicaSet = ring.replicasOf(keyspace, partition);
        int[] preference = replicaSet.preference();
        Requirement requirement = Quota.of(ring, replicaSet, level == null ? keyspace.readLevel() : level, selfId);
        int parts = requirement.parts();
        int listed = keyspace.sloppy() ? preference.length : replicaSet.count();
        long[][] reachable = new long[parts][listed];
        int[] counts = new int[parts];
        int[] asked = new int[parts];
        int all = 0;
        for (int i = 0; i < listed; i++) {
            long memberId = WriteOperation.memberAt(ring, preference, i);
            int part = Quota.partOf(requirement, ring, preference[i]);
            if (part < 0 || counts[part] == requirement.replicas(part)) {
                continue;
            }
            if (candidates.isReachable(memberId)) {
                reachable[part][counts[part]++] = memberId;
                asked[part] += members.contains(memberId) ? 1 : 0;
                all++;
            } else {
                passedOver.add(memberId);
            }
        }
        try {
            if (keyspace.sloppy() && all > 0) {
                Quota.checkHasReplicas("walk the keys", ring, requirement);
            } else {
                Quota.checkReachable("walk the keys", ring, requirement, counts);
            }
        } catch (QuorumException e) {
            return e;
        }
        for (int part = 0; part < parts; part++) {
            int needed = keyspace.sloppy() ? Math.min(requirement.needed(part), counts[part]) : requirement.needed(part);
            askNearest(reachable[part], counts[part], needed - asked[part]);
        }
        return null;
    }

    /** Adds so many of those that can be reached and are not asked yet. */
    private void askNearest(long[] reachable, int count, int missing) {
        for (int left = missing; left > 0; left--) {
            long nearest = 0;
            double cost = 0;
            for (int i = 0; i < count; i++) {
                long memberId = reachable[i];
                if (!members.contains(memberId) && (nearest == 0 || candidates.cost(memberId) < cost)) {
                    nearest = memberId;
                    cost = candidates.cost(memberId);
                }
            }
            members.add(nearest);
        }
    }
}
