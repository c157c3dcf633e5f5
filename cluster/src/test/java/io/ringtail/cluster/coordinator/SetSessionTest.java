package io.ringtail.cluster.coordinator;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a session writes of sets, message by message, in a keyspace where the last writer wins: five members, of which three have a key. */
class SetSessionTest {
    private static final Keyspace SLOPPY =
            new Keyspace("", Replication.of(3), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true);

    private final QuorumWorld world = new QuorumWorld(5, SLOPPY);
    private final Key key = world.keyOf("k", 1, 2, 3);
    private final CommandContext client = new CommandContext();

    @AfterEach
    void nothingIsLeft() {
        world.end();
    }

    private Key member(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return MemberKeys.set(new Key(), key, Record.TYPE_SET, bytes, 0, bytes.length);
    }

    /** Locks the key's slot and reads the header and members. */
    private void begin(QuorumWorld.Node node, String... names) {
        node.beginTurn();
        node.session.begin(client);
        Key[] keys = new Key[names.length + 1];
        keys[0] = key;
        for (int i = 0; i < names.length; i++) {
            keys[i + 1] = member(names[i]);
        }
        if (!node.session.fetch(keys, keys.length, key.slot(), () -> {})) {
            world.pass(50);
        }
        client.readable(true);
    }

    private void change(QuorumWorld.Node node, boolean adds, String... names) {
        begin(node, names);
        changeNow(node, adds, names);
        world.pass(50);
    }

    private void changeNow(QuorumWorld.Node node, boolean adds, String... names) {
        node.beginTurn();
        Key[] keys = new Key[names.length];
        for (int i = 0; i < names.length; i++) {
            keys[i] = member(names[i]);
        }
        node.session.enterExclusive();
        try {
            boolean begins = !node.session.readRecord(key, new Record());
            node.session.changeMembers(key, keys, keys.length, adds, begins);
        } finally {
            node.session.exitExclusive();
            node.session.finish();
        }
    }

    private void delete(QuorumWorld.Node node) {
        begin(node);
        node.beginTurn();
        node.session.enterExclusive();
        try {
            node.session.changesSet(key);
            node.session.delete(key, null);
        } finally {
            node.session.exitExclusive();
            node.session.finish();
        }
        world.pass(50);
    }

    /** Of these, the members that a node itself has. */
    private List<String> held(int id, String... names) {
        Record header = world.node(id).held(key);
        List<String> held = new ArrayList<>();
        for (String name : names) {
            if (header.hasMember(world.node(id).held(member(name)), world.millis())) {
                held.add(name);
            }
        }
        return held;
    }

    private static boolean isThere(Record header, long nowMillis) {
        return header.isLive(nowMillis) && header.showsCollection();
    }

    @Test
    void aChangeIsAtAllReplicasWithOneDot() {
        change(world.node(1), true, "a", "b");
        change(world.node(2), true, "c");
        change(world.node(3), false, "a");
        for (int id = 1; id <= 3; id++) {
            assertThat(held(id, "a", "b", "c")).as("at node " + id).containsExactly("b", "c");
            Record header = world.node(id).held(key);
            assertThat(isThere(header, world.millis())).isTrue();
            assertThat(header.isSurelyFilled()).as("the latest change took one out").isFalse();
            Record added = world.node(id).held(member("c"));
            assertThat(header.causal().context().members().covers(added.maxHlc(), added.maxActor())).isTrue();
        }
        assertThat(world.node(4).held(key).isEmpty()).isTrue();
    }

    @Test
    void whoIsNoReplicaChangesNothing() {
        begin(world.node(4), "a");
        assertThatThrownBy(() -> changeNow(world.node(4), true, "a")).isInstanceOf(QuorumException.class).hasMessageContaining("no replica");
        world.pass(50);
        assertThat(world.node(1).held(member("a")).isEmpty()).isTrue();
    }

    @Test
    void deletingNeedsTheLockAndVoidsWhatItSaw() {
        QuorumWorld.Node node = world.node(1);
        change(node, true, "a", "b");
        node.beginTurn();
        node.session.begin(client);
        assertThatThrownBy(() -> node.session.changesSet(key)).isInstanceOf(NotFetchedException.class);
        assertThat(client.wantsLock()).isTrue();
        client.wantsLock(false);
        // Somebody else adds one, of which this node hears when it has read already, and before it deletes.
        begin(node);
        Record header = new Record().copyOf(node.held(key));
        long meanwhile = hlc(20_000);
        node.put(key, header.changeMembers(meanwhile, 77, Record.TYPE_SET, true, new Context().of(header), false, world.millis()));
        node.put(member("x"), new Record().addSibling(meanwhile, 77, new Context(), new byte[0], 0, 0, 0));
        node.beginTurn();
        node.session.enterExclusive();
        node.session.delete(key, null);
        node.session.exitExclusive();
        node.session.finish();
        world.pass(50);
        assertThat(held(1, "a", "b", "x")).containsExactly("x");
        assertThat(isThere(node.held(key), world.millis())).isTrue();
    }

    @Test
    void aSetThatIsDeletedAndBegunAnewHasNoneOfItsOldMembers() {
        change(world.node(1), true, "a", "b");
        delete(world.node(2));
        for (int id = 1; id <= 3; id++) {
            assertThat(held(id, "a", "b")).as("at node " + id).isEmpty();
            assertThat(isThere(world.node(id).held(key), world.millis())).isFalse();
        }
        change(world.node(3), true, "b");
        assertThat(held(1, "a", "b")).containsExactly("b");
    }

    @Test
    void whatIsAddedWhileItIsRemovedElsewhereStays() {
        change(world.node(1), true, "a", "b");
        for (int other : new int[] {2, 3, 4, 5}) {
            world.unreachable(1, other);
            world.unreachable(other, 1);
        }
        client.readLevel(ConsistencyLevel.ONE);
        client.writeLevel(ConsistencyLevel.ONE);
        change(world.node(1), true, "a");
        change(world.node(2), false, "a", "b");
        assertThat(held(1, "a", "b")).containsExactly("a", "b");
        assertThat(held(2, "a", "b")).isEmpty();
        Record header = new Record().copyOf(world.node(1).held(key)).merge(world.node(2).held(key));
        Record a = new Record().copyOf(world.node(1).held(member("a"))).merge(world.node(2).held(member("a")));
        Record b = new Record().copyOf(world.node(1).held(member("b"))).merge(world.node(2).held(member("b")));
        assertThat(header.hasMember(a, world.millis())).isTrue();
        assertThat(header.hasMember(b, world.millis())).isFalse();
    }

    @Test
    void membersAreGatheredFromAMajorityBeforeTheyAreTakenOut() {
        String[] names = new String[300];
        for (int i = 0; i < names.length; i++) {
            names[i] = "member" + i;
        }
        change(world.node(1), true, names);
        change(world.node(1), false, "member7");
        QuorumWorld.Node node = world.node(2);
        begin(node);
        Record header = new Record();
        assertThat(node.session.readRecord(key, header)).isTrue();
        assertThatThrownBy(() -> node.session.gather(key, header, 99, Integer.MAX_VALUE, true)).isInstanceOf(NotFetchedException.class);
        assertThat(client.wantsMembers()).isTrue();
        boolean[] resumed = new boolean[1];
        assertThat(node.session.fetchMembers(() -> resumed[0] = true)).isFalse();
        world.pass(500);
        assertThat(resumed[0]).isTrue();
        List<String> gathered = node.session.gather(key, header, 12345, Integer.MAX_VALUE, true).stream()
                .map(each -> new String(each, StandardCharsets.UTF_8))
                .toList();
        TreeSet<String> expected = new TreeSet<>(List.of(names));
        expected.remove("member7");
        assertThat(new TreeSet<>(gathered)).isEqualTo(expected).hasSameSizeAs(gathered);
        // They can be changed now though the command has not named them.
        changeNow(node, false, gathered.toArray(String[]::new));
        world.pass(50);
        assertThat(held(3, names)).isEmpty();
    }

    @Test
    void aSetThatHasLostItsLastMemberIsNotThere() {
        change(world.node(1), true, "a");
        change(world.node(2), false, "a");
        QuorumWorld.Node node = world.node(3);
        begin(node);
        assertThat(node.session.readRecord(key, new Record())).isTrue();
        assertThatThrownBy(() -> node.session.exists(key)).isInstanceOf(NotFetchedException.class);
        assertThat(node.session.fetchMembers(() -> {})).isFalse();
        world.pass(100);
        assertThat(node.session.exists(key)).isFalse();
        node.session.finish();
    }
}
