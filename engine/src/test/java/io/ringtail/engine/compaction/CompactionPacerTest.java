package io.ringtail.engine.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CompactionPacerTest {
    @Test
    void holdsToItsRate() {
        CompactionPacer pacer = new CompactionPacer(1_000_000);
        long start = System.nanoTime();
        for (int i = 0; i < 40; i++) {
            assertThat(pacer.pace(10_000)).isTrue();
        }
        // 0.4 s of work, of which a tenth of a second may have been forgiven.
        assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(290));
    }

    @Test
    void cancelWakesASleeper() throws Exception {
        CompactionPacer pacer = new CompactionPacer(1);
        CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(() -> pacer.pace(1_000_000));
        pacer.cancel();
        assertThat(answer.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(pacer.pace(1)).isFalse();
    }

    @Test
    void aNewRateWakesASleeper() throws Exception {
        CompactionPacer pacer = new CompactionPacer(1);
        CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(() -> pacer.pace(1_000_000));
        pacer.setBytesPerSecond(CompactionPacer.UNLIMITED);
        assertThat(answer.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anInterruptedThreadGivesUpAndStaysInterrupted() {
        CompactionPacer pacer = new CompactionPacer(1);
        Thread.currentThread().interrupt();
        assertThat(pacer.pace(1_000_000)).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }
}
