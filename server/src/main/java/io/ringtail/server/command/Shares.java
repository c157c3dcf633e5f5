package io.ringtail.server.command;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import java.util.List;

/**
 * Who has how much of the ring: counted from it when somebody asks. Immutable.
 *
 * @param owned of each member, the partitions that it is the first replica of
 * @param held of each member, the partitions that it is any replica of, by the keyspace of keys of no special prefix
 * @param imbalancePercent how much more than its fair share, by weight, the member owns that has most above it; 0 while all have theirs
 */
record Shares(int[] owned, int[] held, double imbalancePercent) {
    static Shares of(Ring ring) {
        Topology topology = ring.topology();
        List<Member> members = topology.members();
        int[] owned = new int[members.size()];
        int[] held = new int[members.size()];
        Keyspace others = topology.keyspaces().getFirst();
        for (int partition = 0; partition < topology.partitions(); partition++) {
            owned[topology.owner(partition)]++;
            ReplicaSet replicas = ring.replicasOf(others, partition);
            for (int i = 0; i < replicas.count(); i++) {
                held[replicas.preference()[i]]++;
            }
        }
        long weights = members.stream().mapToLong(Member::weight).sum();
        double worst = 0;
        for (int i = 0; i < owned.length; i++) {
            // Whole partitions can be dealt out only: less than one too many is fair.
            double fair = (double) topology.partitions() * members.get(i).weight() / weights;
            worst = owned[i] < fair + 1 ? worst : Math.max(worst, 100 * (owned[i] / fair - 1));
        }
        return new Shares(owned, held, worst);
    }
}
