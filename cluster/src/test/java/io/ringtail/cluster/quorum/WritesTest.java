package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes of a coordinator to its replicas, over an in-memory network. */
class WritesTest {
    private static final Keyspace SLOPPY = new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true);

    private QuorumWorld world = new QuorumWorld(3);

    private void begin(int nodes, Keyspace... keyspaces) {
        world.close();
        world = new QuorumWorld(nodes, keyspaces);
    }

    @AfterEach
    void nothingIsLeft() {
        world.heal();
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingWrites()).as("pending at node " + node.id).isZero();
            assertThat(node.quorums.pendingWriteBytes()).isZero();
            assertThat(node.quorums.pendingReads()).isZero();
            assertThat(node.calls.pendingCount()).isZero();
            assertThat(node.locks.heldCount()).isZero();
        }
        world.close();
    }

    @Test
    void aWriteEndsWithTheSecondAcceptanceAndReachesAllThree() {
        Key key = key("a");
        world.slow(1, 3, 10);
        Result result = world.node(1).write(key, hlc(0), "v");
        world.pass(1);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(1);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(3).holds(key)).isEqualTo("nothing");
        world.pass(10);
        assertThat(world.node(3).holds(key)).isEqualTo("v");
    }

    @Test
    void aWriteAtOneEndsHereAndOneAtAllWaitsForEverybody() {
        assertThat(world.node(1).write(key("a"), hlc(0), "v", ConsistencyLevel.ONE).text()).isEqualTo("OK");
        world.slow(1, 3, 10);
        Result all = world.node(1).write(key("b"), hlc(0), "v", ConsistencyLevel.ALL);
        world.pass(11);
        assertThat(all.text()).isEqualTo("pending");
        world.pass(1);
        assertThat(all.text()).isEqualTo("OK");
    }

    @Test
    void aWriteCostsOneMessageToAndOneFromEachOtherReplica() {
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(100);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.sent).containsExactlyInAnyOrder("1>2 WRITE", "1>3 WRITE", "2>1 WRITE_REPLY", "3>1 WRITE_REPLY");
    }

    @Test
    void allWritesOfATurnToOneMemberAreOneMessage() {
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            results.add(world.node(1).write(key("k" + i), hlc(0), "v" + i));
        }
        world.pass(100);
        assertThat(results).allMatch(result -> result.text().equals("OK"));
        assertThat(world.sent).hasSize(4);
        assertThat(world.node(3).holds(key("k999"))).isEqualTo("v999");
    }

    @Test
    void aWriteBehindAGreaterVersionGetsAGreaterOneBeforeItIsAcknowledged() {
        Key key = key("a");
        world.node(2).put(key, hlc(1000), "old");
        world.node(3).put(key, hlc(2000), "older clock");
        Result result = world.node(1).write(key, hlc(0), "new");
        world.pass(3);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(1);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).heldHlc(key)).isGreaterThan(hlc(2000));
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key)).isEqualTo("new");
        }
        assertThat(world.node(1).quorums.writesRevised()).isEqualTo(1);
    }

    @Test
    void oneReplicaThatHoldsAGreaterVersionDoesNotKeepTheOthersFromAccepting() {
        Key key = key("a");
        world.node(3).put(key, hlc(1000), "rival");
        Result result = world.node(1).write(key, hlc(0), "mine");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).quorums.writesRevised()).isZero();
        // Two hold the one, one the other: whoever reads sees the greater or puts it everywhere.
        assertThat(world.node(3).holds(key)).isEqualTo("rival");
    }

    @Test
    void aReplicaThatCannotBeReachedGetsAHint() {
        world.isolate(3);
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).hints).containsExactly("3 a");
        assertThat(world.node(2).hints).isEmpty();
        assertThat(world.sent).containsExactlyInAnyOrder("1>2 WRITE", "2>1 WRITE_REPLY");
    }

    @Test
    void aReplicaThatDoesNotAnswerInTimeGetsAHint() {
        world.silence(1, 3);
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).hints).isEmpty();
        world.pass(3000);
        assertThat(world.node(1).hints).containsExactly("3 a");
    }

    @Test
    void withTooFewReplicasAWriteIsRefusedAndNothingIsChanged() {
        world.isolate(2);
        world.isolate(3);
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        assertThat(result.text()).isEqualTo("NOREPLICAS 2 of 3 replicas are needed to write, 1 can be reached");
        assertThat(world.node(1).holds(key("a"))).isEqualTo("nothing");
        assertThat(world.node(1).hints).isEmpty();
    }

    @Test
    void aWriteThatIsNotAnsweredInTimeHasAnUnknownOutcome() {
        world.silence(1, 2);
        world.silence(1, 3);
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(1_900);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(200);
        assertThat(result.text())
                .startsWith("TIMEOUT the outcome of this write is unknown: 1 of 3 replicas have accepted it, 2 are needed");
        assertThat(world.node(1).hints).containsExactlyInAnyOrder("2 a", "3 a");
    }

    @Test
    void inASloppyKeyspaceAnotherMemberStandsInWithAHintAndCounts() {
        begin(5, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3, 4);
        world.isolate(2);
        Result result = world.node(1).write(key, hlc(0), "v", ConsistencyLevel.ALL);
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(4).holds(key)).isEqualTo("v");
        assertThat(world.node(4).hints).hasSize(1).allMatch(hint -> hint.startsWith("2 k"));
        assertThat(world.node(1).hints).isEmpty();
    }

    @Test
    void inASloppyKeyspaceSomebodyStandsInForWhoDoesNotAnswer() {
        begin(5, SLOPPY);
        Key key = world.keyOf("k", 1, 2, 3, 4);
        world.silence(1, 2);
        world.silence(1, 3);
        Result result = world.node(1).write(key, hlc(0), "v");
        world.pass(2_100);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(4).holds(key)).isEqualTo("v");
        world.pass(3_000);
        assertThat(world.node(1).hints.size() + world.node(4).hints.size()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aCoordinatorThatIsNoReplicaKeepsNothing() {
        begin(5);
        Key key = world.keyOf("k", 2, 3, 4);
        Result result = world.node(1).write(key, hlc(0), "v");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).holds(key)).isEqualTo("nothing");
        assertThat(world.node(5).holds(key)).isEqualTo("nothing");
        assertThat(world.node(4).holds(key)).isEqualTo("v");
    }

    @Test
    void aWriteOfAnOldEpochIsMadeAnewOnTheRingOfTheNewOne() {
        Ring newer = Ring.of(QuorumWorld.topology(3, 2));
        world.node(2).ring = newer;
        world.node(3).ring = newer;
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(30);
        assertThat(result.text()).isEqualTo("pending");
        assertThat(world.node(1).heard).contains("2 at 2", "3 at 2");
        world.node(1).ring = newer;
        world.pass(30);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(3).holds(key("a"))).isEqualTo("v");
    }

    @Test
    void aReplicaThatIsBehindCatchesUpFirst() {
        Ring newer = Ring.of(QuorumWorld.topology(3, 2));
        world.node(1).ring = newer;
        world.node(2).ring = newer;
        Result result = world.node(1).write(key("a"), hlc(0), "v", ConsistencyLevel.ALL);
        world.pass(30);
        assertThat(result.text()).isEqualTo("pending");
        assertThat(world.node(3).heard).contains("1 at 2");
        world.node(3).ring = newer;
        world.pass(30);
        assertThat(result.text()).isEqualTo("OK");
    }

    @Test
    void aFrozenReplicaTakesNothingUntilItIsThawed() {
        world.node(2).frozen = true;
        world.node(3).frozen = true;
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(100);
        assertThat(result.text()).isEqualTo("pending");
        assertThat(world.node(2).holds(key("a"))).isEqualTo("nothing");
        world.node(2).frozen = false;
        world.node(3).frozen = false;
        world.pass(30);
        assertThat(result.text()).isEqualTo("OK");
    }

    @Test
    void aFrozenCoordinatorTakesNothingItselfEither() {
        world.node(1).frozen = true;
        Result result = world.node(1).write(key("a"), hlc(0), "v", ConsistencyLevel.ALL);
        world.pass(100);
        assertThat(world.node(1).holds(key("a"))).isEqualTo("nothing");
        assertThat(result.text()).isEqualTo("pending");
        world.node(1).frozen = false;
        world.pass(30);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(1).holds(key("a"))).isEqualTo("v");
    }

    @Test
    void anEpochThatNeverComesEndsAWriteAtItsDeadline() {
        Ring newer = Ring.of(QuorumWorld.topology(3, 2));
        world.node(2).ring = newer;
        world.node(3).ring = newer;
        Result result = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(2_100);
        assertThat(result.text()).startsWith("TIMEOUT the outcome of this write is unknown");
    }

    @Test
    void aWriteFromAClockTooFarAheadIsNotTaken() {
        long ahead = hlc(24L * 3600 * 1000);
        Result result = world.node(1).write(key("a"), ahead, "v");
        world.pass(3_000);
        assertThat(world.node(2).holds(key("a"))).isEqualTo("nothing");
        assertThat(world.node(3).holds(key("a"))).isEqualTo("nothing");
        assertThat(result.text()).contains("clock is too far ahead");
    }

    /** What this earlier write of {@code a} is hidden by can only be told by the disk. */
    private void makeCold() {
        for (QuorumWorld.Node node : world.nodes) {
            node.putCold(key("a"), hlc(1_000));
            node.put(key("z"), hlc(5_000), "late");
            node.flush();
        }
    }

    @Test
    void aWriteWhoseAnswerNeedsTheDiskEndsAllTheSame() {
        makeCold();
        Result result = world.node(1).write(key("a"), hlc(500), "v");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).isEqualTo("v");
        }
    }

    @Test
    void aColdWriteForWhichThereIsNoThreadFailsThatReplicaOnly() {
        makeCold();
        world.node(1).refusesToOffload = true;
        Result result = world.node(1).write(key("a"), hlc(500), "v");
        world.pass(10);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(world.node(2).holds(key("a"))).isEqualTo("v");
        assertThat(world.node(1).quorums.pendingWrites()).isZero();
    }

    @Test
    void aRefusalThatHadToWaitForTheDiskIsNotTakenForAnAcceptance() {
        for (QuorumWorld.Node node : List.of(world.node(2), world.node(3))) {
            node.putCold(key("a"), hlc(1_000));
            node.put(key("b"), hlc(1_000), "old");
        }
        Result cold = world.node(1).write(key("a"), hlc(10), "new");
        Result warm = world.node(1).write(key("b"), hlc(10), "new");
        world.pass(20);
        assertThat(List.of(cold.text(), warm.text())).containsOnly("OK");
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).isEqualTo("new");
            assertThat(node.holds(key("b"))).isEqualTo("new");
        }
    }

    @Test
    void anAnswerThatMakesNoSenseEndsTheLinkAndFailsWhatWasAskedOverIt() {
        Key key = key("a");
        world.node(2).nextAnswer = new byte[] {77};
        world.node(3).nextAnswer = new MessageWriter().beginBare().writeByte(ReplyStatus.DONE.ordinal()).writeInt(5).toByteArray();
        Result result = world.node(1).write(key, hlc(0), "v");
        world.pass(10);
        assertThat(world.malformed).hasSize(2);
        assertThat(result.text()).startsWith("TIMEOUT the outcome of this write is unknown");
        assertThat(world.node(1).hints).containsExactlyInAnyOrder("2 a", "3 a");
    }

    @Test
    void clearingIsAWriteToEveryKeyOfTheDatabase() {
        Result before = world.node(1).write(key("a"), hlc(0), "v");
        world.pass(10);
        Result cleared = world.node(2).clear(hlc(100));
        world.pass(10);
        assertThat(List.of(before.text(), cleared.text())).containsOnly("OK");
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).isEqualTo("deleted");
            assertThat(node.heldHlc(key("a"))).isEqualTo(hlc(100));
        }
        // A write of an older time gets one above the floor.
        Result after = world.node(3).write(key("a"), hlc(50), "w");
        world.pass(10);
        assertThat(after.text()).isEqualTo("OK");
        assertThat(world.node(1).holds(key("a"))).isEqualTo("w");
    }

    @Test
    void aMemberThatMissesAClearingGetsAHintAndTwoAreTooFew() {
        world.isolate(3);
        Result cleared = world.node(1).clear(hlc(100));
        world.pass(10);
        assertThat(cleared.text()).isEqualTo("OK");
        assertThat(world.node(1).hints).containsExactly("3 cleared 0");
        world.isolate(2);
        assertThat(world.node(1).clear(hlc(200)).text()).startsWith("NOREPLICAS");
    }
}
