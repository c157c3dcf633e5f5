package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Fault.Kind;
import io.ringtail.bench.simulation.Simulation;
import io.ringtail.bench.simulation.SimulationOptions;
import io.ringtail.bench.simulation.SimulationResult;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.cluster.flaw.Flaw;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The production node in the simulated world. */
class RunningNodeTest {
    private static final SimulationOptions FAULTLESS = SimulationOptions.DEFAULT.withFaults(Set.of());

    private static final int GOOD_SEEDS = 60;
    private static final int FLAWED_SEEDS_MAX = 600;

    private static SimulationResult run(long seed, SimulationOptions options) {
        return new Simulation(seed, options, new RunningNodeFactory()).run();
    }

    @Test
    void withoutFaultsItKeepsEveryPromiseAndServesEverybody() {
        for (long seed = 1; seed <= 5; seed++) {
            SimulationResult result = run(seed, FAULTLESS);
            assertThat(result.isGood()).as(result.report()).isTrue();
            assertThat(result.history().operations()).as("seed %d", seed).allMatch(Operation::isOk);
        }
    }

    @Test
    void aSeedIsAHistory() {
        SimulationResult first = run(3, SimulationOptions.DEFAULT);
        SimulationResult second = run(3, SimulationOptions.DEFAULT);
        assertThat(second.traceHash()).isEqualTo(first.traceHash());
        assertThat(second.events()).isEqualTo(first.events());
        assertThat(second.violations().toString()).isEqualTo(first.violations().toString());
    }

    @Test
    void withFaultsItKeepsEveryPromise() {
        for (long seed = 1; seed <= GOOD_SEEDS; seed++) {
            SimulationResult result = run(seed, SimulationOptions.DEFAULT);
            assertThat(result.isGood()).as(result.report()).isTrue();
        }
    }

    @Test
    void aQuorumCountedOneShortIsFound() {
        isFound(Flaw.QUORUM_ONE_SHORT, Set.of(Kind.values()));
    }

    @Test
    void readRepairLeftOutIsFound() {
        isFound(Flaw.NO_READ_REPAIR, Set.of(Kind.values()));
    }

    @Test
    void aHintDeletedBeforeItsAcknowledgementIsFound() {
        isFound(Flaw.HINT_DELETED_EARLY, Set.of(Kind.FLAPPING, Kind.PARTITION));
    }

    @Test
    void anEpochChangedWithoutAMajorityIsFound() {
        isFound(Flaw.EPOCH_WITHOUT_MAJORITY, Set.of(Kind.values()));
    }

    @Test
    void versionsByTheWallClockAreFound() {
        isFound(Flaw.WALL_CLOCK_VERSIONS, Set.of(Kind.values()));
    }

    @Test
    void mergingByArrivalIsFound() {
        isFound(Flaw.MERGE_BY_ARRIVAL, Set.of(Kind.values()));
    }

    private static void isFound(Flaw flaw, Set<Kind> faults) {
        SimulationOptions options = SimulationOptions.DEFAULT.withFaults(faults).withFlaws(Set.of(flaw));
        for (long seed = 1; seed <= FLAWED_SEEDS_MAX; seed++) {
            if (!run(seed, options).isGood()) {
                return;
            }
        }
        throw new AssertionError(flaw + " was not found in " + FLAWED_SEEDS_MAX + " runs");
    }
}
