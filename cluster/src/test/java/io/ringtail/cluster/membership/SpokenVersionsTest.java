package io.ringtail.cluster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.topology.Transition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What waits for the last node of a rolling upgrade. Node 1 asks. */
class SpokenVersionsTest {
    private static final Topology SETTLED = new Topology(
            1, "c", 1, List.of(member(1), member(2), member(3)), new int[] {0, 1, 2, 0}, List.of(Keyspace.DEFAULT));
    private static final Topology UNDER_WAY = SETTLED.next(Transition.NONE.withMoves(List.of(new Transition.Move(0, 2))));

    private static Member member(long id) {
        return new Member(id, "h", 1, 1, 1, "");
    }

    private static SpokenVersions versions(Set<Long> down, Map<Long, Integer> spoken) {
        return new SpokenVersions(1, down::contains, id -> spoken.getOrDefault(id, 0));
    }

    @Test
    void whatEverybodyReadsIsNeverHeldUp() {
        assertThat(versions(Set.of(), Map.of()).objection(SETTLED)).isNull();
        assertThat(versions(Set.of(), Map.of(2L, 1, 3L, 1)).isUnderstood(SETTLED)).isTrue();
    }

    @Test
    void whatOneMemberCouldNotReadWaitsForIt() {
        assertThat(versions(Set.of(), Map.of(2L, 2, 3L, 1)).objection(UNDER_WAY))
                .isEqualTo("this needs version 2 of the protocol between nodes, and node 000000000003 speaks 1: upgrade it first");
        assertThat(versions(Set.of(), Map.of(2L, 2, 3L, 2)).objection(UNDER_WAY)).isNull();
    }

    @Test
    void aMemberNothingIsKnownOfIsWaitedForUnlessItIsDown() {
        assertThat(versions(Set.of(), Map.of(2L, 2)).objection(UNDER_WAY)).contains("what node 000000000003 speaks is not known yet");
        assertThat(versions(Set.of(3L), Map.of(2L, 2)).objection(UNDER_WAY)).isNull();
        assertThat(versions(Set.of(3L), Map.of(2L, 2, 3L, 1)).objection(UNDER_WAY)).isNull();
    }

    /** A version of topologies that came without one of the protocol would be sent to nodes that cannot read it. */
    @Test
    void theNewestProtocolReadsTheNewestTopology() {
        assertThat(TopologyCodec.versionOf(UNDER_WAY)).isLessThanOrEqualTo(ProtocolVersion.LATEST);
        assertThat(TopologyCodec.versionOf(SETTLED)).isEqualTo(ProtocolVersion.OLDEST);
    }
}
