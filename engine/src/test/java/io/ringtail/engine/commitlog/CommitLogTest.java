package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitLogTest {
    @TempDir
    Path directory;

    private final List<String> replayed = new ArrayList<>();

    @Test
    void replaysWhatWasAppended() throws IOException {
        try (CommitLog log = open()) {
            for (int i = 0; i < 2000; i++) {
                log.add(new Key().set(0, ("key" + i).getBytes(StandardCharsets.US_ASCII)),
                        new Record().setValue(i, 7, 0, new byte[100], 0, 100));
                if (i % 3 == 0) {
                    log.append();
                }
            }
            assertThat(log.segments()).isGreaterThan(10);
        }
        replayed.clear();
        try (CommitLog log = open()) {
            assertThat(replayed).hasSize(2000).startsWith("key0=100").endsWith("key1999=100");
            assertThat(log.statistics().replayedEntries()).isEqualTo(2000);
        }
    }

    private CommitLog open() throws IOException {
        return CommitLog.open(
                new LocalFileSystem(),
                directory,
                CommitLogOptions.of(42, Thread::new).withSegmentSize(1 << 14),
                LogPosition.START,
                new CommitLogReplay() {
                    @Override
                    public void record(Key key, Record record) {
                        replayed.add(new String(key.userKey(), StandardCharsets.US_ASCII) + "=" + record.valueSize());
                    }

                    @Override
                    public void clear(int database, long hlc) {
                        replayed.add("clear " + database + " " + hlc);
                    }
                },
                new ReentrantLock(),
                CommitLogListener.NONE);
    }
}
