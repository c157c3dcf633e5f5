package io.ringtail.bench.micro;

import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.engine.commitlog.CommitLog;
import io.ringtail.engine.commitlog.CommitLogListener;
import io.ringtail.engine.commitlog.CommitLogOptions;
import io.ringtail.engine.commitlog.CommitLogReplay;
import io.ringtail.engine.commitlog.LogPosition;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One turn of an event loop as the commit log sees it: records added under the write lock, then one append. Time is
 * that of the turn. Nothing is synced but segments that are full, which are released every {@value
 * #TURNS_BETWEEN_RELEASES} turns. Made and called by JMH.
 *
 * <p>Files are in memory ({@code /dev/shm}) where that is to be had: a turn of 64 records in a loop writes a gigabyte
 * a second, and it would be the disk that was measured.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup before anything else
public class CommitLogBenchmark {
    private static final int TURNS_BETWEEN_RELEASES = 4_096;

    @Param({"1", "16", "64"})
    public int recordsPerTurn;

    private final Keys keys = new Keys();
    private final Key key = new Key();
    private final Record record = new Record();
    private final byte[] value = new byte[100];
    private final ReentrantLock writeLock = new ReentrantLock();
    private long hlc;
    private int turns;
    private TemporaryDirectory directory;
    private CommitLog log;

    @Setup(Level.Trial)
    public void open() throws IOException {
        Path inMemory = Path.of("/dev/shm");
        directory = Files.isWritable(inMemory)
                ? TemporaryDirectory.create(inMemory, "ringtail-log-")
                : TemporaryDirectory.create("ringtail-log-");
        CommitLogReplay nothing = new CommitLogReplay() {
            @Override
            public void record(Key replayed, Record ignored) {
                throw new IllegalStateException("a new log holds " + replayed);
            }

            @Override
            public void clear(int database, long clearedHlc) {
                throw new IllegalStateException("a new log clears database " + database);
            }
        };
        log = CommitLog.open(
                new LocalFileSystem(),
                directory.path(),
                CommitLogOptions.of(1, Thread.ofPlatform().daemon().name("log").factory()).withPolicy(SyncPolicy.NO),
                LogPosition.START,
                nothing,
                writeLock,
                new CommitLogListener() {});
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        log.close();
        directory.close();
    }

    @Benchmark
    public long turn() throws IOException {
        writeLock.lock();
        try {
            for (int i = 0; i < recordsPerTurn; i++) {
                log.add(
                        keys.set(key, keys.below(1_000_000)), record.setValue(++hlc, 1, 0, value, 0, value.length));
            }
        } finally {
            writeLock.unlock();
        }
        if (++turns % TURNS_BETWEEN_RELEASES == 0) {
            log.releaseBefore(log.position());
        }
        return log.append();
    }
}
