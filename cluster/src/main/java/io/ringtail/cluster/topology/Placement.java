package io.ringtail.cluster.topology;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which changes of a topology change where keys are kept. Pure functions. */
public final class Placement {
    private Placement() {}

    /**
     * Whether some key has other replicas, or replicas in another order, in one topology than in the other: a partition has another owner, or an owner is in another
     * rack. Addresses, weights and members that own nothing place no key. That a partition belongs to whom it was being handed over to in {@code from} is no
     * difference: its quorums have been those of both already. So it is with the rings of data centers; those that only one of the two has are about how many replicas there are.
     * How many replicas a key has is another question: {@link #replicationDiffers}. That an owner is in another data center is a difference where its ring is in use; without
     * such rings a data center places no key.
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
        for (DatacenterRing ring : from.datacenterRings()) {
            if (differs(ring, from, to)) {
                return true;
            }
        }
        for (DatacenterRing ring : to.datacenterRings()) {
            if (from.datacenterRing(ring.datacenter()) == null && ring.ownerCount() > 0 && !isRingOfAll(ring, from)) {
                return true;
            }
        }
        return hasOtherRack(from, to);
    }

    private static boolean differs(DatacenterRing before, Topology from, Topology to) {
        DatacenterRing after = to.datacenterRing(before.datacenter());
        if (after == null) {
            return false;
        }
        DatacenterRing promised = before.after(from.transition().moves());
        for (int partition = 0; partition < before.partitions(); partition++) {
            long owner = after.owner(partition);
            if ((owner != before.owner(partition) && owner != promised.owner(partition)) || isInOtherRack(owner, from, to)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isInOtherRack(long memberId, Topology from, Topology to) {
        return memberId != 0
                && !from.members().get(from.indexOf(memberId)).rack().equals(to.members().get(to.indexOf(memberId)).rack());
    }

    /** Whether a data center's ring is what the ring of all members was: then its members have what they had. */
    private static boolean isRingOfAll(DatacenterRing ring, Topology from) {
        return IntStream.range(0, from.partitions())
                .allMatch(partition -> ring.owner(partition) == from.members().get(from.owner(partition)).id());
    }

    private static boolean isSamePlace(Member one, Member other) {
        return one.id() == other.id() && one.rack().equals(other.rack());
    }

    /** Whether somebody who is being handed over a partition is in another rack in {@code to}. */
    private static boolean hasOtherRack(Topology from, Topology to) {
        for (Transition.Move move : from.transition().moves()) {
            if (move.newOwner() == 0) {
                continue;
            }
            Member before = from.members().get(from.indexOf(move.newOwner()));
            int index = to.indexOf(move.newOwner());
            if (index < 0 || !before.rack().equals(to.members().get(index).rack())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether some key has more replicas, or fewer, in one topology than in the other, in all or in one data center. A quorum of five need not meet one of three that has
     * accepted a write before, nor one of two. A data center that has just been named has no replicas yet, so that is no difference.
     */
    public static boolean replicationDiffers(Topology from, Topology to) {
        Map<Replication, Map<String, Integer>> before = new HashMap<>();
        Map<Replication, Map<String, Integer>> after = new HashMap<>();
        // What holds for the keys between two prefixes holds for the shorter prefix itself.
        return Stream.concat(from.keyspaces().stream(), to.keyspaces().stream())
                .map(Keyspace::prefix)
                .anyMatch(prefix -> {
                    Replication old = replication(from, prefix);
                    Replication next = replication(to, prefix);
                    Map<String, Integer> oldReplicas = before.computeIfAbsent(old, each -> replicas(from, each));
                    Map<String, Integer> nextReplicas = after.computeIfAbsent(next, each -> replicas(to, each));
                    // A number that stays a number does not care where they are.
                    return old.isPerDatacenter() || next.isPerDatacenter()
                            ? !oldReplicas.equals(nextReplicas)
                            : !List.copyOf(oldReplicas.values()).equals(List.copyOf(nextReplicas.values()));
                });
    }

    /** How many replicas there really are, by data center; under the empty name those that may be anywhere. */
    private static Map<String, Integer> replicas(Topology topology, Replication replication) {
        Map<String, Integer> replicas = new TreeMap<>();
        if (!replication.isPerDatacenter()) {
            int[] owners = IntStream.range(0, topology.partitions()).map(topology::owner).distinct().toArray();
            Set<String> datacenters = new HashSet<>();
            for (int owner : owners) {
                datacenters.add(topology.members().get(owner).datacenter());
            }
            // All in one are there by whichever ring.
            String where = datacenters.size() == 1 ? datacenters.iterator().next() : "";
            replicas.put(where, Math.min(replication.count(), owners.length));
            return replicas;
        }
        for (Replication.Share share : replication.shares()) {
            DatacenterRing ring = topology.datacenterRing(share.datacenter());
            int owners = ring == null ? 0 : ring.ownerCount();
            if (owners > 0) {
                replicas.put(share.datacenter(), Math.min(share.count(), owners));
            }
        }
        return replicas;
    }

    private static Replication replication(Topology topology, String key) {
        return topology.keyspaces().stream()
                .filter(keyspace -> key.startsWith(keyspace.prefix()))
                .max(Comparator.comparingInt(keyspace -> keyspace.prefix().length()))
                .map(Keyspace::replication)
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
        return topology.datacenterRings().stream().anyMatch(ring -> ring.isOwner(memberId));
    }
}
