package io.ringtail.bench.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NothingShadowedTest {
    private final Story story = new Story();

    private void isGood() {
        assertThat(NothingShadowed.check(story.history(), story.state())).isEmpty();
    }

    private void isBad() {
        assertThat(NothingShadowed.check(story.history(), story.state())).hasSize(1);
    }

    @Test
    void laterWritesHaveGreaterVersions() {
        story.write("a", 1, 2).version(10);
        story.write("b", 3, 4).version(20);
        isGood();
    }

    @Test
    void aWriteByASlowClockIsShadowed() {
        story.write("a", 1, 2).version(20);
        story.write("b", 3, 4).version(10);
        isBad();
    }

    @Test
    void aDeleteByASlowClockIsShadowed() {
        story.write("a", 1, 2).version(20);
        story.delete(3, 4).version(10);
        isBad();
    }

    @Test
    void twoWritesDoNotShareAVersion() {
        story.write("a", 1, 2).version(10);
        story.write("b", 3, 4).version(10);
        isBad();
    }

    @Test
    void writesThatOverlapMayHaveAnyVersions() {
        story.write("a", 1, 3).version(20);
        story.write("b", 2, 4).version(10);
        isGood();
    }

    @Test
    void whatIsNotAcknowledgedMayHaveAnyVersion() {
        story.write("a", 1, 2).version(20).unknown();
        story.write("b", 3, 4).version(10);
        isGood();
    }

    @Test
    void writesWhoseQuorumsNeedNotMeetMayHaveAnyVersions() {
        story.write("a", 1, 2).version(20).required(1);
        story.write("b", 3, 4).version(10).required(1);
        isGood();
    }

    @Test
    void whatIsLeftIsNoWriteThatWasOverBeforeAnother() {
        story.write("a", 1, 2);
        story.write("b", 3, 4);
        story.holds(0, "a", 20).holds(1, "b", 10);
        isBad();
    }

    @Test
    void whatIsLeftMayBeOfUnknownOutcome() {
        story.write("a", 1, 2).unknown();
        story.write("b", 3, 4);
        story.holds(0, "a", 20).holds(1, "b", 10);
        isGood();
    }
}
