package io.ringtail.engine.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.engine.sstable.SstableOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is compacted whenever, a reader sees what the merge of everything ever written shows. */
class CompactionPropertyTest {
    private static final Path DIRECTORY = Path.of("/store");

    private final TreeMap<byte[], Record> model = new TreeMap<>(Arrays::compareUnsigned);
    private final long[] floors = new long[256];
    private long nowMillis = 1_000_000;
    private int counter;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void readersSeeTheMergeOfEverything(long seed) throws IOException {
        Random random = new Random(seed);
        int scaling = random.nextInt(7) - 3;
        CompactionOptions options = new CompactionOptions(
                scaling,
                4096,
                2048 << random.nextInt(4),
                32,
                0.3,
                5,
                new SstableOptions(Compression.LZ4, 1, 512, 10));
        TombstoneRule rule = random.nextInt(3) == 0 ? graceOf(200) : TombstoneRule.ALONE;
        SimulatedFileSystem files = new SimulatedFileSystem();
        files.createDirectories(DIRECTORY);
        try (TableSet tables = new TableSet(files, DIRECTORY, options)) {
            TreeMap<byte[], Record> memtable = new TreeMap<>(Arrays::compareUnsigned);
            TreeMap<byte[], Record> frozen = new TreeMap<>(Arrays::compareUnsigned);
            for (int round = 0; round < 60; round++) {
                int writes = 1 + random.nextInt(120);
                for (int i = 0; i < writes; i++) {
                    write(random, memtable);
                    nowMillis += random.nextInt(3);
                }
                if (random.nextInt(12) == 0) {
                    floors[1] = hlc();
                }
                if (frozen.isEmpty() && random.nextInt(4) == 0) {
                    // It waits for its flush while later memtables are flushed before it.
                    frozen.putAll(memtable);
                    memtable.clear();
                } else if (!frozen.isEmpty() && random.nextInt(4) == 0) {
                    tables.flush(frozen);
                    frozen.clear();
                }
                if (!memtable.isEmpty() && random.nextInt(4) > 0) {
                    tables.flush(memtable);
                    memtable.clear();
                }
                long memtableMinHlc = minHlc(memtable);
                if (Long.compareUnsigned(minHlc(frozen), memtableMinHlc) < 0) {
                    memtableMinHlc = minHlc(frozen);
                }
                nowMillis += random.nextInt(20) == 0 ? 1000 : 0;
                Optional<CompactionResult> done;
                int tasks = 0;
                do {
                    done = tables.compact(new Horizon(nowMillis, memtableMinHlc, key -> false, floors.clone(), rule));
                    assertThat(++tasks).as("seed %d: compaction comes to an end", seed).isLessThan(200);
                } while (done.isPresent() && random.nextInt(10) > 0);
                TreeMap<byte[], Record> unflushed = new TreeMap<>(frozen);
                memtable.forEach((key, record) -> unflushed.merge(
                        key, record, (a, b) -> new Record().copyOf(a).merge(b)));
                requireSameAsModel(seed, tables, unflushed);
                tables.requireNoLeftovers();
            }
        }
    }

    private static TombstoneRule graceOf(long millis) {
        return new TombstoneRule() {
            @Override
            public boolean droppable(long token, long hlc) {
                return hlc >>> 16 < 1_000_000 + millis;
            }

            @Override
            public boolean droppable(long firstToken, long lastToken, long hlc) {
                return droppable(firstToken, hlc) && droppable(lastToken, hlc);
            }

            @Override
            public long expiriesFinalMillis(long firstToken, long lastToken) {
                return 1_000_000 + millis - 1;
            }

            @Override
            public boolean expiryIsFinal(long token, long expireAtMillis) {
                return expireAtMillis < 1_000_000 + millis;
            }
        };
    }

    private long hlc() {
        return nowMillis << 16 | (counter++ & 0xFFFF);
    }

    private static long minHlc(Map<byte[], Record> memtable) {
        long least = -1;
        for (Record record : memtable.values()) {
            if (record.hasValue() && Long.compareUnsigned(record.hlc(), least) < 0) {
                least = record.hlc();
            }
            if (record.hasExpiry() && Long.compareUnsigned(record.expiryHlc(), least) < 0) {
                least = record.expiryHlc();
            }
        }
        return least;
    }

    private void write(Random random, TreeMap<byte[], Record> memtable) {
        Key key = new Key();
        int number = random.nextInt(400);
        key.set(number % 5 == 0 ? 1 : 0, ((number % 3 == 0 ? "{t}" : "") + number).getBytes());
        byte[] encoded = Arrays.copyOf(key.bytes(), key.size());
        Record old = visible(model.get(encoded), key.database());
        Record record = new Record();
        int kind = random.nextInt(10);
        if (kind < 2) {
            record.setTombstone(hlc(), 1);
        } else if (kind < 4) {
            // As a command would: only a key that is there is given another end, or none.
            if (!old.isLive(nowMillis)) {
                return;
            }
            record.setExpiry(hlc(), 1, random.nextBoolean() ? 0 : nowMillis + random.nextInt(300));
        } else {
            byte[] value = new byte[random.nextInt(80)];
            random.nextBytes(value);
            long expireAtMillis = random.nextInt(3) == 0 ? nowMillis + 1 + random.nextInt(300) : 0;
            record.setValue(hlc(), 1, expireAtMillis, value, 0, value.length);
        }
        model.merge(encoded, new Record().copyOf(record), (a, b) -> new Record().copyOf(a.merge(b)));
        memtable.merge(encoded, new Record().copyOf(record), (a, b) -> new Record().copyOf(a.merge(b)));
    }

    /** What a reader makes of a record: nothing, if it is under the floor. */
    private Record visible(@Nullable Record record, int database) {
        Record none = new Record();
        if (record == null || !record.hasValue()) {
            return none;
        }
        return Long.compareUnsigned(record.hlc(), floors[database]) <= 0 ? none : record;
    }

    private void requireSameAsModel(long seed, TableSet tables, TreeMap<byte[], Record> memtable) throws IOException {
        for (Map.Entry<byte[], Record> entry : model.entrySet()) {
            int database = Key.database(entry.getKey(), 0);
            Record expected = visible(entry.getValue(), database);
            Record stored = tables.read(entry.getKey());
            Record unflushed = memtable.get(entry.getKey());
            if (unflushed != null) {
                stored.merge(unflushed);
            }
            Record actual = visible(stored, database);
            Supplier<String> what =
                    () -> "seed " + seed + " at " + nowMillis + " model " + expected + " store " + actual;
            assertThat(actual.isLive(nowMillis)).as(what).isEqualTo(expected.isLive(nowMillis));
            if (expected.isLive(nowMillis)) {
                assertThat(actual.value()).as(what).isEqualTo(expected.value());
                assertThat(actual.hlc()).as(what).isEqualTo(expected.hlc());
                assertThat(actual.expireAtMillis()).as(what).isEqualTo(expected.expireAtMillis());
            }
        }
    }
}
