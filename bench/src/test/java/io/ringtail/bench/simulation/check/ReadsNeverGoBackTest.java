package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadsNeverGoBackTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(ReadsNeverGoBack.check(story.history())).isEmpty();
    }

    private void isBad() {
        assertThat(ReadsNeverGoBack.check(story.history())).hasSize(1);
    }

    @Test
    void versionsMayRiseAndStay() {
        story.read("a", 1, 2).version(10);
        story.read("a", 3, 4).version(10);
        story.read("b", 5, 6).version(20);
        isGood();
    }

    @Test
    void aVersionThatWasReadOverDoesNotComeBack() {
        story.read("b", 1, 2).version(20);
        story.read("a", 3, 4).version(10);
        isBad();
    }

    @Test
    void readsThatOverlapMaySeeEither() {
        story.read("b", 1, 4).version(20);
        story.read("a", 3, 6).version(10);
        isGood();
    }

    @Test
    void itIsTheNewestEarlierReadThatCounts() {
        story.read("c", 1, 2).version(30);
        story.read("a", 3, 9).version(30);
        story.read("b", 4, 5).version(20);
        isBad();
    }

    @Test
    void nothingAfterAValueIsGoingBack() {
        story.write("a", 1, 9);
        story.read("a", 2, 3);
        story.read(null, 4, 5);
        isBad();
    }

    @Test
    void nothingAfterAValueIsRightWithADeleteUnderWay() {
        story.write("a", 1, 2);
        story.delete(3, 9);
        story.read("a", 4, 5);
        story.read(null, 6, 7);
        isGood();
    }

    @Test
    void anAcknowledgedValueThatWasReadOverDoesNotComeBack() {
        story.write("a", 1, 5);
        story.write("b", 2, 20);
        story.read("b", 6, 7);
        story.read("a", 8, 9);
        isBad();
    }

    @Test
    void aValueMayComeBackWhileItsWriteIsUnderWay() {
        story.write("a", 1, 20);
        story.write("b", 2, 5);
        story.read("a", 3, 4);
        story.read("b", 6, 7);
        story.read("a", 8, 9);
        isGood();
    }

    @Test
    void aValueOfUnknownOutcomeMayComeBack() {
        story.write("a", 1, 2).unknown();
        story.write("b", 3, 6);
        story.read("a", 4, 5);
        story.read("b", 7, 8);
        story.read("a", 9, 10);
        isGood();
    }

    @Test
    void readsOfLessThanAMajorityMayGoBack() {
        story.read("b", 1, 2).version(20).required(1);
        story.read("a", 3, 4).version(10).required(1);
        isGood();
    }

    @Test
    void aValueThatEndsMayBeSeenAgainByASlowerClock() {
        story.write("a", 1, 2).until(500);
        story.read("a", 3, 4);
        story.read(null, 5, 6);
        story.read("a", 7, 8);
        isGood();
    }
}
