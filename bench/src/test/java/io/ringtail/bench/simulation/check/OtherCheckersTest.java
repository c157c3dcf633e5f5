package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.bench.simulation.check.RingAgreement.Adoption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The checkers that need few stories each. */
class OtherCheckersTest {
    private final Story story = new Story();

    // ---- NothingInvented

    @Test
    void whatIsReadWasWritten() {
        story.write("a", 1, 9);
        story.read("a", 2, 3);
        assertThat(NothingInvented.check(story.history())).isEmpty();
    }

    @Test
    void whatNobodyWroteIsInvented() {
        story.write("a", 1, 2);
        story.read("b", 3, 4);
        assertThat(NothingInvented.check(story.history())).hasSize(1);
    }

    @Test
    void whatWasWrittenToAnotherKeyIsInvented() {
        story.write("a", 1, 2).of("other");
        story.read("a", 3, 4);
        assertThat(NothingInvented.check(story.history())).hasSize(1);
    }

    @Test
    void whatWasRefusedIsInvented() {
        story.write("a", 1, 2).refused();
        story.read("a", 3, 4);
        assertThat(NothingInvented.check(story.history())).hasSize(1);
    }

    @Test
    void whatIsWrittenLaterIsInvented() {
        story.read("a", 1, 2);
        story.write("a", 3, 4);
        assertThat(NothingInvented.check(story.history())).hasSize(1);
    }

    @Test
    void aCountOfMoreThanThereWereIncrementsIsInvented() {
        story.increment(1, 1, 2);
        story.read("1", 3, 4);
        assertThat(NothingInvented.check(story.history())).isEmpty();
        Story other = new Story();
        other.increment(1, 1, 2);
        other.read("2", 3, 4);
        assertThat(NothingInvented.check(other.history())).hasSize(1);
    }

    // ---- NoIncrementIsLost

    @Test
    void countersCount() {
        story.increment(1, 1, 5);
        story.increment(2, 2, 4);
        story.increment(3, 6, 7);
        story.holds(0, "3", 10);
        assertThat(NoIncrementIsLost.check(story.history(), story.state())).isEmpty();
    }

    @Test
    void twoIncrementsToTheSameNumberLostOne() {
        story.increment(1, 1, 3);
        story.increment(1, 2, 4);
        story.holds(0, "2", 10);
        assertThat(NoIncrementIsLost.check(story.history(), story.state())).hasSize(1);
    }

    @Test
    void anIncrementAfterAnotherComesToMore() {
        story.increment(2, 1, 2);
        story.increment(1, 3, 4);
        story.holds(0, "2", 10);
        assertThat(NoIncrementIsLost.check(story.history(), story.state())).hasSize(1);
    }

    @Test
    void aCounterThatIsLeftWithLessLostAnIncrement() {
        story.increment(1, 1, 2);
        story.increment(2, 3, 4);
        story.holds(0, "1", 10);
        assertThat(NoIncrementIsLost.check(story.history(), story.state())).hasSize(1);
    }

    @Test
    void anIncrementOfUnknownOutcomeMayCount() {
        story.increment(1, 1, 2);
        story.increment(0, 3, 4).unknown();
        story.holds(0, "2", 10);
        assertThat(NoIncrementIsLost.check(story.history(), story.state())).isEmpty();
    }

    // ---- Convergence

    @Test
    void equalReplicasHaveConverged() {
        story.holds(0, "a", 10).holds(1, "a", 10).holds(2, "a", 10);
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).isEmpty();
    }

    @Test
    void replicasThatAllHoldNothingHaveConverged() {
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).isEmpty();
    }

    @Test
    void aReplicaWithoutItHasNot() {
        story.holds(0, "a", 10).holds(1, "a", 10);
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).hasSize(1);
    }

    @Test
    void aReplicaWithAnotherVersionHasNot() {
        story.holds(0, "a", 10).holds(1, "a", 10).holds(2, "a", 11);
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).hasSize(1);
    }

    @Test
    void aReplicaWithAnotherValueOfTheSameVersionHasNot() {
        story.holds(0, "a", 10).holds(1, "a", 10).holds(2, "b", 10);
        assertThat(Convergence.check(story.state(), List.of(Story.KEY)))
                .singleElement()
                .satisfies(violation -> assertThat(violation.what()).contains("n0 holds a", "n2 holds b"));
    }

    @Test
    void aClearingThatIsHeldAsAFloorIsOneThatIsHeldAsATombstone() {
        Version floor = new Version(10, -1);
        Version later = new Version(11, 1);
        Held expiryAlone = new Held(null, null, 5_000, later);
        Held tombstone = new Held(floor, null, 5_000, later);
        story.holds(0, expiryAlone.above(floor)).holds(1, tombstone.above(null)).holds(2, tombstone.above(new Version(9, -1)));
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).isEmpty();
        story.holds(1, Held.NOTHING.above(floor));
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).as("without the expiry").hasSize(1);
    }

    @Test
    void aReplicaWithTheSameEndOfAnotherVersionHasNot() {
        Version version = new Version(10, 1);
        story.holds(0, new Held(version, "a", 5_000, version)).holds(1, new Held(version, "a", 5_000, version));
        story.holds(2, new Held(version, "a", 5_000, new Version(11, 1)));
        assertThat(Convergence.check(story.state(), List.of(Story.KEY))).hasSize(1);
    }

    // ---- HintsReachAllReplicas, HintsDrained

    @Test
    void everyReplicaIsToldOfAnAcknowledgedWrite() {
        story.write("a", 1, 2).version(10);
        story.holds(0, "a", 10).holds(1, "a", 10).holds(2, "b", 20);
        assertThat(HintsReachAllReplicas.check(story.history(), story.state())).isEmpty();
    }

    @Test
    void aReplicaThatWasNeverToldIsFound() {
        story.write("a", 1, 2).version(10);
        story.holds(0, "a", 10).holds(1, "a", 10);
        assertThat(HintsReachAllReplicas.check(story.history(), story.state()))
                .singleElement()
                .satisfies(violation -> assertThat(violation.what()).startsWith("n2 "));
    }

    @Test
    void ofAWriteOfUnknownOutcomeNobodyNeedsToBeTold() {
        story.write("a", 1, 2).version(10).unknown();
        assertThat(HintsReachAllReplicas.check(story.history(), story.state())).isEmpty();
    }

    @Test
    void hintsThatAreLeftAreFound() {
        assertThat(HintsDrained.check(Map.of(0, 0L, 1, 0L))).isEmpty();
        assertThat(HintsDrained.check(Map.of(0, 0L, 1, 3L))).hasSize(1);
    }

    // ---- RingAgreement

    private static Adoption adoption(int node, long epoch, String topology) {
        return new Adoption(node, 0, epoch, topology);
    }

    @Test
    void nodesMayLagBehindAsLongAsTheyEndTogether() {
        List<Adoption> adoptions = List.of(adoption(0, 1, "x"), adoption(0, 2, "y"), adoption(1, 1, "x"));
        assertThat(RingAgreement.check(adoptions, List.of(adoption(0, 2, "y"), adoption(1, 2, "y")))).isEmpty();
    }

    @Test
    void twoTopologiesOfOneEpochAreFoundThoughTheyAreGoneAgain() {
        List<Adoption> adoptions = List.of(adoption(0, 2, "y"), adoption(1, 2, "z"));
        assertThat(RingAgreement.check(adoptions, List.of(adoption(0, 3, "u"), adoption(1, 3, "u")))).hasSize(1);
    }

    @Test
    void aNodeDoesNotGoBack() {
        List<Adoption> adoptions = List.of(adoption(0, 2, "y"), adoption(0, 1, "x"));
        assertThat(RingAgreement.check(adoptions, List.of(adoption(0, 2, "y")))).hasSize(1);
    }

    @Test
    void nodesDoNotEndAtDifferentEpochs() {
        assertThat(RingAgreement.check(List.of(), List.of(adoption(0, 2, "y"), adoption(1, 1, "x")))).hasSize(1);
    }

    // ---- BoundsKept, NothingLeaked

    @Test
    void aBoundMayBeReached() {
        BoundsKept bounds = new BoundsKept();
        bounds.observe(0, List.of(new Gauge("calls", 10, 10)));
        assertThat(bounds.check()).isEmpty();
    }

    @Test
    void aBoundThatWasExceededOnceIsFound() {
        BoundsKept bounds = new BoundsKept();
        bounds.observe(0, List.of(new Gauge("calls", 11, 10), new Gauge("hints", 1, 10)));
        bounds.observe(0, List.of(new Gauge("calls", 2, 10)));
        bounds.observe(1, List.of(new Gauge("calls", 9, 10)));
        assertThat(bounds.check()).singleElement().satisfies(violation -> {
            assertThat(violation.subject()).isEqualTo("n0 calls");
            assertThat(violation.what()).isEqualTo("11, the limit is 10");
        });
    }

    @Test
    void whatIsLeftBehindIsFound() {
        assertThat(NothingLeaked.check(Map.of(0, Map.of("calls", 0L)))).isEmpty();
        assertThat(NothingLeaked.check(Map.of(0, Map.of("calls", 2L, "locks", 0L)))).hasSize(1);
    }

    // ---- the history itself

    @Test
    void aValueIsWrittenOnceOnly() {
        story.write("a", 1, 2);
        story.write("a", 3, 4);
        assertThatThrownBy(() -> story.history().byKey()).hasMessageContaining("written twice");
    }

    @Test
    void anOperationIsCompletedOnceOnly() {
        story.write("a", 1, 2);
        History history = story.history();
        Operation write = history.operations().getFirst();
        assertThatThrownBy(() -> history.complete(write, Operation.Outcome.OK, null, null, "", 5))
                .hasMessageContaining("completed twice");
    }
}
