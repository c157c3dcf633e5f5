package io.ringtail.cluster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.membership.SimulatedNodes.Node;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Histories of joining, changing and failing, each from its seed. */
@Execution(ExecutionMode.CONCURRENT)
class MembershipSimulationTest {
    private static Topology topology(Node node) {
        Ring ring = node.up().ring();
        assertThat(ring).as("node %d is a member", node.number).isNotNull();
        return ring.topology();
    }

    private static void assertAllAgree(SimulatedNodes world, long seed, int members) {
        assertThat(world.violations).as("seed %d", seed).isEmpty();
        Topology first = topology(world.nodes.firstEntry().getValue());
        assertThat(first.members()).as("seed %d", seed).hasSize(members);
        for (Node node : world.nodes.values()) {
            assertThat(topology(node)).as("seed %d, node %d", seed, node.number).isEqualTo(first);
            assertThat(node.up().isFrozen()).as("seed %d, node %d frozen", seed, node.number).isFalse();
        }
    }

    private static void assertBalanced(Topology topology, long seed) {
        int[] counts = new int[topology.members().size()];
        for (int owner : topology.owners()) {
            counts[owner]++;
        }
        for (int count : counts) {
            assertThat(count).as("seed %d", seed).isBetween(
                    topology.partitions() / counts.length, topology.partitions() / counts.length + 1);
        }
    }

    private static SimulatedNodes five(long seed) {
        SimulatedNodes world = new SimulatedNodes(seed);
        world.node(1).start();
        for (int i = 2; i <= 5; i++) {
            world.node(i).joining(1, i - 1).start();
        }
        world.runMillis(15_000);
        return world;
    }

    @Test
    void nodesThatJoinAtOnceEndInOneTopologyWithBalancedOwners() {
        for (long seed = 0; seed < 120; seed++) {
            SimulatedNodes world = new SimulatedNodes(seed);
            world.breaksPerThousand = seed % 2 == 0 ? 0 : 50;
            world.node(1).start();
            for (int i = 2; i <= 5; i++) {
                world.node(i).joining(1, 2, 3, 4, 5).start();
            }
            world.runMillis(60_000);
            world.breaksPerThousand = 0;
            world.runMillis(90_000);
            assertAllAgree(world, seed, 5);
            assertBalanced(topology(world.node(1)), seed);
        }
    }

    @Test
    void withoutLossFiveAreOneWithinSeconds() {
        SimulatedNodes world = new SimulatedNodes(7);
        world.node(1).start();
        for (int i = 2; i <= 5; i++) {
            world.node(i).joining(1).start();
        }
        world.runMillis(3_000);
        assertAllAgree(world, 7, 5);
        assertBalanced(topology(world.node(3)), 7);
        assertThat(topology(world.node(1)).epoch()).as("joined together").isLessThanOrEqualTo(4);
    }

    @Test
    void crashesCutsAndWritesNeverMakeTwoTopologiesOfOneEpoch() {
        int epochs = 0;
        int held = 0;
        for (long seed = 0; seed < 200; seed++) {
            SimulatedNodes world = new SimulatedNodes(seed);
            Random random = new Random(seed);
            world.breaksPerThousand = random.nextInt(60);
            world.node(1).start();
            for (int i = 2; i <= 6; i++) {
                world.node(i).joining(1 + random.nextInt(3), 1).start();
            }
            for (int step = 0; step < 40; step++) {
                world.runMillis(random.nextInt(1_500));
                Node node = world.node(1 + random.nextInt(6));
                switch (random.nextInt(8)) {
                    case 0, 1 -> {
                        if (node.isUp()) {
                            node.crash();
                        }
                    }
                    case 2 -> world.cut(node.number, 1 + node.number % 6);
                    case 3 -> world.heal();
                    case 4 -> {
                        if (random.nextInt(6) == 0) {
                            node.write();
                        }
                    }
                    case 5 -> {
                        if (node.isUp()) {
                            Keyspace keyspace = new Keyspace("k" + step, 2, ConsistencyLevel.ONE, ConsistencyLevel.ALL, true);
                            node.up().propose(now -> withKeyspace(now, keyspace), true, outcome -> {});
                        }
                    }
                    default -> {
                        for (Node down : world.nodes.values()) {
                            if (!down.isUp()) {
                                down.clientPort = 7100 + random.nextInt(3);
                                down.start();
                            }
                        }
                    }
                }
            }
            world.heal();
            world.breaksPerThousand = 0;
            for (Node node : world.nodes.values()) {
                if (!node.isUp()) {
                    node.start();
                }
            }
            world.runMillis(60_000);
            assertAllAgree(world, seed, 6);
            for (Node node : world.nodes.values()) {
                Topology topology = topology(node);
                assertThat(topology.members().get(topology.indexOf(node.id)).clientPort())
                        .as("seed %d", seed)
                        .isEqualTo(node.clientPort == 0 ? 7000 + node.number : node.clientPort);
                held += node.hasData ? 1 : 0;
            }
            epochs += world.decided.size();
        }
        assertThat(epochs).isGreaterThan(2_000);
        assertThat(held).as("nodes that were written to").isGreaterThan(30);
    }

    private static Topology withKeyspace(Topology now, Keyspace keyspace) {
        List<Keyspace> keyspaces = new ArrayList<>(now.keyspaces());
        if (keyspaces.stream().anyMatch(known -> known.prefix().equals(keyspace.prefix()))) {
            return now;
        }
        keyspaces.add(keyspace);
        return now.next(now.members(), now.owners(), keyspaces);
    }

    @Test
    void anEpochDecidedWithoutAMajorityIsFound() {
        boolean found = false;
        for (long seed = 0; seed < 60 && !found; seed++) {
            SimulatedNodes world = five(seed);
            for (Node node : world.nodes.values()) {
                node.crash();
                node.flaws = Set.of(Flaw.EPOCH_WITHOUT_MAJORITY);
                node.start();
            }
            world.runMillis(2_000);
            cutOff(world, 5, 4);
            propose(world, 1, "left");
            propose(world, 5, "right");
            world.runMillis(5_000);
            world.heal();
            world.runMillis(10_000);
            found = world.violations.stream().anyMatch(violation -> violation.startsWith("two topologies"));
        }
        assertThat(found).isTrue();
    }

    private static void cutOff(SimulatedNodes world, int... minority) {
        for (int one : minority) {
            for (int other = 1; other <= 5; other++) {
                if (java.util.Arrays.stream(minority).noneMatch(Integer.valueOf(other)::equals)) {
                    world.cut(one, other);
                }
            }
        }
    }

    private static List<ChangeOutcome> propose(SimulatedNodes world, int number, String prefix) {
        List<ChangeOutcome> outcomes = new ArrayList<>();
        Keyspace keyspace = new Keyspace(prefix, 2, ConsistencyLevel.ONE, ConsistencyLevel.ALL, true);
        world.node(number).up().propose(now -> withKeyspace(now, keyspace), true, outcomes::add);
        return outcomes;
    }

    @Test
    void aMinorityCannotChangeTheEpochAndAMajorityCan() {
        SimulatedNodes world = five(1);
        long epoch = topology(world.node(4)).epoch();
        cutOff(world, 4, 5);
        List<ChangeOutcome> minority = propose(world, 5, "m");
        world.runMillis(60_000);
        assertThat(minority).containsExactly(new ChangeOutcome.NoMajority());
        assertThat(topology(world.node(4)).epoch()).isEqualTo(epoch);
        List<ChangeOutcome> majority = propose(world, 1, "m");
        world.runMillis(5_000);
        assertThat(majority).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
        assertThat(topology(world.node(2)).keyspaces()).hasSize(2);
        assertThat(topology(world.node(4)).epoch()).isEqualTo(epoch);
        world.heal();
        world.runMillis(5_000);
        assertAllAgree(world, 1, 5);
        assertThat(topology(world.node(4)).keyspaces()).hasSize(2);
    }

    private static List<ChangeOutcome> replicate(SimulatedNodes world, int number, int replicationFactor, boolean forced) {
        List<ChangeOutcome> outcomes = new ArrayList<>();
        Keyspace keyspace = new Keyspace("", replicationFactor, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);
        world.node(number)
                .up()
                .propose(now -> now.next(now.members(), now.owners(), List.of(keyspace)), forced, outcomes::add);
        world.runMillis(10_000);
        return outcomes;
    }

    /** By what it knew itself there would be nothing to change. */
    @Test
    void whoHasNotHeardOfTheLatestChangeTakesItBackAllTheSame() {
        for (long seed = 0; seed < 40; seed++) {
            SimulatedNodes world = five(seed);
            cutOff(world, 5);
            List<ChangeOutcome> outcomes = new ArrayList<>();
            world.node(1).up().propose(now -> withPaused(now, true), false, outcomes::add);
            world.runMillis(5_000);
            assertThat(outcomes).as("seed %d", seed).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
            assertThat(topology(world.node(5)).transition().paused()).as("seed %d: it does not know", seed).isFalse();
            outcomes.clear();
            world.heal();
            world.runMillis(seed * 10);
            world.node(5).up().propose(now -> withPaused(now, false), false, outcomes::add);
            while (outcomes.isEmpty()) {
                world.runMillis(10);
            }
            if (outcomes.getFirst() instanceof ChangeOutcome.Decided) {
                world.runMillis(5_000);
                assertAllAgree(world, seed, 5);
                assertThat(topology(world.node(1)).transition().paused()).as("seed %d", seed).isFalse();
            }
        }
    }

    private static Topology withPaused(Topology now, boolean paused) {
        return now.transition().paused() == paused ? now : now.next(now.transition().withPaused(paused));
    }

    @Test
    void keysGetAnotherNumberOfReplicasWhileThereAreNoData() {
        SimulatedNodes world = five(3);
        assertThat(replicate(world, 2, 5, false)).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
        assertAllAgree(world, 1, 5);
        assertThat(topology(world.node(4)).keyspaces().getFirst().replicationFactor()).isEqualTo(5);
        long epoch = topology(world.node(4)).epoch();
        world.node(5).write();
        for (int replicationFactor : new int[] {3, 4}) {
            assertThat(replicate(world, 2, replicationFactor, false))
                    .singleElement()
                    .isInstanceOfSatisfying(ChangeOutcome.Refused.class, refused -> assertThat(refused.reason())
                            .contains("another number of replicas"));
        }
        assertThat(topology(world.node(2)).keyspaces().getFirst().replicationFactor()).isEqualTo(5);
        assertThat(topology(world.node(2)).epoch()).isEqualTo(epoch);
        // More than there are nodes is no more replicas.
        assertThat(replicate(world, 2, 7, false)).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
        assertThat(replicate(world, 2, 3, true)).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
        assertThat(topology(world.node(2)).keyspaces().getFirst().replicationFactor()).isEqualTo(3);
    }

    @Test
    void keysGetNoOtherNumberOfReplicasWhileAMemberCannotSayWhetherItHasData() {
        SimulatedNodes world = five(4);
        cutOff(world, 5);
        assertThat(replicate(world, 2, 5, false)).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
        world.heal();
        world.runMillis(5_000);
        assertThat(replicate(world, 2, 5, false)).singleElement().isInstanceOf(ChangeOutcome.Decided.class);
        assertAllAgree(world, 1, 5);
    }

    @Test
    void whoJoinsAClusterWithDataOwnsNothingAndCanBeForgotten() {
        SimulatedNodes world = five(2);
        world.node(3).write();
        world.node(6).joining(2).start();
        world.runMillis(20_000);
        assertAllAgree(world, 2, 6);
        Topology topology = topology(world.node(6));
        assertThat(topology.owners()).doesNotContain(topology.indexOf(world.node(6).id));
        long epoch = topology.epoch();
        world.runMillis(300_000);
        assertThat(topology(world.node(6)).epoch()).as("asking in vain changes nothing").isEqualTo(epoch);

        List<ChangeOutcome> outcomes = new ArrayList<>();
        world.node(2).up().forget(world.node(3).id, outcomes::add);
        world.node(2).up().forget(world.node(6).id, outcomes::add);
        world.runMillis(5_000);
        assertThat(outcomes.get(0)).isInstanceOf(ChangeOutcome.Refused.class);
        assertThat(outcomes.get(1)).isInstanceOf(ChangeOutcome.Decided.class);
        assertThat(topology(world.node(1)).members()).hasSize(5);
        assertThat(world.node(6).told).contains("forgotten");
        assertThat(world.violations).isEmpty();
    }

    @Test
    void whoJoinsWhileAMemberIsAwayIsGivenItsShareWhenItIsBack() {
        SimulatedNodes world = five(3);
        world.node(2).crash();
        world.node(6).joining(1).start();
        world.runMillis(5_000);
        Topology without = topology(world.node(6));
        assertThat(without.owners()).doesNotContain(without.indexOf(world.node(6).id));
        world.node(2).start();
        world.runMillis(90_000);
        assertAllAgree(world, 3, 6);
        assertBalanced(topology(world.node(6)), 3);
    }

    @Test
    void aNodeThatMovesIsKnownByItsNewAddressAndKeepsItsRackWhileThereAreDataAndItsWeight() {
        SimulatedNodes world = five(4);
        world.node(4).write();
        world.node(2).crash();
        world.node(2).host = "elsewhere";
        world.node(2).weight = 3;
        world.node(2).rack = "r9";
        world.node(2).start();
        world.runMillis(20_000);
        assertAllAgree(world, 4, 5);
        Topology topology = topology(world.node(5));
        Member moved = topology.members().get(topology.indexOf(world.node(2).id));
        assertThat(moved).isEqualTo(new Member(world.node(2).id, "elsewhere", 2, 7002, 1, ""));
        long epoch = topology.epoch();
        world.runMillis(60_000);
        assertThat(topology(world.node(1)).epoch()).isEqualTo(epoch);
    }

    @Test
    void strangersAreRefusedForGood() {
        SimulatedNodes world = five(5);
        Node other = world.node(6).joining(1);
        other.clusterName = "another";
        other.start();
        Node withData = world.node(7).joining(1);
        withData.hasData = true;
        withData.start();
        world.runMillis(10_000);
        assertThat(other.told).singleElement().asString().contains("this is the cluster 'c', not 'another'");
        assertThat(withData.told).singleElement().asString().contains("holds data of its own");
        assertThat(other.up().ring()).isNull();
        assertThat(topology(world.node(1)).members()).hasSize(5);

        Node renamed = world.node(2);
        renamed.crash();
        renamed.clusterName = "renamed";
        renamed.start();
        world.runMillis(1_000);
        assertThat(renamed.told).singleElement().asString().contains("belongs to the cluster 'c'");
    }

    @Test
    void aNodeStartedAloneByMistakeJoinsWhenItIsToldToUnlessItHasData() {
        SimulatedNodes world = five(6);
        world.node(6).start();
        world.runMillis(500);
        // Two clusters: each has its own epoch 1.
        world.violations.clear();
        world.node(6).crash();
        world.node(6).joining(3).start();
        world.runMillis(10_000);
        assertAllAgree(world, 6, 6);
    }
}
