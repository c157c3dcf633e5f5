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
