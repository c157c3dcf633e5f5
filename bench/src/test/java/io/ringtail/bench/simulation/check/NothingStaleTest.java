package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NothingStaleTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(NothingStale.check(story.history())).isEmpty();
    }

    private void isBad() {
        assertThat(NothingStale.check(story.history()))
                .hasSize(1)
                .allSatisfy(violation -> assertThat(violation.checker()).isEqualTo("NothingStale"));
    }

    @Test
    void theNewestValueIsFresh() {
        story.write("a", 1, 2);
        story.write("b", 3, 4);
        story.read("b", 5, 6);
        isGood();
    }

    @Test
    void aValueFromBeforeAnAcknowledgedOneIsStale() {
        story.write("a", 1, 2);
        story.write("b", 3, 4);
        story.read("a", 5, 6);
        isBad();
    }

    @Test
    void nothingIsStaleOnceAValueIsAcknowledged() {
        story.write("a", 1, 2);
        story.read(null, 3, 4);
        isBad();
    }

    @Test
    void nothingIsRightBeforeAnythingIsAcknowledged() {
        story.write("a", 1, 5);
        story.read(null, 2, 4);
        isGood();
    }

    @Test
    void ofTwoWritesThatOverlapEitherMayBeRead() {
        story.write("a", 1, 4);
        story.write("b", 2, 5);
        story.read("a", 6, 7);
        story.read("b", 8, 9);
        isGood();
    }

    @Test
    void aReadThatOverlapsAWriteMaySeeWhatWasBefore() {
        story.write("a", 1, 2);
        story.write("b", 3, 6);
        story.read("a", 4, 8);
        isGood();
    }

    @Test
    void aWriteOfUnknownOutcomeMayAppearAtAnyLaterTime() {
        story.write("a", 1, 2).unknown();
        story.write("b", 3, 4);
        story.read("b", 5, 6);
        story.read("a", 7, 8);
        isGood();
    }

    @Test
    void aWriteOfUnknownOutcomeNeedNotAppear() {
        story.write("a", 1, 2);
        story.write("b", 3, 4).unknown();
        story.read("a", 5, 6);
        isGood();
    }

    @Test
    void aDeletedValueIsStale() {
        story.write("a", 1, 2);
        story.delete(3, 4);
        story.read("a", 5, 6);
        isBad();
    }

    @Test
    void nothingIsRightAfterADelete() {
        story.write("a", 1, 2);
        story.delete(3, 4);
        story.read(null, 5, 6);
        isGood();
    }

    @Test
    void nothingIsStaleWhenAllDeletesWereFollowedByAWrite() {
        story.delete(1, 2);
        story.write("a", 3, 4);
        story.read(null, 5, 6);
        isBad();
    }

    @Test
    void aDeleteOfUnknownOutcomeMayTakeEffectLater() {
        story.delete(1, 2).unknown();
        story.write("a", 3, 4);
        story.read(null, 5, 6);
        isGood();
    }

    @Test
    void aDeleteThatHasNotBegunExplainsNothing() {
        story.write("a", 1, 2);
        story.read(null, 3, 4);
        story.delete(5, 6);
        isBad();
    }

    @Test
    void readsAndWritesWhoseQuorumsNeedNotMeetPromiseNothing() {
        story.write("a", 1, 2).required(1);
        story.read(null, 3, 4);
        isGood();
    }

    @Test
    void readsOfOneMeetWritesToAll() {
        story.write("a", 1, 2).required(3);
        story.write("b", 3, 4).required(3);
        story.read("a", 5, 6).required(1);
        isBad();
    }

    @Test
    void aWriteMayHideAnotherThatItsQuorumNeedNotMeet() {
        story.write("a", 1, 2).required(1);
        story.write("b", 3, 4).required(1);
        story.read("a", 5, 6).required(3);
        isGood();
    }

    @Test
    void sloppyQuorumsPromiseNothing() {
        story.write("a", 1, 2).sloppy();
        story.read(null, 3, 4).sloppy();
        isGood();
    }

    @Test
    void anOlderVersionThanWasAcknowledgedIsStaleThoughWritesOverlapped() {
        story.write("a", 1, 4).version(10);
        story.write("b", 2, 5).version(20);
        story.read("a", 6, 7).version(10);
        isBad();
    }

    @Test
    void aNewerVersionThanWasAcknowledgedIsFresh() {
        story.write("a", 1, 4).version(20);
        story.write("b", 2, 5).version(10);
        story.read("a", 6, 7).version(20);
        isGood();
    }

    @Test
    void aDeletionOfAnOlderVersionIsStale() {
        story.delete(1, 5).version(10);
        story.write("a", 2, 3).version(20);
        story.read(null, 6, 7).version(10);
        isBad();
    }

    @Test
    void aValueThatEndsMayBeGoneByTheFastestClock() {
        story.write("a", 1, 2).until(500);
        story.read(null, 3, 4).wall(100, 600);
        isGood();
    }

    @Test
    void aValueIsNotGoneBeforeItEndsByAnyClock() {
        story.write("a", 1, 2).until(500);
        story.read(null, 3, 4).wall(100, 400);
        isBad();
    }

    @Test
    void aValueIsNotThereAnyMoreWhenItHasEndedByTheReadersClock() {
        story.write("a", 1, 2).until(500);
        story.read("a", 3, 4).wall(501, 600);
        isBad();
    }

    @Test
    void anEndThatWasPutOffIsNoEnd() {
        story.write("a", 1, 2).until(500);
        story.expire(900, 3, 4);
        story.read("a", 5, 6).wall(501, 600);
        isGood();
    }

    @Test
    void whoHasNotHeardOfAHandOverMayMissWhatCameAfterItWhenItAsksNoMajority() {
        story.write("a", 1, 2).required(3).inEpoch(1);
        story.write("b", 3, 4).required(3).inEpoch(2);
        story.read("a", 5, 6).required(1).inEpoch(1);
        isGood();
    }

    @Test
    void whoHasHeardOfItMayNot() {
        story.write("a", 1, 2).required(3).inEpoch(1);
        story.write("b", 3, 4).required(3).inEpoch(2);
        story.read("a", 5, 6).required(1).inEpoch(2);
        isBad();
    }

    @Test
    void aMajorityMissesNothingWhateverItHasHeard() {
        story.write("a", 1, 2).inEpoch(1);
        story.write("b", 3, 4).inEpoch(2);
        story.read("a", 5, 6).inEpoch(1);
        isBad();
    }

    @Test
    void keysAreJudgedApart() {
        story.write("a", 1, 2);
        story.write("b", 3, 4).of("other");
        story.read("a", 5, 6);
        story.read(null, 7, 8).of("third");
        isGood();
    }
}
