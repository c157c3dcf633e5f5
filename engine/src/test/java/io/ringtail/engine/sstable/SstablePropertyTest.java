package io.ringtail.engine.sstable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table gives back what a sorted map gives back, however its keys are distributed. */
class SstablePropertyTest {
    @TempDir
    Path directory;

    private final SstableContext context =
            new SstableContext(new LocalFileSystem(), new BlockCache(1 << 20), Runnable::run, (path, failure) -> {});

    /** How user keys and subkeys are drawn. */
    private enum Shape {
        UNIFORM,
        ONE_SLOT,
        ONE_TOKEN,
        FEW_TOKENS_MANY_SUBKEYS,
        MEMBERS,
        LONG_KEYS,
        DENSE_AND_SPARSE
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void answersAsASortedMap(long seed) throws IOException {
        Random random = new Random(seed);
        for (Shape shape : Shape.values()) {
            String history = "seed " + seed + " shape " + shape;
            TreeMap<byte[], byte[]> model = model(random, shape, 1 + random.nextInt(random.nextBoolean() ? 20 : 1500));
            SstableOptions options = new SstableOptions(
                    Compression.values()[random.nextInt(3)], 1, 512 << random.nextInt(5), 10);
            Path path = directory.resolve(shape + ".sst");
            SstableProperties written = write(path, model, options);
            Sstable table = Sstable.open(context, path, 7);
            assertThat(table.properties()).usingRecursiveComparison().isEqualTo(written);
            assertThat(written.entries()).as(history).isEqualTo(model.size());
            assertThat(written.minKey()).as(history).isEqualTo(model.firstKey());
            assertThat(written.maxKey()).as(history).isEqualTo(model.lastKey());
            everyKeyIsFound(history, table, model);
            absentKeysAreMissing(history, table, model, random, shape);
            walk(history, table.cursor(), model);
            for (int i = 0; i < 10; i++) {
                long from = token(random, model);
                long through = token(random, model);
                if (Long.compareUnsigned(from, through) <= 0) {
                    walk(history, table.cursor(from, through), range(model, from, through));
                }
            }
            table.markObsolete();
            table.release();
            assertThat(path).as(history).doesNotExist();
        }
    }

    private static void everyKeyIsFound(String history, Sstable table, Map<byte[], byte[]> model) throws IOException {
        Key key = new Key();
        Record record = new Record();
        for (Map.Entry<byte[], byte[]> entry : model.entrySet()) {
            key.setEncoded(entry.getKey(), 0, entry.getKey().length);
            assertThat(table.get(key, key.filterHash(), record, true)).as(history).isEqualTo(Lookup.FOUND);
            assertThat(encoded(record)).as(history).isEqualTo(entry.getValue());
        }
    }

    private static void absentKeysAreMissing(
            String history, Sstable table, Map<byte[], byte[]> model, Random random, Shape shape) throws IOException {
        Record record = new Record();
        for (int i = 0; i < 300; i++) {
            Key key = key(random, shape);
            boolean present = model.containsKey(bytes(key));
            assertThat(table.get(key, key.filterHash(), record, true))
                    .as(history)
                    .isEqualTo(present ? Lookup.FOUND : Lookup.MISSING);
        }
    }

    private static void walk(String history, RecordCursor cursor, SortedMap<byte[], byte[]> expected) {
        try (cursor) {
            for (Map.Entry<byte[], byte[]> entry : expected.entrySet()) {
                assertThat(cursor.next()).as(history).isTrue();
                assertThat(bytes(cursor.key())).as(history).isEqualTo(entry.getKey());
                assertThat(encoded(cursor.record())).as(history).isEqualTo(entry.getValue());
            }
            assertThat(cursor.next()).as(history).isFalse();
            assertThat(cursor.next()).as(history).isFalse();
        }
    }

    @Test
    void aValueLargerThanAnyBufferIsABlockOfItsOwn() throws IOException {
        TreeMap<byte[], byte[]> model = model(new Random(5), Shape.UNIFORM, 50);
        byte[] large = new byte[SstableFormat.STREAMED_ENTRY_BYTES + 5];
        new Random(6).nextBytes(large);
        byte[] medium = new byte[3 << 20];
        model.put(bytes(new Key().set(0, "large".getBytes())), encoded(new Record().setValue(1, 1, 0, large, 0, large.length)));
        model.put(
                bytes(new Key().set(0, "medium".getBytes())),
                encoded(new Record().setValue(1, 1, 0, medium, 0, medium.length)));
        Path path = directory.resolve("large.sst");
        write(path, model, SstableOptions.DEFAULT);
        Sstable table = Sstable.open(context, path, 7);
        everyKeyIsFound("large", table, model);
        everyKeyIsFound("large", table, model);
        everyKeyIsFound("large", table, model);
        walk("large", table.cursor(), model);
        table.release();
    }

    @Test
    void refusesKeysOutOfOrderAndEmptyTables() throws IOException {
        Path path = directory.resolve("order.sst");
        Record record = new Record().setTombstone(1, 1);
        try (SstableWriter writer = new SstableWriter(context.files(), path, 1, 7, SstableOptions.DEFAULT)) {
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
            Key key = new Key().set(0, "a".getBytes());
            writer.add(key, record);
            assertThatThrownBy(() -> writer.add(key, record)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(path).doesNotExist();
    }

    @Test
    void aTableOutlivesItsOwnersReferenceWhileACursorReadsIt() throws IOException {
        TreeMap<byte[], byte[]> model = model(new Random(9), Shape.UNIFORM, 500);
        Path path = directory.resolve("held.sst");
        write(path, model, SstableOptions.DEFAULT);
        Sstable table = Sstable.open(context, path, 7);
        RecordCursor cursor = table.cursor();
        assertThat(cursor.next()).isTrue();
        table.markObsolete();
        table.release();
        assertThat(path).exists();
        int walked = 1;
        while (cursor.next()) {
            walked++;
        }
        assertThat(walked).isEqualTo(model.size());
        cursor.close();
        cursor.close();
        assertThat(path).doesNotExist();
        assertThat(table.tryRetain()).isFalse();
        assertThatThrownBy(table::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aboutOneAbsentKeyInAHundredPassesTheFilter() throws IOException {
        TreeMap<byte[], byte[]> model = model(new Random(11), Shape.UNIFORM, 20_000);
        Path path = directory.resolve("filter.sst");
        write(path, model, SstableOptions.DEFAULT);
        Sstable table = Sstable.open(context, path, 7);
        int passed = 0;
        Key key = new Key();
        for (int i = 0; i < 100_000; i++) {
            key.set(0, ("absent" + i).getBytes());
            if (table.mayContain(key, key.filterHash())) {
                passed++;
            }
        }
        assertThat(passed).isBetween(300, 1500);
        table.release();
    }

    @Test
    void aBlockInThePageCacheIsReadWithoutBlocking() throws IOException {
        TreeMap<byte[], byte[]> model = model(new Random(12), Shape.UNIFORM, 2000);
        Path path = directory.resolve("resident.sst");
        write(path, model, SstableOptions.DEFAULT);
        Sstable table = Sstable.open(context, path, 7);
        Key key = new Key().setEncoded(model.firstKey(), 0, model.firstKey().length);
        // Just written, so in the page cache; where nobody can tell, everything is cold.
        assertThat(table.get(key, key.filterHash(), new Record(), false))
                .isEqualTo(Residency.isKnown() ? Lookup.FOUND : Lookup.COLD);
        table.release();
    }

    // ---- the model

    private SstableProperties write(Path path, SortedMap<byte[], byte[]> model, SstableOptions options)
            throws IOException {
        try (SstableWriter writer = new SstableWriter(context.files(), path, 1, 7, options)) {
            Key key = new Key();
            Record record = new Record();
            for (Map.Entry<byte[], byte[]> entry : model.entrySet()) {
                key.setEncoded(entry.getKey(), 0, entry.getKey().length);
                writer.add(key, record.wrap(entry.getValue(), 0, entry.getValue().length));
            }
            return writer.finish();
        }
    }

    private static TreeMap<byte[], byte[]> model(Random random, Shape shape, int count) {
        TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
        for (int i = 0; i < count; i++) {
            model.put(bytes(key(random, shape)), encoded(record(random)));
        }
        return model;
    }

    private static Key key(Random random, Shape shape) {
        Key key = new Key();
        int number = random.nextInt(100_000);
        int database = random.nextInt(8) == 0 ? random.nextInt(256) : 0;
        return switch (shape) {
            case UNIFORM -> key.set(database, ("key" + number).getBytes());
            case ONE_SLOT -> key.set(0, ("{tag}" + number).getBytes());
            case ONE_TOKEN -> subkey(key.set(0, "collection".getBytes()), "field-with-a-long-common-prefix" + number);
            case FEW_TOKENS_MANY_SUBKEYS ->
                subkey(key.set(database, ("key" + number % 5).getBytes()), "f" + number / 10);
            case MEMBERS -> {
                byte[] member = ("member" + number).getBytes();
                // One large collection, and small ones on both sides of it.
                Key header = new Key().set(0, ("{tag}" + Math.max(0, number % 40 - 30)).getBytes());
                yield MemberKeys.set(key, header, Record.TYPE_SET, member, 0, member.length);
            }
            case LONG_KEYS -> key.set(database, ("k" + number).repeat(1 + random.nextInt(300)).getBytes());
            case DENSE_AND_SPARSE ->
                key.set(database, ((number % 10 == 0 ? "" : "{x}") + number).getBytes());
        };
    }

    private static Key subkey(Key key, String subkey) {
        byte[] bytes = subkey.getBytes();
        return key.setSubkey(bytes, 0, bytes.length);
    }

    private static Record record(Random random) {
        long hlc = 1 + random.nextInt(1 << 20);
        Record record = new Record();
        switch (random.nextInt(10)) {
            case 0 -> record.setTombstone(hlc, 3);
            case 1 -> record.setExpiry(hlc, 3, random.nextInt(1000));
            default -> {
                byte[] value = new byte[random.nextInt(20) == 0 ? random.nextInt(9000) : random.nextInt(60)];
                if (random.nextBoolean()) {
                    random.nextBytes(value);
                }
                record.setValue(hlc, 3, random.nextInt(5) == 0 ? 1 + random.nextInt(1000) : 0, value, 0, value.length);
            }
        }
        return record;
    }

    private static long token(Random random, TreeMap<byte[], byte[]> model) {
        if (random.nextInt(4) == 0) {
            return random.nextLong();
        }
        byte[] around = model.floorKey(bytes(key(random, Shape.UNIFORM)));
        return Key.token(around == null ? model.firstKey() : around, 0) + random.nextInt(3) - 1;
    }

    private static SortedMap<byte[], byte[]> range(TreeMap<byte[], byte[]> model, long from, long through) {
        TreeMap<byte[], byte[]> range = new TreeMap<>(Arrays::compareUnsigned);
        model.forEach((key, value) -> {
            long token = Key.token(key, 0);
            if (Long.compareUnsigned(token, from) >= 0 && Long.compareUnsigned(token, through) <= 0) {
                range.put(key, value);
            }
        });
        return range;
    }

    private static byte[] bytes(Key key) {
        return Arrays.copyOf(key.bytes(), key.size());
    }

    private static byte[] encoded(Record record) {
        byte[] encoded = new byte[record.size()];
        record.encode(encoded, 0);
        return encoded;
    }
}
