package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld.Shown;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Key;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reads that show what the coordinator holds and have it confirmed, over an in-memory network. */
class ConfirmationsTest {
    private static final Key A = key("a");

    private QuorumWorld world = new QuorumWorld(3);

    @AfterEach
    void nothingIsLeft() {
        world.heal();
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingReads()).as("pending at node " + node.id).isZero();
            assertThat(node.calls.pendingCount()).isZero();
        }
        assertThat(world.malformed).isEmpty();
        world.close();
    }

    private void everywhere(Key key, long hlc, String value) {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key, hlc, value);
        }
    }

    private static Shown show(QuorumWorld.Node node, Key key) {
        return node.show(key, null);
    }

    @Test
    void whatTwoOfThreeHoldIsShownAtOnceAndConfirmedByOneMessageAndItsAnswer() {
        everywhere(A, hlc(0), "v");
        Shown shown = show(world.node(1), A);
        assertThat(shown.text()).isEqualTo("v");
        assertThat(shown.outcome()).isEqualTo("pending");
        world.pass(2);
        assertThat(shown.outcome()).isEqualTo("confirmed");
        assertThat(world.sent).hasSize(2).allMatch(message -> message.contains("CONFIRM"));
    }

    @Test
    void allOfATurnAreOneMessageAndOnlyThoseThatDifferAreDoubtful() {
        List<Shown> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            everywhere(key("k" + i), hlc(0), "v");
            if (i % 7 == 0) {
                world.node(2).put(key("k" + i), hlc(1), "w");
                world.node(3).put(key("k" + i), hlc(1), "w");
            }
        }
        for (int i = 0; i < 500; i++) {
            all.add(show(world.node(1), key("k" + i)));
        }
        world.pass(2);
        for (int i = 0; i < 500; i++) {
            assertThat(all.get(i).outcome()).as("k" + i).isEqualTo(i % 7 == 0 ? "doubtful" : "confirmed");
        }
        assertThat(world.sent.size()).isLessThanOrEqualTo(4);
    }

    @Test
    void whatWasNeverThereDeletedClearedOrExpiresOtherwiseIsToldApart() {
        Key never = key("never");
        Key deleted = key("deleted");
        everywhere(A, hlc(0), "v");
        everywhere(deleted, hlc(0), "v");
        world.node(2).putTombstone(deleted, hlc(1));
        world.node(3).putTombstone(deleted, hlc(1));
        Shown nothing = show(world.node(1), never);
        Shown old = show(world.node(1), deleted);
        world.pass(2);
        assertThat(nothing.text()).isEqualTo("nothing");
        assertThat(nothing.outcome()).isEqualTo("confirmed");
        assertThat(old.outcome()).isEqualTo("doubtful");
        for (int id = 2; id <= 3; id++) {
            world.node(id).store.writeLock().lock();
            try {
                world.node(id).data.clear(0, hlc(2));
            } finally {
                world.node(id).store.writeLock().unlock();
            }
        }
        Shown cleared = show(world.node(1), A);
        world.pass(2);
        assertThat(cleared.outcome()).isEqualTo("doubtful");
    }

    @Test
    void aReplicaThatCannotBeReachedIsNotAskedAndWithoutAnotherNothingIsShown() {
        everywhere(A, hlc(0), "v");
        world.unreachable(1, 2);
        Shown shown = show(world.node(1), A);
        world.pass(2);
        assertThat(shown.outcome()).isEqualTo("confirmed");
        assertThat(world.sent).noneMatch(message -> message.contains("1>2"));
        world.unreachable(1, 3);
        assertThat(show(world.node(1), A).text()).isEqualTo("elsewhere");
    }

    @Test
    void aReplicaThatDoesNotAnswerLeavesADoubtBeforeAReadsTimeIsUp() {
        everywhere(A, hlc(0), "v");
        world.silence(1, 2);
        world.silence(1, 3);
        Shown shown = show(world.node(1), A);
        world.pass(300);
        assertThat(shown.outcome()).isEqualTo("doubtful");
    }

    @Test
    void anAnswerThatComesAfterTheDoubtChangesNothing() {
        everywhere(A, hlc(0), "v");
        everywhere(key("b"), hlc(0), "v");
        world.node(2).put(key("b"), hlc(1), "w");
        world.node(3).put(key("b"), hlc(1), "w");
        world.slow(1, 2, 300);
        world.slow(1, 3, 300);
        Shown first = show(world.node(1), A);
        Shown second = show(world.node(1), key("b"));
        world.pass(290);
        assertThat(first.outcome()).isEqualTo("doubtful");
        world.pass(1_000);
        assertThat(first.outcome()).isEqualTo("doubtful");
        assertThat(second.outcome()).isEqualTo("doubtful");
    }

    @Test
    void theLevelSaysHowManyConfirm() {
        everywhere(A, hlc(0), "v");
        Shown one = world.node(1).show(A, ConsistencyLevel.ONE);
        assertThat(one.text()).isEqualTo("v");
        assertThat(one.outcome()).isEqualTo("confirmed");
        assertThat(world.sent).isEmpty();
        world.node(3).put(A, hlc(1), "w");
        Shown all = world.node(1).show(A, ConsistencyLevel.ALL);
        world.pass(2);
        assertThat(all.outcome()).isEqualTo("doubtful");
        assertThat(world.sent).hasSize(4);
    }

    @Test
    void aNodeThatIsNoReplicaShowsNothing() {
        world.close();
        world = new QuorumWorld(5);
        Key key = world.keyOf("k", 2, 3, 4);
        assertThat(show(world.node(1), key).text()).isEqualTo("elsewhere");
        assertThat(show(world.node(2), key).text()).isEqualTo("nothing");
    }

    @Test
    void aReplicaOfAnotherEpochLeavesADoubtAndIsHeardOf() {
        everywhere(A, hlc(0), "v");
        world.node(2).ring = Ring.of(QuorumWorld.topology(3, 2));
        world.node(3).ring = Ring.of(QuorumWorld.topology(3, 2));
        Shown shown = show(world.node(1), A);
        world.pass(2);
        assertThat(shown.outcome()).isEqualTo("doubtful");
        assertThat(world.node(1).heard).isNotEmpty();
    }

    @Test
    void aNodeThatHasPromisedToAnswerNoMoreShowsNothing() {
        everywhere(A, hlc(0), "v");
        world.node(1).frozen = true;
        assertThat(show(world.node(1), A).text()).isEqualTo("elsewhere");
        world.node(1).frozen = false;
        world.node(2).frozen = true;
        world.node(3).frozen = true;
        Shown shown = show(world.node(1), A);
        world.pass(2);
        assertThat(shown.outcome()).isEqualTo("doubtful");
    }

    @Test
    void readsOfOneKeyThatComeAfterADoubtfulOneAreDoubtfulToo() {
        ReadGroup earlier = new ReadGroup();
        ReadGroup later = new ReadGroup();
        earlier.add(0, 7, 1);
        earlier.add(1, 8, 1);
        earlier.add(2, 7, 1);
        later.add(0, 8, 1);
        later.add(1, 7, 1);
        earlier.confirmed(1);
        earlier.doubted(1);
        earlier.confirmed(1);
        later.confirmed(1);
        later.confirmed(1);
        earlier.doubtAlso(earlier);
        later.doubtAlso(earlier);
        assertThat(earlier.doubtfulReplies()).hasToString("{1}");
        assertThat(later.doubtfulReplies()).hasToString("{0}");
        assertThat(later.isSettled()).isFalse();
        later.repeated();
        assertThat(later.isSettled()).isTrue();
        earlier.add(3, 8, 1);
        earlier.confirmed(1);
        earlier.doubtAlso(earlier);
        assertThat(earlier.doubtfulReplies()).hasToString("{1, 3}");
    }

    @Test
    void readsOfACommandThatWasTakenBackAreOfNoConcern() {
        ReadGroup group = new ReadGroup();
        group.add(0, 7, 1);
        group.add(1, 8, 1);
        group.cancel(1);
        assertThat(group.has(7)).isTrue();
        assertThat(group.has(8)).isFalse();
        group.confirmed(1);
        group.doubted(1);
        assertThat(group.isSettled()).isTrue();
        assertThat(group.isCancelled()).isFalse();
        group.cancel(0);
        assertThat(group.doubtfulReplies()).hasToString("{}");
    }
}
