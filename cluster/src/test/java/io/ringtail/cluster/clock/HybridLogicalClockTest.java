package io.ringtail.cluster.clock;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HybridLogicalClockTest {
    @Test
    void followsTheWallClockWhenThatGoesForward() {
        HybridLogicalClock clock = new HybridLogicalClock(0);
        assertThat(HybridLogicalClock.millis(clock.tick(1000))).isEqualTo(1000);
        assertThat(HybridLogicalClock.millis(clock.tick(2000))).isEqualTo(2000);
    }

    @Test
    void everyTickIsGreaterThanTheLastThoughTheWallClockStandsStillOrGoesBack() {
        HybridLogicalClock clock = new HybridLogicalClock(0);
        long last = 0;
        for (int i = 0; i < 200_000; i++) {
            long now = clock.tick(5_000 - i % 3_000);
            assertThat(Long.compareUnsigned(now, last)).isPositive();
            last = now;
        }
        assertThat(HybridLogicalClock.millis(last)).isBetween(5_000L, 5_010L);
    }

    @Test
    void exceedsWhatItHasObserved() {
        HybridLogicalClock clock = new HybridLogicalClock(9_000L << 16);
        clock.observe(10_000L << 16 | 7);
        clock.observe(4_000L << 16);
        assertThat(clock.tick(5_000)).isEqualTo((10_000L << 16 | 7) + 1);
    }
}
