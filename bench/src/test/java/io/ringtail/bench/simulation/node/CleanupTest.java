package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Mending;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a node does not keep any more it drops, and only that. */
class CleanupTest {
    private static final int KEYS = 400;
    private static final long SECOND = 1_000_000_000;
    private static final long SEEDS = 3;

    private final List<SimulatedNode> nodes = new ArrayList<>();
    private SimulatedWorld world = new SimulatedWorld(0);
    private List<Keyspace> keyspaces = List.of();

    @AfterEach
    void close() {
        nodes.forEach(SimulatedNode::close);
    }

    private void form(long seed, int count) {
        form(seed, count, List.of(Keyspace.DEFAULT));
    }

    private void form(long seed, int count, List<Keyspace> of) {
        keyspaces = of;
        close();
        nodes.clear();
        world = new SimulatedWorld(seed);
        for (int i = 0; i < count; i++) {
            add();
            runFor(1);
        }
        runFor(5);
        assertThat(nodes).allMatch(SimulatedNode::isReady);
    }

    private void add() {
        List<String> contacts = nodes.isEmpty() ? List.of() : List.of(world.machines().getFirst().host());
        nodes.add(new RunningNodeFactory()
                .create(new NodeFactory.Setup(
                        world.addMachine(0, 0),
                        contacts,
                        3,
                        1,
                        keyspaces,
                        (epoch, fingerprint) -> {},
                        Mending.HINTS_AND_REPAIR,
                        Set.of())));
        nodes.getLast().start();
    }

    private void runFor(long seconds) {
        world.runUntil(world.nowNanos() + seconds * SECOND);
    }

    private static byte[] key(int i) {
        return ("k" + i).getBytes(StandardCharsets.UTF_8);
    }

    private interface Asked {
        void ask(byte[] key, Outcome answer);
    }

    private List<String> askAll(Asked asked) {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            byte[] key = key(i);
            nodes.getFirst().entrance(0).loop().execute(() -> asked.ask(key, new Outcome(answers)));
        }
        runFor(3);
        assertThat(answers).hasSize(KEYS);
        return answers;
    }

    private void writeAll() {
        assertThat(askAll((key, answer) -> nodes.getFirst().entrance(0).write(key, key, 0, ConsistencyLevel.QUORUM, answer)))
                .containsOnly("OK");
    }

    private List<String> readAll() {
        return askAll((key, answer) -> nodes.getFirst().entrance(0).read(key, ConsistencyLevel.QUORUM, answer));
    }

    /** Keys that a node holds and is no replica of. */
    private static List<String> foreign(SimulatedNode node) {
        return node.contents().keySet().stream()
                .filter(key -> !node.replicas(key.getBytes(StandardCharsets.UTF_8)).contains(node.memberId()))
                .toList();
    }

    private int copies() {
        return nodes.stream().mapToInt(node -> node.contents().size()).sum();
    }

    @Test
    void whatWasHandedOverIsDroppedAndNothingElse() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            form(seed, 3);
            writeAll();
            assertThat(copies()).isEqualTo(3 * KEYS);
            add();
            runFor(8);
            assertThat(nodes.getLast().contents()).as("seed %d: the fourth has been given its share", seed).isNotEmpty();
            runFor(25);
            for (SimulatedNode node : nodes) {
                assertThat(foreign(node)).as("seed %d, %s", seed, node).isEmpty();
            }
            assertThat(copies()).as("seed %d", seed).isEqualTo(3 * KEYS);
            assertThat(readAll()).containsOnly("a value");
        }
    }

    /** Whoever takes a partition over has kept it for other keys: that it was whole of those says nothing of these. */
    @Test
    void keysOfOneReplicaComeToWhoKeptOthersOfThePartition() {
        Keyspace single = new Keyspace("k", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
        for (long seed = 1; seed <= SEEDS; seed++) {
            form(seed, 4, List.of(Keyspace.DEFAULT, single));
            writeAll();
            // Until all are whole through the time of what was written.
            runFor(20);
            nodes.getFirst().sendAway(nodes.getLast().memberId());
            long until = world.nowNanos() + 60 * SECOND;
            while (world.nowNanos() < until && nodes.getFirst().knows(nodes.getLast().memberId())) {
                runFor(1);
            }
            assertThat(nodes.getFirst().knows(nodes.getLast().memberId())).as("seed %d", seed).isFalse();
            assertThat(askAll((key, answer) -> nodes.getFirst().entrance(0).read(key, ConsistencyLevel.ONE, answer)))
                    .as("seed %d", seed)
                    .containsOnly("a value");
        }
    }

    @Test
    void whatWasDeletedElsewhereIsNotFoundByWhoeverIsGivenThePartitionBack() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            form(seed, 3);
            writeAll();
            add();
            runFor(8);
            assertThat(askAll((key, answer) -> nodes.getFirst().entrance(0).delete(key, ConsistencyLevel.QUORUM, answer)))
                    .containsOnly("OK");
            // Long enough for the deletions to be forgotten where the keys are, not for space to be given back.
            long until = world.nowNanos() + 60 * SECOND;
            while (world.nowNanos() < until && nodes.stream().anyMatch(node -> node.contents().size() > foreign(node).size())) {
                world.runUntil(world.nowNanos() + SECOND / 5);
            }
            nodes.getFirst().sendAway(nodes.getLast().memberId());
            until = world.nowNanos() + 60 * SECOND;
            while (world.nowNanos() < until && nodes.getFirst().knows(nodes.getLast().memberId())) {
                world.runUntil(world.nowNanos() + SECOND / 5);
                assertThat(nodes.subList(0, 3).stream()
                                .flatMap(node -> node.contents().entrySet().stream()
                                        .filter(held -> held.getValue().value() != null)
                                        .filter(held -> node.replicas(held.getKey().getBytes(StandardCharsets.UTF_8)).contains(node.memberId())))
                                .toList())
                        .as("seed %d: alive where it is kept", seed)
                        .isEmpty();
            }
            assertThat(nodes.getFirst().knows(nodes.getLast().memberId())).as("seed %d", seed).isFalse();
            assertThat(readAll()).containsOnly("nothing");
        }
    }
}
