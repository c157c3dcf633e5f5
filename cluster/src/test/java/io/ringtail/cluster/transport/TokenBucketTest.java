package io.ringtail.cluster.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long MILLI = 1_000_000;

    @Test
    void theRateHoldsOverTimeHoweverLargeWhatIsSentIs() {
        for (int size : new int[] {10, 700, 5_000}) {
            TokenBucket bucket = new TokenBucket(1_000, 200, 100, -5);
            long sent = 0;
            for (long now = 0; now < 60_000; now++) {
                while (bucket.isOpen(now * MILLI)) {
                    bucket.spend(size);
                    sent += size;
                }
            }
            assertThat(sent).as("in a minute, in pieces of %d", size).isBetween(60_000L - size, 60_000L + size);
        }
    }

    @Test
    void afterTheTimeThatItSaysItIsOpenAndNotBefore() {
        TokenBucket bucket = new TokenBucket(1_000, 200, 100, 0);
        assertThat(bucket.waitMillis(MILLI)).isZero();
        bucket.spend(501);
        long wait = bucket.waitMillis(MILLI);
        assertThat(wait).isEqualTo(501);
        assertThat(bucket.isOpen((1 + wait - 2) * MILLI)).isFalse();
        assertThat(bucket.isOpen((1 + wait) * MILLI)).isTrue();
    }

    @Test
    void whatIsNotUsedIsForgone() {
        TokenBucket bucket = new TokenBucket(1_000, 200, 100, 0);
        assertThat(bucket.isOpen(3_600_000 * MILLI)).isTrue();
        bucket.spend(200);
        assertThat(bucket.isOpen(3_600_000 * MILLI)).isFalse();
    }

    @Test
    void anotherRateCountsFromNowOn() {
        TokenBucket bucket = new TokenBucket(1_000, 200, 100, 0);
        bucket.spend(1_000);
        bucket.bytesPerSecond(10_000, 500 * MILLI);
        assertThat(bucket.waitMillis(500 * MILLI)).isEqualTo(51);
        assertThatThrownBy(() -> bucket.bytesPerSecond(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
