package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Entrance;
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

/**
 * Production nodes that have become one cluster in a simulated world, without faults but those that a test makes, and keys {@code k0}, {@code k1} and so on.
 *
 * <p>Made by tests, which close it. Confined to one thread.
 */
final class FormedCluster implements AutoCloseable {
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long APART_MILLIS = 300;
    private static final long FORMING_SECONDS = 8;

    final SimulatedWorld world;
    final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<NodeFactory.Setup> setups = new ArrayList<>();
    private final int keys;
    private final Mending mending;
    private final Set<Flaw> flaws;
    private final List<Keyspace> keyspaces;

    FormedCluster(long seed, int count, int keys, Mending mending, Set<Flaw> flaws, List<Keyspace> keyspaces) {
        this.world = new SimulatedWorld(seed);
        this.keys = keys;
        this.mending = mending;
        this.flaws = flaws;
        this.keyspaces = keyspaces;
        for (int i = 0; i < count; i++) {
            world.afterMillis(i * APART_MILLIS, make(count)::start);
        }
        runFor(FORMING_SECONDS);
        assertThat(nodes).as("seed %d", seed).allMatch(SimulatedNode::isReady);
    }

    private SimulatedNode make(int of) {
        List<String> contacts = nodes.isEmpty() ? List.of() : List.of(world.machines().getFirst().host());
        setups.add(new NodeFactory.Setup(
                world.addMachine(0, 0), contacts, of, 1, keyspaces, (epoch, fingerprint) -> {}, mending, flaws));
        nodes.add(new RunningNodeFactory().create(setups.getLast()));
        return nodes.getLast();
    }

    /** Starts one more, which joins. */
    void add() {
        make(nodes.size() + 1).start();
    }

    void runFor(long seconds) {
        world.runUntil(world.nowNanos() + seconds * SECOND_NANOS);
    }

    private static byte[] key(int index) {
        return ("k" + index).getBytes(StandardCharsets.UTF_8);
    }

    /** What a client asks about one key. */
    interface Question {
        void ask(Entrance entrance, byte[] key, Outcome answer);
    }

    /** Asks about every key through one node, all at once; what came of it, within seconds. */
    List<String> askAll(int through, Question question) {
        List<String> answers = new ArrayList<>();
        Entrance entrance = nodes.get(through).entrance(0);
        for (int i = 0; i < keys; i++) {
            byte[] key = key(i);
            entrance.loop().execute(() -> question.ask(entrance, key, new Outcome(answers)));
        }
        runFor(3);
        assertThat(answers).hasSize(keys);
        return answers;
    }

    void writeAll(ConsistencyLevel level) {
        assertThat(askAll(0, (entrance, key, answer) -> entrance.write(key, key, 0, level, answer))).containsOnly("OK");
    }

    void deleteAll(int through, ConsistencyLevel level) {
        assertThat(askAll(through, (entrance, key, answer) -> entrance.delete(key, level, answer))).containsOnly("OK");
    }

    /** Makes every key a set of a few members. */
    void fillAll(int members, ConsistencyLevel level) {
        for (int i = 0; i < members; i++) {
            byte[] member = key(i);
            assertThat(askAll(0, (entrance, key, answer) -> entrance.addMember(key, member, level, answer))).containsOnly("OK");
        }
    }

    /** Deletes every key, which is a set. */
    void deleteAllSets(int through, ConsistencyLevel level) {
        assertThat(askAll(through, (entrance, key, answer) -> entrance.removeMember(key, null, level, answer))).containsOnly("OK");
    }

    /** {@code "a value"}, {@code "nothing"}, or why there is no answer, of every key. */
    List<String> readAll(int through, ConsistencyLevel level) {
        return askAll(through, (entrance, key, answer) -> entrance.read(key, level, answer));
    }

    /** Cuts the power of a node. */
    void crash(int index) {
        world.machines().get(index).crash(true);
        nodes.get(index).crash();
    }

    /** Starts a node that has crashed, on what its disk holds. */
    void restart(int index) {
        world.machines().get(index).switchOn();
        nodes.set(index, new RunningNodeFactory().create(setups.get(index)));
        nodes.get(index).start();
    }

    /** Cuts the power of a node, which comes back a second later with another disk. */
    void comeBack(int index, SimulatedFileSystem disk) {
        crash(index);
        world.machines().get(index).replaceDisk(disk);
        runFor(1);
        restart(index);
    }

    /** Cuts the link between two nodes, in both directions, or makes it whole. */
    void cut(int one, int other, boolean cut) {
        List<SimulatedMachine> machines = world.machines();
        world.network().cut(machines.get(one), machines.get(other), cut);
        world.network().cut(machines.get(other), machines.get(one), cut);
    }

    @Override
    public void close() {
        nodes.forEach(SimulatedNode::close);
    }
}
