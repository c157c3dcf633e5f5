package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What RT.NODES and INFO say of who owns how much. */
class SharesTest {
    private static Shares of(int[] owners, int... weights) {
        List<Member> members = new java.util.ArrayList<>();
        for (int weight : weights) {
            members.add(new Member(members.size() + 1, "h", 1, 1, weight, ""));
        }
        return Shares.of(Ring.of(new Topology(1, "c", 1, members, owners, List.of(Keyspace.DEFAULT))));
    }

    @Test
    void partitionsAreCountedByOwnerAndByReplica() {
        Shares shares = of(new int[] {0, 1, 2, 3, 0, 1, 2, 3}, 1, 1, 1, 1);
        assertThat(shares.owned()).containsExactly(2, 2, 2, 2);
        assertThat(shares.held()).containsExactly(6, 6, 6, 6);
        assertThat(shares.imbalancePercent()).isZero();
    }

    @Test
    void theOneThatHasMostTooMuchCounts() {
        assertThat(of(new int[] {0, 0, 0, 0, 0, 0, 1, 2}, 1, 1, 2).imbalancePercent()).isEqualTo(200);
        assertThat(of(new int[] {2, 2, 2, 2, 0, 0, 1, 1}, 1, 1, 2).imbalancePercent()).as("by weight").isZero();
    }

    @Test
    void whatCannotBeDealtOutIsNoImbalance() {
        assertThat(of(new int[] {0, 1, 2, 0}, 1, 1, 1).imbalancePercent()).isZero();
        assertThat(of(new int[] {0, 1, 0, 0}, 1, 1, 1).imbalancePercent()).isPositive();
    }
}
