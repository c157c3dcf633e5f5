package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Mending;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deletions are forgotten once every replica has them, and no sooner: nothing that was deleted comes back. */
class SettlementTest {
    private static final int KEYS = 300;
    private static final long SEEDS = 3;

    private @Nullable FormedCluster formed;

    @AfterEach
    void close() {
        if (formed != null) {
            formed.close();
        }
    }

    private FormedCluster form(long seed, int count, Mending mending, Set<Flaw> flaws) {
        close();
        formed = new FormedCluster(seed, count, KEYS, mending, flaws, List.of(Keyspace.DEFAULT));
        return formed;
    }

    /** How many keys have a value for who reads them through a node. */
    private static long seenAlive(FormedCluster cluster, int through) {
        List<String> answers = cluster.readAll(through, ConsistencyLevel.QUORUM);
        assertThat(answers).allMatch(answer -> answer.equals("nothing") || answer.equals("a value"));
        return answers.stream().filter("a value"::equals).count();
    }

    /** How many values there are on all nodes. */
    private static long alive(FormedCluster cluster) {
        return cluster.nodes.stream()
                .flatMap(node -> node.contents().values().stream())
                .filter(held -> held.value() != null)
                .count();
    }

    @Test
    void whatAllReplicasHaveDeletedIsForgottenByAll() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            FormedCluster cluster = form(seed, 3, Mending.HINTS_AND_REPAIR, Set.of());
            cluster.writeAll(ConsistencyLevel.QUORUM);
            cluster.deleteAll(0, ConsistencyLevel.QUORUM);
            cluster.runFor(20);
            for (var node : cluster.nodes) {
                assertThat(node.contents()).as("seed %d", seed).isEmpty();
            }
            assertThat(seenAlive(cluster, 1)).isZero();
            cluster.writeAll(ConsistencyLevel.QUORUM);
            assertThat(seenAlive(cluster, 2)).isEqualTo(KEYS);
        }
    }

    @Test
    void withoutComparingReplicasNothingIsForgotten() {
        FormedCluster cluster = form(1, 3, Mending.HINTS, Set.of());
        cluster.writeAll(ConsistencyLevel.QUORUM);
        cluster.deleteAll(0, ConsistencyLevel.QUORUM);
        cluster.runFor(20);
        for (var node : cluster.nodes) {
            assertThat(node.contents()).hasSize(KEYS);
        }
    }

    /** How much comes back when a node does that was away while everything was deleted, and for which nobody kept a hint. */
    private long comesBackWithAnAbsentNode(long seed, Set<Flaw> flaws) {
        FormedCluster cluster = form(seed, 3, Mending.REPAIR, flaws);
        cluster.writeAll(ConsistencyLevel.ALL);
        cluster.crash(2);
        cluster.deleteAll(0, ConsistencyLevel.QUORUM);
        cluster.runFor(30);
        cluster.restart(2);
        cluster.runFor(15);
        return seenAlive(cluster, 2) + alive(cluster);
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

    @Test
    void ofSetsThatAllReplicasHaveDeletedNothingIsLeft() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            FormedCluster cluster = form(seed, 3, Mending.HINTS_AND_REPAIR, Set.of());
            cluster.fillAll(3, ConsistencyLevel.QUORUM);
            // Members are in tables when their header comes to void them.
            cluster.runFor(10);
            cluster.deleteAllSets(0, ConsistencyLevel.QUORUM);
            cluster.runFor(30);
            for (var node : cluster.nodes) {
                assertThat(node.contents()).as("seed %d", seed).isEmpty();
            }
            cluster.fillAll(2, ConsistencyLevel.QUORUM);
            assertThat(alive(cluster)).as("members and headers").isEqualTo(3L * KEYS * 3);
        }
    }

    private long setsComeBackWithAnAbsentNode(long seed, Set<Flaw> flaws) {
        FormedCluster cluster = form(seed, 3, Mending.REPAIR, flaws);
        cluster.fillAll(3, ConsistencyLevel.ALL);
        cluster.crash(2);
        // Until nobody has a node carry commands out that is not there.
        cluster.runFor(5);
        cluster.deleteAllSets(0, ConsistencyLevel.QUORUM);
        cluster.runFor(30);
        cluster.restart(2);
        cluster.runFor(30);
        return alive(cluster);
    }

    @Test
    void setsThatAreDeletedWhileANodeIsAwayDoNotComeBackWithIt() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            assertThat(setsComeBackWithAnAbsentNode(seed, Set.of())).as("seed %d", seed).isZero();
        }
    }

    @Test
    void aHeaderForgottenWhileSomebodyHasAnOlderOneIsFound() {
        assertThat(setsComeBackWithAnAbsentNode(1, Set.of(Flaw.TOMBSTONE_DROPPED_BY_DATE))).isPositive();
    }

    /**
     * How much comes back of what was deleted while one replica of it was cut off from the other replicas, and not from a member that is none: so all hear that it is alive and has
     * closed its books.
     */
    private long comesBackWhenNotCompared(long seed, Set<Flaw> flaws) {
        FormedCluster cluster = form(seed, 4, Mending.REPAIR, flaws);
        cluster.writeAll(ConsistencyLevel.ALL);
        cluster.cut(1, 2, true);
        cluster.cut(1, 3, true);
        cluster.runFor(3);
        cluster.deleteAll(2, ConsistencyLevel.QUORUM);
        cluster.runFor(20);
        cluster.cut(1, 2, false);
        cluster.cut(1, 3, false);
        cluster.runFor(15);
        return alive(cluster) + seenAlive(cluster, 1);
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
            FormedCluster cluster = form(seed, 3, Mending.HINTS_AND_REPAIR, Set.of());
            cluster.writeAll(ConsistencyLevel.ALL);
            SimulatedFileSystem old = cluster.world.machines().get(2).disk().copy();
            cluster.deleteAll(0, ConsistencyLevel.QUORUM);
            cluster.runFor(20);
            assertThat(cluster.nodes.getFirst().contents()).isEmpty();
            cluster.comeBack(2, old);
            cluster.runFor(15);
            assertThat(alive(cluster)).as("seed %d", seed).isZero();
            assertThat(seenAlive(cluster, 2)).as("seed %d", seed).isZero();
        }
    }
}
