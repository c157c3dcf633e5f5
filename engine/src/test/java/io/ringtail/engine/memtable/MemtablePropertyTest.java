package io.ringtail.engine.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories against a sorted map of the heap, over spread-out keys and over keys crowded into one slot. */
class MemtablePropertyTest {
    @ParameterizedTest
    @ValueSource(strings = {"key:%d", "{tag}:%d", "{tag}%d and a much longer name, so that keys differ in size", "%0200d"})
    void behavesLikeASortedMapOfMergedRecords(String pattern) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        TreeMap<byte[], Record> model = new TreeMap<>(
                (a, b) -> Key.compare(a, 0, a.length, b, 0, b.length));
        Key key = new Key();
        Record record = new Record();
        try (Memtable memtable = new Memtable(8 << 20)) {
            for (int step = 0; step < 20_000; step++) {
                key.set(random.nextInt(3), String.format(pattern, random.nextInt(3000)).getBytes(StandardCharsets.UTF_8));
                randomRecord(random, record);
                assertThat(memtable.merge(key, record)).isTrue();
                model.computeIfAbsent(Arrays.copyOf(key.bytes(), key.size()), k -> new Record()).copyOf(
                        merged(model.get(Arrays.copyOf(key.bytes(), key.size())), record));
            }
            Record found = new Record();
            for (Map.Entry<byte[], Record> entry : model.entrySet()) {
                key.setEncoded(entry.getKey(), 0, entry.getKey().length);
                assertThat(memtable.get(key, found)).as("seed %d", seed).isTrue();
                assertThat(encoded(found)).as("seed %d", seed).isEqualTo(encoded(entry.getValue()));
                boolean plain = found.hasValue() && !found.isTombstone() && !found.hasExpiry() && !found.isCausal();
                assertThat(memtable.holds(key, found.hlc(), found.actor())).as("seed %d", seed).isEqualTo(plain);
                assertThat(memtable.holds(key, found.hlc() + 1, found.actor())).as("seed %d", seed).isFalse();
                assertThat(memtable.holds(key, found.hlc(), found.actor() + 1)).as("seed %d", seed).isFalse();
            }
            assertThat(memtable.get(key.set(0, "absent".getBytes(StandardCharsets.UTF_8)), found)).isFalse();
            assertThat(memtable.entryCount()).isEqualTo(model.size());

            long from = random.nextLong();
            long through = random.nextLong();
            assertScan(memtable, model, 0, -1L, seed);
            assertScan(memtable, model, from, through, seed);
            assertScan(memtable, model, through, from, seed);
            long tag = key.set(0, "{tag}".getBytes(StandardCharsets.UTF_8)).token();
            assertScan(memtable, model, tag, tag | (-1L >>> 14), seed);
        }
    }

    @Test
    void prefetchingChangesNothingWhateverTheKeys() {
        try (Memtable memtable = new Memtable(1 << 20)) {
            Memtable.Prefetch scratch = new Memtable.Prefetch();
            Key[] keys = new Key[Memtable.PREFETCH_MAX];
            Record record = new Record();
            for (int i = 0; i < 2000; i++) {
                for (int k = 0; k < keys.length; k++) {
                    String name = (k % 2 == 0 ? "{crowded}" : "spread") + (i - k);
                    keys[k] = new Key().set(0, name.getBytes(StandardCharsets.UTF_8));
                }
                memtable.prefetch(keys, keys.length, true, scratch);
                assertThat(memtable.get(keys[0], record)).isFalse();
                memtable.merge(keys[0], record.setValue(i + 1, 1, 0, new byte[i % 100], 0, i % 100));
                memtable.prefetch(keys, keys.length, false, scratch);
                assertThat(memtable.get(keys[0], record)).isTrue();
                assertThat(record.valueSize()).isEqualTo(i % 100);
            }
        }
    }

    private static Record merged(Record present, Record incoming) {
        Record copy = new Record();
        if (present == null || present.isEmpty()) {
            return copy.copyOf(incoming);
        }
        Record base = new Record().copyOf(present);
        return new Record().copyOf(base.merge(incoming));
    }

    private static void assertScan(
            Memtable memtable, TreeMap<byte[], Record> model, long from, long through, long seed) {
        try (RecordCursor cursor = memtable.cursor(from, through)) {
            for (Map.Entry<byte[], Record> entry : model.entrySet()) {
                long token = Key.token(entry.getKey(), 0);
                if (Long.compareUnsigned(token, from) < 0 || Long.compareUnsigned(token, through) > 0) {
                    continue;
                }
                assertThat(cursor.next()).as("seed %d", seed).isTrue();
                assertThat(Arrays.copyOf(cursor.key().bytes(), cursor.key().size())).isEqualTo(entry.getKey());
                assertThat(encoded(cursor.record())).isEqualTo(encoded(entry.getValue()));
            }
            assertThat(cursor.next()).as("seed %d", seed).isFalse();
            assertThat(cursor.next()).isFalse();
        }
    }

    private static void randomRecord(Random random, Record record) {
        long hlc = random.nextInt(1000);
        long actor = random.nextInt(3);
        switch (random.nextInt(5)) {
            case 0 -> record.setTombstone(hlc, actor);
            case 1 -> record.setExpiry(hlc, actor, random.nextInt(100));
            default -> {
                // A function of the version, as real values are: one version never stands for two values.
                byte[] value = new byte[(int) ((hlc * 7 + actor) % 90)];
                Arrays.fill(value, (byte) (hlc + actor));
                record.setValue(hlc, actor, hlc % 4 == 0 ? hlc + 1 : 0, value, 0, value.length);
            }
        }
    }

    private static byte[] encoded(Record record) {
        byte[] bytes = new byte[record.size()];
        record.encode(bytes, 0);
        return bytes;
    }

    @Test
    void keysOfOneTokenAndKeysThatArePrefixesOfOneAnotherStayApart() {
        try (Memtable memtable = new Memtable(1 << 20)) {
            Key key = new Key();
            Record record = new Record();
            byte[] user = "user".getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 500; i++) {
                byte[] subkey = ("field" + i).getBytes(StandardCharsets.UTF_8);
                key.set(0, user).setSubkey(subkey, 0, subkey.length);
                memtable.merge(key, record.setValue(1, 1, 0, subkey, 0, subkey.length));
            }
            assertThat(memtable.get(key.set(0, user), record)).isFalse();
            for (int i = 0; i < 500; i++) {
                byte[] subkey = ("field" + i).getBytes(StandardCharsets.UTF_8);
                assertThat(memtable.get(key.set(0, user).setSubkey(subkey, 0, subkey.length), record)).isTrue();
                assertThat(record.value()).isEqualTo(subkey);
            }
            assertThat(memtable.entryCount()).isEqualTo(500);
        }
    }

    @Test
    void readersNeverSeeHalfARecordWhileAWriterOverwritesIt() throws InterruptedException {
        try (Memtable memtable = new Memtable(64 << 20)) {
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<String> wrong = new AtomicReference<>();
            byte[] name = "hot".getBytes(StandardCharsets.UTF_8);
            Record first = new Record();
            memtable.merge(new Key().set(0, name), first.setValue(1, 1, 0, new byte[200], 0, 200));
            Thread reader = new Thread(() -> {
                Key key = new Key().set(0, name);
                Record found = new Record();
                long last = 0;
                while (!stop.get()) {
                    if (!memtable.get(key, found)) {
                        wrong.set("lost");
                        return;
                    }
                    byte[] value = found.value();
                    for (byte b : value) {
                        if (b != value[0]) {
                            wrong.set("torn: " + Arrays.toString(value));
                            return;
                        }
                    }
                    if (found.hlc() < last) {
                        wrong.set("went back from " + last + " to " + found.hlc());
                        return;
                    }
                    last = found.hlc();
                }
            });
            reader.start();
            Key key = new Key().set(0, name);
            Record record = new Record();
            for (int i = 2; i < 300_000; i++) {
                byte[] value = new byte[100 + i % 101];
                Arrays.fill(value, (byte) i);
                memtable.merge(key, record.setValue(i, 1, 0, value, 0, value.length));
            }
            stop.set(true);
            reader.join();
            assertThat(wrong.get()).isNull();
        }
    }
}
