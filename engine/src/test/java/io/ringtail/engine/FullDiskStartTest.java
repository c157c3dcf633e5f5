package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A store is started while the disk takes no new file. */
final class FullDiskStartTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Record record = new Record();
    private long nanos;
    private long nextRandom = 1;

    private StoreOptions options(int memtableBytes) {
        return StoreOptions.of(DIRECTORY)
                .withFileSystem(files)
                .withSizes(memtableBytes, 0, 64 << 10, 4 << 20)
                .withSources(new StoreSources(() -> 1_000_000, () -> nanos, () -> nextRandom++))
                .withoutThreads();
    }

    private void fillTheDisk() {
        files.failAll(
                SimulatedFileSystem.Operation.CREATE, new DiskFullException(DIRECTORY, "create", new IOException("full")));
    }

    private static Key key(int index) {
        return new Key().set(0, ("key" + index).getBytes(StandardCharsets.UTF_8));
    }

    private void write(Store store, StoreSession session, int index) throws IOException {
        store.writeLock().lock();
        try {
            session.merge(key(index), record.setValue(index, store.actor(), 0, new byte[1000], 0, 1000));
        } finally {
            store.writeLock().unlock();
        }
        store.append();
    }

    /** Writes until writes are refused; how many there were. */
    private int fill(Store store) throws IOException {
        int written = 0;
        try (StoreSession session = store.session()) {
            while (store.refusal() == null) {
                write(store, session, ++written);
                store.runMaintenance();
                nanos += SECOND_NANOS / 50;
            }
        }
        return written;
    }

    private void check(Store store, int written) throws IOException {
        try (StoreSession session = store.session()) {
            for (int i = 1; i <= written; i++) {
                assertThat(session.get(key(i), record, true)).as("key %d", i).isEqualTo(Lookup.FOUND);
                assertThat(record.hlc()).isEqualTo(i);
            }
        }
    }

    private static void maintain(Store store) {
        int steps = 0;
        while (store.runMaintenance()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    @Test
    void readsWhatItHadAndTakesWritesWhenThereIsRoom() throws IOException {
        Store before = Store.open(options(64 << 10), StoreListener.NONE);
        fillTheDisk();
        int written = fill(before);
        assertThat(before.statistics().fullMemtables()).isGreaterThan(2);
        long actorBefore = before.actor();
        before.abandon();

        Store store = Store.open(options(64 << 10), StoreListener.NONE);
        check(store, written);
        assertThat(store.refusal()).startsWith("MISCONF");
        nanos += 2 * SECOND_NANOS;
        maintain(store);
        assertThat(store.refusal()).startsWith("MISCONF");

        files.heal();
        nanos += 2 * SECOND_NANOS;
        maintain(store);
        assertThat(store.refusal()).isNull();
        check(store, written);
        try (StoreSession session = store.session()) {
            write(store, session, written + 1);
        }
        long actor = store.actor();
        assertThat(actor).as("versions that a crash may have lost are not made again").isNotEqualTo(actorBefore);
        store.abandon();

        try (Store after = Store.open(options(64 << 10), StoreListener.NONE)) {
            assertThat(after.actor()).isNotIn(actor, actorBefore);
            assertThat(after.statistics().replayedEntries()).isLessThanOrEqualTo(1);
            check(after, written + 1);
        }
    }

    @Test
    void makesNoVersionsBeforeItsStartIsNoted() throws IOException {
        Store before = Store.open(options(64 << 10), StoreListener.NONE);
        before.abandon();
        fillTheDisk();
        Store store = Store.open(options(64 << 10), StoreListener.NONE);
        assertThat(store.refusal()).startsWith("MISCONF");
        assertThat(store.actor()).isNotEqualTo(before.actor());
        files.heal();
        nanos += 2 * SECOND_NANOS;
        maintain(store);
        assertThat(store.refusal()).isNull();
        store.abandon();
        try (Store after = Store.open(options(64 << 10), StoreListener.NONE)) {
            assertThat(after.actor()).isNotIn(before.actor(), store.actor());
        }
    }

    @Test
    void saysWhatToDoWhenTheLogHoldsMoreThanMemoryMay() throws IOException {
        Store before = Store.open(options(2 << 20), StoreListener.NONE);
        try (StoreSession session = before.session()) {
            for (int i = 1; i <= 1500; i++) {
                write(before, session, i);
            }
        }
        before.abandon();
        fillTheDisk();
        assertThatThrownBy(() -> Store.open(options(64 << 10), StoreListener.NONE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("make room, or start with the memory limit");
        // Nothing is lost by having tried.
        try (Store store = Store.open(options(2 << 20), StoreListener.NONE)) {
            check(store, 1500);
            files.heal();
            nanos += 2 * SECOND_NANOS;
            maintain(store);
            check(store, 1500);
        }
    }
}
