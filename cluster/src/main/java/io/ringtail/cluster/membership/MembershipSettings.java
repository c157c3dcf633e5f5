package io.ringtail.cluster.membership;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import java.util.List;
import java.util.Set;

/**
 * What a node is told about its cluster when it starts. Immutable.
 *
 * @param clusterName has to be the same on all nodes
 * @param self this node as others are to know it; the id is its store's
 * @param partitions of a cluster that this node creates
 * @param keyspaces of a cluster that this node creates, the one of all other keys first
 * @param seeds members to join by; none for a cluster of its own. A node that is a member already needs them only when others have moved meanwhile
 * @param flaws planted; empty but in tests
 */
public record MembershipSettings(
        String clusterName, Member self, int partitions, List<Keyspace> keyspaces, List<Seed> seeds, Set<Flaw> flaws) {
    public MembershipSettings {
        keyspaces = List.copyOf(keyspaces);
        // A list of seeds is often the same on all nodes: nobody joins by itself.
        seeds = seeds.stream()
                .filter(seed -> seed.port() != self.nodePort() || !seed.host().equals(self.host()))
                .toList();
        flaws = Set.copyOf(flaws);
    }

    /** The same, to join by somebody else. */
    MembershipSettings joiningBy(Seed seed) {
        return new MembershipSettings(clusterName, self, partitions, keyspaces, List.of(seed), flaws);
    }
}
