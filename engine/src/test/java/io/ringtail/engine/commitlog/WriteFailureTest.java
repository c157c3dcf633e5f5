package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.DiskFailedException;
import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.io.SimulatedFileSystem.Operation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Full disks, failing writes and failing syncs. */
class WriteFailureTest {
    private final SimulatedFileSystem disk = new SimulatedFileSystem();
    private final LogFixture fixture = new LogFixture(disk, SyncPolicy.ALWAYS, 200);
    private final List<String> events = new ArrayList<>();

    {
        fixture.listener = new CommitLogListener() {
            @Override
            public void failed(IOException cause) {
                events.add("failed");
            }

            @Override
            public void writeFailed(IOException cause) {
                events.add("writeFailed");
            }

            @Override
            public void writableAgain() {
                events.add("writableAgain");
            }

            @Override
            public void segmentNotCreated(IOException cause) {
                events.add("segmentNotCreated");
            }
        };
    }

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private void assertReplayed(int count) throws IOException {
        fixture.open().close();
        assertThat(fixture.replayed).isEqualTo(numbers(count));
    }

    @Test
    void fullDiskShowsWhenASegmentIsMadeAndWritesGoOnWhenThereIsRoom() throws IOException {
        disk.capacity(2 * CommitLogOptions.MIN_SEGMENT_SIZE + 100);
        int added = 0;
        try (CommitLog log = fixture.open()) {
            while (log.writable()) {
                fixture.add(log, added++);
                try {
                    log.append();
                } catch (DiskFullException e) {
                    assertThat(e).hasMessageContaining("log-");
                    assertThat(log.writable()).isFalse();
                    assertThat(log.unwritableReason()).isSameAs(e);
                    assertThat(log.failure()).isNull();
                }
                log.runOnce();
            }
            assertThat(log.segments()).isEqualTo(2);
            // What came in meanwhile waits behind the frame that is kept.
            fixture.add(log, added++);
            assertThatThrownBy(log::append).isInstanceOf(DiskFullException.class);
            log.runOnce();
            assertThat(log.writable()).isFalse();
            long position = log.appendedPosition();
            assertThat(log.syncedPosition()).isEqualTo(position);

            disk.capacity(Long.MAX_VALUE);
            log.runOnce();
            assertThat(log.writable()).isTrue();
            assertThat(log.appendedPosition()).isGreaterThan(position);
            fixture.addAndAppend(log, added++);
        }
        assertThat(events).contains("writeFailed", "segmentNotCreated").endsWith("writableAgain");
        assertReplayed(added);
    }

    /** The log's own failed attempt once woke the log's thread, which then tried without a pause for as long as the disk was full. */
    @Test
    void theThreadPausesBetweenAttemptsOnAFullDisk() throws IOException {
        List<Thread> threads = new ArrayList<>();
        AtomicInteger attempts = new AtomicInteger();
        fixture.listener = new CommitLogListener() {
            @Override
            public void writeFailed(IOException cause) {
                attempts.incrementAndGet();
            }
        };
        fixture.options = CommitLogOptions.of(LogFixture.STORE_ID, task -> {
                    threads.add(new Thread(task, "log"));
                    return threads.getFirst();
                })
                .withSegmentSize(CommitLogOptions.MIN_SEGMENT_SIZE)
                .withIntervals(Duration.ofHours(1), Duration.ofHours(1));
        disk.capacity(CommitLogOptions.MIN_SEGMENT_SIZE + 100);
        CommitLog log = fixture.open();
        int added = 0;
        while (log.writable()) {
            fixture.add(log, added++);
            try {
                log.append();
            } catch (DiskFullException e) {
                assertThat(log.writable()).isFalse();
            }
        }
        long deadlineNanos = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (attempts.get() < 2 || threads.getFirst().getState() != Thread.State.TIMED_WAITING) {
            assertThat(System.nanoTime()).as("attempts " + attempts).isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
        assertThat(attempts.get()).isLessThan(10);
        disk.capacity(Long.MAX_VALUE);
        log.close();
        fixture.options = new LogFixture(disk, SyncPolicy.ALWAYS, 200).options;
        assertReplayed(added);
    }

    @Test
    void opensOnAFullDiskAndBecomesWritable() throws IOException {
        disk.capacity(100);
        try (CommitLog log = fixture.open()) {
            assertThat(log.writable()).isFalse();
            fixture.add(log, 0);
            assertThatThrownBy(log::append).isInstanceOf(DiskFullException.class);
            disk.capacity(Long.MAX_VALUE);
            log.runOnce();
            assertThat(log.writable()).isTrue();
        }
        assertReplayed(1);
    }

    @Test
    void failedWriteIsCutBackAndTriedAgainInOrder() throws IOException {
        for (int written : new int[] {0, 1, 30, 1000}) {
            SimulatedFileSystem fresh = new SimulatedFileSystem();
            LogFixture log0 = new LogFixture(fresh, SyncPolicy.EVERYSEC, 200);
            try (CommitLog log = log0.open()) {
                log0.addAndAppend(log, 0);
                fresh.bytesOfFailedWrite(written);
                fresh.failCall(Operation.WRITE, 1, new IOException("Input/output error"));
                log0.add(log, 1);
                assertThatThrownBy(log::append)
                        .isInstanceOf(DiskFailedException.class)
                        .hasMessageContaining("Input/output error");
                // The cut fails too, at first.
                fresh.failCall(Operation.WRITE, 1, new IOException("Input/output error"));
                fresh.failCall(Operation.TRUNCATE, 1, new IOException("Input/output error"));
                log0.add(log, 2);
                assertThatThrownBy(log::append).isInstanceOf(DiskFailedException.class);
                assertThat(log.statistics().failedAppends()).isEqualTo(2);
                log0.addAndAppend(log, 3);
                assertThat(log.writable()).isTrue();
            }
            log0.open().close();
            assertThat(log0.replayed).as("after " + written + " bytes").isEqualTo(numbers(4));
        }
    }

    @Test
    void aFailedSyncEndsTheLogForGood() throws IOException {
        CommitLog log = fixture.open();
        fixture.addAndAppend(log, 0);
        log.runOnce();
        long durable = log.syncedPosition();
        fixture.addAndAppend(log, 1);
        disk.failCall(Operation.SYNC, 1, new IOException("Input/output error"));
        log.runOnce();
        assertThat(log.failure()).hasMessageContaining("sync /log/log-").hasMessageContaining("Input/output error");
        assertThat(log.writable()).isFalse();
        assertThat(events).containsExactly("failed");

        // The next sync would succeed, and is not asked.
        fixture.add(log, 2);
        assertThatThrownBy(log::append).isInstanceOf(CommitLogFailedException.class);
        log.runOnce();
        assertThatThrownBy(log::sync).isInstanceOf(CommitLogFailedException.class);
        assertThat(log.syncedPosition()).isEqualTo(durable);
        assertThatThrownBy(log::close).isInstanceOf(CommitLogFailedException.class);

        disk.powerCut(new SplittableRandom(1));
        assertReplayed(1);
    }

    /** A disk that lies about syncs loses acknowledged writes; nothing the log can do but stay in order. */
    @Test
    void lyingSyncsCannotBeNoticedButLeaveTheLogInOrder() throws IOException {
        for (int seed = 0; seed < 50; seed++) {
            SimulatedFileSystem liar = new SimulatedFileSystem();
            LogFixture written = new LogFixture(liar, SyncPolicy.ALWAYS, 200);
            CommitLog log = written.open();
            liar.syncsLie(true);
            for (int i = 0; i < 10; i++) {
                written.addAndAppend(log, i);
                log.runOnce();
            }
            assertThat(log.syncedPosition()).isEqualTo(log.appendedPosition());
            liar.powerCut(new SplittableRandom(seed));
            liar.heal();
            written.open().close();
            assertThat(written.replayed).as("seed " + seed).isEqualTo(numbers(written.replayed.size()));
        }
    }

    @Test
    void aFrameLargerThanASegmentGetsOneOfItsOwnSize() throws IOException {
        LogFixture large = new LogFixture(disk, SyncPolicy.ALWAYS, 50_000);
        try (CommitLog log = large.open()) {
            large.addAndAppend(log, 0);
            large.addAndAppend(log, 1);
            log.runOnce();
            large.addAndAppend(log, 2);
        }
        large.open().close();
        assertThat(large.replayed).isEqualTo(numbers(3));
    }

    @Test
    void everysecSyncsOnceASecondAndTellsItsLag() throws IOException {
        LogFixture timed = new LogFixture(disk, SyncPolicy.EVERYSEC, 20);
        try (CommitLog log = timed.open()) {
            timed.addAndAppend(log, 0);
            log.runOnce(); // the first is due at once
            assertThat(log.syncedPosition()).isEqualTo(log.appendedPosition());
            long durable = log.syncedPosition();
            timed.addAndAppend(log, 1);
            timed.nowNanos += 400_000_000;
            assertThat(log.runOnce()).isEqualTo(600_000_000);
            assertThat(log.syncLagMillis()).isEqualTo(400);
            assertThat(log.syncedPosition()).isEqualTo(durable);
            timed.nowNanos += 600_000_000;
            log.runOnce();
            assertThat(log.syncLagMillis()).isZero();
            assertThat(log.syncedPosition()).isEqualTo(log.appendedPosition());
            log.policy(SyncPolicy.NO);
            timed.addAndAppend(log, 2);
            timed.nowNanos += 10_000_000_000L;
            log.runOnce();
            assertThat(log.syncedPosition()).isLessThan(log.appendedPosition());
            log.policy(SyncPolicy.ALWAYS);
            log.runOnce();
            assertThat(log.syncedPosition()).isEqualTo(log.appendedPosition());
        }
    }

    @Test
    void releasedSegmentsAreDeleted() throws IOException {
        try (CommitLog log = fixture.open()) {
            for (int i = 0; i < 100; i++) {
                fixture.addAndAppend(log, i);
            }
            int before = log.segments();
            LogPosition position = log.position();
            log.releaseBefore(position);
            assertThat(before).isGreaterThan(3);
            assertThat(log.segments()).isEqualTo(1);
            fixture.addAndAppend(log, 0);
            fixture.addAndAppend(log, 1);
            log.close();
            fixture.open(position).close();
            assertThat(fixture.replayed).containsExactly(0, 1);
        }
    }
}
