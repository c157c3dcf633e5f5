package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SiblingsAreKeptTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(SiblingsAreKept.check(story.history(), story.state())).isEmpty();
    }

    private void isBad(String what) {
        assertThat(SiblingsAreKept.check(story.history(), story.state()))
                .singleElement()
                .satisfies(violation -> assertThat(violation.what()).contains(what));
    }

    @Test
    void writesThatHaveNotSeenEachOtherStandSideBySide() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.writeSibling("b", 3, 4).havingSeen();
        story.readSiblings(5, 6, "b", "a");
        isGood();
    }

    @Test
    void ofThoseNoneMayBeMissing() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.writeSibling("b", 3, 4).havingSeen();
        story.readSiblings(5, 6, "b");
        isBad("nobody had seen and superseded");
    }

    @Test
    void whatItsWriterHadSeenAWriteTakesThePlaceOf() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.writeSibling("b", 3, 4).havingSeen("a");
        story.readSiblings(5, 6, "b");
        isGood();
    }

    @Test
    void besideIt() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.writeSibling("b", 3, 4).havingSeen("a");
        story.readSiblings(5, 6, "b", "a");
        isBad("beside what its writer had seen");
    }

    @Test
    void aWriteThatSaysNothingOfWhatItHasSeenTakesThePlaceOfAll() {
        story.writeSibling("a", 1, 2);
        story.writeSibling("b", 3, 4);
        story.readSiblings(5, 6, "b");
        isGood();
    }

    @Test
    void andOfAllThatWasAcknowledgedBefore() {
        story.writeSibling("a", 1, 2);
        story.writeSibling("b", 3, 4);
        story.readSiblings(5, 6, "b", "a");
        isBad("beside what its writer had seen");
    }

    @Test
    void butNotOfWhatCameAfterIt() {
        story.writeSibling("b", 1, 2);
        story.writeSibling("a", 3, 4).havingSeen();
        story.readSiblings(5, 6, "b");
        isBad("nobody had seen and superseded");
    }

    @Test
    void aWriteOfUnknownOutcomeMayBeThereOrNot() {
        story.writeSibling("a", 1, 2).havingSeen().unknown();
        story.readSiblings(3, 4);
        story.readSiblings(5, 6, "a");
        isGood();
    }

    @Test
    void whatHasBeenReadStays() {
        story.writeSibling("a", 1, 2).havingSeen().unknown();
        story.readSiblings(3, 4, "a");
        story.readSiblings(5, 6);
        isBad("the next does not");
    }

    @Test
    void itMayHaveTakenThePlaceOfWhatItsWriterHadSeen() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.writeSibling("b", 3, 4).havingSeen("a").unknown();
        story.readSiblings(5, 6, "b");
        isGood();
    }

    @Test
    void whatWasDeletedDoesNotComeBack() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.deleteSiblings(3, 4).havingSeen("a");
        story.readSiblings(5, 6, "a");
        isBad("superseded before it began");
    }

    @Test
    void whatNobodyWroteIsNotThere() {
        story.readSiblings(1, 2, "a");
        isBad("nobody had written");
    }

    @Test
    void aSiblingIsThereOnce() {
        story.writeSibling("a", 1, 2);
        story.readSiblings(3, 4, "a", "a");
        isBad("twice");
    }

    // ---- ends

    private static final long SOON = 1_000;
    private static final long LATE = 9_000;

    @Test
    void whatHasEndedByTheClockOfSomeNodeMayBeGone() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.readSiblings(3, 4).wall(SOON - 1, SOON);
        isGood();
    }

    @Test
    void butNotBefore() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.readSiblings(3, 4).wall(SOON - 2, SOON - 1);
        isBad("nobody had seen and superseded");
    }

    @Test
    void norMayWhatHasBeenReadBe() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON).unknown();
        story.readSiblings(3, 4, "a").wall(1, SOON - 1);
        story.readSiblings(5, 6).wall(1, SOON - 1);
        isBad("the next does not");
    }

    @Test
    void whatHasEndedByTheReadersClockIsGone() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.readSiblings(3, 4, "a").wall(SOON, SOON);
        isBad("what had ended");
    }

    @Test
    void byAnothersClockItMayStillBeThere() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.readSiblings(3, 4, "a").wall(SOON - 1, LATE);
        isGood();
    }

    @Test
    void anExpiryEndsWhatItHasFound() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.expireSiblings(SOON, 3, 4, "a");
        story.readSiblings(5, 6).wall(SOON, SOON);
        isGood();
    }

    @Test
    void ofTwoEndsTheLaterHolds() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.expireSiblings(SOON, 3, 4, "a");
        story.expireSiblings(LATE, 5, 6, "a");
        story.readSiblings(7, 8).wall(SOON, SOON);
        isBad("nobody had seen and superseded");
    }

    @Test
    void whicheverWasSetLastWhenTheyOverlap() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.expireSiblings(SOON, 3, 5, "a");
        story.expireSiblings(LATE, 4, 6, "a");
        story.readSiblings(7, 8).wall(SOON, SOON);
        isGood();
    }

    @Test
    void aLaterEndOfUnknownOutcomeNeedNotHold() {
        story.writeSibling("a", 1, 2).havingSeen();
        story.expireSiblings(SOON, 3, 4, "a");
        story.expireSiblings(LATE, 5, 6).unknown();
        story.readSiblings(7, 8).wall(SOON, SOON);
        isGood();
    }

    @Test
    void norOneThatHasNotFoundIt() {
        story.writeSibling("a", 1, 2).havingSeen().sloppy();
        story.expireSiblings(SOON, 3, 4, "a");
        story.expireSiblings(LATE, 5, 6, "b");
        story.lastReadSiblings(7, 8).wall(SOON, SOON);
        isGood();
    }

    @Test
    void anEndThatIsPutOffHolds() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.expireSiblings(LATE, 3, 4, "a");
        story.readSiblings(5, 6).wall(SOON, SOON);
        isBad("nobody had seen and superseded");
    }

    @Test
    void whatAnExpiryHasFoundEndedItDoesNotBringBack() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.writeSibling("b", 3, 4).havingSeen();
        story.expireSiblings(LATE, 5, 6, "b");
        story.readSiblings(7, 8, "a", "b").wall(SOON, SOON);
        isBad("what had ended");
    }

    @Test
    void whoWasNotShownWhatHadEndedHasSeenIt() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.readSiblings(3, 4).wall(SOON, SOON);
        story.expireSiblings(LATE, 5, 6, "a");
        story.writeSibling("b", 7, 8).havingSeen().wall(SOON, SOON);
        story.readSiblings(9, 10, "b").wall(1, SOON);
        isGood();
    }

    @Test
    void whatItHasFoundItMayHavePutOff() {
        story.writeSibling("a", 1, 2).havingSeen().until(SOON);
        story.expireSiblings(LATE, 3, 4, "a");
        story.readSiblings(5, 6, "a").wall(SOON, SOON);
        isGood();
    }

    @Test
    void withoutAQuorumAWriteMayBeMissed() {
        story.writeSibling("a", 1, 2).sloppy();
        story.readSiblings(3, 4).sloppy();
        isGood();
    }

    @Test
    void butNotInTheEnd() {
        story.writeSibling("a", 1, 2).sloppy();
        story.lastReadSiblings(3, 4).sloppy();
        isBad("nobody had seen and superseded");
    }
}
