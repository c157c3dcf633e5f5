package io.ringtail.bench.simulation.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.Entrance;
import io.ringtail.bench.simulation.Fault.Kind;
import io.ringtail.bench.simulation.Mending;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SeedRange;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.Simulation;
import io.ringtail.bench.simulation.SimulationOptions;
import io.ringtail.bench.simulation.SimulationResult;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.check.Violation;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
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
            assertThat(result.history().operations())
                    .as("seed %d", seed)
                    .allMatch(operation -> operation.isOk() || operation.hadNothingToRemove());
        }
    }

    /** What is asked for while partitions change owners is begun again until they have: in some run or other a client comes at every moment of the third node's joining. */
    @Test
    void whoWritesWhileTheRingChangesIsAnsweredAfterwards() {
        int answeredInAnotherEpoch = 0;
        for (int atMicros = 748_000; atMicros < 756_000; atMicros += 100) {
            SimulatedWorld world = new SimulatedWorld(1);
            List<SimulatedNode> nodes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                List<String> contacts = i == 0 ? List.of() : List.of(world.machines().getFirst().host());
                nodes.add(new RunningNodeFactory()
                        .create(new NodeFactory.Setup(
                                world.addMachine(0, 0), contacts, 3, 1, List.of(Keyspace.DEFAULT), (epoch, fingerprint) -> {}, Mending.HINTS, Set.of())));
            }
            SimulatedNode first = nodes.getFirst();
            first.start();
            world.afterMillis(300, nodes.get(1)::start);
            world.afterMillis(700, nodes.get(2)::start);
            Entrance entrance = first.entrance(0);
            List<String> answers = new ArrayList<>();
            List<Long> epochs = new ArrayList<>();
            Answer answer = new WriteAnswer(outcome -> {
                answers.add(outcome);
                epochs.add(first.epoch());
            });
            world.after(atMicros * 1_000L, () -> entrance.loop().execute(() -> {
                epochs.add(first.epoch());
                entrance.write(new byte[] {'k'}, new byte[] {'v'}, 0, ConsistencyLevel.QUORUM, answer);
            }));
            world.runUntil(3_000_000_000L);
            nodes.forEach(SimulatedNode::close);
            // Those who have just been let in cannot be reached at once.
            assertThat(answers)
                    .as("written after %d us", atMicros)
                    .singleElement()
                    .asString()
                    .matches("OK|REFUSED NOREPLICAS .*");
            answeredInAnotherEpoch += epochs.getFirst().equals(epochs.getLast()) ? 0 : 1;
        }
        assertThat(answeredInAnotherEpoch).isPositive();
    }

    private record WriteAnswer(Consumer<String> outcome) implements Answer {
        @Override
        public void read(byte @Nullable [] value, @Nullable Version version) {
            throw new AssertionError("a write was answered as a read");
        }

        @Override
        public void written(@Nullable Version version) {
            outcome.accept("OK");
        }

        @Override
        public void counted(long count) {
            throw new AssertionError("a write was answered as an increment");
        }

        @Override
        public void unknown(String why) {
            outcome.accept("UNKNOWN " + why);
        }

        @Override
        public void refused(String why) {
            outcome.accept("REFUSED " + why);
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
        // Seen several times as often as where all kinds of faults take turns.
        isFound(Flaw.NO_READ_REPAIR, Set.of(Kind.PARTITION, Kind.FLAPPING, Kind.CRASH));
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

    @Test
    void aLeafThatIsNotMarkedIsFound() {
        // Nobody dies, who would hash all anew when it comes back.
        isFound(Flaw.LEAF_NOT_MARKED, Set.of(Kind.PARTITION, Kind.CUT_ONE_WAY, Kind.DISK_FULL));
    }

    @Test
    void aLocalQuorumThatCountsRemoteReplicasIsFound() {
        // With five nodes one data center has three replicas, and keeps them.
        SimulationOptions options = SimulationOptions.DEFAULT
                .withNodes(5)
                .withFaults(Set.of(Kind.PARTITION, Kind.CUT_ONE_WAY, Kind.PAUSE))
                .withFlaws(Set.of(Flaw.LOCAL_COUNTS_REMOTE));
        assertThat(LongStream.rangeClosed(1, Long.MAX_VALUE)
                        .filter(RunningNodeTest::hasLastingDatacenters)
                        .limit(FLAWED_SEEDS_MAX)
                        .anyMatch(seed -> !run(seed, options).isGood()))
                .isTrue();
    }

    /** Whether a seed's run has two data centers, each of which keeps as many members as it has replicas. */
    private static boolean hasLastingDatacenters(long seed) {
        return ((seed & 7) == 3 || (seed & 7) == 6) && (seed & 16) != 0;
    }

    @Test
    void aContextThatIsIgnoredIsFound() {
        isFound(Flaw.CONTEXT_IGNORED, Set.of(Kind.values()));
    }

    @Test
    void moreSiblingsThanWritesThatHadNotSeenEachOtherAreFound() {
        SimulationResult bad = isFound(Flaw.CONTEXT_FORGOTTEN, SimulationOptions.DEFAULT.withFaults(Set.of()).withFlaws(Set.of(Flaw.CONTEXT_FORGOTTEN)));
        assertThat(bad.violations()).extracting(Violation::checker).contains("SiblingsAreKept");
        assertThat(bad.report()).contains("a write stands beside what its writer had seen");
    }

    @Test
    void aSiblingThatIsSentAloneIsFound() {
        isFound(Flaw.SIBLING_SENT_ALONE, Set.of(Kind.values()));
    }

    private static void isFound(Flaw flaw, Set<Kind> faults) {
        isFound(flaw, SimulationOptions.DEFAULT.withFaults(faults).withFlaws(Set.of(flaw)));
    }

    private static SimulationResult isFound(Flaw flaw, SimulationOptions options) {
        SimulationResult bad = SeedRange.firstBad(1, FLAWED_SEEDS_MAX, options, RunningNodeFactory::new, each -> {});
        assertThat(bad).as("%s, in %d runs", flaw, FLAWED_SEEDS_MAX).isNotNull();
        return bad;
    }
}
