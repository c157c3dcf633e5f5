package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import org.junit.jupiter.api.Test;

/** A store in one thread, whose clock and disk are the test's: as a simulation opens thousands of. */
class StoreWithoutThreadsTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Key key = new Key();
    private final Record record = new Record();
    private long wallMillis = 1_000_000;
    private long nanos;
    private long nextRandom = 1;

    private StoreOptions options() {
        return StoreOptions.of(DIRECTORY)
                .withFileSystem(files)
                .withSizes(64 << 10, 0, 64 << 10, 16 << 10)
                .withSources(new StoreSources(() -> wallMillis, () -> nanos, () -> nextRandom++))
                .withoutThreads();
    }

    private void write(Store store, StoreSession session, Key where, Record what) throws IOException {
        store.writeLock().lock();
        try {
            session.merge(where, what);
        } finally {
            store.writeLock().unlock();
        }
        store.append();
    }

    private Key key(String name) {
        return key.set(0, name.getBytes(StandardCharsets.UTF_8));
    }

    private Record value(long hlc, int size) {
        return record.setValue(hlc, 1, 0, new byte[size], 0, size);
    }

    private static void maintain(Store store) {
        int steps = 0;
        while (store.runMaintenance()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    @Test
    void holdsWhatAStoreWithThreadsHolds() throws IOException {
        long seed = System.nanoTime();
        Map<String, String> alone = run(options(), seed);
        Map<String, String> threaded = run(
                StoreOptions.of(DIRECTORY)
                        .withFileSystem(new SimulatedFileSystem())
                        .withSyncPolicy(SyncPolicy.NO)
                        .withSizes(64 << 10, 1 << 20, 64 << 10, 16 << 10),
                seed);
        assertThat(alone).as("seed %d", seed).isEqualTo(threaded).hasSizeGreaterThan(100);
    }

    private Map<String, String> run(StoreOptions options, long seed) throws IOException {
        Random random = new Random(seed);
        Store store = Store.open(options, StoreListener.NONE);
        StoreSession session = store.session();
        try {
            for (int step = 1; step <= 4_000; step++) {
                Key where = key("key" + random.nextInt(500));
                Record what = random.nextInt(4) == 0 ? record.setTombstone(step, 1) : value(step, random.nextInt(400));
                write(store, session, where, what);
                nanos += SECOND_NANOS / 100;
                int dice = random.nextInt(300);
                if (options.threads() == null && dice < 100) {
                    store.runMaintenance();
                }
                if (dice == 299) {
                    store.flush();
                } else if (dice == 298) {
                    store.compact();
                } else if (dice == 297) {
                    session.close();
                    store.close();
                    store = Store.open(options, StoreListener.NONE);
                    session = store.session();
                }
            }
            Map<String, String> content = new TreeMap<>();
            try (RecordCursor cursor = session.scan(0, -1)) {
                while (cursor.next()) {
                    if (!cursor.record().isTombstone()) {
                        byte[] bytes = new byte[cursor.record().size()];
                        cursor.record().encode(bytes, 0);
                        content.put(HexFormat.of().formatHex(cursor.key().userKey()), HexFormat.of().formatHex(bytes));
                    }
                }
            }
            return content;
        } finally {
            session.close();
            store.close();
        }
    }

    @Test
    void startsNoThreadAndIsRefusedMaintenanceWhenItHasThreads() throws IOException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (Store store = Store.open(options(), StoreListener.NONE)) {
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().startsWith("store-"))
                    .isSubsetOf(before);
            assertThat(store.throttleNanos()).isZero();
        }
        StoreOptions threaded = options().withThreads(Thread::new);
        try (Store store = Store.open(threaded, StoreListener.NONE)) {
            assertThatThrownBy(store::runMaintenance).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void syncsWhenTheHandedInClockSaysSo() throws IOException {
        try (Store store = Store.open(options().withSyncPolicy(SyncPolicy.EVERYSEC), StoreListener.NONE);
                StoreSession session = store.session()) {
            maintain(store);
            write(store, session, key("a"), value(1, 10));
            long appended = store.append();
            maintain(store);
            assertThat(store.durablePosition()).isLessThan(appended);
            nanos += 2 * SECOND_NANOS;
            assertThat(store.runMaintenance()).isTrue();
            assertThat(store.durablePosition()).isEqualTo(appended);
            write(store, session, key("b"), value(2, 10));
            store.awaitDurable();
            assertThat(store.durablePosition()).isEqualTo(store.append());
        }
    }

    @Test
    void forgetsWhatHasExpiredByTheHandedInClockUnlessReplicasMayHoldMore() throws IOException {
        try (Store store = Store.open(options(), StoreListener.NONE);
                StoreSession session = store.session()) {
            store.tombstoneRule(TombstoneRule.KEEP);
            long hlc = wallMillis << 16;
            byte[] value = new byte[100];
            write(store, session, key("gone"), record.setTombstone(hlc, 1));
            write(store, session, key("ends"), record.setValue(hlc, 1, wallMillis + 500, value, 0, value.length));
            store.flush();
            wallMillis += 60_000;
            nanos += 60 * SECOND_NANOS;
            maintain(store);
            assertThat(session.get(key("gone"), record, true)).isEqualTo(Lookup.FOUND);
            assertThat(record.hlc()).isEqualTo(hlc);
            assertThat(session.get(key("ends"), record, true)).isEqualTo(Lookup.FOUND);
            assertThat(record.valueSize()).isEqualTo(100);

            store.tombstoneRule(TombstoneRule.ALONE);
            maintain(store);
            assertThat(session.get(key("gone"), record, true)).isEqualTo(Lookup.MISSING);
            assertThat(session.get(key("ends"), record, true)).isEqualTo(Lookup.MISSING);
            assertThat(store.isEmpty()).as("it was written once").isFalse();
        }
    }

    /** A table of expiries alone, of values in an older table, was compacted for its garbage again and again: none of it could go without the values. */
    @Test
    void expiriesThatWereFlushedAfterTheirValuesGoWithThemAndMakeNoEndlessWork() throws IOException {
        try (Store store = Store.open(options(), StoreListener.NONE);
                StoreSession session = store.session()) {
            long hlc = wallMillis << 16;
            byte[] value = new byte[100];
            for (int i = 0; i < 100; i++) {
                write(store, session, key("k" + i), record.setValue(hlc + i, 1, 0, value, 0, value.length));
            }
            store.flush();
            for (int i = 0; i < 100; i++) {
                write(store, session, key("k" + i), record.setExpiry(hlc + 1000 + i, 1, wallMillis + 500));
            }
            store.flush();
            // An older write, in memory still: what it may be hidden by has to stay.
            write(store, session, key("late"), record.setValue(hlc + 500, 1, 0, value, 0, value.length));
            wallMillis += 60_000;
            nanos += 60 * SECOND_NANOS;
            maintain(store);
            assertThat(session.get(key("k7"), record, true)).isEqualTo(Lookup.FOUND);
            assertThat(record.isLive(wallMillis)).isFalse();

            store.flush();
            maintain(store);
            assertThat(session.get(key("k7"), record, true)).isEqualTo(Lookup.MISSING);
            assertThat(session.get(key("late"), record, true)).isEqualTo(Lookup.FOUND);
        }
    }

    @Test
    void aFullDiskIsRefusedAndTriedAgainWhenTheClockSaysSo() throws IOException {
        try (Store store = Store.open(options(), StoreListener.NONE);
                StoreSession session = store.session()) {
            files.failAll(SimulatedFileSystem.Operation.CREATE, new DiskFullException(DIRECTORY, "create", new IOException("full")));
            int step = 0;
            while (store.refusal() == null) {
                assertThat(++step).isLessThan(100_000);
                try {
                    write(store, session, key("key" + step), value(step, 1000));
                } catch (IOException keptByTheLog) {
                    assertThat(store.refusal()).isNotNull();
                }
                store.runMaintenance();
                nanos += SECOND_NANOS / 50;
            }
            files.heal();
            nanos += 20 * SECOND_NANOS;
            maintain(store);
            assertThat(store.refusal()).isNull();
            assertThat(session.get(key("key1"), record, true)).isEqualTo(Lookup.FOUND);
        }
    }

    @Test
    void givenUpItWritesNothingMoreAndWhatWasSyncedIsThere() throws IOException {
        Store store = Store.open(options().withSyncPolicy(SyncPolicy.NO), StoreListener.NONE);
        StoreSession session = store.session();
        write(store, session, key("synced"), value(1, 10));
        store.awaitDurable();
        long changes = files.changes();
        store.writeLock().lock();
        session.merge(key("pending"), value(2, 10));
        store.writeLock().unlock();
        session.close();
        store.abandon();
        store.close();
        assertThat(files.changes()).isEqualTo(changes);
        files.powerCut(new Random(1));
        try (Store again = Store.open(options(), StoreListener.NONE);
                StoreSession reader = again.session()) {
            assertThat(reader.get(key("synced"), record, true)).isEqualTo(Lookup.FOUND);
            assertThat(reader.get(key("pending"), record, true)).isEqualTo(Lookup.MISSING);
        }
    }

    @Test
    void givesAllItsMemoryBackHoweverItEnds() throws IOException {
        Random random = new Random(7);
        long before = 0;
        for (int round = 0; round < 60; round++) {
            if (round == 10) {
                before = nativeMemory();
            }
            Store store = Store.open(options(), StoreListener.NONE);
            StoreSession session = store.session();
            for (int i = 0; i < 200; i++) {
                write(store, session, key("key" + random.nextInt(100)), value(round * 1000L + i, 700));
                store.runMaintenance();
            }
            session.close();
            if (round % 2 == 0) {
                store.close();
            } else {
                store.abandon();
                files.powerCut(random);
            }
        }
        assertThat(nativeMemory()).isEqualTo(before);
    }

    /** What is allocated. Chronicle frees on a thread of its own, by way of a short queue. */
    private static long nativeMemory() {
        BackgroundResourceReleaser.releasePendingResources();
        return OS.memory().nativeMemoryUsed();
    }
}
