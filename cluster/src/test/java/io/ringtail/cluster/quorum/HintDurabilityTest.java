package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld.Node;
import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With {@code appendfsync always}, what is acknowledged because of a hint is acknowledged when a power cut cannot take that hint back. */
final class HintDurabilityTest {
    private static final Keyspace SLOPPY = new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true);

    private QuorumWorld world = new QuorumWorld(1);

    @AfterEach
    void close() {
        world.close();
    }

    private Node node(int id) {
        return world.node(id);
    }

    private void begin(int count, Keyspace keyspace) {
        world = new QuorumWorld(count, keyspace);
        world.nodes.forEach(Node::openHints);
    }

    @Test
    void aWriteThatOnlyHintsBringToOtherReplicasWaitsForTheirSync() {
        begin(3, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3);
        world.isolate(1);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a");
        world.pass(2000);
        assertThat(result.text()).isEqualTo("pending");
        node(1).syncHints();
        world.pass(1);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(1).hintsAfterPowerCut()).isEqualTo(2);
        assertThat(node(1).quorums.pendingWrites()).isZero();
    }

    @Test
    void aHintLeftBecauseAReplicaDoesNotAnswerIsWaitedForToo() {
        begin(3, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3);
        world.silence(1, 2);
        world.silence(1, 3);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a");
        world.pass(10_000);
        assertThat(result.text()).isEqualTo("pending");
        node(1).syncHints();
        world.pass(1);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(1).hintsAfterPowerCut()).isEqualTo(2);
        assertThat(node(1).quorums.pendingWrites()).isZero();
    }

    @Test
    void whoStandsInAcceptsWhenItsHintIsSynced() {
        begin(4, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3);
        world.unreachable(1, 3);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a", ConsistencyLevel.of("ALL"));
        world.pass(100);
        assertThat(node(4).holds(key)).isEqualTo("a");
        assertThat(result.text()).isEqualTo("pending");
        assertThat(node(4).replica.heldCount()).isEqualTo(1);
        node(4).syncHints();
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(4).hintsAfterPowerCut()).isEqualTo(1);
    }

    @Test
    void aCoordinatorThatStandsInCountsItselfWhenItsHintIsSynced() {
        begin(4, SLOPPY);
        Key key = world.keyOf("k", 2, 3, 4);
        world.unreachable(1, 4);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a", ConsistencyLevel.of("ALL"));
        world.pass(100);
        assertThat(result.text()).isEqualTo("pending");
        node(1).syncHints();
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(1).hintsAfterPowerCut()).isEqualTo(1);
    }

    @Test
    void nobodyWaitsForAHintThatNoAcknowledgementCountsOn() {
        begin(3, Keyspace.DEFAULT);
        Key key = world.keyOf("k", 1, 2, 3);
        world.unreachable(1, 3);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(1).hintStore).isNotNull();
        assertThat(node(1).hintStore.count()).isEqualTo(1);
    }

    @Test
    void aHintWhoseLogHasFailedAcknowledgesNothing() {
        begin(4, SLOPPY);
        Key alone = world.keyOf("k", 1, 2, 3);
        world.unreachable(1, 2);
        world.unreachable(1, 3);
        world.unreachable(1, 4);
        Result result = node(1).write(alone, QuorumWorld.hlc(1), "a");
        world.pass(100);
        assertThat(result.text()).isEqualTo("pending");
        node(1).hintFiles.failAll(SimulatedFileSystem.Operation.SYNC, new IOException("broken"));
        node(1).syncHints();
        world.pass(10);
        assertThat(result.text()).startsWith("TIMEOUT the outcome of this write is unknown");
        assertThat(node(1).quorums.pendingWrites()).isZero();
        assertThat(node(1).write(alone, QuorumWorld.hlc(2), "b").text()).startsWith("TIMEOUT");
    }

    @Test
    void whoStandsInTakesItsAcceptanceBackWhenItsHintsFail() {
        begin(5, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3);
        world.unreachable(1, 3);
        Result result = node(1).write(key, QuorumWorld.hlc(1), "a", ConsistencyLevel.of("ALL"));
        world.pass(100);
        int standIn = node(4).replica.heldCount() > 0 ? 4 : 5;
        node(standIn).hintFiles.failAll(SimulatedFileSystem.Operation.SYNC, new IOException("broken"));
        node(standIn).syncHints();
        world.pass(10);
        assertThat(node(standIn).replica.heldCount()).isZero();
        // The coordinator keeps a hint of its own, or has another stand in: neither counts before it is durable.
        assertThat(result.text()).isEqualTo("pending");
        for (int id : new int[] {1, 9 - standIn}) {
            node(id).syncHints();
        }
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
    }

    @Test
    void aClearingThatCountsOnHintsWaitsForThem() {
        begin(3, SLOPPY);
        world.isolate(1);
        Result result = node(1).clear(QuorumWorld.hlc(1));
        world.pass(100);
        assertThat(result.text()).isEqualTo("pending");
        node(1).syncHints();
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(node(1).hintsAfterPowerCut()).isEqualTo(2);
    }
}
