package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@link StoreSession#accept} says of records that come in any order, twice, with both parts or one, over what is in the active memtable, in full ones, in
 * tables and below floors: always what a merge of all that ever came says.
 */
class AcceptPropertyTest {
    private static final int KEYS = 60;
    /** Far ahead of the machine's clock, so that compaction forgets nothing. */
    private static final long BASE_HLC = 1L << 62;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Map<String, Record> model = new HashMap<>();
    private final long[] floors = new long[2];

    private StoreOptions options() {
        return StoreOptions.of(Path.of("/store"))
                .withFileSystem(files)
                .withSyncPolicy(SyncPolicy.NO)
                .withSizes(64 << 10, 1 << 20, 64 << 10, 1 << 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 25, 200})
    void acceptsWhatReadersWillSee(int stepsPerUpheaval) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Store store = Store.open(options(), StoreListener.NONE);
        StoreSession session = store.session();
        assertThat(store.isEmpty()).isTrue();
        Key key = new Key();
        Record record = new Record();
        int refused = 0;
        try {
            for (int step = 0; step < 4_000; step++) {
                String context = "seed " + seed + " step " + step;
                int database = random.nextInt(2);
                String name = database + "key" + random.nextInt(KEYS);
                key.set(database, name.getBytes(StandardCharsets.UTF_8));
                store.writeLock().lock();
                try {
                    if (random.nextInt(400) == 0) {
                        long floor = BASE_HLC + random.nextInt(step + 1);
                        store.clear(database, floor);
                        floors[database] = Math.max(floors[database], floor);
                    }
                    fill(record, random, step);
                    if (!acceptOne(store, session, database, key, name, record, context)) {
                        refused++;
                    }
                } finally {
                    store.writeLock().unlock();
                }
                store.append();
                if (stepsPerUpheaval > 0 && random.nextInt(stepsPerUpheaval) == 0) {
                    store.flush();
                }
                if (stepsPerUpheaval > 0 && random.nextInt(3 * stepsPerUpheaval) == 0) {
                    store.compact();
                }
                if (stepsPerUpheaval > 0 && random.nextInt(4 * stepsPerUpheaval) == 0) {
                    session.close();
                    store.close();
                    store = Store.open(options(), StoreListener.NONE);
                    session = store.session();
                }
                assertReads(session, "key" + random.nextInt(KEYS), random.nextInt(2), context);
            }
            assertThat(refused).as("seed %d", seed).isBetween(400, 3_600);
            assertThat(store.isEmpty()).isFalse();
            assertThat(session.floor(0)).isEqualTo(floors[0]);
            assertThat(session.floor(7)).isZero();
        } finally {
            session.close();
            store.close();
        }
    }

    /** Versions around the step's number, a few of them the same, so that later records are often refused and often the same. */
    private static void fill(Record record, Random random, int step) {
        long hlc = BASE_HLC + Math.max(1, step + random.nextInt(600) - 500);
        long actor = random.nextInt(3) - 1;
        switch (random.nextInt(6)) {
            case 0 -> record.setTombstone(hlc, actor);
            case 1, 2 -> record.setExpiry(hlc, actor, Long.MAX_VALUE - random.nextInt(3));
            case 3 -> {
                byte[] value = value(hlc, actor, random.nextInt(2_000));
                record.setValue(hlc, actor, 0, value, 0, value.length);
                record.merge(new Record().setExpiry(hlc + random.nextInt(50), actor, Long.MAX_VALUE));
            }
            default -> {
                byte[] value = value(hlc, actor, 20);
                record.setValue(hlc, actor, 0, value, 0, value.length);
            }
        }
    }

    private static byte[] value(long hlc, long actor, int size) {
        byte[] value = new byte[size];
        new Random(hlc * 31 + actor).nextBytes(value);
        return value;
    }

    private boolean acceptOne(
            Store store, StoreSession session, int database, Key key, String name, Record record, String context)
            throws IOException {
        Record held = model.computeIfAbsent(name, n -> new Record());
        long hlc = record.hasValue() ? record.hlc() : record.expiryHlc();
        long actor = record.hasValue() ? record.actor() : record.expiryActor();
        boolean belowFloor = Long.compareUnsigned(hlc, floors[database]) <= 0;
        boolean hidden = heldGreater(held, record, hlc, actor);
        Record taken = belowFloor ? expiryAbove(floors[database], record) : record;
        boolean changes = !taken.isEmpty() && changes(held, taken);
        int pendingBefore = store.pendingBytes();

        Acceptance acceptance = session.accept(key, record, true);

        assertThat(acceptance).as(context).isEqualTo(belowFloor || hidden ? Acceptance.REFUSED : Acceptance.ACCEPTED);
        if (changes) {
            assertThat(store.pendingBytes()).as(context).isGreaterThan(pendingBefore);
        } else if (acceptance == Acceptance.REFUSED && !(record.hasValue() && record.hasExpiry())) {
            assertThat(store.pendingBytes()).as(context).isEqualTo(pendingBefore);
        }
        if (belowFloor) {
            assertThat(session.refusedHlc()).as(context).isEqualTo(floors[database]);
            assertThat(session.refusedActor()).as(context).isEqualTo(StoreSession.FLOOR_ACTOR);
            assertThat(Record.compareVersion(session.refusedHlc(), session.refusedActor(), hlc, actor)).as(context).isNotNegative();
        } else {
            if (hidden) {
                assertThat(Record.compareVersion(session.refusedHlc(), session.refusedActor(), hlc, actor))
                        .as(context)
                        .isPositive();
                assertThat(Long.compareUnsigned(session.refusedHlc(), held.maxHlc())).as(context).isNotPositive();
            }
        }
        held.merge(taken).detach();
        return acceptance == Acceptance.ACCEPTED;
    }

    /** Of a record whose value a floor hides, what it does not hide. */
    private static Record expiryAbove(long floor, Record record) {
        Record expiry = new Record();
        return Long.compareUnsigned(record.expiryHlc(), floor) > 0
                ? expiry.setExpiry(record.expiryHlc(), record.expiryActor(), record.expireAtMillis())
                : expiry;
    }

    /** The rule, said once more and in another way. */
    private static boolean heldGreater(Record held, Record record, long hlc, long actor) {
        boolean greaterValue = held.hasValue() && Record.compareVersion(held.hlc(), held.actor(), hlc, actor) > 0;
        boolean greaterExpiry =
                held.hasExpiry() && Record.compareVersion(held.expiryHlc(), held.expiryActor(), hlc, actor) > 0;
        return greaterValue || (!record.hasValue() && greaterExpiry);
    }

    private static boolean changes(Record held, Record record) {
        Record merged = new Record().copyOf(held);
        if (held.isEmpty()) {
            return true;
        }
        merged.merge(record);
        return !encoded(merged).equals(encoded(held));
    }

    private static String encoded(Record record) {
        byte[] bytes = new byte[record.size()];
        record.encode(bytes, 0);
        return java.util.HexFormat.of().formatHex(bytes);
    }

    private void assertReads(StoreSession session, String suffix, int database, String context) throws IOException {
        String name = database + suffix;
        Record read = new Record();
        Lookup lookup = session.get(new Key().set(database, name.getBytes(StandardCharsets.UTF_8)), read, true);
        Record expected = model.get(name);
        boolean visible = expected != null
                && expected.hasValue()
                && Long.compareUnsigned(expected.hlc(), floors[database]) > 0;
        boolean ends = expected != null
                && expected.hasExpiry()
                && Long.compareUnsigned(expected.expiryHlc(), floors[database]) > 0;
        assertThat(lookup).as(context).isEqualTo(visible || ends ? Lookup.FOUND : Lookup.MISSING);
        assertThat(lookup == Lookup.FOUND && read.hasValue()).as(context).isEqualTo(visible);
        if (visible) {
            assertThat(encoded(read)).as(context).isEqualTo(encoded(expected));
        } else if (ends) {
            assertThat(encoded(read)).as(context).isEqualTo(encoded(expiryAbove(floors[database], expected)));
        }
    }

    private Acceptance accept(Store store, StoreSession session, Record record, boolean mayBlock) throws IOException {
        store.writeLock().lock();
        try {
            return session.accept(new Key().set(0, new byte[] {'k'}), record, mayBlock);
        } finally {
            store.writeLock().unlock();
        }
    }

    @Test
    void ofOneHybridTimeTheGreaterActorHidesTheSmallerWhereverItIs() throws IOException {
        try (Store store = Store.open(options(), StoreListener.NONE);
                StoreSession session = store.session()) {
            Record record = new Record();
            assertThat(accept(store, session, record.setTombstone(BASE_HLC, -2), false)).isEqualTo(Acceptance.ACCEPTED);
            int pending = store.pendingBytes();
            for (int round = 0; round < 2; round++) {
                assertThat(accept(store, session, record.setTombstone(BASE_HLC, 5), true)).isEqualTo(Acceptance.REFUSED);
                assertThat(session.refusedHlc()).isEqualTo(BASE_HLC);
                assertThat(session.refusedActor()).isEqualTo(-2);
                assertThat(accept(store, session, record.setTombstone(BASE_HLC, -2), true)).isEqualTo(Acceptance.ACCEPTED);
                assertThat(store.pendingBytes()).as("the same again is not written").isEqualTo(round == 0 ? pending : 0);
                store.flush();
            }
            assertThat(accept(store, session, record.setTombstone(BASE_HLC, -1), true)).isEqualTo(Acceptance.ACCEPTED);
        }
    }

    /** A value that was cleared and an expiry that came later, first together and then the clearing, or the other way round: nobody can tell which it was. */
    @Test
    void ofWhatWasClearedALaterExpiryIsLeftWhicheverCameFirst() throws IOException {
        byte[] value = {1};
        Record both = new Record()
                .setValue(BASE_HLC, 1, 0, value, 0, 1)
                .merge(new Record().setExpiry(BASE_HLC + 20, 1, Long.MAX_VALUE));
        String alone = encoded(new Record().setExpiry(BASE_HLC + 20, 1, Long.MAX_VALUE));
        for (boolean clearedFirst : new boolean[] {true, false}) {
            SimulatedFileSystem disk = new SimulatedFileSystem();
            try (Store store = Store.open(options().withFileSystem(disk), StoreListener.NONE);
                    StoreSession session = store.session()) {
                if (!clearedFirst) {
                    assertThat(accept(store, session, both, true)).isEqualTo(Acceptance.ACCEPTED);
                }
                store.writeLock().lock();
                try {
                    store.clear(0, BASE_HLC + 10);
                } finally {
                    store.writeLock().unlock();
                }
                if (clearedFirst) {
                    assertThat(accept(store, session, both, true)).isEqualTo(Acceptance.REFUSED);
                    assertThat(session.refusedHlc()).isEqualTo(BASE_HLC + 10);
                }
                for (int round = 0; round < 3; round++) {
                    String context = "cleared first: " + clearedFirst + ", round " + round;
                    Record read = new Record();
                    assertThat(session.get(new Key().set(0, new byte[] {'k'}), read, true)).as(context).isEqualTo(Lookup.FOUND);
                    assertThat(encoded(read)).as(context).isEqualTo(alone);
                    try (RecordCursor cursor = session.scan(0, -1)) {
                        assertThat(cursor.next()).as(context).isTrue();
                        assertThat(encoded(cursor.record())).as(context).isEqualTo(alone);
                        assertThat(cursor.next()).as(context).isFalse();
                    }
                    if (round == 0) {
                        store.flush();
                    } else {
                        store.compact();
                    }
                }
            }
        }
    }

    @Test
    void doesNotReadUnlessItMayAndThenWritesNothing() throws IOException {
        // A value so large that nobody takes its block to be in memory.
        byte[] large = new byte[3 << 20];
        new Random(1).nextBytes(large);
        try (Store store = Store.open(options(), StoreListener.NONE);
                StoreSession session = store.session()) {
            Record record = new Record();
            record.setValue(BASE_HLC, 1, 0, large, 0, large.length);
            assertThat(accept(store, session, record, false)).isEqualTo(Acceptance.ACCEPTED);
            store.flush();
            assertThat(accept(store, session, record.setTombstone(BASE_HLC - 1, 1), false)).isEqualTo(Acceptance.COLD);
            assertThat(store.pendingBytes()).isZero();
            assertThat(accept(store, session, record, true)).isEqualTo(Acceptance.REFUSED);
            assertThat(store.pendingBytes()).isZero();
            assertThat(accept(store, session, record.setTombstone(BASE_HLC + 1, 1), false)).isEqualTo(Acceptance.ACCEPTED);
        }
    }

    @Test
    void aStoreThatWasOnlyClearedIsNotEmpty() throws IOException {
        try (Store store = Store.open(options(), StoreListener.NONE)) {
            assertThat(store.isEmpty()).isTrue();
            store.writeLock().lock();
            try {
                store.clear(3, 5);
            } finally {
                store.writeLock().unlock();
            }
            assertThat(store.isEmpty()).isFalse();
        }
    }
}
