package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a node that has just started has links enough. Member 1 is the one that asks. */
class QuorumsInReachTest {
    private static Topology of(int members, Keyspace... keyspaces) {
        List<Member> all = new ArrayList<>();
        for (int i = 1; i <= members; i++) {
            all.add(new Member(i, "h", 1, 1, 1, ""));
        }
        int[] owners = new int[16];
        Arrays.setAll(owners, i -> i % members);
        return new Topology(1, "c", 1, all, owners, List.of(keyspaces), Transition.NONE);
    }

    private static Keyspace keyspace(String prefix, int factor, ConsistencyLevel level, boolean sloppy) {
        return new Keyspace(prefix, factor, ConsistencyLevel.ONE, level, sloppy);
    }

    private static boolean inReach(Topology topology, Long... reached) {
        return QuorumsInReach.ofAllPartitions(Ring.of(topology), 1, Set.of(reached)::contains);
    }

    private static final Keyspace STRICT = keyspace("", 3, ConsistencyLevel.QUORUM, false);

    @Test
    void aNodeAloneReachesItself() {
        assertThat(inReach(of(1, STRICT))).isTrue();
    }

    @Test
    void ofThreeReplicasOneOtherIsEnoughWhereAllNodesAreReplicas() {
        assertThat(inReach(of(3, STRICT))).isFalse();
        assertThat(inReach(of(3, STRICT), 3L)).isTrue();
    }

    @Test
    void aPartitionOfOthersNeedsAMajorityOfThem() {
        // Partitions of members 2, 3, 4 and of 3, 4, 5 among others.
        assertThat(inReach(of(5, STRICT), 2L, 3L)).isFalse();
        assertThat(inReach(of(5, STRICT), 2L, 3L, 4L, 5L)).isTrue();
        assertThat(inReach(of(5, STRICT), 2L, 3L, 5L)).isTrue();
    }

    @Test
    void eachStrictKeyspaceCounts() {
        Keyspace all = keyspace("all:", 3, ConsistencyLevel.ALL, false);
        assertThat(inReach(of(3, STRICT, all), 2L)).isFalse();
        assertThat(inReach(of(3, STRICT, all), 2L, 3L)).isTrue();
        assertThat(inReach(of(3, STRICT, keyspace("sloppy:", 3, ConsistencyLevel.ALL, true)), 2L)).isTrue();
    }

    @Test
    void whatAsksForMoreReplicasThanThereAreWaitsForThose() {
        Keyspace five = keyspace("", 5, ConsistencyLevel.of("5"), false);
        assertThat(inReach(of(3, five), 2L)).isFalse();
        assertThat(inReach(of(3, five), 2L, 3L)).isTrue();
    }

    @Test
    void whileAPartitionIsHandedOverBothSidesCount() {
        Topology moving = of(4, keyspace("", 1, ConsistencyLevel.QUORUM, false));
        moving = moving.next(Transition.NONE.withMoves(List.of(new Transition.Move(0, 4))));
        // The others' partitions have one replica each, which has to be reached anyhow; partition 0 is member 1's and becomes member 4's.
        assertThat(inReach(moving, 2L, 3L)).isFalse();
        assertThat(inReach(moving, 2L, 3L, 4L)).isTrue();
    }
}
