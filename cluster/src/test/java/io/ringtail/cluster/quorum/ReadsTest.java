package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads of a coordinator from its replicas, over an in-memory network. */
class ReadsTest {
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
            assertThat(node.quorums.pendingReads()).as("pending at node " + node.id).isZero();
            assertThat(node.quorums.pendingWrites()).isZero();
            assertThat(node.calls.pendingCount()).isZero();
        }
        world.close();
    }

    private void everywhere(Key key, long hlc, String value) {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key, hlc, value);
        }
    }

    @Test
    void aReadAsksOneOtherReplicaAndOnlyForVersions() {
        everywhere(key("a"), hlc(0), "v");
        Result result = world.node(1).read(key("a"));
        world.pass(2);
        assertThat(result.text()).isEqualTo("v");
        assertThat(world.sent).hasSize(2).allMatch(message -> message.contains("READ"));
    }

    @Test
    void allReadsOfATurnFromOneMemberAreOneMessage() {
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            everywhere(key("k" + i), hlc(0), "v");
            results.add(world.node(1).read(key("k" + i)));
        }
        world.pass(2);
        assertThat(results).allMatch(result -> result.text().equals("v"));
        assertThat(world.sent.size()).isLessThanOrEqualTo(4);
    }

    @Test
    void whatOneReplicaAloneHoldsIsWrittenToASecondBeforeTheAnswer() {
        Key key = key("a");
        world.node(1).put(key, hlc(0), "v");
        Result result = world.node(1).read(key);
        world.pass(3);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(1);
        assertThat(result.text()).isEqualTo("v");
        assertThat(List.of(world.node(2).holds(key), world.node(3).holds(key))).contains("v");
    }

    @Test
    void aCoordinatorThatIsBehindFetchesTheRecordAndTakesItItself() {
        Key key = key("a");
        everywhere(key, hlc(0), "old");
        world.node(2).put(key, hlc(10), "new");
        world.node(3).put(key, hlc(10), "new");
        Result result = world.node(1).read(key);
        world.pass(10);
        assertThat(result.text()).isEqualTo("new");
        assertThat(world.node(1).holds(key)).isEqualTo("new");
    }

    @Test
    void atAllEveryReplicaHoldsWhatWasReadWhenItIsAnsweredOrSoon() {
        Key key = key("a");
        world.node(1).put(key, hlc(0), "one");
        world.node(2).put(key, hlc(2), "two");
        world.node(3).put(key, hlc(1), "three");
        Result result = world.node(1).read(key, ConsistencyLevel.ALL);
        world.pass(10);
        assertThat(result.text()).isEqualTo("two");
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key)).isEqualTo("two");
        }
    }

    @Test
    void whatIsReadWhileAPartitionIsHandedOverIsHeldWhicheverWayThatEnds() {
        Topology settled = QuorumWorld.topology(2, 1, new Keyspace("", 1, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false));
        List<Transition.Move> moves = new ArrayList<>();
        for (int partition = 0; partition < settled.partitions(); partition++) {
            moves.add(new Transition.Move(partition, settled.owner(partition) == 0 ? 2 : 1));
        }
        try (QuorumWorld moving = new QuorumWorld(settled.next(new Transition(moves, List.of(), false)))) {
            Key key = key("a");
            // A write that one of both has accepted: nobody knows yet whether it happened.
            moving.node(1).put(key, hlc(10), "new");
            moving.node(2).put(key, hlc(0), "old");
            moving.slow(1, 2, 100);
            Result result = moving.node(1).read(key);
            moving.pass(150);
            assertThat(result.text()).isEqualTo("pending");
            moving.pass(150);
            assertThat(result.text()).isEqualTo("new");
            assertThat(moving.node(2).holds(key)).isEqualTo("new");
        }
    }

    private static Record sibling(String value, long hlc, long actor) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return new Record().addSibling(hlc, actor, new Context(), bytes, 0, bytes.length, 0);
    }

    private static Record both() {
        return sibling("a", hlc(1), 7).merge(sibling("b", hlc(2), 8));
    }

    /** What two replicas hold of a key whose siblings are kept, of which neither may have all; the third is cut off. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void siblingsOfAllThatWereAskedAreReadAndBroughtToBoth(int which) {
        Record[][] held = {
            {sibling("a", hlc(1), 7), sibling("b", hlc(2), 8)},
            {sibling("a", hlc(1), 7), both()},
            {both(), sibling("b", hlc(2), 8)},
            {both(), both()},
            {sibling("b", hlc(2), 8), new Record().setValue(hlc(0), 9, 0, new byte[] {1}, 0, 1).merge(sibling("a", hlc(1), 7))},
            {both(), new Record()},
        };
        Key key = key("a");
        world.isolate(3);
        world.node(1).put(key, held[which][0]);
        if (!held[which][1].isEmpty()) {
            world.node(2).put(key, held[which][1]);
        }
        Result result = world.node(1).read(key);
        world.pass(20);
        assertThat(result.text()).isEqualTo("b");
        Record merged = new Record().merge(held[which][0]).merge(held[which][1]);
        for (QuorumWorld.Node node : List.of(world.node(1), world.node(2))) {
            assertThat(node.held(key).causal().siblingCount()).as("at node " + node.id).isEqualTo(merged.causal().siblingCount());
        }
    }

    @Test
    void whoHasNoSiblingsItselfReadsThoseOfOthersThatDiffer() {
        try (QuorumWorld four = new QuorumWorld(4)) {
            Key there = four.keyOf("k", 2, 3, 4);
            four.isolate(4);
            four.node(2).put(there, sibling("a", hlc(1), 7));
            four.node(3).put(there, sibling("b", hlc(2), 8));
            Result result = four.node(1).read(there);
            four.pass(20);
            assertThat(result.text()).isEqualTo("b");
            assertThat(four.node(2).held(there).causal().siblingCount()).isEqualTo(2);
            assertThat(four.node(3).held(there).causal().siblingCount()).isEqualTo(2);
        }
    }

    @Test
    void aTombstoneAndAFloorHideWhatIsOlder() {
        everywhere(key("a"), hlc(0), "v");
        everywhere(key("b"), hlc(0), "v");
        world.node(2).putTombstone(key("a"), hlc(1));
        world.node(3).putTombstone(key("a"), hlc(1));
        world.node(2).store.writeLock().lock();
        world.node(2).data.clear(0, hlc(2));
        world.node(2).store.writeLock().unlock();
        world.unreachable(1, 3);
        Result deleted = world.node(1).read(key("a"));
        Result cleared = world.node(1).read(key("b"));
        world.pass(20);
        assertThat(List.of(deleted.text(), cleared.text())).containsOnly("deleted");
        assertThat(world.node(1).holds(key("b"))).as("read repair brings it").isEqualTo("deleted");
    }

    @Test
    void aReplicaThatIsSlowIsNotWaitedForAlone() {
        everywhere(key("a"), hlc(0), "v");
        world.slow(1, 2, 1_000);
        world.slow(1, 3, 1_000);
        // Whoever is asked first is slow; from the hedge on the other one, as soon as it is fast.
        Result result = world.node(1).read(key("a"));
        world.pass(5);
        world.slow(1, 3, 0);
        world.slow(1, 2, world.count("1>2 READ") > 0 ? 1_000 : 0);
        world.slow(1, 3, world.count("1>3 READ") > 0 ? 1_000 : 0);
        world.pass(100);
        assertThat(result.text()).isEqualTo("v");
        assertThat(world.node(1).quorums.readsHedged()).isEqualTo(1);
    }

    @Test
    void anAnswerToAReadThatHasEndedIsNotTakenForTheNextReads() {
        Key absent = world.keyOf("absent", 1, 2);
        Key key = world.keyOf("a", 1, 2);
        everywhere(key, hlc(0), "old");
        world.node(2).put(key, hlc(1), "new");
        world.node(3).put(key, hlc(1), "new");
        world.slow(1, 2, 10);
        Result first = world.node(1).read(absent);
        world.pass(11);
        // Then, in one turn: the first read is hedged, its answer comes, and another read begins.
        Result[] second = new Result[1];
        world.node(1).schedule(() -> second[0] = world.node(1).read(key), 1);
        world.pass(1);
        assertThat(first.text()).isEqualTo("nothing");
        assertThat(world.node(1).quorums.readsHedged()).isEqualTo(1);
        world.pass(100);
        assertThat(second[0].text()).isEqualTo("new");
    }

    @Test
    void aNodeThatHasPromisedToAnswerNoMoreForThisEpochDoesNotAnswerItself() {
        Key key = key("a");
        everywhere(key, hlc(0), "v");
        world.node(1).frozen = true;
        Result released = world.node(1).read(key, ConsistencyLevel.ONE);
        Result given = world.node(1).read(key, ConsistencyLevel.ONE);
        world.pass(100);
        assertThat(released.text()).isEqualTo("pending");
        world.node(1).frozen = false;
        world.pass(20);
        assertThat(List.of(released.text(), given.text())).containsOnly("v");
        world.node(1).frozen = true;
        Result late = world.node(1).read(key, ConsistencyLevel.ONE);
        world.pass(3_000);
        assertThat(late.text()).startsWith("NOREPLICAS");
    }

    @Test
    void withTooFewReplicasAReadIsRefused() {
        world.isolate(2);
        world.isolate(3);
        assertThat(world.node(1).read(key("a")).text())
                .isEqualTo("NOREPLICAS 2 of 3 replicas are needed to read, 1 can be reached");
        Result alone = world.node(1).read(key("a"), ConsistencyLevel.ONE);
        assertThat(alone.text()).isEqualTo("nothing");
    }

    @Test
    void aReadThatNobodyAnswersTimesOut() {
        world.silence(2, 1);
        world.silence(3, 1);
        Result result = world.node(1).read(key("a"));
        world.pass(2_100);
        assertThat(result.text()).startsWith("TIMEOUT 2 of 3 replicas are needed to read, 1 answered");
    }

    @Test
    void aReplicaThatFailsIsReplacedByTheNext() {
        everywhere(key("a"), hlc(0), "v");
        Result result = world.node(1).read(key("a"));
        world.pass(0);
        // Both links broke, then one came back: the second try goes where the first did not.
        boolean askedTwo = world.count("1>2 READ") > 0;
        world.node(1).calls.linkDown(askedTwo ? 2 : 3);
        world.pass(5);
        assertThat(result.text()).isEqualTo("v");
        assertThat(world.count("1>2 READ")).isEqualTo(1);
        assertThat(world.count("1>3 READ")).isEqualTo(1);
    }

    @Test
    void aColdReadWaitsForTheDiskAtTheReplicaAndHere() {
        for (QuorumWorld.Node node : world.nodes) {
            node.putCold(key("a"), hlc(0));
        }
        Result result = world.node(1).read(key("a"));
        world.pass(20);
        assertThat(result.text()).hasSizeGreaterThan(1 << 20);
    }

    @Test
    void aReplicaThatCannotReadItsDataIsReplaced() {
        for (QuorumWorld.Node node : world.nodes) {
            node.putCold(key("a"), hlc(0));
        }
        world.node(1).refusesToOffload = true;
        Result result = world.node(1).read(key("a"));
        world.pass(20);
        assertThat(result.text()).hasSizeGreaterThan(1 << 20);
    }

    @Test
    void inASloppyKeyspaceAReadIsAnsweredByWhoeverIsLeft() {
        begin(5, new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true));
        Key key = world.keyOf("k", 1, 2, 3, 4);
        world.isolate(1);
        world.isolate(2);
        Result written = world.node(5).write(key, hlc(0), "v");
        world.pass(10);
        Result read = world.node(4).read(key);
        world.pass(10);
        assertThat(List.of(written.text(), read.text())).containsExactly("OK", "v");
    }

    @Test
    void anotherEpochIsWaitedFor() {
        everywhere(key("a"), hlc(0), "v");
        Ring newer = Ring.of(QuorumWorld.topology(3, 2));
        world.node(2).ring = newer;
        world.node(3).ring = newer;
        Result result = world.node(1).read(key("a"));
        world.pass(50);
        assertThat(result.text()).isEqualTo("pending");
        world.node(1).ring = newer;
        world.pass(20);
        assertThat(result.text()).isEqualTo("v");
    }

    @Test
    void anAnswerThatMakesNoSenseIsAsIfThereWereNone() {
        everywhere(key("a"), hlc(0), "v");
        world.node(2).nextAnswer = new byte[] {0, 0, 0, 0, 9};
        world.node(3).nextAnswer = new byte[] {0, 0, 0, 0, 1, 77};
        Result result = world.node(1).read(key("a"));
        world.pass(50);
        assertThat(world.malformed).hasSize(2);
        assertThat(result.text()).startsWith("NOREPLICAS 2 of 3 replicas are needed to read, 1 answered");
    }

    @Test
    void theRepairOfAReadThatCannotBeConfirmedEndsInTime() {
        Key key = key("a");
        world.node(1).put(key, hlc(0), "v");
        Result result = world.node(1).read(key);
        world.pass(2);
        // They have answered, and then take nothing.
        world.silence(1, 2);
        world.silence(1, 3);
        world.silence(2, 1);
        world.silence(3, 1);
        world.pass(5_000);
        assertThat(result.text()).startsWith("TIMEOUT what was read could not be confirmed: 1 of 3 replicas hold it, 2 have to");
    }
}
