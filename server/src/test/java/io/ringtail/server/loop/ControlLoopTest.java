package io.ringtail.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ControlLoopTest {
    @Test
    void tasksTimersAndWhatBlocksRunWhereTheyShould() throws Exception {
        OffloadPool pool = new OffloadPool(1);
        ControlLoop control = new ControlLoop(Sockets.best(), pool);
        EventLoopLoop loop = control.loop();
        CompletableFuture<String> task = new CompletableFuture<>();
        CompletableFuture<String> timer = new CompletableFuture<>();
        CompletableFuture<String> blocking = new CompletableFuture<>();
        loop.execute(() -> task.complete(Thread.currentThread().getName()));
        long begun = loop.nanoTime();
        CompletableFuture<Long> ended = timer.thenApply(name -> loop.nanoTime());
        loop.schedule(() -> timer.complete(Thread.currentThread().getName()), 20);
        assertThat(loop.offload(() -> blocking.complete(Thread.currentThread().getName()))).isTrue();
        assertThat(task.get(10, TimeUnit.SECONDS)).isEqualTo("cluster-control");
        assertThat(timer.get(10, TimeUnit.SECONDS)).isEqualTo("cluster-control");
        assertThat(ended.get(10, TimeUnit.SECONDS) - begun).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
        assertThat(blocking.get(10, TimeUnit.SECONDS)).isEqualTo("cluster-offload-1");
        control.close(5000);
        pool.close(5000);
        // What comes after the end is dropped, and nobody is harmed.
        loop.execute(() -> {});
        loop.schedule(() -> {}, 1);
        assertThat(loop.offload(() -> {})).isFalse();
    }

    @Test
    void whatWaitsToBlockIsBoundedAndAFailureStopsNothing() throws Exception {
        OffloadPool pool = new OffloadPool(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        pool.offer(() -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        pool.offer(() -> {
            throw new IllegalStateException("as tests have it");
        });
        pool.offer(ran::countDown);
        int taken = 0;
        while (pool.offer(() -> {})) {
            taken++;
        }
        assertThat(taken).isEqualTo(1022);
        release.countDown();
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
        pool.close(5000);
    }
}
