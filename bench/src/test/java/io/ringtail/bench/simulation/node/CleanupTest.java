package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Mending;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a node does not keep any more it drops, and only that. */
class CleanupTest {
    private static final int KEYS = 400;
    private static final long FIFTH_NANOS = 200_000_000;
    private static final int FIFTHS_MAX = 300;
    private static final long SEEDS = 3;

    private @Nullable FormedCluster formed;

    @AfterEach
    void close() {
        if (formed != null) {
            formed.close();
        }
    }

    private FormedCluster form(long seed, int count, Keyspace... keyspaces) {
        close();
        formed = new FormedCluster(seed, count, KEYS, Mending.HINTS_AND_REPAIR, Set.of(), List.of(keyspaces));
        return formed;
    }

    private static boolean isReplica(SimulatedNode node, String key) {
        return node.replicas(key.getBytes(StandardCharsets.UTF_8)).contains(node.memberId());
    }

    /** Keys that a node holds and is no replica of. */
    private static List<String> foreign(SimulatedNode node) {
        return node.contents().keySet().stream().filter(key -> !isReplica(node, key)).toList();
    }

    private static int copies(FormedCluster cluster) {
        return cluster.nodes.stream().mapToInt(node -> node.contents().size()).sum();
    }

    /** Lets time go by in small steps, as long as something is so, for a minute at most. */
    private static void whilst(FormedCluster cluster, BooleanSupplier condition, Runnable step) {
        for (int i = 0; i < FIFTHS_MAX && condition.getAsBoolean(); i++) {
            cluster.world.runUntil(cluster.world.nowNanos() + FIFTH_NANOS);
            step.run();
        }
    }

    private static boolean isThere(FormedCluster cluster, SimulatedNode node) {
        return cluster.nodes.getFirst().knows(node.memberId());
    }

    @Test
    void whatWasHandedOverIsDroppedAndNothingElse() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            FormedCluster cluster = form(seed, 3, Keyspace.DEFAULT);
            cluster.writeAll(ConsistencyLevel.QUORUM);
            assertThat(copies(cluster)).isEqualTo(3 * KEYS);
            cluster.add();
            cluster.runFor(8);
            assertThat(cluster.nodes.getLast().contents()).as("seed %d: the fourth has been given its share", seed).isNotEmpty();
            cluster.runFor(25);
            for (SimulatedNode node : cluster.nodes) {
                assertThat(foreign(node)).as("seed %d, %s", seed, node).isEmpty();
            }
            assertThat(copies(cluster)).as("seed %d", seed).isEqualTo(3 * KEYS);
            assertThat(cluster.readAll(0, ConsistencyLevel.QUORUM)).containsOnly("a value");
        }
    }

    /** Whoever takes a partition over has kept it for other keys: that it was whole of those says nothing of these. */
    @Test
    void keysOfOneReplicaComeToWhoKeptOthersOfThePartition() {
        Keyspace single = new Keyspace("k", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
        for (long seed = 1; seed <= SEEDS; seed++) {
            FormedCluster cluster = form(seed, 4, Keyspace.DEFAULT, single);
            cluster.writeAll(ConsistencyLevel.QUORUM);
            // Until all are whole through the time of what was written.
            cluster.runFor(20);
            SimulatedNode leaver = cluster.nodes.getLast();
            cluster.nodes.getFirst().sendAway(leaver.memberId());
            whilst(cluster, () -> isThere(cluster, leaver), () -> {});
            assertThat(isThere(cluster, leaver)).as("seed %d", seed).isFalse();
            assertThat(cluster.readAll(0, ConsistencyLevel.ONE)).as("seed %d", seed).containsOnly("a value");
        }
    }

    @Test
    void whatWasDeletedElsewhereIsNotFoundByWhoeverIsGivenThePartitionBack() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            FormedCluster cluster = form(seed, 3, Keyspace.DEFAULT);
            cluster.writeAll(ConsistencyLevel.QUORUM);
            cluster.add();
            cluster.runFor(8);
            cluster.deleteAll(0, ConsistencyLevel.QUORUM);
            // Long enough for the deletions to be forgotten where the keys are, not for space to be given back.
            whilst(cluster, () -> cluster.nodes.stream().anyMatch(node -> node.contents().size() > foreign(node).size()), () -> {});
            SimulatedNode leaver = cluster.nodes.getLast();
            cluster.nodes.getFirst().sendAway(leaver.memberId());
            List<SimulatedNode> staying = cluster.nodes.subList(0, 3);
            String context = "seed " + seed + ": alive where it is kept";
            whilst(cluster, () -> isThere(cluster, leaver), () -> assertThat(staying.stream()
                            .flatMap(node -> node.contents().entrySet().stream()
                                    .filter(held -> held.getValue().value() != null && isReplica(node, held.getKey())))
                            .toList())
                    .as(context)
                    .isEmpty());
            assertThat(isThere(cluster, leaver)).as("seed %d", seed).isFalse();
            assertThat(cluster.readAll(0, ConsistencyLevel.QUORUM)).containsOnly("nothing");
        }
    }
}
