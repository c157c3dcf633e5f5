package io.ringtail.cluster.coordinator;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.settle.ClosedBooks;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What commands of a cluster's clients read, write, lock and wait for, over an in-memory network. */
class ClusterSessionTest {
    private final QuorumWorld world = new QuorumWorld(3);
    private final ClusterSession session = world.node(1).session;
    private final CommandContext client = new CommandContext();
    private final List<String> resumed = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() {
        world.end();
    }

    private void begin(CommandContext of) {
        world.node(1).beginTurn();
        assertThat(session.begin(of)).isTrue();
    }

    private void set(CommandContext of, String name) {
        set(of, name, "v");
    }

    private void set(CommandContext of, String name, String text) {
        begin(of);
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        session.enterExclusive();
        try {
            session.write(key(name), value, 0, value.length, 0);
        } finally {
            session.exitExclusive();
        }
    }

    /** Answers as {@code WAIT} would: a number, or that it waits. */
    private String await(CommandContext of, int replicas, long timeoutMillis) {
        begin(of);
        try {
            return Integer.toString(session.awaitReplicas(replicas, timeoutMillis, () -> resumed.add("resumed")));
        } catch (ReplicasAwaitedException e) {
            return "waits";
        }
    }

    private boolean fetch(CommandContext of, String name, int slot, String label) {
        begin(of);
        return session.fetch(new Key[] {key(name)}, 1, slot, () -> resumed.add(label));
    }

    @Test
    void aCommandFindsWhatWasFetchedAndNothingElse() {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("a"), hlc(0), "v");
        }
        begin(client);
        client.readable(true);
        assertThatThrownBy(() -> session.read(key("a"), new Record())).isInstanceOf(NotFetchedException.class);
        assertThat(fetch(client, "a", -1, "a")).isFalse();
        world.pass(5);
        assertThat(resumed).containsExactly("a");
        begin(client);
        Record record = new Record();
        assertThat(session.read(key("a"), record)).isTrue();
        assertThat(record.value()).asString(StandardCharsets.UTF_8).isEqualTo("v");
        assertThatThrownBy(() -> session.read(key("b"), new Record())).isInstanceOf(NotFetchedException.class);
        session.finish();
        assertThatThrownBy(() -> session.read(key("a"), new Record())).isInstanceOf(NotFetchedException.class);
    }

    @Test
    void whatWasReadAheadIsFoundInAnyOrder() {
        for (QuorumWorld.Node node : world.nodes) {
            for (int i = 0; i < 40; i++) {
                node.put(key("k" + i), hlc(0), "v" + i);
            }
        }
        assertThat(fetch(client, "k0", -1, "all")).isFalse();
        Key[] ahead = new Key[40];
        for (int i = 0; i < ahead.length; i++) {
            ahead[i] = key("k" + i);
        }
        session.fetchAlso(ahead, ahead.length);
        world.pass(5);
        assertThat(resumed).containsExactly("all");
        begin(client);
        client.readable(true);
        for (int i : new int[] {0, 1, 2, 39, 3, 3, 0, 20, 19}) {
            assertThat(read("k" + i)).isEqualTo("v" + i);
        }
        session.finish();
    }

    @Test
    void aKeyFetchedTwiceShowsWhatItsCommandWrote() {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("a"), hlc(0), "old");
            node.put(key("b"), hlc(0), "b");
        }
        begin(client);
        assertThat(session.fetch(new Key[] {key("a"), key("b"), key("a")}, 3, -1, () -> resumed.add("all"))).isFalse();
        world.pass(5);
        assertThat(resumed).containsExactly("all");
        client.readable(true);
        assertThat(read("a")).isEqualTo("old");
        set(client, "a");
        assertThat(read("b")).isEqualTo("b");
        assertThat(read("a")).isEqualTo("v");
        session.finish();
    }

    private String read(String name) {
        Record record = new Record();
        assertThat(session.read(key(name), record)).as(name).isTrue();
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    @Test
    void aFailedFetchIsToldWhenItIsRead() {
        world.isolate(2);
        world.isolate(3);
        begin(client);
        client.readable(true);
        assertThat(fetch(client, "a", -1, "a")).as("there is nothing to wait for").isTrue();
        assertThatThrownBy(() -> session.read(key("a"), new Record()))
                .isInstanceOf(QuorumException.class)
                .hasMessageStartingWith("NOREPLICAS 2 of 3");
        session.finish();
    }

    @Test
    void commandsThatReadAndThenWriteHaveTheirSlotOneAfterTheOther() {
        int slot = key("a").slot();
        CommandContext second = new CommandContext();
        CommandContext third = new CommandContext();
        assertThat(fetch(client, "a", slot, "first")).isFalse();
        assertThat(fetch(second, "a", slot, "second")).isFalse();
        assertThat(fetch(third, "a", slot, "third")).isFalse();
        world.pass(20);
        assertThat(resumed).containsExactly("first");
        assertThat(client.isLocked()).isTrue();
        begin(client);
        session.finish();
        world.pass(20);
        assertThat(resumed).containsExactly("first", "second");
        // One that is gone while it waits does not keep the slot.
        session.abandon(third);
        begin(second);
        session.finish();
        world.pass(20);
        assertThat(resumed).containsExactly("first", "second");
        assertThat(world.node(1).locks.heldCount()).isZero();
    }

    /** What a command that counts does once it has its slot and what is there; what it has written. */
    private WriteGroup increment(CommandContext of) {
        begin(of);
        of.readable(true);
        set(of, "a", Integer.toString(Integer.parseInt(read("a")) + 1));
        WriteGroup written = Objects.requireNonNull(of.takeGroup());
        session.finish();
        return written;
    }

    @Test
    void anIncrementThatABlindWriteHasOvertakenNeverComesOverTheNextOne() {
        int slot = key("a").slot();
        CommandContext second = new CommandContext();
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("a"), hlc(0), "5");
        }
        assertThat(fetch(client, "a", slot, "first")).isFalse();
        world.pass(5);
        // A SET by way of a node whose clock is ahead: it has come to two replicas, and not to this one yet. One of them is slow to say so.
        world.node(2).put(key("a"), hlc(1000), "10");
        world.node(3).put(key("a"), hlc(1000), "10");
        world.slow(3, 1, 200);
        WriteGroup first = increment(client);
        assertThat(fetch(second, "a", slot, "second")).isFalse();
        world.pass(20);
        assertThat(resumed).containsExactly("first", "second");
        WriteGroup next = increment(second);
        world.pass(1000);
        assertThat(first.isDone() && next.isDone()).isTrue();
        assertThat(first.failures()).isEmpty();
        assertThat(next.failures()).isEmpty();
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).as("6, then the SET, then one more").isEqualTo("11");
        }
        assertThat(world.node(1).quorums.writesRevised()).isZero();
    }

    @Test
    void anIncrementIsAcknowledgedWhereTheNextOneHasComeBeforeIt() {
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("a"), hlc(0), "5");
        }
        assertThat(fetch(client, "a", key("a").slot(), "first")).isFalse();
        world.pass(5);
        WriteGroup first = increment(client);
        // Another loop's links are faster: what was counted on top of it is there already, and acknowledged.
        world.node(1).put(key("a"), hlc(1000), "7");
        world.node(2).put(key("a"), hlc(1000), "7");
        world.node(3).put(key("a"), hlc(1000), "7");
        world.pass(50);
        assertThat(first.isDone()).isTrue();
        assertThat(first.failures()).isEmpty();
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).isEqualTo("7");
        }
    }

    @Test
    void whatACommandWritesWithoutHavingReadItIsMadeTheLaterOne() {
        world.node(2).put(key("b"), hlc(1000), "acknowledged before");
        world.node(3).put(key("b"), hlc(1000), "acknowledged before");
        assertThat(fetch(client, "a", key("a").slot(), "rename")).isFalse();
        world.pass(5);
        set(client, "b", "renamed");
        WriteGroup written = Objects.requireNonNull(client.takeGroup());
        session.finish();
        world.pass(50);
        assertThat(written.isDone()).isTrue();
        assertThat(written.failures()).isEmpty();
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("b"))).isEqualTo("renamed");
        }
    }

    @Test
    void anIncrementThatAClockFarAheadHidesIsOfUnknownOutcomeAndNotMadeLater() {
        world.node(1).put(key("a"), hlc(0), "5");
        assertThat(fetch(client, "a", key("a").slot(), "first")).isFalse();
        world.pass(5);
        long tomorrow = hlc(86_400_000);
        world.node(2).put(key("a"), tomorrow, "10");
        world.node(3).put(key("a"), tomorrow, "10");
        WriteGroup written = increment(client);
        world.pass(50);
        assertThat(written.failures()).hasSize(1);
        assertThat(written.failures().getFirst().error()).startsWith("TIMEOUT the outcome of this write is unknown");
        assertThat(world.node(1).quorums.writesRevised()).isZero();
    }

    /** One that reads first is not made later by itself, so this node's clock has to be: nobody else tells it what the time is. */
    @Test
    void anIncrementThatIsTooLateForClosedBooksFailsOnceAndTheNextIsTaken() {
        world.node(1).clockOffMillis = -300_000;
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("a"), hlc(-400_000), "5");
            ClosedBooks.close(node.times, node.store, hlc(0));
        }
        assertThat(fetch(client, "a", key("a").slot(), "first")).isFalse();
        world.pass(5);
        WriteGroup first = increment(client);
        world.pass(50);
        assertThat(first.failures()).hasSize(1);
        assertThat(fetch(client, "a", key("a").slot(), "second")).isFalse();
        world.pass(5);
        assertThat(resumed).containsExactly("first", "second");
        WriteGroup second = increment(client);
        world.pass(50);
        assertThat(second.isDone()).isTrue();
        assertThat(second.failures()).isEmpty();
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.holds(key("a"))).isEqualTo("6");
        }
    }

    @Test
    void whoIsGoneWhileItsRecordsAreFetchedLetsGoOfTheSlot() {
        assertThat(fetch(client, "a", key("a").slot(), "first")).isFalse();
        session.abandon(client);
        assertThat(world.node(1).locks.heldCount()).isZero();
        world.pass(20);
        assertThat(resumed).isEmpty();
    }

    @Test
    void aKeysPrimaryIsItsFirstReplicaThatCanBeReached() {
        begin(client);
        Key key = world.keyOf("k", 2, 3, 1);
        assertThat(session.primary(key)).isEqualTo(2);
        world.unreachable(1, 2);
        assertThat(session.primary(key)).isEqualTo(3);
        world.unreachable(1, 3);
        assertThat(session.primary(key)).as("this node").isZero();
    }

    @Test
    void waitAnswersWhenSoManyOthersHaveAllWrites() {
        world.slow(1, 3, 30);
        set(client, "a");
        set(client, "b");
        assertThat(await(client, 1, 0)).isEqualTo("waits");
        world.pass(5);
        assertThat(resumed).containsExactly("resumed");
        assertThat(await(client, 1, 0)).isEqualTo("1");
        assertThat(await(client, 2, 0)).isEqualTo("waits");
        world.pass(40);
        assertThat(resumed).hasSize(2);
        assertThat(await(client, 2, 0)).isEqualTo("2");
    }

    @Test
    void waitSaysHowManyHaveThemWhenItsTimeIsUp() {
        world.silence(1, 3);
        set(client, "a");
        assertThat(await(client, 2, 50)).isEqualTo("waits");
        world.pass(49);
        assertThat(resumed).isEmpty();
        world.pass(2);
        assertThat(resumed).containsExactly("resumed");
        assertThat(await(client, 2, 50)).isEqualTo("1");
        world.pass(5_000);
        assertThat(resumed).hasSize(1);
    }

    @Test
    void waitIsAboutAllThatThisClientHasWritten() {
        world.silence(1, 3);
        set(client, "a");
        world.pass(10);
        assertThat(await(client, 1, 0)).isEqualTo("1");
        assertThat(await(client, 2, -1)).as("again, without a write in between").isEqualTo("1");
        assertThat(await(new CommandContext(), 2, 0)).as("a client that has written nothing").isEqualTo("2");
        world.heal();
        set(client, "b");
        world.pass(10);
        assertThat(await(client, 2, -1)).as("the first is still on two nodes").isEqualTo("1");
        world.pass(10_000);
        assertThat(world.node(1).hints).containsExactly("3 a");
        assertThat(await(client, 2, 0)).isEqualTo("waits");
        resumed.clear();
        world.node(1).hints.clear();
        world.pass(200);
        assertThat(resumed).isNotEmpty();
        assertThat(await(client, 2, 0)).as("the hint has brought it").isEqualTo("2");
    }

    @Test
    void waitSaysNothingOfWritesThatFailed() throws IOException {
        world.silence(1, 3);
        world.silence(1, 2);
        set(client, "a");
        world.pass(10_000);
        world.heal();
        for (QuorumWorld.Node node : world.nodes) {
            node.store.awaitDurable();
        }
        set(client, "b");
        world.pass(10);
        assertThat(await(client, 2, 0)).isEqualTo("2");
    }

    @Test
    void aWriteThatGetsAnotherVersionIsCountedAnew() {
        world.node(2).put(key("a"), hlc(100_000), "later");
        world.node(3).put(key("a"), hlc(100_000), "later");
        set(client, "a");
        world.pass(2);
        assertThat(await(client, 1, 0)).isEqualTo("waits");
        world.pass(10);
        assertThat(await(client, 2, 0)).isEqualTo("2");
    }

    private static MemberSet members(long... ids) {
        MemberSet set = new MemberSet();
        for (long id : ids) {
            set.add(id);
        }
        return set;
    }

    private void carryOutAt2() {
        begin(client);
        assertThat(session.primary(world.keyOf("k", 2))).isEqualTo(2);
        ForwardListener ignoring = new ForwardListener() {
            @Override
            public void replied(byte[] array, int offset, int size) {}

            @Override
            public void failed(String error) {}
        };
        assertThat(session.forward(2, new byte[0], 0, 0, ignoring)).isTrue();
        world.node(1).forwarded.removeFirst().replied(":1\r\n".getBytes(StandardCharsets.UTF_8), 0, 4);
    }

    @Test
    void waitAsksWhoCarriedOutACommand() {
        carryOutAt2();
        assertThat(await(client, 2, -1)).as("what the answer promises").isEqualTo("1");
        assertThat(await(client, 2, 0)).isEqualTo("waits");
        world.node(1).asked.remove("2 copies").told(false, 2, false, members(2, 3));
        world.pass(1);
        assertThat(resumed).hasSize(1);
        assertThat(await(client, 2, 0)).isEqualTo("waits");
        world.pass(150);
        world.node(1).asked.remove("2 copies").told(false, 3, true, members(1, 2, 3));
        world.pass(1);
        assertThat(resumed).hasSize(2);
        assertThat(await(client, 2, 0)).isEqualTo("2");
        carryOutAt2();
        assertThat(await(client, 1, 0)).as("asked anew").isEqualTo("waits");
        world.node(1).asked.remove("2 copies").failed();
        world.pass(1);
        assertThat(await(client, 1, 0)).as("what the answer promises").isEqualTo("1");
    }

    private String awaitSynced(CommandContext of, boolean here, int replicas, long timeoutMillis) {
        begin(of);
        try {
            DataSession.SyncedCopies synced =
                    session.awaitSynced(here, replicas, timeoutMillis, () -> resumed.add("resumed"));
            return (synced.here() ? "here and " : "not here, ") + synced.others();
        } catch (ReplicasAwaitedException e) {
            return "waits";
        }
    }

    private void syncs(int member, boolean synced) {
        world.node(1).asked.remove(member + " sync").told(synced, 0, false, members());
    }

    @Test
    void waitaofCountsWhoHasSynced() {
        set(client, "a");
        world.pass(10);
        assertThat(awaitSynced(client, true, 2, 1000)).isEqualTo("waits");
        assertThat(world.node(1).asked).containsOnlyKeys("1 sync", "2 sync", "3 sync");
        syncs(1, true);
        syncs(2, true);
        assertThat(awaitSynced(client, true, 2, 1000)).isEqualTo("waits");
        syncs(3, false);
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 1000)).isEqualTo("waits");
        world.pass(1_000);
        assertThat(awaitSynced(client, true, 2, 1000)).isEqualTo("here and 1");
        world.node(1).asked.clear();
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("waits");
        for (int member = 1; member <= 3; member++) {
            syncs(member, true);
        }
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("here and 2");
    }

    @Test
    void waitaofCountsNobodyWhoHasNotAcceptedEverything() {
        world.silence(1, 3);
        set(client, "a");
        world.pass(10);
        assertThat(awaitSynced(client, true, 1, 0)).isEqualTo("waits");
        assertThat(world.node(1).asked).containsOnlyKeys("1 sync", "2 sync");
        syncs(1, true);
        syncs(2, true);
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("waits");
        assertThat(awaitSynced(client, true, 1, 0)).isEqualTo("here and 1");
    }

    /** {@code WAITAOF} in a transaction that may have written before. */
    private String knownSynced(String... written) {
        begin(client);
        for (String name : written) {
            session.enterExclusive();
            session.write(key(name), new byte[] {'v'}, 0, 1, 0);
            session.exitExclusive();
        }
        DataSession.SyncedCopies synced = session.awaitSynced(true, 2, -1, () -> resumed.add("resumed"));
        return (synced.here() ? "here and " : "not here, ") + synced.others();
    }

    @Test
    void waitaofInATransactionTellsWhatIsKnownAndAsksNobody() throws IOException {
        assertThat(knownSynced()).as("nothing was written").isEqualTo("here and 2");
        set(client, "a");
        assertThat(knownSynced()).as("in the turn that wrote").isEqualTo("not here, 0");
        world.pass(10);
        assertThat(knownSynced()).as("logged, not synced").isEqualTo("not here, 0");
        world.node(1).store.awaitDurable();
        assertThat(knownSynced()).isEqualTo("here and 0");
        assertThat(world.node(1).asked).isEmpty();
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("waits");
        for (int member = 1; member <= 3; member++) {
            syncs(member, true);
        }
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("here and 2");
        assertThat(knownSynced("b")).as("what the transaction itself has written does not count").isEqualTo("here and 2");
        assertThat(knownSynced()).as("after it does").isEqualTo("not here, 0");
        world.pass(10);
        world.node(1).store.awaitDurable();
        assertThat(knownSynced()).isEqualTo("here and 0");
        carryOutAt2();
        assertThat(knownSynced()).as("it may have come here since").isEqualTo("not here, 0");
        set(client, "c");
        world.pass(10);
        world.node(1).store.awaitDurable();
        assertThat(knownSynced()).as("a later sync of the log is one of this too").isEqualTo("here and 0");
        assertThat(resumed).as("the one that waited").containsExactly("resumed");
    }

    @Test
    void waitaofInATransactionOfAnotherNodesClientKnowsNothing() {
        client.countFor(new Acceptances());
        assertThat(knownSynced()).isEqualTo("not here, 0");
    }

    @Test
    void waitAfterAWaitaofWhoseTimeWasUpWaitsForNobodyWhoWasAskedThen() {
        set(client, "a");
        world.pass(10);
        assertThat(awaitSynced(client, true, 2, 5)).isEqualTo("waits");
        world.pass(6);
        assertThat(awaitSynced(client, true, 2, 5)).as("nobody has answered").isEqualTo("not here, 0");
        assertThat(await(client, 2, 0)).isEqualTo("2");
        syncs(1, true);
        assertThat(await(client, 2, 0)).isEqualTo("2");
    }

    @Test
    void waitaofSyncsWhatCameToANodeAfterItWasAsked() {
        world.slow(1, 3, 40);
        set(client, "a");
        world.pass(10);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("waits");
        syncs(1, true);
        syncs(2, true);
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("waits");
        world.pass(100);
        assertThat(world.node(1).asked).containsOnlyKeys("1 sync", "2 sync", "3 sync");
        for (int member = 1; member <= 3; member++) {
            syncs(member, true);
        }
        world.pass(1);
        assertThat(awaitSynced(client, true, 2, 0)).isEqualTo("here and 2");
    }

    @Test
    void whoIsGoneWhileItWaitsIsNotCalledBack() {
        world.silence(1, 3);
        world.silence(1, 2);
        set(client, "a");
        assertThat(await(client, 1, 500)).isEqualTo("waits");
        session.abandon(client);
        world.pass(3_000);
        assertThat(resumed).isEmpty();
    }

    @Test
    void clearingCountsAsAWriteToAll() {
        begin(client);
        session.enterExclusive();
        session.clearDatabase(0);
        session.exitExclusive();
        world.pass(10);
        assertThat(await(client, 2, 0)).isEqualTo("2");
    }
}
