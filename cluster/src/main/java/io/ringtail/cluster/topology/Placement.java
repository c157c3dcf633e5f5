package io.ringtail.cluster.topology;

import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which changes of a topology change where keys are kept. Pure functions. */
public final class Placement {
    private Placement() {}

    /**
     * Whether some key has other replicas, or replicas in another order, in one topology than in the other: a partition has another owner, or an owner is in another
     * rack. Addresses, weights and members that own nothing place no key. That a partition belongs to whom it was being handed over to in {@code from} is no
     * difference: its quorums have been those of both already. How many replicas a key has is another question: {@link #replicationDiffers}.
     */
    public static boolean differs(Topology from, Topology to) {
        if (from.partitions() != to.partitions()) {
            return true;
        }
        int[] promised = from.ownersAfter();
        for (int partition = 0; partition < from.partitions(); partition++) {
            Member before = from.members().get(from.owner(partition));
            Member promisedTo = from.members().get(promised[partition]);
            Member after = to.members().get(to.owner(partition));
            if (!isSamePlace(before, after) && !isSamePlace(promisedTo, after)) {
                return true;
            }
        }
        return hasOtherRack(from, to);
    }

    private static boolean isSamePlace(Member one, Member other) {
        return one.id() == other.id() && one.rack().equals(other.rack());
    }

    /** Whether somebody who is being handed over a partition is in another rack in {@code to}. */
    private static boolean hasOtherRack(Topology from, Topology to) {
        for (Transition.Move move : from.transition().moves()) {
            Member before = from.members().get(from.indexOf(move.newOwner()));
            int index = to.indexOf(move.newOwner());
            if (index < 0 || !before.rack().equals(to.members().get(index).rack())) {
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

    /** Whether a member owns any partition, or is being handed over one. */
    public static boolean ownsAny(Topology topology, long memberId) {
        int index = topology.indexOf(memberId);
        if (topology.transition().isReceiving(memberId)) {
            return true;
        }
        for (int partition = 0; partition < topology.partitions(); partition++) {
            if (topology.owner(partition) == index) {
                return true;
            }
        }
        return false;
    }
}
