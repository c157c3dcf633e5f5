package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.bench.simulation.check.Quorum.Part;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is fresh in one data center: keys have three replicas in a, two in b. */
class DatacenterStoriesTest {
    private static final Quorum LOCAL_IN_A = new Quorum(5, 2, true, List.of(new Part(3, 2), new Part(2, 0)), 0);
    private static final Quorum LOCAL_IN_B = new Quorum(5, 2, true, List.of(new Part(3, 0), new Part(2, 2)), 1);
    private static final Quorum EACH = new Quorum(5, 4, true, List.of(new Part(3, 2), new Part(2, 2)), Quorum.ANYWHERE);
    private static final Quorum MAJORITY = new Quorum(5, 3, true, List.of(new Part(3, 1), new Part(2, 0)), Quorum.ANYWHERE);
    private static final Quorum FOUR = new Quorum(5, 4, true, List.of(new Part(3, 2), new Part(2, 1)), Quorum.ANYWHERE);

    private static boolean isStaleAfter(Quorum write, Quorum read) {
        Story told = new Story();
        told.write("a", 1, 2).at(EACH).version(1);
        told.write("b", 3, 4).at(write).version(2);
        told.read("a", 5, 6).at(read).version(1);
        return !NothingStale.check(told.history()).isEmpty();
    }

    @Test
    void aLocalReadSeesWhatWasAcknowledgedInItsDatacenter() {
        assertThat(isStaleAfter(LOCAL_IN_A, LOCAL_IN_A)).isTrue();
        assertThat(isStaleAfter(LOCAL_IN_B, LOCAL_IN_B)).isTrue();
        assertThat(isStaleAfter(EACH, LOCAL_IN_A)).isTrue();
        assertThat(isStaleAfter(EACH, LOCAL_IN_B)).isTrue();
        assertThat(isStaleAfter(FOUR, LOCAL_IN_A)).as("two of three there, whoever is left out").isTrue();
        assertThat(isStaleAfter(FOUR, LOCAL_IN_B)).isTrue();
        assertThat(isStaleAfter(LOCAL_IN_B, EACH)).isTrue();
    }

    @Test
    void aLocalReadMayMissWhatTooFewOfItsDatacenterNeedHave() {
        assertThat(isStaleAfter(LOCAL_IN_B, LOCAL_IN_A)).isFalse();
        assertThat(isStaleAfter(LOCAL_IN_A, LOCAL_IN_B)).isFalse();
        assertThat(isStaleAfter(MAJORITY, LOCAL_IN_A)).as("one of three there may be all that has it").isFalse();
        assertThat(isStaleAfter(MAJORITY, LOCAL_IN_B)).as("all that have it may be elsewhere").isFalse();
    }

    @Test
    void readsOfOneDatacenterDoNotGoBackAndThoseOfTwoMay() {
        assertThat(readsAfterOneInA(LOCAL_IN_B)).isEmpty();
        assertThat(readsAfterOneInA(MAJORITY)).isEmpty();
        assertThat(readsAfterOneInA(LOCAL_IN_A)).hasSize(1);
    }

    private static List<Violation> readsAfterOneInA(Quorum later) {
        Story story = new Story();
        story.write("a", 1, 2).at(EACH).version(1);
        story.write("b", 3, 20).at(EACH).version(2);
        story.read("b", 5, 6).at(LOCAL_IN_A).version(2);
        story.read("a", 7, 8).at(later).version(1);
        return ReadsNeverGoBack.check(story.history());
    }

    @Test
    void aWriteOfOneDatacenterHidesWhatAnotherAcknowledgedAndNotWhatItsOwnDid() {
        assertThat(writesAfterOneInB(LOCAL_IN_A)).isEmpty();
        assertThat(writesAfterOneInB(LOCAL_IN_B)).isNotEmpty();
        assertThat(writesAfterOneInB(EACH)).isNotEmpty();
    }

    private static List<Violation> writesAfterOneInB(Quorum later) {
        Story story = new Story();
        story.write("a", 1, 2).at(LOCAL_IN_B).version(9);
        story.write("b", 3, 4).at(later).version(5);
        return NothingShadowed.check(story.history(), story.state());
    }
}
