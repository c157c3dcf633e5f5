package io.ringtail.bench.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Fault.Kind;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.Violation;
import io.ringtail.bench.simulation.reference.ReferenceFactory;
import io.ringtail.cluster.flaw.Flaw;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The reference node keeps every promise, and without any one of the things that it does for them it does not. */
class SimulationTest {
    private static final SimulationOptions OPTIONS = SimulationOptions.DEFAULT;
    private static final int GOOD_SEEDS = 60;
    private static final int FLAWED_SEEDS_MAX = 200;

    private static SimulationResult run(long seed, SimulationOptions options) {
        return new Simulation(seed, options, new ReferenceFactory()).run();
    }

    @Test
    void theReferenceKeepsEveryPromise() {
        for (long seed = 1; seed <= GOOD_SEEDS; seed++) {
            SimulationResult result = run(seed, OPTIONS);
            assertThat(result.isGood()).as(result.report()).isTrue();
        }
    }

    @Test
    void aSeedIsAHistory() {
        SimulationResult first = run(5, OPTIONS);
        SimulationResult second = run(5, OPTIONS);
        SimulationResult other = run(6, OPTIONS);
        assertThat(second.traceHash()).isEqualTo(first.traceHash()).isNotEqualTo(other.traceHash());
        assertThat(second.events()).isEqualTo(first.events());
        assertThat(second.history().operations().toString()).isEqualTo(first.history().operations().toString());
    }

    @Test
    void runsAreWorthTheirTime() {
        Set<Kind> suffered = EnumSet.noneOf(Kind.class);
        Set<String> done = new TreeSet<>();
        int faultless = 0;
        for (long seed = 1; seed <= GOOD_SEEDS; seed++) {
            SimulationResult result = run(seed, OPTIONS);
            result.faults().forEach(fault -> suffered.add(fault.kind()));
            faultless += result.faults().isEmpty() ? 1 : 0;
            for (Operation operation : result.history().operations()) {
                done.add(operation.kind() + " " + operation.outcome());
            }
            long good = result.history().operations().stream().filter(Operation::isOk).count();
            assertThat(good).as("seed %d", seed).isGreaterThan(result.history().operations().size() / 3);
        }
        // The small model of a node knows no data centers.
        assertThat(suffered).isEqualTo(EnumSet.complementOf(EnumSet.of(Kind.DATACENTER_CUT, Kind.DATACENTER_DEATH)));
        assertThat(faultless).isBetween(1, GOOD_SEEDS / 2);
        assertThat(done).contains("READ OK", "READ UNKNOWN", "READ REFUSED", "WRITE OK", "WRITE UNKNOWN", "WRITE REFUSED",
                "DELETE OK", "INCREMENT OK");
    }

    @Test
    void aRunWithoutFaultsHasNone() {
        SimulationResult result = run(3, OPTIONS.withFaults(Set.of()).withNodes(5));
        assertThat(result.isGood()).as(result.report()).isTrue();
        assertThat(result.faults()).isEmpty();
        assertThat(result.nodes()).isEqualTo(5);
    }

    @Test
    void aQuorumCountedOneShortIsFound() {
        isFound(Flaw.QUORUM_ONE_SHORT, OPTIONS, "NothingStale", "NothingShadowed", "ReadsNeverGoBack", "NothingAcknowledgedIsLost");
    }

    @Test
    void readRepairLeftOutIsFound() {
        isFound(Flaw.NO_READ_REPAIR, OPTIONS.withFaults(Set.of(Kind.SLOW_SENDER, Kind.PARTITION)), "ReadsNeverGoBack", "Convergence");
    }

    @Test
    void aHintDeletedBeforeItsAcknowledgementIsFound() {
        SimulationOptions options = OPTIONS.withFaults(Set.of(Kind.FLAPPING, Kind.PARTITION));
        isFound(Flaw.HINT_DELETED_EARLY, options, "HintsReachAllReplicas", "NothingAcknowledgedIsLost");
    }

    @Test
    void anEpochChangedWithoutAMajorityIsFound() {
        isFound(Flaw.EPOCH_WITHOUT_MAJORITY, OPTIONS, "RingAgreement");
    }

    @Test
    void versionsByTheWallClockAreFound() {
        isFound(Flaw.WALL_CLOCK_VERSIONS, OPTIONS, "NothingShadowed", "NothingStale");
    }

    @Test
    void mergingByArrivalIsFound() {
        isFound(Flaw.MERGE_BY_ARRIVAL, OPTIONS, "NothingStale", "NothingShadowed", "ReadsNeverGoBack", "Convergence");
    }

    private static void isFound(Flaw flaw, SimulationOptions options, String... checkers) {
        for (long seed = 1; seed <= FLAWED_SEEDS_MAX; seed++) {
            SimulationResult result = run(seed, options.withFlaws(Set.of(flaw)));
            if (!result.isGood()) {
                Set<String> verdicts =
                        result.violations().stream().map(Violation::checker).collect(Collectors.toSet());
                assertThat(verdicts).as(result.report()).containsAnyOf(checkers);
                return;
            }
        }
        throw new AssertionError(flaw + " was not found in " + FLAWED_SEEDS_MAX + " runs");
    }

    private static NodeFactory none() {
        throw new AssertionError("the other nodes were asked for");
    }

    @Test
    void theCommandSaysHowItWent() {
        StringWriter output = new StringWriter();
        int code = new CommandLine(new SimulationCommand(SimulationTest::none, ReferenceFactory::new))
                .setOut(new PrintWriter(output))
                .execute("--seed", "21", "--seeds", "2", "--nodes", "3", "--reference");
        assertThat(code).as(output.toString()).isZero();
        assertThat(output.toString()).startsWith("2 seeds, ").contains("operations", "faults", "seeds/s");
    }

    @Test
    void theCommandSaysWhatFailedAndHowToRepeatIt() {
        StringWriter output = new StringWriter();
        NodeFactory flawed = setup -> new ReferenceFactory()
                .create(new NodeFactory.Setup(
                        setup.machine(),
                        setup.contacts(),
                        setup.clusterSize(),
                        setup.dataLoops(),
                        setup.keyspaces(),
                        setup.topologies(),
                        setup.mending(),
                        Set.of(Flaw.MERGE_BY_ARRIVAL)));
        int code = new CommandLine(new SimulationCommand(() -> flawed, SimulationTest::none))
                .setOut(new PrintWriter(output))
                .execute("--seed", "21", "--minutes", "0.5", "--nodes", "4");
        assertThat(code).isEqualTo(1);
        assertThat(output.toString())
                .contains("violation", "faults:", "history of ")
                .containsPattern("to repeat it: \\./ringtail simulate --seed \\d+ --seeds 1 --nodes 4\n");
    }
}
