package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Mending;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A node whose disk has lost all data, but not who it is, becomes whole again without a command and without a read. */
class LostDiskTest {
    private static final int KEYS = 300;
    private static final long SEEDS = 5;

    private static FormedCluster form(long seed, int count, Mending mending, Set<Flaw> flaws) {
        return new FormedCluster(seed, count, KEYS, mending, flaws, List.of(Keyspace.DEFAULT));
    }

    /** What the last node holds some seconds after it has come back with the disk that it had before anything was written. */
    private static int heldAfterLoss(long seed, int count, Mending mending, Set<Flaw> flaws) {
        try (FormedCluster cluster = form(seed, count, mending, flaws)) {
            int lost = count - 1;
            SimulatedFileSystem empty = cluster.world.machines().get(lost).disk().copy();
            cluster.writeAll(ConsistencyLevel.ALL);
            assertThat(cluster.nodes.get(lost).contents()).hasSize(KEYS);
            cluster.comeBack(lost, empty);
            assertThat(cluster.nodes.get(lost).contents()).isEmpty();
            cluster.runFor(10);
            int held = cluster.nodes.get(lost).contents().size();
            if (held == KEYS) {
                assertThat(cluster.nodes.get(lost).contents()).isEqualTo(cluster.nodes.getFirst().contents());
            }
            return held;
        }
    }

    /** Whether the last node knows of a clearing some time after it has come back with the disk that it had before. */
    private static boolean clearingCame(long seed, Set<Flaw> flaws) {
        try (FormedCluster cluster = form(seed, 3, Mending.HINTS_AND_REPAIR, flaws)) {
            cluster.writeAll(ConsistencyLevel.ALL);
            SimulatedFileSystem before = cluster.world.machines().getLast().disk().copy();
            List<String> answers = new ArrayList<>();
            cluster.nodes.getFirst().entrance(0).loop().execute(() -> cluster.nodes.getFirst().entrance(0).clear(new Outcome(answers)));
            cluster.runFor(2);
            assertThat(answers).containsExactly("OK");
            cluster.comeBack(2, before);
            assertThat(cluster.nodes.get(2).contents()).hasSize(KEYS);
            cluster.runFor(10);
            boolean came = cluster.nodes.get(2).clearedThroughHlc() == cluster.nodes.getFirst().clearedThroughHlc();
            if (came) {
                assertThat(cluster.nodes.get(2).contents()).isEmpty();
            }
            return came;
        }
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
