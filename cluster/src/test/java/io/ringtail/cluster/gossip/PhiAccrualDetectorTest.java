package io.ringtail.cluster.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PhiAccrualDetectorTest {
    private static final long MILLI = 1_000_000;
    private static final long PERIOD = GossipOptions.DEFAULT.periodMillis() * MILLI;

    private final PhiAccrualDetector detector = new PhiAccrualDetector(GossipOptions.DEFAULT, 0);
    private long now;

    private void hear(int times, long intervalNanos) {
        for (int i = 0; i < times; i++) {
            now += intervalNanos;
            detector.heard(now);
        }
    }

    /** The silence after which it is suspected, in milliseconds. */
    private long suspectedAfterMillis() {
        long silence = 0;
        while (!detector.isSuspected(now + silence)) {
            silence += MILLI;
        }
        return silence / MILLI;
    }

    @Test
    void regularArrivalsAreNeverSuspectedAndAStopIsSeenInTenPeriods() {
        for (int i = 0; i < 100_000; i++) {
            hear(1, PERIOD);
            assertThat(detector.isSuspected(now + PERIOD)).isFalse();
        }
        assertThat(suspectedAfterMillis()).isBetween(1_800L, 2_200L);
    }

    @Test
    void jitterMakesItMorePatient() {
        hear(100, PERIOD);
        long regular = suspectedAfterMillis();
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 100; i++) {
            hear(1, random.nextLong(0, 4 * PERIOD));
        }
        assertThat(suspectedAfterMillis()).isGreaterThan(regular + 500);
    }

    @Test
    void aMemberHeardOfByChanceIsHardlyEverSuspected() {
        // In each period one of three independent exchanges brings news with a probability of two thirds.
        long seed = 11;
        SplittableRandom random = new SplittableRandom(seed);
        long last = 0;
        int suspicions = 0;
        for (int period = 0; period < 1_000_000; period++) {
            now += PERIOD;
            suspicions += detector.isSuspected(now) ? 1 : 0;
            if (random.nextInt(27) != 0) {
                detector.heard(now);
                last = now;
            }
        }
        assertThat(suspicions).as("seed %d, last heard at %d", seed, last).isZero();
    }

    @Test
    void phiGrowsWithSilenceAndAgreesWithTheThreshold() {
        hear(40, PERIOD);
        double last = -1;
        for (long silence = 0; silence < 20 * PERIOD; silence += 10 * MILLI) {
            double phi = detector.phi(now + silence);
            assertThat(phi).isGreaterThanOrEqualTo(last);
            last = phi;
        }
        long silence = suspectedAfterMillis();
        assertThat(detector.phi(now + silence * MILLI)).isCloseTo(8, within(0.1));
    }

    @Test
    void theScaleIsThatOfTheDefinition() {
        hear(40, PERIOD);
        // Half a period of deviation: one period after the mean is two deviations, e to the minus two.
        assertThat(detector.phi(now + 2 * PERIOD)).isCloseTo(2 * Math.log10(Math.E), within(0.01));
    }

    @Test
    void anOutageDoesNotMakeTheNextOneTakeLongForEver() {
        hear(100, PERIOD);
        long before = suspectedAfterMillis();
        hear(1, 3_600_000 * MILLI);
        assertThat(suspectedAfterMillis()).isLessThan(3 * before);
        hear(PhiAccrualDetector.WINDOW, PERIOD);
        assertThat(suspectedAfterMillis()).isEqualTo(before);
    }

    @Test
    void fewArrivalsAreNotTrusted() {
        hear(1, PERIOD);
        assertThat(suspectedAfterMillis()).isGreaterThan(5_000);
        hear(10, PERIOD);
        assertThat(suspectedAfterMillis()).isLessThan(2_300);
    }

    @Test
    void burstsDoNotMakeItHasty() {
        for (int i = 0; i < 100; i++) {
            hear(4, 0);
            hear(1, PERIOD);
        }
        assertThat(suspectedAfterMillis()).isGreaterThan(1_800);
    }

    @Test
    void aGreaterThresholdIsMorePatient() {
        PhiAccrualDetector patient = new PhiAccrualDetector(GossipOptions.DEFAULT.withPhiThreshold(16), 0);
        for (int i = 1; i <= 40; i++) {
            patient.heard(i * PERIOD);
        }
        assertThat(patient.isSuspected(40 * PERIOD + 3_000 * MILLI)).isFalse();
        assertThat(patient.isSuspected(40 * PERIOD + 4_500 * MILLI)).isTrue();
    }

    @Test
    void forgivenSilenceDoesNotCount() {
        hear(40, PERIOD);
        long later = now + 30_000 * MILLI;
        assertThat(detector.isSuspected(later)).isTrue();
        detector.forgive(29_800 * MILLI, later);
        assertThat(detector.isSuspected(later)).isFalse();
        assertThat(detector.isSuspected(later + 3_000 * MILLI)).isTrue();
    }
}
