package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start does with a log that is larger than a memtable. */
final class StoreRecoveryTest {
    private static final int KEYS = 20_000;

    @TempDir
    Path directory;

    @Test
    void aLogThatWasReplayedIntoTablesIsNotReplayedAgain() throws Exception {
        StoreOptions options = StoreOptions.of(directory);
        try (Store store = Store.open(options.withSizes(16 << 20, 1 << 20, 1 << 20, 256 << 10), StoreListener.NONE)) {
            write(store);
        }
        StoreOptions smaller = options.withSizes(256 << 10, 1 << 20, 1 << 20, 256 << 10);
        try (Store store = Store.open(smaller, StoreListener.NONE)) {
            assertThat(store.statistics().replayedEntries()).isEqualTo(KEYS);
            awaitFlushed(store);
            check(store);
        }
        try (Store store = Store.open(smaller, StoreListener.NONE)) {
            assertThat(store.statistics().replayedEntries()).isLessThan(KEYS / 10);
            check(store);
        }
    }

    private static void awaitFlushed(Store store) {
        long deadlineNanos = System.nanoTime() + 30_000_000_000L;
        while (store.statistics().fullMemtables() > 0) {
            assertThat(System.nanoTime() - deadlineNanos).as("nanoseconds beyond the time a flush may take").isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void write(Store store) throws IOException {
        try (StoreSession session = store.session()) {
            for (int i = 0; i < KEYS; i++) {
                store.writeLock().lock();
                try {
                    session.merge(key(i), new Record().setValue(i + 1, store.actor(), 0, value(i), 0, value(i).length));
                } finally {
                    store.writeLock().unlock();
                }
                if (i % 100 == 99) {
                    store.append();
                }
            }
        }
    }

    private static void check(Store store) throws IOException {
        try (StoreSession session = store.session()) {
            Record record = new Record();
            for (int i = 0; i < KEYS; i++) {
                assertThat(session.get(key(i), record, true)).isEqualTo(io.ringtail.engine.sstable.Lookup.FOUND);
                assertThat(record.hlc()).isEqualTo(i + 1);
            }
        }
    }

    private static Key key(int index) {
        return new Key().set(0, ("key:" + index).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] value(int index) {
        return ("a value of some bytes, so that it fills memtables " + index).getBytes(StandardCharsets.US_ASCII);
    }
}
