package io.ringtail.cluster.coordinator;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.ring.Ring;
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

/** A keyspace comes to keep siblings while it is written to: node 1 has not heard of it yet, 2 and 3 have. */
class PolicyChangeTest {
    private static final Keyspace SIBLINGS = new Keyspace(
            "", Replication.of(3), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false, ConflictPolicy.SIBLINGS);
    private static final Ring BEFORE = Ring.of(QuorumWorld.topology(3, 1));
    private static final Ring NEXT = Ring.of(QuorumWorld.topology(3, 2, SIBLINGS));
    /** Of some node or other that writes siblings. */
    private static final long ACTOR = 7;

    private final QuorumWorld world = new QuorumWorld(3);
    private final Key key = QuorumWorld.key("k");

    @AfterEach
    void nothingIsLeft() {
        world.pass(10_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingWrites()).as("pending at node " + node.id).isZero();
        }
        world.close();
    }

    private static Record sibling(String value, long hlc) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return new Record().addSibling(hlc, ACTOR, new Context(), bytes, 0, bytes.length, 0);
    }

    private List<String> values(int node, Key of) {
        Record held = world.node(node).held(of);
        if (!held.isCausal()) {
            return List.of(new String(held.value(), StandardCharsets.UTF_8));
        }
        List<String> values = new ArrayList<>();
        Causal causal = held.causal();
        for (int i = 0; i < causal.siblingCount(); i++) {
            values.add(new String(causal.sibling(i).value(), StandardCharsets.UTF_8));
        }
        return values;
    }

    /** Node 1 writes by the epoch before, at a time of 100, what is refused by the others; then it hears of the next epoch. */
    private Result writeThatStraddlesTheChange(Key of) {
        world.node(2).ring = NEXT;
        world.node(3).ring = NEXT;
        Result result = world.node(1).write(of, hlc(100), "plain");
        world.pass(5);
        assertThat(result.text()).as("of the epoch before").isEqualTo("pending");
        world.node(1).ring = NEXT;
        world.pass(100);
        return result;
    }

    /** What nobody has read for it takes nobody's place: the client has to send it again, and then it does as a write to such a keyspace. */
    @Test
    void aWriteFromBeforeTheChangeIsNotCarriedOnAfterwards() {
        for (long siblingMillis : new long[] {50, 150}) {
            Key other = QuorumWorld.key("k" + siblingMillis);
            world.nodes.forEach(node -> node.ring = BEFORE);
            world.node(2).put(other, sibling("sibling", hlc(siblingMillis)));
            world.node(3).put(other, sibling("sibling", hlc(siblingMillis)));
            Result result = writeThatStraddlesTheChange(other);
            assertThat(result.text()).startsWith("TIMEOUT the outcome of this write is unknown").contains("its keyspace has come to keep siblings meanwhile, send it again");
            assertThat(values(2, other)).containsExactly("sibling");
            assertThat(values(3, other)).containsExactly("sibling");
        }
    }

    /** Its own node has taken it before it heard of the change: as a write of unknown outcome it may show, and is then what it was, later than all of an earlier version, and beside what is later. */
    @Test
    void whatItsOwnNodeHasTakenOfItIsDecidedByVersion() {
        world.node(2).put(key, sibling("later", hlc(150)));
        assertThat(writeThatStraddlesTheChange(key).text()).contains("unknown");
        assertThat(values(1, key)).containsExactly("plain");
        world.node(1).put(key, sibling("earlier", hlc(50)));
        assertThat(values(1, key)).containsExactly("plain");
        world.node(1).put(key, sibling("later", hlc(150)));
        assertThat(values(1, key)).containsExactlyInAnyOrder("plain", "later");
    }

    /** The other way round everything is sent as it is: a state of siblings is a state wherever it comes to. */
    @Test
    void aSiblingThatIsOnItsWayWhenItsKeyspaceKeepsThemNoMoreArrives() {
        Ring noMore = Ring.of(QuorumWorld.topology(3, 3));
        world.nodes.forEach(node -> node.ring = node.id == 1 ? NEXT : noMore);
        Result result = world.node(1).write(key, sibling("sibling", hlc(100)), null);
        world.pass(5);
        world.node(1).ring = noMore;
        world.pass(100);
        assertThat(result.text()).isEqualTo("OK");
        assertThat(values(2, key)).containsExactly("sibling");
    }

    /** Once all have heard of it nobody writes so any more; what is still on its way from before has an earlier version than whatever is written by those who have seen it acknowledged. */
    @Test
    void aHintOfAWriteFromBeforeSupersedesNothingThatIsLater() {
        world.nodes.forEach(node -> node.ring = NEXT);
        world.node(2).put(key, sibling("sibling", hlc(150)));
        world.node(2).put(key, hlc(100), "plain, by a hint");
        assertThat(values(2, key)).containsExactlyInAnyOrder("plain, by a hint", "sibling");
    }
}
