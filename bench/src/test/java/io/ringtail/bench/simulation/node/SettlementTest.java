package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Mending;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deletions are forgotten once every replica has them, and no sooner: nothing that was deleted comes back. */
class SettlementTest {
    private static final int KEYS = 300;
    private static final long SECOND = 1_000_000_000;
    private static final long SEEDS = 3;

    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<NodeFactory.Setup> setups = new ArrayList<>();
    private SimulatedWorld world = new SimulatedWorld(0);

    @AfterEach
    void close() {
        nodes.forEach(SimulatedNode::close);
    }

    private void form(long seed, int count, Mending mending, Set<Flaw> flaws) {
        close();
        nodes.clear();
        setups.clear();
        world = new SimulatedWorld(seed);
        for (int i = 0; i < count; i++) {
            List<String> contacts = i == 0 ? List.of() : List.of(world.machines().getFirst().host());
            setups.add(new NodeFactory.Setup(
                    world.addMachine(0, 0), contacts, count, 1, List.of(Keyspace.DEFAULT), (epoch, fingerprint) -> {}, mending, flaws));
            nodes.add(new RunningNodeFactory().create(setups.get(i)));
            world.afterMillis(i * 300L, nodes.get(i)::start);
        }
        runFor(8);
        assertThat(nodes).allMatch(SimulatedNode::isReady);
    }

    private void runFor(long seconds) {
        world.runUntil(world.nowNanos() + seconds * SECOND);
    }

    private static byte[] key(int i) {
        return ("k" + i).getBytes(StandardCharsets.UTF_8);
    }

    private void writeAll(ConsistencyLevel level) {
        List<String> answers = new ArrayList<>();
        SimulatedNode first = nodes.getFirst();
        for (int i = 0; i < KEYS; i++) {
            int each = i;
            first.entrance(0).loop().execute(() -> first.entrance(0).write(key(each), key(each), 0, level, new Outcome(answers)));
        }
        runFor(2);
        assertThat(answers).hasSize(KEYS).containsOnly("OK");
    }

    private void deleteAll(int through, ConsistencyLevel level) {
        List<String> answers = new ArrayList<>();
        SimulatedNode first = nodes.get(through);
        for (int i = 0; i < KEYS; i++) {
            int each = i;
            first.entrance(0).loop().execute(() -> first.entrance(0).delete(key(each), level, new Outcome(answers)));
        }
        runFor(2);
        assertThat(answers).hasSize(KEYS).containsOnly("OK");
    }

    /** How many keys have a value for who reads them through a node. */
    private long seenAlive(int node) {
        List<String> answers = new ArrayList<>();
        SimulatedNode asked = nodes.get(node);
        for (int i = 0; i < KEYS; i++) {
            int each = i;
            asked.entrance(0).loop().execute(() -> asked.entrance(0).read(key(each), ConsistencyLevel.QUORUM, new Outcome(answers)));
        }
        runFor(3);
        assertThat(answers).hasSize(KEYS).allMatch(answer -> answer.equals("nothing") || answer.equals("a value"));
        return answers.stream().filter("a value"::equals).count();
    }

    private long alive(int node) {
        return nodes.get(node).contents().values().stream().filter(held -> held.value() != null).count();
    }

    private void cut(int one, int other, boolean cut) {
        List<SimulatedMachine> machines = world.machines();
        world.network().cut(machines.get(one), machines.get(other), cut);
        world.network().cut(machines.get(other), machines.get(one), cut);
    }

    private void comeBack(int index, SimulatedFileSystem disk) {
        SimulatedMachine machine = world.machines().get(index);
        machine.crash(true);
        nodes.get(index).crash();
        machine.replaceDisk(disk);
        runFor(1);
        machine.switchOn();
        nodes.set(index, new RunningNodeFactory().create(setups.get(index)));
        nodes.get(index).start();
    }

    @Test
    void whatAllReplicasHaveDeletedIsForgottenByAll() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            form(seed, 3, Mending.HINTS_AND_REPAIR, Set.of());
            writeAll(ConsistencyLevel.QUORUM);
            deleteAll(0, ConsistencyLevel.QUORUM);
            runFor(20);
            for (SimulatedNode node : nodes) {
                assertThat(node.contents()).as("seed %d", seed).isEmpty();
            }
            assertThat(seenAlive(1)).isZero();
            writeAll(ConsistencyLevel.QUORUM);
            assertThat(seenAlive(2)).isEqualTo(KEYS);
        }
    }

    @Test
    void withoutComparingReplicasNothingIsForgotten() {
        form(1, 3, Mending.HINTS, Set.of());
        writeAll(ConsistencyLevel.QUORUM);
        deleteAll(0, ConsistencyLevel.QUORUM);
        runFor(20);
        for (SimulatedNode node : nodes) {
            assertThat(node.contents()).hasSize(KEYS);
        }
    }

    /** How much comes back when a node does that was away while everything was deleted, and for which nobody kept a hint. */
    private long comesBackWithAnAbsentNode(long seed, Set<Flaw> flaws) {
        form(seed, 3, Mending.REPAIR, flaws);
        writeAll(ConsistencyLevel.ALL);
        SimulatedMachine away = world.machines().get(2);
        away.crash(true);
        nodes.get(2).crash();
        deleteAll(0, ConsistencyLevel.QUORUM);
        runFor(30);
        away.switchOn();
        nodes.set(2, new RunningNodeFactory().create(setups.get(2)));
        nodes.get(2).start();
        runFor(15);
        return seenAlive(2) + alive(0) + alive(1) + alive(2);
    }

    @Test
    void whatIsDeletedWhileANodeIsAwayDoesNotComeBackWithIt() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(comesBackWithAnAbsentNode(seed, Set.of())).as("seed %d", seed).isZero();
        }
    }

    @Test
    void aTombstoneDroppedByDateIsFound() {
        assertThat(comesBackWithAnAbsentNode(1, Set.of(Flaw.TOMBSTONE_DROPPED_BY_DATE))).isPositive();
    }

    /**
     * How much comes back of what was deleted while one replica of it was cut off from the other replicas, and not from a member that is none: so all hear that it is alive and has
     * closed its books.
     */
    private long comesBackWhenNotCompared(long seed, Set<Flaw> flaws) {
        form(seed, 4, Mending.REPAIR, flaws);
        writeAll(ConsistencyLevel.ALL);
        cut(1, 2, true);
        cut(1, 3, true);
        runFor(3);
        deleteAll(2, ConsistencyLevel.QUORUM);
        runFor(20);
        cut(1, 2, false);
        cut(1, 3, false);
        runFor(15);
        return alive(0) + alive(1) + alive(2) + alive(3) + seenAlive(1);
    }

    @Test
    void aReplicaThatIsWholeByItsOwnWordIsFound() {
        assertThat(comesBackWhenNotCompared(1, Set.of(Flaw.WHOLE_WITHOUT_ALL))).isPositive();
    }

    @Test
    void nothingComesBackWhenReplicasCannotCompare() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(comesBackWhenNotCompared(seed, Set.of())).as("seed %d", seed).isZero();
        }
    }

    @Test
    void aNodeWithAnOldCopyOfItsDiskBringsNothingBack() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            form(seed, 3, Mending.HINTS_AND_REPAIR, Set.of());
            writeAll(ConsistencyLevel.ALL);
            SimulatedFileSystem old = world.machines().get(2).disk().copy();
            deleteAll(0, ConsistencyLevel.QUORUM);
            runFor(20);
            assertThat(nodes.getFirst().contents()).isEmpty();
            comeBack(2, old);
            runFor(15);
            assertThat(alive(0) + alive(1) + alive(2)).as("seed %d", seed).isZero();
            assertThat(seenAlive(2)).as("seed %d", seed).isZero();
        }
    }
}
