package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Fault.Kind;
import io.ringtail.bench.simulation.SeedRange;
import io.ringtail.bench.simulation.Simulation;
import io.ringtail.bench.simulation.SimulationOptions;
import io.ringtail.bench.simulation.SimulationResult;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.cluster.flaw.Flaw;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** The production node in the simulated world. */
class RunningNodeTest {
    private static final SimulationOptions FAULTLESS = SimulationOptions.DEFAULT.withFaults(Set.of());

    private static final int GOOD_SEEDS = 2_000;
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
        SimulationResult bad = SeedRange.firstBad(1, GOOD_SEEDS, SimulationOptions.DEFAULT, RunningNodeFactory::new, each -> {});
        assertThat(bad).as(() -> bad == null ? "" : bad.report()).isNull();
    }

    @Test
    void simulationsOnTwoThreadsShareNothing() {
        Map<Long, Long> traces = new ConcurrentHashMap<>();
        SimulationResult bad = SeedRange.firstBad(
                1, 12, SimulationOptions.DEFAULT, RunningNodeFactory::new, each -> traces.put(each.seed(), each.traceHash()));
        assertThat(bad).isNull();
        traces.forEach((seed, trace) ->
                assertThat(run(seed, SimulationOptions.DEFAULT).traceHash()).as("seed %d", seed).isEqualTo(trace));
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
    void aReadThatNobodyHasConfirmedIsFound() {
        isFound(Flaw.READ_UNCONFIRMED, Set.of(Kind.values()));
    }

    @Test
    void aHintDeletedBeforeItsAcknowledgementIsFound() {
        isFound(Flaw.HINT_DELETED_EARLY, Set.of(Kind.FLAPPING, Kind.PARTITION));
    }

    @Test
    void anEpochChangedWithoutAMajorityIsFound() {
        // It shows while a cluster forms: many short runs of more nodes.
        isFound(
                Flaw.EPOCH_WITHOUT_MAJORITY,
                new SimulationOptions(6, 1, 1, 20, Set.of(Kind.FLAPPING, Kind.PAUSE), Set.of(Flaw.EPOCH_WITHOUT_MAJORITY)));
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
        isFound(flaw, SimulationOptions.DEFAULT.withFaults(faults).withFlaws(Set.of(flaw)));
    }

    private static void isFound(Flaw flaw, SimulationOptions options) {
        assertThat(SeedRange.firstBad(1, FLAWED_SEEDS_MAX, options, RunningNodeFactory::new, each -> {}))
                .as("%s, in %d runs", flaw, FLAWED_SEEDS_MAX)
                .isNotNull();
    }
}
