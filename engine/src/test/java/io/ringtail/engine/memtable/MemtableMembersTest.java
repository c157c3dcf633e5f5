package io.ringtail.engine.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Members of a few keys among others, against a sorted map of the heap: many and few, with hashes that are random, that crowd, and that are the same; and subkeys too short to have one. */
class MemtableMembersTest {
    private static final Comparator<byte[]> ORDER = (a, b) -> Key.compare(a, 0, a.length, b, 0, b.length);
    private static final int SET_COUNT = 4;

    private final Key key = new Key();
    private final Record record = new Record();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encoded(Key key) {
        return Arrays.copyOf(key.bytes(), key.size());
    }

    /** All of one slot, so that they are neighbours. */
    private static Key set(int number) {
        return new Key().set(number % 2, bytes("{sets}" + number));
    }

    private static Key randomKey(Random random, Key into) {
        Key header = set(random.nextInt(SET_COUNT));
        int type = 1 + random.nextInt(2);
        byte[] subkey = new byte[1 + random.nextInt(12)];
        subkey[0] = (byte) type;
        switch (random.nextInt(8)) {
            case 0 -> {
                return into.setEncoded(header.bytes(), 0, header.size());
            }
            case 1 -> {
                return into.set(random.nextInt(2), bytes("{sets}other" + random.nextInt(300)));
            }
            case 2 -> {
                // From nothing behind the type to more than a hash, all beginning alike and of few bytes, the least and the greatest among them.
                for (int i = 1; i < subkey.length; i++) {
                    subkey[i] = (byte) (random.nextInt(3) - 1);
                }
            }
            case 3 -> {
                // One hash.
                subkey = Arrays.copyOf(subkey, 11);
                Arrays.fill(subkey, 1, 9, (byte) 7);
                subkey[9] = (byte) random.nextInt(20);
                subkey[10] = (byte) random.nextInt(20);
            }
            default -> {
                byte[] member = bytes("member" + random.nextInt(4000));
                return MemberKeys.set(into, header, type, member, 0, member.length);
            }
        }
        return into.setEncoded(header.bytes(), 0, header.size()).setSubkey(subkey, 0, subkey.length);
    }

    private void put(Memtable memtable, Map<byte[], Long> model, Key at, long hlc) {
        assertThat(memtable.merge(at, record.setTombstone(hlc, 1))).isTrue();
        model.put(encoded(at), hlc);
    }

    private static void assertMeets(RecordCursor cursor, Map<byte[], Long> expected, String context) {
        try (cursor) {
            for (Map.Entry<byte[], Long> entry : expected.entrySet()) {
                boolean met = cursor.next();
                // Millions of them: an assertion for each would take most of the time.
                if (!met || !Arrays.equals(encoded(cursor.key()), entry.getKey()) || cursor.record().hlc() != entry.getValue()) {
                    assertThat(met).as(context).isTrue();
                    assertThat(encoded(cursor.key())).as(context).isEqualTo(entry.getKey());
                    assertThat(cursor.record().hlc()).as(context).isEqualTo(entry.getValue());
                }
            }
            assertThat(cursor.next()).as(context).isFalse();
            assertThat(cursor.next()).as(context).isFalse();
        }
    }

    @Test
    void membersAreFoundWalkedAndWalkedFromAnywhereAsInASortedMap() {
        long seed = System.nanoTime();
        String context = "seed " + seed;
        Random random = new Random(seed);
        TreeMap<byte[], Long> model = new TreeMap<>(ORDER);
        // The smaller one has all tokens of a slot in one bucket.
        try (Memtable memtable = new Memtable(random.nextBoolean() ? 4 << 20 : 16 << 20)) {
            for (int step = 1; step <= 30_000; step++) {
                put(memtable, model, randomKey(random, key), step);
                if (Integer.bitCount(step) == 1 || step % 10_000 == 0) {
                    assertMeets(memtable.cursor(0, -1), model, context);
                }
            }
            assertThat(memtable.entryCount()).isEqualTo(model.size());
            for (int i = 0; i < 30_000; i++) {
                Long hlc = model.get(encoded(randomKey(random, key)));
                assertThat(memtable.get(key, record)).as(context).isEqualTo(hlc != null);
                assertThat(hlc == null ? 0 : record.hlc()).as(context).isEqualTo(hlc == null ? 0 : hlc);
            }
            for (int i = 0; i < 200; i++) {
                byte[] behind = randomBehind(random);
                long through = random.nextBoolean() ? -1L : Key.token(behind, 0) + random.nextInt(3) - 1;
                TreeMap<byte[], Long> expected = new TreeMap<>(ORDER);
                model.tailMap(behind, false).forEach((k, v) -> {
                    if (Long.compareUnsigned(Key.token(k, 0), through) <= 0) {
                        expected.put(k, v);
                    }
                });
                assertMeets(memtable.cursorBehind(new Key().setEncoded(behind, 0, behind.length), through), expected, context);
            }
        }
    }

    private byte[] randomBehind(Random random) {
        Key header = set(random.nextInt(SET_COUNT));
        return switch (random.nextInt(4)) {
            case 0 -> MemberKeys.before(header, 1 + random.nextInt(2), random.nextInt(4) == 0 ? 0 : random.nextLong());
            case 1 -> MemberKeys.behindAll(encoded(header));
            default -> encoded(randomKey(random, key));
        };
    }

    @Test
    void aWalkMeetsAllThatWasThereWhenItBeganHoweverManyComeMeanwhile() {
        long seed = System.nanoTime();
        String context = "seed " + seed;
        Random random = new Random(seed);
        TreeMap<byte[], Long> model = new TreeMap<>(ORDER);
        try (Memtable memtable = new Memtable(16 << 20)) {
            for (int walk = 1; walk <= 200; walk++) {
                TreeMap<byte[], Long> before = new TreeMap<>(ORDER);
                byte[] behind = randomBehind(random);
                before.putAll(model.tailMap(behind, false));
                try (RecordCursor cursor = memtable.cursorBehind(new Key().setEncoded(behind, 0, behind.length), -1)) {
                    byte[] last = behind;
                    while (true) {
                        for (int i = 0; random.nextInt(4) == 0 && i < 8; i++) {
                            put(memtable, model, randomKey(random, key), walk);
                        }
                        if (!cursor.next()) {
                            break;
                        }
                        byte[] met = encoded(cursor.key());
                        if (ORDER.compare(last, met) >= 0 || !model.containsKey(met)) {
                            assertThat(ORDER.compare(last, met)).as(context).isNegative();
                            assertThat(model).as(context).containsKey(met);
                        }
                        before.remove(met);
                        last = met;
                    }
                }
                assertThat(before).as(context).isEmpty();
                for (int i = 0; i < 20; i++) {
                    put(memtable, model, randomKey(random, key), walk);
                }
            }
            assertMeets(memtable.cursor(0, -1), model, context);
        }
    }

    @Test
    void readersFindAndMeetAllThatWasAddedBeforeTheyLooked() throws InterruptedException {
        int count = 100_000;
        Key header = set(0);
        AtomicInteger added = new AtomicInteger();
        AtomicReference<String> wrong = new AtomicReference<>();
        try (Memtable memtable = new Memtable(64 << 20)) {
            Thread finder = new Thread(() -> {
                Random random = new Random(1);
                Key sought = new Key();
                Record found = new Record();
                for (int there = 0; there < count && wrong.get() == null; ) {
                    there = added.get();
                    // The one that is being added now: not there yet, or whole.
                    if (memtable.get(member(header, there, sought), found) && found.hlc() != there + 1) {
                        wrong.set("member " + there + " with another's record");
                    }
                    for (int i = 0; i < 10 && there > 0; i++) {
                        // Mostly of the latest.
                        int number = Math.max(0, there - 1 - random.nextInt(random.nextInt(there) + 1));
                        if (!memtable.get(member(header, number, sought), found) || found.hlc() != number + 1) {
                            wrong.set("member " + number + " of " + there + " not found");
                        }
                    }
                }
            });
            Thread walker = new Thread(() -> {
                for (int there = 0; there < count && wrong.get() == null; ) {
                    there = added.get();
                    int met = 0;
                    byte[] last = {};
                    try (RecordCursor cursor = memtable.cursor(0, -1)) {
                        while (cursor.next()) {
                            met += cursor.record().hlc() <= there ? 1 : 0;
                            byte[] now = encoded(cursor.key());
                            if (last.length > 0 && ORDER.compare(last, now) >= 0) {
                                wrong.set("not in order: " + Arrays.toString(last) + ", " + Arrays.toString(now));
                            }
                            last = now;
                        }
                    }
                    if (met != there) {
                        wrong.set("met " + met + " of " + there);
                    }
                }
            });
            List<Thread> readers = new ArrayList<>(List.of(finder, walker));
            readers.forEach(Thread::start);
            for (int i = 0; i < count; i++) {
                memtable.merge(member(header, i, key), record.setTombstone(i + 1, 1));
                added.set(i + 1);
            }
            for (Thread reader : readers) {
                reader.join();
            }
            assertThat(wrong.get()).isNull();
        }
    }

    private static Key member(Key header, int number, Key into) {
        byte[] member = bytes("member" + number);
        return MemberKeys.set(into, header, Record.TYPE_SET, member, 0, member.length);
    }

    /** A key whose token no other has. */
    private static Key lone(int number) {
        return new Key().set(0, bytes("lone" + number));
    }

    @Test
    void prefetchingMembersChangesNothing() {
        try (Memtable memtable = new Memtable(4 << 20)) {
            Memtable.Prefetch scratch = new Memtable.Prefetch();
            Key[] keys = new Key[Memtable.PREFETCH_MAX];
            for (int i = 0; i < 5000; i++) {
                for (int k = 0; k < keys.length; k++) {
                    // Every fourth is the key itself, of which there is nothing but its members.
                    keys[k] = k % 4 == 3 ? lone(k % 3) : member(lone(k % 3), i - k, new Key());
                }
                memtable.prefetch(keys, keys.length, true, scratch);
                assertThat(memtable.get(keys[0], record)).isFalse();
                memtable.merge(keys[0], record.setTombstone(i + 1, 1));
                memtable.prefetch(keys, keys.length, false, scratch);
                assertThat(memtable.get(keys[0], record)).isTrue();
                assertThat(record.hlc()).isEqualTo(i + 1);
            }
        }
    }
}
