package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.ConsistencyLevel;
import java.util.HashMap;
import java.util.Map;

/**
 * What the levels that go by data center ask of one list of replicas. Immutable; made with the {@link ReplicaSet}, where members are in several data centers.
 *
 * <p>While a partition is handed over each data center's part is enlarged as {@link ReplicaSet#required} is: so that it meets the quorums of before and of after in that data
 * center. One that had no replicas before, and is being given some, counts for {@code EACH_QUORUM} by those of after, since no quorum of before was in it; for the {@code
 * LOCAL_…} levels it does not have any until they have been handed over.
 */
final class DatacenterQuorums {
    private static final ConsistencyLevel ONE = ConsistencyLevel.of("LOCAL_ONE");
    private static final ConsistencyLevel QUORUM = ConsistencyLevel.of("LOCAL_QUORUM");

    /** By data center. */
    private final Requirement[] localOne;

    private final Requirement[] localQuorum;
    private final Requirement eachQuorum;

    /** Makes those of one ring; equal requirements are one object, since there are few different ones. */
    static final class Factory {
        private final Datacenters datacenters;
        private final Map<Requirement, Requirement> known = new HashMap<>();

        Factory(Datacenters datacenters) {
            this.datacenters = datacenters;
        }

        Datacenters datacenters() {
            return datacenters;
        }

        private Requirement unique(int[] of, int[] needed, int[] replicas) {
            Requirement requirement = new Requirement(of, needed, replicas);
            Requirement same = known.putIfAbsent(requirement, requirement);
            return same == null ? requirement : same;
        }
    }

    /**
     * @param replicas those of before or after, the first {@code count} of the list
     * @param before the first ones
     * @param after of after, in any order
     */
    DatacenterQuorums(Factory factory, int[] replicas, int count, int before, int[] after) {
        int several = factory.datacenters.count();
        int[] all = new int[several];
        int[] ofBefore = new int[several];
        int[] ofAfter = new int[several];
        for (int i = 0; i < count; i++) {
            int datacenter = factory.datacenters.of(replicas[i]);
            all[datacenter]++;
            ofBefore[datacenter] += i < before ? 1 : 0;
        }
        for (int member : after) {
            ofAfter[factory.datacenters.of(member)]++;
        }
        localOne = new Requirement[several];
        localQuorum = new Requirement[several];
        int having = 0;
        for (int i = 0; i < several; i++) {
            localOne[i] = local(factory, i, ONE, all[i], ofBefore[i], ofAfter[i]);
            localQuorum[i] = local(factory, i, QUORUM, all[i], ofBefore[i], ofAfter[i]);
            having += all[i] > 0 ? 1 : 0;
        }
        int[] in = new int[having];
        int[] needed = new int[having];
        int[] there = new int[having];
        int part = 0;
        for (int i = 0; i < several; i++) {
            if (all[i] > 0) {
                in[part] = i;
                there[part] = all[i];
                needed[part++] = enlarged(QUORUM, all[i], ofBefore[i], ofAfter[i]);
            }
        }
        eachQuorum = having == 0 ? Requirement.ofAll(0, 1) : factory.unique(in, needed, there);
    }

    private static Requirement local(Factory factory, int datacenter, ConsistencyLevel level, int all, int before, int after) {
        int replicas = before == 0 ? 0 : all;
        int needed = before == 0 ? level.required(0) : enlarged(level, all, before, after);
        return factory.unique(new int[] {datacenter}, new int[] {Math.max(1, needed)}, new int[] {replicas});
    }

    private static int enlarged(ConsistencyLevel level, int all, int before, int after) {
        int old = before == 0 ? 0 : all - before + level.required(before);
        int next = after == 0 ? 0 : all - after + level.required(after);
        return Math.max(old, next);
    }

    Requirement of(ConsistencyLevel level, int datacenter) {
        return level.scope() == ConsistencyLevel.Scope.EACH
                ? eachQuorum
                : (level.required(3) == 1 ? localOne : localQuorum)[datacenter];
    }
}
