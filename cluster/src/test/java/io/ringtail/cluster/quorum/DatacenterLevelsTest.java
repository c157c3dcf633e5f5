package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.quorum.QuorumWorld.Result;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.engine.record.Key;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What levels wait for where replicas are in two data centers: nodes 1, 3 and 5 in a, 2, 4 and 6 in b. */
class DatacenterLevelsTest {
    private static final ConsistencyLevel LOCAL = ConsistencyLevel.of("LOCAL_QUORUM");
    private static final ConsistencyLevel EACH = ConsistencyLevel.of("EACH_QUORUM");

    private final Key key = key("k");
    private QuorumWorld world = new QuorumWorld(QuorumWorld.inDatacenters("ababab", keyspace("a:3,b:3", false)));

    private static Keyspace keyspace(String replication, boolean sloppy) {
        return new Keyspace("", Replication.parse(replication), ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, sloppy);
    }

    private void begin(String datacenters, String replication, boolean sloppy) {
        world.close();
        world = new QuorumWorld(QuorumWorld.inDatacenters(datacenters, keyspace(replication, sloppy)));
    }

    @AfterEach
    void nothingIsLeft() {
        world.heal();
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.quorums.pendingWrites()).as("pending at node " + node.id).isZero();
            assertThat(node.quorums.pendingReads()).isZero();
            assertThat(node.calls.pendingCount()).isZero();
        }
        world.close();
    }

    private void silence(int... members) {
        for (QuorumWorld.Node node : world.nodes) {
            for (int member : members) {
                if (node.id != member) {
                    world.silence((int) node.id, member);
                    world.silence(member, (int) node.id);
                }
            }
        }
    }

    private void put(long hlc, String value, int... members) {
        for (int member : members) {
            world.node(member).put(key, hlc, value);
        }
    }

    private String holders(String value) {
        StringBuilder text = new StringBuilder();
        world.nodes.stream().filter(node -> node.holds(key).equals(value)).forEach(node -> text.append(node.id));
        return text.toString();
    }

    private boolean wasSent(int from, int to) {
        return world.sent.stream().anyMatch(message -> message.startsWith(from + ">" + to + " "));
    }

    // ---- writes

    @Test
    void aLocalWriteGoesEverywhereAndWaitsForItsOwnDatacenterOnly() {
        silence(2, 4, 6);
        Result local = world.node(1).write(key, hlc(0), "v", LOCAL);
        Result each = world.node(1).write(key("other"), hlc(0), "v", EACH);
        Result all = world.node(1).write(key("third"), hlc(0), "v");
        world.pass(2);
        assertThat(local.text()).isEqualTo("OK");
        assertThat(List.of(each.text(), all.text())).containsOnly("pending");
        assertThat(List.of(wasSent(1, 2), wasSent(1, 4), wasSent(1, 6))).as("to one for all").containsOnlyOnce(true);
        world.pass(3_000);
        assertThat(List.of(wasSent(1, 2), wasSent(1, 4), wasSent(1, 6))).containsOnly(true);
        assertThat(each.text()).contains("TIMEOUT", "3 of 3 replicas in data center 'a'", "0 of 3 replicas in data center 'b'", "2 are needed");
        assertThat(all.text()).contains("3 of 6 replicas", "4 are needed");
        assertThat(world.node(1).hints).contains("2 k", "4 k", "6 k");
    }

    @Test
    void aLocalWriteThatTooFewNearReplicasTakeIsNotMadeUpForByFarOnes() {
        silence(3, 5);
        Result local = world.node(1).write(key, hlc(0), "v", LOCAL);
        world.pass(3_000);
        assertThat(local.text()).contains("TIMEOUT", "1 of 3 replicas in data center 'a' have accepted it, 2 are needed");
        assertThat(holders("v")).isEqualTo("1246");
    }

    @Test
    void eachDatacenterNeedsItsQuorum() {
        world.slow(2, 4, 10);
        world.slow(4, 2, 10);
        world.isolate(6);
        Result each = world.node(1).write(key, hlc(0), "v", EACH);
        // One of 2 and 4 passes it on to the other.
        world.pass(12);
        assertThat(each.text()).isEqualTo("pending");
        world.pass(12);
        assertThat(each.text()).isEqualTo("OK");
        world.isolate(4);
        assertThat(world.node(1).write(key, hlc(1), "w", EACH).text())
                .contains("NOREPLICAS 2 of 3 replicas in data center 'b' are needed to write, 1 can be reached");
        Result local = world.node(1).write(key, hlc(1), "w", LOCAL);
        world.pass(2);
        assertThat(local.text()).isEqualTo("OK");
    }

    @Test
    void whereThereAreNoReplicasALocalLevelIsRefused() {
        begin("abababc", "a:3,b:3", false);
        assertThat(world.node(7).write(key, hlc(0), "v", LOCAL).text()).contains("NOREPLICAS", "no replicas in data center 'c'");
        assertThat(world.node(7).read(key, ConsistencyLevel.of("LOCAL_ONE")).text()).contains("NOREPLICAS", "no replicas in data center 'c'");
        Result plain = world.node(7).write(key, hlc(0), "v");
        world.pass(5);
        assertThat(plain.text()).isEqualTo("OK");
    }

    @Test
    void nobodyAcknowledgesWhatHasNoReplicasYet() {
        for (boolean sloppy : List.of(false, true)) {
            world.close();
            world = new QuorumWorld(QuorumWorld.toBeHandedOver("ababab", keyspace("a:3,b:3", sloppy)));
            for (String level : List.of("ONE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM", "EACH_QUORUM")) {
                Result write = world.node(1).write(key, hlc(0), "v", ConsistencyLevel.of(level));
                Result read = world.node(1).read(key, ConsistencyLevel.of(level));
                assertThat(world.node(1).show(key, ConsistencyLevel.of(level)).text()).as(level).isEqualTo("elsewhere");
                world.pass(5_000);
                assertThat(write.text()).as("write at %s, sloppy %s", level, sloppy).contains("NOREPLICAS");
                assertThat(read.text()).as("read at %s, sloppy %s", level, sloppy).contains("NOREPLICAS");
            }
        }
    }

    @Test
    void aMajorityOfAllReachesALocalReadWhereItMustHaveReplicasThere() {
        begin("abab", "a:2,b:2", false);
        silence(4);
        Result write = world.node(1).write(key, hlc(0), "v");
        world.pass(1_100);
        assertThat(write.text()).as("three of four").isEqualTo("OK");
        world.heal();
        for (int node = 1; node <= 4; node++) {
            Result read = world.node(node).read(key, LOCAL);
            world.pass(10);
            assertThat(read.text()).as("at node %d", node).isEqualTo("v");
        }
    }

    @Test
    void aMajorityOfAllMayBypassADatacenterThatHasShrunk() {
        begin("aab", "a:2,b:2", false);
        silence(3);
        Result write = world.node(1).write(key, hlc(0), "v");
        Result each = world.node(1).write(key("each"), hlc(0), "v", EACH);
        world.pass(3_000);
        assertThat(write.text()).as("two of three").isEqualTo("OK");
        assertThat(each.text()).contains("TIMEOUT", "0 of 1 replicas in data center 'b'", "1 are needed");
        world.heal();
        Result far = world.node(3).read(key, LOCAL);
        Result near = world.node(2).read(key, LOCAL);
        world.pass(10);
        assertThat(near.text()).isEqualTo("v");
        assertThat(far.text()).as("one of one, and that one has not been told yet").isEqualTo("nothing");
    }

    @Test
    void whatNearReplicasRefuseIsGivenALaterVersionAndWhatFarOnesRefuseIsNot() {
        put(hlc(1000), "near", 3, 5);
        Result hidden = world.node(1).write(key, hlc(0), "v", LOCAL);
        world.pass(10);
        assertThat(hidden.text()).isEqualTo("OK");
        assertThat(holders("v")).isEqualTo("123456");
        assertThat(world.node(1).quorums.writesRevised()).isEqualTo(1);

        put(hlc(5000), "far", 2, 4, 6);
        Result passed = world.node(1).write(key, hlc(4000), "w", LOCAL);
        world.pass(10);
        assertThat(passed.text()).isEqualTo("OK");
        assertThat(world.node(1).quorums.writesRevised()).isEqualTo(1);
        Result each = world.node(1).write(key, hlc(4500), "x", EACH);
        world.pass(10);
        assertThat(each.text()).isEqualTo("OK");
        assertThat(world.node(1).quorums.writesRevised()).as("three of six would do for all, not for b").isEqualTo(2);
        assertThat(holders("x")).isEqualTo("123456");
    }

    @Test
    void whoStandsInCountsWhereItIs() {
        begin("abababab", "a:3,b:3", true);
        String replicas = replicasIn("a");
        int first = replicas.charAt(0) - '0';
        int second = replicas.charAt(1) - '0';
        int third = replicas.charAt(2) - '0';
        int spare = 16 - first - second - third;
        world.isolate(third);
        Result local = world.node(first).write(key, hlc(0), "v", LOCAL);
        world.pass(5);
        assertThat(local.text()).isEqualTo("OK");
        assertThat(world.node(spare).holds(key)).as("one of the same data center stands in").isEqualTo("v");
        assertThat(world.node(spare).hints).containsExactly(third + " k");
    }

    private String replicasIn(String datacenter) {
        var ring = world.node(1).ring;
        var set = ring.replicas(ring.topology().keyspaces().getFirst(), key.token());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < set.count(); i++) {
            var member = ring.topology().members().get(set.preference()[i]);
            text.append(member.datacenter().equals(datacenter) ? String.valueOf(member.id()) : "");
        }
        return text.toString();
    }

    /** What is read and then written at a local level is carried out where the client is; at others by one member for all. */
    @Test
    void commandsOfALocalLevelAreCarriedOutInTheirOwnDatacenter() {
        Set<Long> one = new HashSet<>();
        Set<Long> other = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            Key each = key("key" + i);
            assertThat(primary(1, each, null)).as("one for all").isEqualTo(primary(2, each, null));
            one.add(primary(1, each, LOCAL));
            other.add(primary(2, each, LOCAL));
        }
        assertThat(one).containsExactlyInAnyOrder(1L, 3L, 5L);
        assertThat(other).containsExactlyInAnyOrder(2L, 4L, 6L);
    }

    private long primary(int node, Key of, @Nullable ConsistencyLevel level) {
        CommandContext client = new CommandContext();
        client.writeLevel(level);
        assertThat(world.node(node).session.begin(client)).isTrue();
        long primary = world.node(node).session.primary(of);
        return primary == 0 ? node : primary;
    }

    // ---- reads

    @Test
    void localReadsAskNobodyElsewhereHoweverSlowTheirOwnAre() {
        put(hlc(0), "old", 1, 3, 5);
        put(hlc(10), "new", 2, 4, 6);
        world.slow(1, 3, 400);
        world.slow(1, 5, 400);
        Result result = world.node(1).read(key, LOCAL);
        QuorumWorld.Shown shown = world.node(1).show(key, LOCAL);
        world.pass(1_000);
        assertThat(result.text()).isEqualTo("old");
        assertThat(shown.outcome()).as("too slow to confirm it").isEqualTo("doubtful");
        assertThat(List.of(wasSent(1, 2), wasSent(1, 4), wasSent(1, 6))).containsOnly(false);
        silence(3, 5);
        Result failed = world.node(1).read(key, LOCAL);
        world.pass(3_000);
        assertThat(failed.text()).contains("TIMEOUT 2 of 3 replicas in data center 'a' are needed to read, 1 answered");
        world.isolate(3);
        world.isolate(5);
        assertThat(world.node(1).read(key, LOCAL).text())
                .contains("NOREPLICAS 2 of 3 replicas in data center 'a' are needed to read, 1 can be reached");
    }

    @Test
    void whatALocalReadShowsAQuorumOfItsDatacenterHolds() {
        put(hlc(10), "half", 1);
        Result result = world.node(1).read(key, LOCAL);
        world.pass(3);
        assertThat(result.text()).isEqualTo("pending");
        world.pass(2);
        assertThat(result.text()).isEqualTo("half");
        assertThat(holders("half")).hasSize(2).matches("[135]+");
    }

    @Test
    void otherLevelsPreferWhoIsNear() {
        put(hlc(10), "v", 1, 2, 3, 4, 5, 6);
        world.slow(1, 3, 2);
        world.slow(1, 5, 2);
        for (int i = 0; i < 5; i++) {
            Result result = world.node(1).read(key, ConsistencyLevel.of("THREE"));
            QuorumWorld.Shown shown = world.node(1).show(key, ConsistencyLevel.of("THREE"));
            world.pass(10);
            assertThat(result.text()).isEqualTo("v");
            assertThat(shown.outcome()).isEqualTo("confirmed");
        }
        assertThat(List.of(wasSent(1, 2), wasSent(1, 4), wasSent(1, 6))).containsOnly(false);
    }

    @Test
    void aReadOfEachDatacenterAsksAQuorumOfEachAndShowsWhatOneOfThemHolds() {
        put(hlc(10), "v", 1, 3, 5);
        put(hlc(20), "half", 2, 4);
        world.isolate(6);
        Result result = world.node(1).read(key, EACH);
        world.pass(10);
        assertThat(result.text()).isEqualTo("half");
        assertThat(holders("half")).as("two of b hold it, and those of a that were asked are told").matches(".*2.*4.*").matches(".*[135].*");
        world.isolate(4);
        assertThat(world.node(1).read(key, EACH).text()).contains("NOREPLICAS 2 of 3 replicas in data center 'b'");
    }

    @Test
    void aReadOfEachDatacenterWaitsUntilAQuorumOfOneHoldsWhatItShows() {
        put(hlc(20), "half", 1);
        silence(3, 5);
        Result result = world.node(1).read(key, EACH);
        world.pass(3_000);
        assertThat(result.text()).contains("TIMEOUT", "2 of 3 replicas in data center 'a' are needed to read, 1 answered");
        world.heal();
        Result again = world.node(1).read(key, EACH);
        for (int i = 0; i < 20 && again.text().equals("pending"); i++) {
            world.pass(1);
        }
        assertThat(again.text()).isEqualTo("half");
        assertThat(holders("half")).matches("(.*[135].*[135].*)|(.*[246].*[246].*)");
    }

    @Test
    void walksAtALocalLevelStayWhereTheyAre() {
        put(hlc(10), "v", 1, 3);
        put(hlc(20), "elsewhere", 2, 4, 6);
        List<WalkPlan.Stretch> stretches = List.of(plan(1, LOCAL), plan(2, LOCAL), plan(1, EACH));
        assertThat(stretches.get(0).members()).hasSize(2).isSubsetOf(1L, 3L, 5L).contains(1L);
        assertThat(stretches.get(1).members()).hasSize(2).isSubsetOf(2L, 4L, 6L).contains(2L);
        assertThat(stretches.get(2).members()).hasSize(4);
        boolean[] speaks = new boolean[4];
        stretches.get(2).markSpeakers(world.node(1).ring.topology().keyspaces().getFirst(), 0, speaks);
        assertThat(speaks).containsOnly(true);
    }

    private WalkPlan.Stretch plan(long self, ConsistencyLevel level) {
        return WalkPlan.of(world.node(1).ring, self, 0, -1, level, new WalkPlan.Candidates() {
            @Override
            public boolean isReachable(long memberId) {
                return true;
            }

            @Override
            public double cost(long memberId) {
                return memberId == self ? -1 : 100 - memberId;
            }
        });
    }
}
