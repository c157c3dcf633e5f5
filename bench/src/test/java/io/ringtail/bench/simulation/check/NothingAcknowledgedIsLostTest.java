package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NothingAcknowledgedIsLostTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(NothingAcknowledgedIsLost.check(story.history(), story.state())).isEmpty();
    }

    private void isBad() {
        assertThat(NothingAcknowledgedIsLost.check(story.history(), story.state())).isNotEmpty();
    }

    @Test
    void oneReplicaThatHasItIsEnough() {
        story.write("a", 1, 2).version(10);
        story.holds(1, "a", 10);
        isGood();
    }

    @Test
    void aWriteThatNoReplicaHasIsLost() {
        story.write("a", 1, 2);
        isBad();
    }

    @Test
    void aWriteThatOnlyAnotherNodeHasIsLost() {
        story.write("a", 1, 2);
        story.holds(7, "a", 10);
        isBad();
    }

    @Test
    void aWriteWithSomethingOlderInItsPlaceIsLost() {
        story.write("a", 1, 2);
        story.write("b", 3, 4);
        story.holds(0, "a", 10).holds(1, "a", 10);
        isBad();
    }

    @Test
    void somethingLaterMayBeInItsPlace() {
        story.write("a", 1, 2);
        story.write("b", 3, 4);
        story.holds(0, "b", 20).holds(1, "a", 10);
        isGood();
    }

    @Test
    void somethingConcurrentMayBeInItsPlace() {
        story.write("a", 1, 4);
        story.write("b", 2, 5);
        story.holds(0, "a", 20);
        isGood();
    }

    @Test
    void aWriteOfUnknownOutcomeMayBeMissing() {
        story.write("a", 1, 2);
        story.write("b", 3, 4).unknown();
        story.holds(0, "a", 10);
        isGood();
    }

    @Test
    void aWriteOfUnknownOutcomeMayBeInItsPlace() {
        story.write("b", 1, 2).unknown();
        story.write("a", 3, 4);
        story.holds(0, "b", 30);
        isGood();
    }

    @Test
    void aTombstoneAfterItIsRight() {
        story.write("a", 1, 2);
        story.delete(3, 4);
        story.holds(0, null, 20);
        isGood();
    }

    @Test
    void aTombstoneFromBeforeItIsNot() {
        story.delete(1, 2);
        story.write("a", 3, 4);
        story.holds(0, null, 20);
        isBad();
    }

    @Test
    void aDeleteIsLostWhenTheValueIsBack() {
        story.write("a", 1, 2);
        story.delete(3, 4);
        story.holds(0, "a", 10);
        isBad();
    }

    @Test
    void aTombstoneMayHaveBeenForgotten() {
        story.write("a", 1, 2).version(10);
        story.delete(3, 4).version(20);
        isGood();
    }

    @Test
    void inSloppyKeyspacesTheGreatestVersionIsKept() {
        story.write("a", 1, 2).sloppy().version(20);
        story.write("b", 3, 4).sloppy().version(10);
        story.holds(0, "a", 20);
        isGood();
    }

    @Test
    void inSloppyKeyspacesALesserVersionThanAcknowledgedIsALoss() {
        story.write("a", 1, 2).sloppy().version(20);
        story.write("b", 3, 4).sloppy().version(10);
        story.holds(0, "b", 10);
        isBad();
    }

    @Test
    void theLastReadsAreHeldToItToo() {
        story.write("a", 1, 2).sloppy().version(20);
        story.holds(0, "a", 20);
        story.lastRead(null, 3, 4).version(10);
        isBad();
    }

    @Test
    void whatOneReplicaHasAloneIsLeftAndOnlyAReadOfAllNeedsToMeetIt() {
        story.write("a", 1, 2).version(10);
        story.write("b", 3, 4).required(1).version(20);
        story.holds(0, "b", 20).holds(1, "a", 10).holds(2, "a", 10);
        story.lastRead("a", 5, 6).version(10);
        isGood();
    }

    @Test
    void aReadOfAllMeetsIt() {
        story.write("a", 1, 2).version(10);
        story.write("b", 3, 4).required(1).version(20);
        story.holds(0, "b", 20);
        story.lastRead("a", 5, 6).required(3).version(10);
        isBad();
    }

    @Test
    void soItIsWhereVersionsAreNotTold() {
        story.write("a", 1, 2).required(3);
        story.write("b", 3, 4).required(1);
        story.holds(0, "b", 20);
        story.lastRead("a", 5, 6);
        isGood();
    }

    @Test
    void whatEndsMayBeGone() {
        story.write("a", 1, 2).until(500);
        isGood();
    }
}
