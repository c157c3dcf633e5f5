package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EveryIncrementCountsTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(EveryIncrementCounts.check(story.history(), story.state())).isEmpty();
    }

    private void isBad() {
        assertThat(EveryIncrementCounts.check(story.history(), story.state())).hasSize(1);
    }

    @Test
    void whatWasAcknowledgedCountsAndWhatWasNotMay() {
        story.count(1, 2);
        story.count(3, 4).unknown();
        story.read("1", 5, 6);
        story.read("2", 7, 8);
        isGood();
    }

    @Test
    void anAcknowledgedIncrementIsNotLost() {
        story.count(1, 2);
        story.count(3, 4);
        story.read("1", 5, 6);
        isBad();
    }

    @Test
    void noneCountsTwice() {
        story.count(1, 2);
        story.read("2", 3, 4);
        isBad();
    }

    @Test
    void anIncrementThatWasRefusedDoesNotCount() {
        story.count(1, 2);
        story.count(3, 4).refused();
        story.read("2", 5, 6);
        isBad();
    }

    @Test
    void oneThatOverlapsAReadMayOrMayNot() {
        story.count(1, 5);
        story.read(null, 2, 3);
        story.read("1", 4, 6);
        isGood();
    }

    @Test
    void aStandInsIncrementMayBeMissedAtFirst() {
        story.count(1, 2).sloppy();
        story.read(null, 3, 4).sloppy();
        isGood();
    }

    @Test
    void andMayNotInTheEnd() {
        story.count(1, 2).sloppy();
        story.lastRead(null, 3, 4).sloppy();
        isBad();
    }

    // ---- deletions

    @Test
    void aDeletionTakesAwayWhatWasCountedBefore() {
        story.count(1, 2);
        story.deleteSiblings(3, 4);
        story.read(null, 5, 6);
        isGood();
    }

    @Test
    void allOfIt() {
        story.count(1, 2);
        story.deleteSiblings(3, 4);
        story.read("1", 5, 6);
        isBad();
    }

    @Test
    void andNothingThatWasCountedAfterIt() {
        story.deleteSiblings(1, 2);
        story.count(3, 4);
        story.read(null, 5, 6);
        isBad();
    }

    @Test
    void whatWasCountedMeanwhileMayBeThereOrNot() {
        story.deleteSiblings(1, 4);
        story.count(2, 3);
        story.read(null, 5, 6);
        story.read("1", 7, 8);
        isGood();
    }

    @Test
    void aDeletionOfUnknownOutcomeMayComeAtAnyTime() {
        story.count(1, 2);
        story.deleteSiblings(3, 4).unknown();
        story.count(5, 6);
        story.read("2", 7, 8);
        story.read("1", 9, 10);
        story.read(null, 11, 12);
        isGood();
    }

    @Test
    void aDeletionThatHasNotMetACountLeavesIt() {
        story.count(1, 2).sloppy();
        story.deleteSiblings(3, 4).sloppy();
        story.lastRead("1", 5, 6).sloppy();
        isGood();
    }
}
