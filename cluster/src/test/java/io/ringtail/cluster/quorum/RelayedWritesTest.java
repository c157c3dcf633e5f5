package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.quorum.QuorumWorld.Node;
import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Writes that go to one replica of another data center, which passes them on: nodes 1, 3 and 5 in a, 2, 4 and 6 in b. */
class RelayedWritesTest {
    private static final ConsistencyLevel EACH = ConsistencyLevel.of("EACH_QUORUM");
    private static final ConsistencyLevel ALL = ConsistencyLevel.of("ALL");
    private static final List<Integer> FAR = List.of(2, 4, 6);

    private final Key key = key("k");
    private Topology topology = QuorumWorld.inDatacenters("ababab", keyspace("a:3,b:3"));
    private QuorumWorld world = new QuorumWorld(topology);

    private static Keyspace keyspace(String replication) {
        return new Keyspace("", Replication.parse(replication), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
    }

    private void begin(String datacenters, String replication) {
        world.close();
        topology = QuorumWorld.inDatacenters(datacenters, keyspace(replication));
        world = new QuorumWorld(topology);
    }

    @AfterEach
    void nothingIsLeft() {
        world.heal();
        world.pass(5_000);
        for (Node node : world.nodes) {
            assertThat(node.quorums.pendingWrites()).as("pending at node " + node.id).isZero();
            assertThat(node.quorums.pendingWriteBytes()).as("bytes at node " + node.id).isZero();
            assertThat(node.calls.pendingCount()).as("calls of node " + node.id).isZero();
        }
        world.close();
    }

    private String holders(Key of, String value) {
        StringBuilder text = new StringBuilder();
        world.nodes.stream().filter(node -> node.holds(of).equals(value)).forEach(node -> text.append(node.id));
        return text.toString();
    }

    /** Whom node 1 has sent a record to pass on last. */
    private int lastRelay() {
        return world.sent.stream()
                .filter(message -> message.startsWith("1>") && message.endsWith(" RELAY"))
                .reduce((first, second) -> second)
                .map(message -> message.charAt(2) - '0')
                .orElseThrow();
    }

    private List<Integer> othersThan(int relay) {
        return FAR.stream().filter(member -> member != relay).toList();
    }

    @Test
    void aRecordCrossesOnceAndEveryReplicaIsCounted() {
        String large = "x".repeat(10_000);
        Result all = world.node(1).write(key, hlc(0), large, ALL);
        world.pass(3);
        assertThat(all.text()).as("those behind the relay have not answered yet").isEqualTo("pending");
        world.pass(1);
        assertThat(all.text()).isEqualTo("OK");
        assertThat(holders(key, large)).isEqualTo("123456");
        assertThat(FAR.stream().mapToLong(far -> world.sentBytes(1, far)).sum()).isBetween(10_000L, 10_300L);
        int relay = lastRelay();
        assertThat(world.count("1>" + relay + " WRITE")).isZero();
        for (int other : othersThan(relay)) {
            assertThat(world.sentBytes(1, other)).isZero();
            assertThat(world.count(relay + ">" + other + " WRITE")).isEqualTo(1);
        }
        assertThat(world.node(1).quorums.writesRelayed()).isEqualTo(1);
    }

    @Test
    void theReplicasTakeTurnsAndEachTurnHasOneMessage() {
        int[] relayed = new int[7];
        for (int turn = 0; turn < 90; turn++) {
            List<Result> results = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                results.add(world.node(1).write(key("k" + turn + "-" + i), hlc(0), "v", ALL));
            }
            world.pass(10);
            assertThat(results).extracting(Result::text).containsOnly("OK");
            relayed[lastRelay()]++;
        }
        assertThat(world.sent).filteredOn(message -> message.endsWith(" RELAY")).hasSize(90);
        assertThat(world.sent).filteredOn(message -> message.endsWith(" WRITE") && message.startsWith("1>")).hasSize(2 * 90);
        for (int far : FAR) {
            assertThat(relayed[far]).as("turns of node " + far).isBetween(15, 50);
        }
    }

    @Test
    void whereReplicasDifferFromKeyToKeyEachGetsItsOwnOnly() {
        begin("ababababab", "a:1,b:3");
        List<Key> keys = IntStream.range(0, 300).mapToObj(i -> key("key" + i)).toList();
        List<Result> results = keys.stream().map(of -> world.node(1).write(of, hlc(0), "v", ALL)).toList();
        world.pass(10);
        assertThat(results).extracting(Result::text).containsOnly("OK");
        Ring ring = world.node(1).ring;
        for (Key of : keys) {
            int[] preference = ring.replicas(topology.keyspaces().getFirst(), of.token()).preference();
            StringBuilder expected = new StringBuilder();
            IntStream.range(0, 4).map(i -> preference[i] + 1).sorted().forEach(id -> expected.append(id));
            assertThat(holders(of, "v")).isEqualTo(expected.toString());
        }
        assertThat(world.sent).filteredOn(message -> message.startsWith("1>") && message.endsWith(" RELAY")).hasSizeLessThanOrEqualTo(5);
        assertThat(world.malformed).isEmpty();
    }

    @Test
    void whatTheRelayIsSilentAboutIsSentToTheReplicasThemselvesWithinTheTimeout() {
        FAR.forEach(far -> world.silence(far, 1));
        Result each = world.node(1).write(key, hlc(0), "v", EACH);
        world.pass(1);
        int relay = lastRelay();
        othersThan(relay).forEach(world::heardAgain);
        world.pass(990);
        assertThat(each.text()).isEqualTo("pending");
        world.pass(40);
        assertThat(each.text()).as("half of the timeout later").isEqualTo("OK");
        assertThat(world.node(1).quorums.relaysFailed()).isEqualTo(2);
        assertThat(world.node(1).hints).isEmpty();
        world.pass(1_000);
        assertThat(world.node(1).hints).as("the relay itself gets a hint").containsExactly(relay + " k");
    }

    @Test
    void aRelayThatDiesCostsNoWaiting() {
        FAR.forEach(far -> world.silence(1, far));
        Result each = world.node(1).write(key, hlc(0), "v", EACH);
        world.pass(1);
        int relay = lastRelay();
        world.heal();
        world.node(1).calls.linkDown(relay);
        world.pass(3);
        assertThat(each.text()).isEqualTo("OK");
        assertThat(holders(key, "v")).doesNotContain("" + relay).hasSize(5);
        assertThat(world.node(1).hints).containsExactly(relay + " k");
    }

    @Test
    void whomTheRelayCannotReachIsToldOfAtOnce() {
        for (int far : FAR) {
            othersThan(far).forEach(other -> world.unreachable(far, other));
        }
        Result all = world.node(1).write(key, hlc(0), "v", ALL);
        world.pass(5);
        assertThat(all.text()).isEqualTo("OK");
        assertThat(holders(key, "v")).isEqualTo("123456");
        assertThat(world.node(1).hints).isEmpty();
    }

    @Test
    void aRelayWhoseLinkToAReplicaBreaksSaysSo() {
        for (int far : FAR) {
            othersThan(far).forEach(other -> world.silence(far, other));
        }
        Result all = world.node(1).write(key, hlc(0), "v", ALL);
        world.pass(2);
        int relay = lastRelay();
        othersThan(relay).forEach(other -> world.node(relay).calls.linkDown(other));
        world.pass(4);
        assertThat(all.text()).isEqualTo("OK");
    }

    @Test
    void whoCannotBeReachedFromHereGetsAHintAndIsNotPassedOnTo() {
        world.unreachable(1, 4);
        Result each = world.node(1).write(key, hlc(0), "v", EACH);
        world.pass(5);
        assertThat(each.text()).isEqualTo("OK");
        assertThat(holders(key, "v")).isEqualTo("12356");
        assertThat(world.node(1).hints).containsExactly("4 k");
    }

    @Test
    void whatReplicasBehindTheRelayRefuseIsCountedAsTheirs() {
        for (int far : FAR) {
            world.node(far).put(key, hlc(5_000), "later");
        }
        Result each = world.node(1).write(key, hlc(0), "v", EACH);
        world.pass(15);
        assertThat(each.text()).isEqualTo("OK");
        assertThat(world.node(1).quorums.writesRevised()).isEqualTo(1);
        assertThat(holders(key, "v")).isEqualTo("123456");
        assertThat(world.node(1).heldHlc(key)).isGreaterThan(hlc(5_000));
    }

    @Test
    void aRelayOfAnotherEpochPassesNothingOnAndTheWriteBeginsAnew() {
        Ring next = Ring.of(topology.next(topology.members(), topology.owners(), topology.keyspaces()));
        FAR.forEach(far -> world.node(far).ring = next);
        Result all = world.node(1).write(key, hlc(0), "v", ALL);
        world.pass(3);
        assertThat(all.text()).isEqualTo("pending");
        assertThat(world.sent).filteredOn(message -> message.matches("[246]>[246] WRITE")).isEmpty();
        world.nodes.forEach(node -> node.ring = next);
        world.pass(20);
        assertThat(all.text()).isEqualTo("OK");
        assertThat(world.planned).filteredOn(message -> message.matches("[246]>[246] WRITE of .*")).isNotEmpty()
                .allMatch(message -> message.endsWith("of " + next.epoch()));
    }

    @Test
    void aMemberOfAnOlderVersionIsNoRelayAndNodesThatAreAllOlderGetWhatTheyGot() {
        world.node(2).newestVersion = ProtocolVersion.RELAYS - 1;
        for (int i = 0; i < 30; i++) {
            Result all = world.node(1).write(key, hlc(i), "v" + i, ALL);
            world.pass(5);
            assertThat(all.text()).isEqualTo("OK");
        }
        assertThat(world.count("1>2 RELAY")).isZero();
        assertThat(world.count("1>4 RELAY") + world.count("1>6 RELAY")).isEqualTo(30);
        FAR.forEach(far -> world.node(far).newestVersion = ProtocolVersion.RELAYS - 1);
        Result all = world.node(1).write(key, hlc(100), "old", ALL);
        world.pass(2);
        assertThat(all.text()).isEqualTo("OK");
        FAR.forEach(far -> assertThat(world.count("1>" + far + " WRITE")).isEqualTo(1));
    }

    @Test
    void anAnswerThatMakesNoSenseEndsTheLinkToWhoeverGaveItAndNotTheRelays() {
        byte[] nonsense = new MessageWriter().beginBare().writeByte(ReplyStatus.DONE.ordinal()).writeInt(9).toByteArray();
        Result all = world.node(1).write(key, hlc(0), "v", ALL);
        world.pass(1);
        int relay = lastRelay();
        int other = othersThan(relay).getFirst();
        world.node(other).nextAnswer = nonsense;
        world.pass(10);
        assertThat(world.malformed).singleElement().asString().contains("9 refusals of 1");
        assertThat(world.closed).containsExactly(relay + ">" + other);
        assertThat(all.text()).as("asked itself").isEqualTo("OK");
    }

    @Test
    void aDeadDatacenterIsNotWaitedFor() {
        FAR.forEach(world::isolate);
        Result local = world.node(1).write(key, new Record().setTombstone(hlc(0), 1), ConsistencyLevel.of("LOCAL_QUORUM"));
        world.pass(2);
        assertThat(local.text()).isEqualTo("OK");
        assertThat(world.node(1).hints).containsExactlyInAnyOrder("2 k", "4 k", "6 k");
    }
}
