package io.ringtail.cluster.coordinator;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.topology.ConflictPolicy;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.engine.record.Causal;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.jspecify.annotations.Nullable;

/** What a session writes of keys whose siblings are kept, message by message: five members, of which three have a key. */
class SiblingSessionTest {
    private static final Keyspace SLOPPY = new Keyspace(
            "", Replication.of(3), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true, ConflictPolicy.SIBLINGS);

    private final QuorumWorld world = new QuorumWorld(5, SLOPPY);
    private final Key key = world.keyOf("k", 1, 2, 3);
    private final CommandContext client = new CommandContext();

    @AfterEach
    void nothingIsLeft() {
        world.end();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Record sibling(String value, long hlc, long actor) {
        return new Record().addSibling(hlc, actor, new Context(), bytes(value), 0, bytes(value).length, 0);
    }

    private static List<String> values(Record record) {
        if (!record.isCausal()) {
            return List.of(new String(record.value(), StandardCharsets.UTF_8));
        }
        List<String> values = new ArrayList<>();
        Causal causal = record.causal();
        for (int i = 0; i < causal.siblingCount(); i++) {
            values.add(new String(causal.sibling(i).value(), StandardCharsets.UTF_8));
        }
        return values;
    }

    /** Locks the key's slot and reads the key. */
    private void begin(QuorumWorld.Node node) {
        node.beginTurn();
        node.session.begin(client);
        if (node.session.fetch(new Key[] {key}, 1, key.slot(), () -> {})) {
            return;
        }
        world.pass(50);
    }

    private void write(QuorumWorld.Node node, String value, @Nullable Context seen) {
        node.beginTurn();
        node.session.begin(client);
        client.readable(true);
        node.session.enterExclusive();
        try {
            node.session.write(key, bytes(value), 0, bytes(value).length, 0, seen);
        } finally {
            node.session.exitExclusive();
            node.session.finish();
        }
    }

    private void set(QuorumWorld.Node node, String value) {
        begin(node);
        write(node, value, null);
    }

    @Test
    void aWriteIsOfWhatHasBeenReadUnderTheLock() {
        QuorumWorld.Node node = world.node(1);
        node.beginTurn();
        node.session.begin(client);
        node.session.enterExclusive();
        assertThatThrownBy(() -> node.session.write(key, bytes("v"), 0, 1, 0)).isInstanceOf(NotFetchedException.class);
        node.session.exitExclusive();
        set(node, "one");
        world.pass(50);
        set(world.node(2), "two");
        world.pass(50);
        for (int id = 1; id <= 3; id++) {
            assertThat(values(world.node(id).held(key))).containsExactly("two");
        }
    }

    @Test
    void whatComesBetweenReadingAndWritingStays() {
        QuorumWorld.Node node = world.node(1);
        set(node, "one");
        world.pass(50);
        begin(node);
        node.put(key, sibling("meanwhile", hlc(1), 7));
        write(node, "two", null);
        world.pass(50);
        for (int id = 1; id <= 3; id++) {
            assertThat(values(world.node(id).held(key))).as("at node " + id).containsExactlyInAnyOrder("two", "meanwhile");
        }
    }

    @Test
    void whatThisNodeHoldsIsPartOfWhatItSendsThoughOthersHadAnswered() {
        QuorumWorld.Node node = world.node(1);
        begin(node);
        // Its own, of which neither of the other replicas has heard: its next write must not claim it to be superseded.
        node.put(key, sibling("own", hlc(1), node.store.actor()));
        write(node, "two", null);
        world.pass(50);
        assertThat(values(world.node(2).held(key))).containsExactlyInAnyOrder("two", "own");
    }

    @Test
    void whoIsNoReplicaDoesNotWriteIt() {
        QuorumWorld.Node node = world.node(4);
        begin(node);
        assertThatThrownBy(() -> write(node, "v", null)).isInstanceOf(QuorumException.class).hasMessageContaining("no replica");
        assertThat(client.isLocked()).isFalse();
    }

    @Test
    void aWriteThatWasSeenAndSupersededIsNotMadeLaterThanWhatCameAfterIt() {
        QuorumWorld.Node node = world.node(1);
        // Two replicas are away, and two others stand in.
        for (int away : new int[] {2, 3}) {
            world.isolate(away);
        }
        begin(node);
        world.slow(1, 4, 200);
        world.slow(1, 5, 200);
        write(node, "first", null);
        WriteGroup group = client.takeGroup();
        assertThat(group).isNotNull();
        Record first = node.held(key);
        world.slow(1, 4, 0);
        world.slow(1, 5, 0);
        // As over the links of another loop: it gets there first, and is seen by nobody but who made it.
        Record second = new Record().copyOf(first).addSibling(
                first.maxHlc() + 1, node.store.actor(), new Context().of(first), bytes("second"), 0, 6, 0);
        node.put(key, second);
        world.node(4).put(key, second);
        world.node(5).put(key, second);
        world.pass(1_000);
        assertThat(group.isDone()).isTrue();
        assertThat(group.failures()).as("it is acknowledged: whoever hides it has seen it").isEmpty();
        assertThat(values(node.held(key))).containsExactly("second");
        assertThat(values(world.node(4).held(key))).containsExactly("second");
    }

    /** All three replicas hold these, in whatever order. */
    private void hold(String... expected) {
        for (int id = 1; id <= 3; id++) {
            assertThat(values(world.node(id).held(key))).as("node %d", id).containsExactlyInAnyOrder(expected);
        }
    }

    private Context seenAt(int id) {
        return new Context().of(world.node(id).held(key));
    }

    @Test
    void writesInALoopThatSayNothingOfWhatTheySawLeaveOne() {
        for (int i = 0; i < 15; i++) {
            set(world.node(1 + i % 3), "v" + i);
            world.pass(50);
        }
        hold("v14");
        assertThat(world.node(1).held(key).causal().actorCount()).isLessThanOrEqualTo(3);
    }

    @Test
    void aWriteThatIsSentAgainIsASiblingOfItselfUntilSomebodyHasSeenBoth() {
        set(world.node(1), "bread");
        world.pass(50);
        Context seen = seenAt(1);
        for (int attempt = 0; attempt < 5; attempt++) {
            begin(world.node(1 + attempt % 3));
            write(world.node(1 + attempt % 3), "milk", seen);
            world.pass(50);
        }
        hold("milk", "milk", "milk", "milk", "milk");
        begin(world.node(2));
        write(world.node(2), "bread, milk", seenAt(2));
        world.pass(50);
        hold("bread, milk");
    }

    @Test
    void twoNodesThatCarryOutChangesOfAKeyAtOnceLeaveAsManySiblingsAsThereWereNodes() {
        CommandContext other = new CommandContext();
        for (int i = 0; i < 5; i++) {
            QuorumWorld.Node one = world.node(1);
            QuorumWorld.Node two = world.node(2);
            begin(one);
            two.beginTurn();
            two.session.begin(other);
            if (!two.session.fetch(new Key[] {key}, 1, key.slot(), () -> {})) {
                world.pass(50);
            }
            write(one, "one " + i, null);
            two.beginTurn();
            two.session.begin(other);
            other.readable(true);
            two.session.enterExclusive();
            two.session.write(key, bytes("two " + i), 0, bytes("two " + i).length, 0);
            two.session.exitExclusive();
            two.session.finish();
            world.pass(50);
            hold("one " + i, "two " + i);
        }
        set(world.node(3), "last");
        world.pass(50);
        hold("last");
    }
}
