package io.ringtail.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DecayingRateTest {
    private static final long SECOND = 1_000_000_000L;

    private final DecayingRate rate = new DecayingRate(1_000, 0);

    /** So many seconds of {@code perSecond}, looked at once a second; returns the rate after the last. */
    private double run(long[] clock, double[] total, int seconds, double perSecond) {
        double last = 0;
        for (int i = 0; i < seconds; i++) {
            clock[0] += SECOND;
            total[0] += perSecond;
            last = rate.update(total[0], clock[0]);
        }
        return last;
    }

    @Test
    void itComesToASteadyRateAndForgetsIt() {
        long[] clock = {0};
        double[] total = {1_000};
        assertThat(run(clock, total, 10, 500)).as("after one memory").isCloseTo(500 * (1 - 1 / Math.E), within(0.01));
        assertThat(run(clock, total, 90, 500)).isCloseTo(500, within(0.1));
        assertThat(run(clock, total, 10, 0)).isCloseTo(500 / Math.E, within(0.1));
        assertThat(run(clock, total, 190, 0)).isCloseTo(0, within(0.001));
    }

    @Test
    void howOftenItIsLookedAtMakesNoDifference() {
        DecayingRate seldom = new DecayingRate(1_000, 0);
        long[] clock = {0};
        double[] total = {1_000};
        double often = run(clock, total, 20, 300);
        assertThat(seldom.update(total[0], clock[0])).isCloseTo(often, within(0.01));
    }

    @Test
    void aCounterThatBeganAgainIsNotNegative() {
        assertThat(rate.update(50, SECOND)).isPositive().isLessThan(50);
    }

    @Test
    void noTimeChangesNothing() {
        double before = rate.update(2_000, SECOND);
        assertThat(rate.update(9_000, SECOND)).isEqualTo(before);
    }
}
