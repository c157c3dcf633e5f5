package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same kinds of random histories under many option sets: tiny memtables, every compression, tiered and leveled, a flush, compaction or reopening after any
 * step. What a reader sees always equals a sorted map on the heap.
 */
class StorePropertyTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final int KEYS = 400;

    record Options(String name, long memtableBytes, Compression compression, int scaling, int cacheBytes, int upheaval) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Options> optionSets() {
        return Stream.of(
                new Options("all in memory", 8 << 20, Compression.NONE, 2, 1 << 20, 0),
                new Options("tiny memtables, lz4, tiered", 64 << 10, Compression.LZ4, 2, 1 << 20, 0),
                new Options("tiny memtables, zstd, leveled, no cache", 64 << 10, Compression.ZSTD, -4, 0, 0),
                new Options("flush and compact all the time", 1 << 20, Compression.LZ4, 0, 1 << 16, 40),
                new Options("no compression, reopen all the time", 256 << 10, Compression.NONE, 2, 1 << 16, 60));
    }

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final TreeMap<String, byte[]> model = new TreeMap<>();
    private long hlc = 1000;

    @ParameterizedTest
    @MethodSource("optionSets")
    void behavesLikeASortedMap(Options options) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        StoreOptions storeOptions = StoreOptions.of(DIRECTORY)
                .withFileSystem(files)
                .withSyncPolicy(SyncPolicy.NO)
                .withSizes(options.memtableBytes, options.cacheBytes, 64 << 10, 1 << 20)
                .withCompression(options.compression)
                .withCompactionScaling(options.scaling);
        Store store = Store.open(storeOptions, StoreListener.NONE);
        StoreSession session = store.session();
        Key key = new Key();
        Record record = new Record();
        int steps = options.upheaval == 0 ? 12_000 : 3_000;
        try {
            for (int step = 0; step < steps; step++) {
                int database = random.nextInt(2);
                String name = database + "key" + random.nextInt(KEYS);
                key.set(database, name.getBytes(StandardCharsets.UTF_8));
                store.writeLock().lock();
                try {
                    hlc++;
                    int dice = random.nextInt(1000);
                    if (dice < 2) {
                        store.clear(database, hlc);
                        model.keySet().removeIf(k -> k.startsWith(Integer.toString(database)));
                    } else if (dice < 200) {
                        session.merge(key, record.setTombstone(hlc, store.actor()));
                        model.remove(name);
                    } else if (dice < 250 && model.containsKey(name)) {
                        boolean past = random.nextBoolean();
                        session.merge(key, record.setExpiry(hlc, store.actor(), past ? 1 : Long.MAX_VALUE));
                        if (past) {
                            model.remove(name);
                        }
                    } else {
                        byte[] value = new byte[random.nextInt(dice < 260 ? 50_000 : 300)];
                        random.nextBytes(value);
                        session.merge(key, record.setValue(hlc, store.actor(), 0, value, 0, value.length));
                        model.put(name, value);
                    }
                } finally {
                    store.writeLock().unlock();
                }
                store.append();
                if (random.nextInt(4) == 0) {
                    session.release();
                }
                if (options.upheaval > 0 && random.nextInt(options.upheaval) == 0) {
                    store.flush();
                    store.compact();
                }
                if (options.upheaval > 0 && random.nextInt(options.upheaval) == 0) {
                    session.close();
                    store.close();
                    store = Store.open(storeOptions, StoreListener.NONE);
                    session = store.session();
                }
                assertOne(session, key, record, database + "key" + random.nextInt(KEYS), seed, step);
                if (step % 1000 == 0) {
                    assertAll(session, seed, step);
                }
            }
            assertAll(session, seed, steps);
            store.flush();
            store.compact();
            assertAll(session, seed, steps);
        } finally {
            session.close();
            store.close();
        }
        try (Store again = Store.open(storeOptions, StoreListener.NONE);
                StoreSession reader = again.session()) {
            assertAll(reader, seed, steps);
            assertThat(Long.compareUnsigned(again.maxHlc(), hlc)).isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void aVersionIsHeldOnlyAsReadersSeeIt() throws IOException {
        Store store = Store.open(StoreOptions.of(DIRECTORY).withFileSystem(files).withSyncPolicy(SyncPolicy.NO), StoreListener.NONE);
        try (StoreSession session = store.session()) {
            Key plain = new Key().set(0, "plain".getBytes(StandardCharsets.UTF_8));
            Key overtaken = new Key().set(0, "overtaken".getBytes(StandardCharsets.UTF_8));
            Record value = new Record().setValue(20, 1, 0, new byte[3], 0, 3);
            merge(store, session, overtaken, new Record().setValue(30, 1, 0, new byte[3], 0, 3));
            store.flush();
            merge(store, session, plain, value);
            merge(store, session, overtaken, value);
            assertThat(session.holds(plain, 20, 1)).as("it may be hidden by what lies in a table").isFalse();
            assertThat(session.holds(overtaken, 20, 1)).as("a later one lies in a table").isFalse();
            value.setValue(40, 1, 0, new byte[3], 0, 3);
            merge(store, session, plain, value);
            assertThat(session.holds(plain, 40, 1)).isTrue();
            assertThat(session.holds(plain, 40, 2)).isFalse();
            store.writeLock().lock();
            store.clear(0, 41);
            store.writeLock().unlock();
            assertThat(session.holds(plain, 40, 1)).as("it was cleared").isFalse();
        }
        store.close();
    }

    private static void merge(Store store, StoreSession session, Key key, Record record) throws IOException {
        store.writeLock().lock();
        session.merge(key, record);
        store.writeLock().unlock();
        store.append();
    }

    private void assertOne(StoreSession session, Key key, Record record, String name, long seed, int step)
            throws IOException {
        key.set(name.charAt(0) - '0', name.getBytes(StandardCharsets.UTF_8));
        boolean live = session.get(key, record, true) == Lookup.FOUND && record.isLive(100);
        byte[] expected = model.get(name);
        assertThat(live).as("seed %d step %d key %s", seed, step, name).isEqualTo(expected != null);
        if (expected != null) {
            assertThat(record.value()).as("seed %d step %d key %s", seed, step, name).isEqualTo(expected);
        }
        Record versions = new Record();
        Lookup lookup = session.get(key, record, true);
        assertThat(session.getVersions(key, versions, true)).as("seed %d step %d key %s", seed, step, name).isEqualTo(lookup);
        assertThat(lookup == Lookup.FOUND ? versions(versions) : List.of()).as("seed %d step %d key %s", seed, step, name).isEqualTo(lookup == Lookup.FOUND ? versions(record) : List.of());
    }

    private static List<Object> versions(Record record) {
        return List.of(record.hasValue(), record.isTombstone(), record.hasExpiry(), record.hasValue() ? record.hlc() : 0,
                record.hasValue() ? record.actor() : 0, record.expiryHlc(), record.expiryActor(), record.expireAtMillis());
    }

    private void assertAll(StoreSession session, long seed, int step) throws IOException {
        Key key = new Key();
        Record record = new Record();
        for (int database = 0; database < 2; database++) {
            for (int i = 0; i < KEYS; i++) {
                assertOne(session, key, record, database + "key" + i, seed, step);
            }
        }
        Map<String, byte[]> scanned = new TreeMap<>();
        long last = 0;
        try (RecordCursor cursor = session.scan(0, -1)) {
            while (cursor.next()) {
                assertThat(Long.compareUnsigned(cursor.key().token(), last)).isGreaterThanOrEqualTo(0);
                last = cursor.key().token();
                if (cursor.record().isLive(100)) {
                    scanned.put(new String(cursor.key().userKey(), StandardCharsets.UTF_8), cursor.record().value());
                }
            }
        }
        assertThat(scanned.keySet()).as("seed %d step %d", seed, step).isEqualTo(model.keySet());
        scanned.forEach((name, value) -> assertThat(value).as("seed %d key %s", seed, name).isEqualTo(model.get(name)));
    }
}
