package io.ringtail.cluster.topology;

import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which changes of a topology change where keys are kept. Pure functions. */
public final class Placement {
    private Placement() {}

    /**
     * Whether some key has other replicas, or replicas in another order, in one topology than in the other: a partition has another owner, or an owner is in another
     * rack. Addresses, weights and members that own nothing place no key. How many replicas a key has is another question: {@link
     * #replicationDiffers}.
     */
    public static boolean differs(Topology from, Topology to) {
        if (from.partitions() != to.partitions()) {
            return true;
        }
        for (int partition = 0; partition < from.partitions(); partition++) {
            Member before = from.members().get(from.owner(partition));
            Member after = to.members().get(to.owner(partition));
            if (before.id() != after.id() || !before.rack().equals(after.rack())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether some key has more replicas, or fewer, in one topology than in the other. A quorum of five need not meet one of three that has accepted a write before, nor one of
     * two.
     */
    public static boolean replicationDiffers(Topology from, Topology to) {
        long ownersBefore = IntStream.range(0, from.partitions()).map(from::owner).distinct().count();
        long ownersAfter = IntStream.range(0, to.partitions()).map(to::owner).distinct().count();
        // What holds for the keys between two prefixes holds for the shorter prefix itself.
        return Stream.concat(from.keyspaces().stream(), to.keyspaces().stream())
                .map(Keyspace::prefix)
                .anyMatch(prefix -> Math.min(replicationFactor(from, prefix), ownersBefore)
                        != Math.min(replicationFactor(to, prefix), ownersAfter));
    }

    private static int replicationFactor(Topology topology, String key) {
        return topology.keyspaces().stream()
                .filter(keyspace -> key.startsWith(keyspace.prefix()))
                .max(Comparator.comparingInt(keyspace -> keyspace.prefix().length()))
                .map(Keyspace::replicationFactor)
                .orElseThrow();
    }

    /** Whether a member owns any partition. */
    public static boolean ownsAny(Topology topology, long memberId) {
        int index = topology.indexOf(memberId);
        for (int partition = 0; partition < topology.partitions(); partition++) {
            if (topology.owner(partition) == index) {
                return true;
            }
        }
        return false;
    }
}
