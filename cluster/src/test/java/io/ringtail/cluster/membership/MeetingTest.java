package io.ringtail.cluster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.membership.SimulatedNodes.Node;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nodes that run already, each a cluster of its own or members of one, and are told to meet. */
@Execution(ExecutionMode.CONCURRENT)
class MeetingTest {
    private static final int SEEDS = 40;

    private static String told(ChangeOutcome outcome) {
        return switch (outcome) {
            case ChangeOutcome.Decided decided -> "OK";
            case ChangeOutcome.Refused refused -> refused.reason();
            case ChangeOutcome.NoMajority noMajority -> "unknown";
        };
    }

    private static List<String> meet(Node one, Node other) {
        List<String> answers = new ArrayList<>();
        one.up().meet(new Seed("h", other.number), outcome -> answers.add(told(outcome)));
        return answers;
    }

    /** Has one told to meet another, and waits for what it is told. */
    private static String met(SimulatedNodes world, int one, int other) {
        List<String> answers = meet(world.node(one), world.node(other));
        for (int i = 0; i < 100 && answers.isEmpty(); i++) {
            world.runMillis(100);
        }
        assertThat(answers).hasSize(1);
        return answers.getFirst();
    }

    private static SimulatedNodes alone(long seed, int count) {
        SimulatedNodes world = new SimulatedNodes(seed);
        for (int i = 1; i <= count; i++) {
            world.node(i).start();
        }
        world.runMillis(1_000);
        return world;
    }

    private static Topology topology(Node node) {
        Ring ring = Objects.requireNonNull(node.up().ring());
        return ring.topology();
    }

    private static void assertOneCluster(SimulatedNodes world, long seed, int... nodes) {
        assertThat(world.violations).as("seed %d", seed).isEmpty();
        Topology first = topology(world.node(nodes[0]));
        assertThat(first.members()).as("seed %d", seed).hasSize(nodes.length);
        for (int node : nodes) {
            assertThat(topology(world.node(node))).as("seed %d, node %d", seed, node).isEqualTo(first);
            assertThat(world.node(node).up().isFrozen()).as("seed %d, node %d", seed, node).isFalse();
        }
    }

    private static void assertSharedByAll(Topology topology) {
        TreeSet<Integer> owners = new TreeSet<>();
        IntStream.of(topology.owners()).forEach(owners::add);
        assertThat(owners).hasSize(topology.members().size());
    }

    @Test
    void nodesAloneAndEmptyBecomeOneCluster() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedNodes world = alone(seed, 4);
            for (int i = 2; i <= 4; i++) {
                assertThat(met(world, 1, i)).as("seed %d", seed).isEqualTo("OK");
            }
            world.runMillis(10_000);
            assertOneCluster(world, seed, 1, 2, 3, 4);
            assertSharedByAll(topology(world.node(1)));
            assertThat(met(world, 3, 2)).as("members already").isEqualTo("OK");
        }
    }

    @Test
    void whoHoldsDataStaysAndWhoIsEmptyComes() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedNodes world = alone(seed, 2);
            Node full = world.node(seed % 2 == 0 ? 1 : 2);
            full.write();
            long clusterId = topology(full).clusterId();
            assertThat(met(world, 1, 2)).as("seed %d", seed).isEqualTo("OK");
            world.runMillis(5_000);
            assertOneCluster(world, seed, 1, 2);
            assertThat(topology(full).clusterId()).as("nothing is given up").isEqualTo(clusterId);
            assertThat(topology(full).owners()).as("what has data is handed over, not given away").containsOnly(topology(full).indexOf(full.id));
        }
    }

    @Test
    void twoWithDataAreRefusedAndGoOnAlone() {
        SimulatedNodes world = alone(3, 2);
        world.node(1).write();
        world.node(2).write();
        assertThat(met(world, 1, 2)).contains("this node cannot join the one at h:2: it holds data", "that one cannot join this cluster: it holds data");
        world.runMillis(3_000);
        assertThat(topology(world.node(1)).members()).hasSize(1);
        assertThat(topology(world.node(2)).members()).hasSize(1);
        assertThat(List.of(world.node(1).up().isFrozen(), world.node(2).up().isFrozen())).containsOnly(false);
    }

    @Test
    void twoClustersOfSeveralAreRefused() {
        SimulatedNodes world = alone(4, 4);
        assertThat(List.of(met(world, 1, 2), met(world, 3, 4))).containsOnly("OK");
        world.runMillis(3_000);
        assertThat(met(world, 1, 4)).contains("not the only node of a cluster").contains("that one cannot join this cluster");
        assertOneCluster(world, 4, 1, 2);
        assertOneCluster(world, 4, 3, 4);
    }

    @Test
    void twoThatAreToldToMeetEachOtherAtOnceDo() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedNodes world = alone(seed, 2);
            List<String> one = meet(world.node(1), world.node(2));
            world.runMillis(seed % 10);
            List<String> other = meet(world.node(2), world.node(1));
            world.runMillis(12_000);
            assertOneCluster(world, seed, 1, 2);
            assertThat(List.of(one.getFirst(), other.getFirst())).as("seed %d", seed).contains("OK");
        }
    }

    @Test
    void whoeverIsAtTheAddressIsNotReached() {
        SimulatedNodes world = alone(5, 1);
        assertThat(met(world, 1, 9)).contains("no node was reached at h:9");
        world.node(1).write();
        assertThat(world.node(1).hasData).as("it goes on all the while").isTrue();
    }

    @Test
    void whoHasChangedItsClusterMoreOftenInvitesTheOther() {
        SimulatedNodes world = alone(6, 2);
        Keyspace keyspace = new Keyspace("k", 2, ConsistencyLevel.ONE, ConsistencyLevel.ALL, true);
        world.node(1).up().propose(now -> now.next(now.members(), now.owners(), List.of(now.keyspaces().getFirst(), keyspace)), false, outcome -> {});
        world.runMillis(3_000);
        long clusterId = topology(world.node(1)).clusterId();
        assertThat(met(world, 1, 2)).isEqualTo("OK");
        world.runMillis(3_000);
        assertOneCluster(world, 6, 1, 2);
        assertThat(topology(world.node(2)).clusterId()).isEqualTo(clusterId);
        assertThat(topology(world.node(2)).keyspaces()).hasSize(2);
    }

    /** From the moment it asks until it is let in a node takes no data, so that what it has said of itself, that it holds none, stays true. */
    @Test
    void whoAsksTakesNoDataUntilItIsIn() {
        SimulatedNodes world = alone(7, 3);
        assertThat(met(world, 1, 2)).isEqualTo("OK");
        world.runMillis(3_000);
        world.cut(1, 2);
        // One of two is no majority.
        List<String> answers = meet(world.node(3), world.node(1));
        world.runMillis(9_000);
        assertThat(answers).containsExactly("unknown");
        world.node(3).write();
        assertThat(world.node(3).hasData).isFalse();
        world.heal();
        world.runMillis(15_000);
        assertOneCluster(world, 7, 1, 2, 3);
        world.node(3).write();
        assertThat(world.node(3).hasData).isTrue();
    }

    /** Told so again, a node that died while it asked is let in; or it has been in all the while. */
    @Test
    void whoDiesWhileItAsksIsToldAgain() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedNodes world = alone(seed, 2);
            world.node(1).write();
            List<String> ignored = meet(world.node(2), world.node(1));
            world.runMillis(seed * 5);
            world.node(2).crash();
            world.runMillis(2_000);
            world.node(2).start();
            world.runMillis(4_000);
            assertThat(met(world, 2, 1)).as("seed %d, after %s", seed, ignored).isEqualTo("OK");
            world.runMillis(3_000);
            assertOneCluster(world, seed, 1, 2);
        }
    }

    @Test
    void linksThatBreakMakeNoTwoTopologies() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SimulatedNodes world = alone(seed, 5);
            world.breaksPerThousand = 40;
            for (int round = 0; round < 4; round++) {
                for (int i = 2; i <= 5; i++) {
                    List<String> ignored = meet(world.node(i), world.node(1 + (i + round) % 5));
                    world.runMillis(world.random.nextInt(3_000));
                }
            }
            world.breaksPerThousand = 0;
            world.runMillis(20_000);
            assertThat(world.violations).as("seed %d", seed).isEmpty();
            for (int i = 1; i <= 5; i++) {
                Topology of = topology(world.node(i));
                for (int other = 1; other <= 5; other++) {
                    if (of.indexOf(world.node(other).id) >= 0) {
                        assertThat(topology(world.node(other))).as("seed %d: node %d has node %d in its cluster", seed, i, other).isEqualTo(of);
                    }
                }
                assertThat(of.indexOf(world.node(i).id)).isNotNegative();
            }
        }
    }
}
