package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Simulation;
import io.ringtail.bench.simulation.SimulationOptions;
import io.ringtail.bench.simulation.SimulationResult;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.Violation;
import io.ringtail.cluster.flaw.Flaw;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The production node in the simulated world. */
class RunningNodeTest {
    private static final SimulationOptions FAULTLESS = SimulationOptions.DEFAULT.withFaults(Set.of());

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
    void flawsArePlanted() {
        Set<String> verdicts = new HashSet<>();
        for (long seed = 1; seed <= 10; seed++) {
            run(seed, FAULTLESS.withFlaws(Set.of(Flaw.MERGE_BY_ARRIVAL))).violations().stream()
                    .map(Violation::checker)
                    .forEach(verdicts::add);
        }
        assertThat(verdicts).contains("NothingShadowed");
    }
}
