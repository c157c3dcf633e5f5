package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Fault;
import io.ringtail.bench.simulation.Fault.Kind;
import io.ringtail.bench.simulation.SeedRange;
import io.ringtail.bench.simulation.SimulationOptions;
import io.ringtail.bench.simulation.SimulationResult;
import io.ringtail.cluster.flaw.Flaw;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Members that join, leave and are given other weights while clients work and machines fail, in the simulated world. */
class MemberChangesTest {
    private static final int SEEDS = 100;
    private static final int FLAWED_SEEDS_MAX = 600;

    private static final Set<Kind> CHANGES = Set.of(Kind.JOIN, Kind.LEAVE, Kind.RESHARE);
    private static final Set<Kind> CHANGES_AND_CRASHES = Set.of(
            Kind.JOIN, Kind.LEAVE, Kind.RESHARE, Kind.CRASH, Kind.POWER_LOSS, Kind.PARTITION, Kind.FLAPPING, Kind.CLOCK_JUMP);

    @Test
    void changesAloneBreakNoPromiseAndAreSeenByNobody() {
        AtomicInteger changes = new AtomicInteger();
        SimulationResult bad = SeedRange.firstBad(1, SEEDS, SimulationOptions.DEFAULT.withFaults(CHANGES), RunningNodeFactory::new,
                each -> changes.addAndGet((int) each.faults().stream().map(Fault::kind).filter(Kind::changesMembers).count()));
        assertThat(bad).as(() -> bad == null ? "" : bad.report()).isNull();
        assertThat(changes.get()).isGreaterThan(SEEDS);
    }

    @Test
    void changesAmidCrashesBreakNoPromise() {
        SimulationResult bad = SeedRange.firstBad(
                1, SEEDS, SimulationOptions.DEFAULT.withFaults(CHANGES_AND_CRASHES), RunningNodeFactory::new, each -> {});
        assertThat(bad).as(() -> bad == null ? "" : bad.report()).isNull();
    }

    @Test
    void aPartitionHandedOverWithoutJointQuorumsIsFound() {
        isFound(Flaw.HANDOVER_WITHOUT_JOINT_QUORUMS);
    }

    @Test
    void aReplicaThatIsDoneTooEarlyIsFound() {
        isFound(Flaw.TRANSFER_CUT_SHORT);
    }

    private static void isFound(Flaw flaw) {
        SimulationOptions options = SimulationOptions.DEFAULT.withFaults(CHANGES).withFlaws(Set.of(flaw));
        assertThat(SeedRange.firstBad(1, FLAWED_SEEDS_MAX, options, RunningNodeFactory::new, each -> {}))
                .as("%s, in %d runs", flaw, FLAWED_SEEDS_MAX)
                .isNotNull();
    }
}
