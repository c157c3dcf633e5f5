package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Several threads, and the log's own, with every acknowledgement waiting for its sync. */
class GroupCommitTest {
    private static final int THREADS = 4;
    private static final int WRITES = 400;
    private static final Path DIRECTORY = Path.of("/log");

    private final SimulatedFileSystem disk = new SimulatedFileSystem();
    private final ReentrantLock writeLock = new ReentrantLock();
    private final ReentrantLock waiters = new ReentrantLock();
    private final Condition advanced = waiters.newCondition();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

    private CommitLog open(Set<String> replayed, boolean withThread) throws IOException {
        disk.createDirectories(DIRECTORY);
        CommitLogReplay target = new CommitLogReplay() {
            @Override
            public void record(Key key, Record record) {
                replayed.add(new String(key.userKey(), StandardCharsets.US_ASCII));
            }

            @Override
            public void clear(int database, long hlc) {}
        };
        CommitLogListener listener = new CommitLogListener() {
            @Override
            public void synced(long position) {
                waiters.lock();
                try {
                    advanced.signalAll();
                } finally {
                    waiters.unlock();
                }
            }
        };
        CommitLogOptions options = CommitLogOptions.of(1, withThread ? Thread::new : null)
                .withPolicy(SyncPolicy.ALWAYS)
                .withSegmentSize(1 << 14);
        return CommitLog.open(disk, DIRECTORY, options, LogPosition.START, target, writeLock, listener);
    }

    private void write(CommitLog log, int thread) {
        Key key = new Key();
        Record record = new Record();
        try {
            for (int i = 0; i < WRITES; i++) {
                String name = thread + ":" + i;
                writeLock.lock();
                try {
                    log.add(key.set(0, name.getBytes(StandardCharsets.US_ASCII)), record.setTombstone(i, thread));
                } finally {
                    writeLock.unlock();
                }
                long position = log.append();
                waiters.lock();
                try {
                    while (log.syncedPosition() < position) {
                        if (!advanced.await(10, TimeUnit.SECONDS)) {
                            throw new AssertionError("no sync in 10 s up to " + position);
                        }
                    }
                } finally {
                    waiters.unlock();
                }
                acknowledged.add(name);
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatWasAcknowledgedSurvivesThePowerCut() throws Exception {
        CommitLog log = open(new HashSet<>(), true);
        CountDownLatch done = new CountDownLatch(THREADS);
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                threads.execute(() -> {
                    try {
                        write(log, thread);
                    } finally {
                        done.countDown();
                    }
                });
            }
            assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(acknowledged).hasSize(THREADS * WRITES);
        CommitLogStatistics statistics = log.statistics();
        assertThat(statistics.entries()).isEqualTo(THREADS * WRITES);
        assertThat(log.segments()).isGreaterThan(1);
        disk.powerCut(new SplittableRandom(1));
        Set<String> replayed = new HashSet<>();
        open(replayed, false).close();
        assertThat(replayed).isEqualTo(acknowledged);
        try {
            log.close(); // its files are gone; its thread must end all the same
        } catch (IOException e) {
            assertThat(e).isInstanceOf(CommitLogFailedException.class);
        }
    }
}
