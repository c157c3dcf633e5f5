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
import org.junit.jupiter.api.Test;

/** A node whose disk has lost all data, but not who it is, becomes whole again without a command and without a read. */
class LostDiskTest {
    private static final int KEYS = 300;
    private static final long SECOND = 1_000_000_000;
    private static final long SEEDS = 5;

    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<NodeFactory.Setup> setups = new ArrayList<>();

    private SimulatedWorld form(long seed, int count, Mending mending, Set<Flaw> flaws) {
        nodes.clear();
        setups.clear();
        SimulatedWorld world = new SimulatedWorld(seed);
        for (int i = 0; i < count; i++) {
            List<String> contacts = i == 0 ? List.of() : List.of(world.machines().getFirst().host());
            setups.add(new NodeFactory.Setup(
                    world.addMachine(0, 0), contacts, count, 1, List.of(Keyspace.DEFAULT), (epoch, fingerprint) -> {}, mending, flaws));
            nodes.add(new RunningNodeFactory().create(setups.get(i)));
            world.afterMillis(i * 300L, nodes.get(i)::start);
        }
        runFor(world, 5 * SECOND);
        assertThat(nodes).allMatch(SimulatedNode::isReady);
        return world;
    }

    private static void runFor(SimulatedWorld world, long nanos) {
        world.runUntil(world.nowNanos() + nanos);
    }

    private void write(SimulatedWorld world) {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            byte[] key = ("k" + i).getBytes(StandardCharsets.UTF_8);
            nodes.getFirst().entrance(0).loop().execute(() -> nodes.getFirst()
                    .entrance(0)
                    .write(key, key, 0, ConsistencyLevel.ALL, new Outcome(answers)));
        }
        runFor(world, 2 * SECOND);
        assertThat(answers).hasSize(KEYS).containsOnly("OK");
    }

    /** What the last node holds some seconds after it has come back with the disk that it had before anything was written. */
    private int heldAfterLoss(long seed, int count, Mending mending, Set<Flaw> flaws) {
        SimulatedWorld world = form(seed, count, mending, flaws);
        int lost = count - 1;
        SimulatedMachine machine = world.machines().get(lost);
        SimulatedFileSystem empty = machine.disk().copy();
        write(world);
        assertThat(nodes.get(lost).contents()).hasSize(KEYS);
        comeBack(world, lost, empty);
        assertThat(nodes.get(lost).contents()).isEmpty();
        runFor(world, 10 * SECOND);
        int held = nodes.get(lost).contents().size();
        if (held == KEYS) {
            assertThat(nodes.get(lost).contents()).isEqualTo(nodes.getFirst().contents());
        }
        nodes.forEach(SimulatedNode::close);
        return held;
    }

    /** Whether the last node knows of a clearing some time after it has come back with the disk that it had before. */
    private boolean clearingCame(long seed, Set<Flaw> flaws) {
        SimulatedWorld world = form(seed, 3, Mending.HINTS_AND_REPAIR, flaws);
        SimulatedMachine machine = world.machines().getLast();
        write(world);
        SimulatedFileSystem before = machine.disk().copy();
        List<String> answers = new ArrayList<>();
        nodes.getFirst().entrance(0).loop().execute(() -> nodes.getFirst().entrance(0).clear(new Outcome(answers)));
        runFor(world, 2 * SECOND);
        assertThat(answers).containsExactly("OK");
        comeBack(world, 2, before);
        assertThat(nodes.get(2).contents()).hasSize(KEYS);
        runFor(world, 10 * SECOND);
        boolean came = nodes.get(2).clearedThroughHlc() == nodes.getFirst().clearedThroughHlc();
        if (came) {
            assertThat(nodes.get(2).contents()).isEmpty();
        }
        nodes.forEach(SimulatedNode::close);
        return came;
    }

    private void comeBack(SimulatedWorld world, int lost, SimulatedFileSystem disk) {
        SimulatedMachine machine = world.machines().get(lost);
        machine.crash(true);
        nodes.get(lost).crash();
        machine.replaceDisk(disk);
        runFor(world, SECOND);
        machine.switchOn();
        nodes.set(lost, new RunningNodeFactory().create(setups.get(lost)));
        nodes.get(lost).start();
    }

    @Test
    void aClearingComesToWhoeverHasForgottenIt() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(clearingCame(seed, Set.of())).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void clearingsThatAreNotComparedWouldNotCome() {
        assertThat(clearingCame(1, Set.of(Flaw.CLEARING_NOT_COMPARED))).isFalse();
    }

    @Test
    void twoNodesMakeEachOtherWhole() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(heldAfterLoss(seed, 2, Mending.HINTS_AND_REPAIR, Set.of())).as("seed %d", seed).isEqualTo(KEYS);
        }
    }

    @Test
    void threeNodesMakeEachOtherWhole() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(heldAfterLoss(seed, 3, Mending.HINTS_AND_REPAIR, Set.of())).as("seed %d", seed).isEqualTo(KEYS);
        }
    }

    @Test
    void withoutComparingItWouldStayEmpty() {
        assertThat(heldAfterLoss(1, 3, Mending.HINTS, Set.of())).isLessThan(KEYS);
    }

    @Test
    void withLeavesThatAreNotMarkedItWouldStayEmptyToo() {
        assertThat(heldAfterLoss(1, 3, Mending.HINTS_AND_REPAIR, Set.of(Flaw.LEAF_NOT_MARKED))).isLessThan(KEYS);
    }
}
