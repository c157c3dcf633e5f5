package io.ringtail.cluster.topology;

/** Which changes of a topology change where keys are kept. Pure functions. */
public final class Placement {
    private Placement() {}

    /**
     * Whether some key has other replicas, or replicas in another order, in one topology than in the other: a partition has another owner, or an owner is in another
     * rack. Addresses, weights and members that own nothing place no key. (Replication factors are the keyspaces' business, not looked at here.)
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
