package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A log of numbered entries with its own clock and no thread, and what a replay of it gives: so that a test can say
 * which numbers survived. Entry {@code n} has a key and a value made of {@code n}; every seventh is a clear.
 */
final class LogFixture {
    static final long STORE_ID = 0x1234_5678_9ABCL;

    final Path directory = Path.of("/log");
    final FileSystem fileSystem;
    CommitLogOptions options;
    CommitLogListener listener = CommitLogListener.NONE;
    final List<Integer> replayed = new ArrayList<>();
    long nowNanos = 1;
    private final ReentrantLock writeLock = new ReentrantLock();
    private final Key key = new Key();
    private final Record record = new Record();
    private long salt = 0x5EED;
    final int valueSize;

    LogFixture(FileSystem fileSystem, SyncPolicy policy, int valueSize) {
        this.fileSystem = fileSystem;
        this.valueSize = valueSize;
        this.options = CommitLogOptions.of(STORE_ID, null)
                .withPolicy(policy)
                .withSegmentSize(CommitLogOptions.MIN_SEGMENT_SIZE)
                .withIntervals(Duration.ofSeconds(1), Duration.ofMillis(100))
                .withSources(() -> nowNanos, () -> salt = salt * 6364136223846793005L + 1442695040888963407L);
    }

    CommitLog open() throws IOException {
        return open(LogPosition.START);
    }

    CommitLog open(LogPosition replayFrom) throws IOException {
        replayed.clear();
        fileSystem.createDirectories(directory);
        return CommitLog.open(fileSystem, directory, options, replayFrom, new Target(), writeLock, listener);
    }

    void add(CommitLog log, int number) {
        writeLock.lock();
        try {
            if (number % 7 == 6) {
                log.addClear(number % 16, number);
            } else {
                byte[] value = value(number);
                log.add(key.set(number % 16, name(number)), record.setValue(number, 1, 0, value, 0, value.length));
            }
        } finally {
            writeLock.unlock();
        }
    }

    void addAndAppend(CommitLog log, int number) throws IOException {
        add(log, number);
        log.append();
    }

    private static byte[] name(int number) {
        return ("key" + number).getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] value(int number) {
        byte[] value = new byte[valueSize + number % 50];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (number * 31 + i);
        }
        return value;
    }

    private final class Target implements CommitLogReplay {
        @Override
        public void record(Key key, Record record) {
            int number = (int) record.hlc();
            @Nullable String wrong = null;
            if (!java.util.Arrays.equals(key.userKey(), name(number)) || key.database() != number % 16) {
                wrong = "key";
            } else if (!java.util.Arrays.equals(record.value(), value(number))) {
                wrong = "value";
            }
            if (wrong != null) {
                throw new AssertionError("entry " + number + " came back with another " + wrong);
            }
            replayed.add(number);
        }

        @Override
        public void clear(int database, long hlc) {
            if (database != hlc % 16) {
                throw new AssertionError("clear " + hlc + " came back for database " + database);
            }
            replayed.add((int) hlc);
        }
    }
}
