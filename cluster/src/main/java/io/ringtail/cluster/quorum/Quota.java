package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.Datacenters;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import org.jspecify.annotations.Nullable;

/** Which requirement holds for an operation that this node coordinates, and the words for what is missing of it. Pure functions. */
final class Quota {
    private Quota() {}

    /** What a level asks for of a list of replicas, where {@code selfId} coordinates. */
    static Requirement of(Ring ring, ReplicaSet replicas, ConsistencyLevel level, long selfId) {
        return level.scope() == ConsistencyLevel.Scope.ALL
                ? Requirement.ofAll(replicas.count(), replicas.required(level))
                : replicas.requirement(level, ring.datacenterOf(selfId));
    }

    /**
     * Throws when a level counts replicas where there are none, whoever is up.
     *
     * @throws QuorumException naming the data center
     */
    static void checkHasReplicas(String what, Ring ring, Requirement requirement) {
        if (requirement.replicas() == 0 && !requirement.isAnywhere()) {
            throw new QuorumException("NOREPLICAS the key has no replicas in data center '" + ring.datacenters().name(requirement.datacenter(0))
                    + "', where this node is: a LOCAL_ level cannot be met here, to " + what);
        }
    }

    /**
     * Throws when too few can be reached.
     *
     * @param reachable by part
     * @throws QuorumException naming the data center that has too few
     */
    static void checkReachable(String what, Ring ring, Requirement requirement, int[] reachable) {
        checkHasReplicas(what, ring, requirement);
        for (int part = 0; part < requirement.parts(); part++) {
            if (reachable[part] < requirement.needed(part)) {
                throw QuorumException.noReplicas(
                        what,
                        requirement.needed(part),
                        requirement.replicas(part),
                        where(requirement, part, ring.datacenters()),
                        reachable[part]);
            }
        }
    }

    /** " in data center 'x'", or nothing where all replicas count. */
    static String where(Requirement requirement, int part, @Nullable Datacenters datacenters) {
        return requirement.isAnywhere() || datacenters == null ? "" : " in data center '" + datacenters.name(requirement.datacenter(part)) + "'";
    }

    /** The part of a requirement that a member counts for, by its index in the ring's topology; -1 for none. */
    static int partOf(Requirement requirement, Ring ring, int member) {
        return requirement.isAnywhere() ? 0 : requirement.partOf(ring.datacenters().of(member));
    }
}
