package io.ringtail.engine;

import static io.ringtail.engine.record.RandomRecords.copy;
import static io.ringtail.engine.record.RandomRecords.encoded;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.RandomRecords;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A store of records with siblings: wherever the parts of one lie, what is read is the merge of all. */
class CausalStoreTest {
    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private Store store;
    private StoreSession session;

    private void open(TombstoneRule rule) throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/store"))
                        .withFileSystem(files)
                        .withSyncPolicy(SyncPolicy.NO)
                        .withTombstoneRule(rule)
                        .withSizes(64 << 10, 1 << 16, 64 << 10, 1 << 20),
                StoreListener.NONE);
        session = store.session();
    }

    private void close() throws IOException {
        session.close();
        store.close();
    }

    private static Key key(int number) {
        return new Key().set(0, ("key" + number).getBytes(StandardCharsets.UTF_8));
    }

    private void write(Key key, Record record, boolean accept) throws IOException {
        store.writeLock().lock();
        try {
            if (accept) {
                assertThat(session.accept(key, record, true)).isNotEqualTo(Acceptance.COLD);
            } else {
                session.merge(key, record);
            }
        } finally {
            store.writeLock().unlock();
        }
        store.append();
    }

    /** What a writer does that has read all there is. */
    private void replace(Key key, Record record) throws IOException {
        store.writeLock().lock();
        try {
            Record held = new Record();
            if (session.get(key, held, true) == Lookup.MISSING) {
                held.clear();
            }
            session.replace(key, held.merge(record));
        } finally {
            store.writeLock().unlock();
        }
        store.append();
    }

    @Test
    void readsTheMergeOfWhatLiesInMemoryInTablesAndInTheLog() throws IOException {
        long seed = Long.getLong("ringtail.seed", System.nanoTime());
        Random random = new Random(seed);
        RandomRecords records = new RandomRecords(random);
        Map<Integer, Record> model = new TreeMap<>();
        open(TombstoneRule.KEEP);
        for (int step = 0; step < 6_000; step++) {
            int number = random.nextInt(80);
            Record record = records.any();
            String context = "seed " + seed + " step " + step + " key " + number + " " + record;
            if (!record.isEmpty()) {
                switch (random.nextInt(3)) {
                    case 0 -> write(key(number), record, true);
                    case 1 -> write(key(number), record, false);
                    default -> replace(key(number), record);
                }
                model.computeIfAbsent(number, n -> new Record()).merge(record).detach();
            }
            if (random.nextInt(200) == 0) {
                store.flush();
            }
            if (random.nextInt(600) == 0) {
                store.compact();
            }
            if (random.nextInt(600) == 0) {
                close();
                open(TombstoneRule.KEEP);
            }
            assertHeld(context, random.nextInt(80), model);
        }
        for (int number = 0; number < 80; number++) {
            assertHeld("seed " + seed, number, model);
        }
        assertScan(seed, model);
        store.flush();
        store.compact();
        assertScan(seed, model);
        close();
    }

    private void assertHeld(String context, int number, Map<Integer, Record> model) throws IOException {
        Record held = new Record();
        Record expected = model.get(number);
        assertThat(session.get(key(number), held, true)).isEqualTo(expected == null ? Lookup.MISSING : Lookup.FOUND);
        if (expected == null) {
            return;
        }
        assertThat(held.toString()).as(context).isEqualTo(expected.toString());
        assertThat(encoded(held)).as(context).isEqualTo(encoded(expected));
        Record versions = new Record();
        session.getVersions(key(number), versions, true);
        for (Record version : new Record[] {versions, model.getOrDefault(number, new Record())}) {
            if (session.holds(key(number), version.hlc(), version.actor())) {
                assertThat(versions.hasValue() && !versions.isCausal() && !versions.isTombstone() && !versions.hasExpiry()).as(context).isTrue();
                assertThat(versions.hlc()).as(context).isEqualTo(version.hlc());
            }
        }
        assertThat(versions.isCausal()).as(context).isEqualTo(expected.isCausal());
        assertThat(versions.maxHlc()).as(context).isEqualTo(expected.maxHlc());
    }

    private void assertScan(long seed, Map<Integer, Record> model) {
        int count = 0;
        try (RecordCursor cursor = session.scan(0, -1)) {
            while (cursor.next()) {
                int number = Integer.parseInt(new String(cursor.key().userKey(), StandardCharsets.UTF_8).substring(3));
                assertThat(encoded(cursor.record())).as("seed %d key %d", seed, number).isEqualTo(encoded(model.get(number)));
                count++;
            }
        }
        assertThat(count).isEqualTo(model.size());
    }

    private static Record sibling(long hlc, long actor, Record over, String value, long end) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return copy(over).addSibling(hlc, actor, new Context().of(over), bytes, 0, bytes.length, end);
    }

    @Test
    void siblingsOfOneKeyInTheMemtableAndInThreeTablesAreAllRead() throws IOException {
        open(TombstoneRule.KEEP);
        for (int actor = 1; actor <= 4; actor++) {
            // Each without knowing of the others, and each newer than all before, as a lookup that may stop early would like it.
            write(key(1), sibling(100 + actor, actor, new Record(), "from " + actor, 0), actor % 2 == 0);
            if (actor < 4) {
                store.flush();
            }
        }
        Record held = new Record();
        assertThat(session.get(key(1), held, false)).isEqualTo(Lookup.FOUND);
        assertThat(held.causal().siblingCount()).isEqualTo(4);
        assertThat(new String(held.value(), StandardCharsets.UTF_8)).isEqualTo("from 4");
        write(key(1), sibling(200, 1, held, "resolved", 0), true);
        assertThat(session.get(key(1), held, false)).isEqualTo(Lookup.FOUND);
        assertThat(held.causal().siblingCount()).isEqualTo(1);
        // A last-write-wins write is later than everything, so nothing older is looked for.
        write(key(1), new Record().setTombstone(300, 9), true);
        assertThat(session.get(key(1), held, false)).isEqualTo(Lookup.FOUND);
        assertThat(held.isCausal()).isFalse();
        assertThat(held.isTombstone()).isTrue();
        close();
    }

    @Test
    void whatTheStoreHasSeenSupersededIsRefusedWhereverThatLies() throws IOException {
        open(TombstoneRule.KEEP);
        Record first = sibling(10, 1, new Record(), "first", 0);
        Record second = sibling(11, 2, first, "second", 0);
        write(key(1), second, true);
        for (int place = 0; place < 2; place++) {
            store.writeLock().lock();
            try {
                assertThat(session.accept(key(1), first, true)).isEqualTo(Acceptance.REFUSED);
                assertThat(session.refusedHlc()).isEqualTo(11);
                assertThat(session.refusedActor()).isEqualTo(2);
                assertThat(session.accept(key(1), second, true)).isEqualTo(Acceptance.ACCEPTED);
            } finally {
                store.writeLock().unlock();
            }
            store.append();
            store.flush();
        }
        Record held = new Record();
        session.get(key(1), held, true);
        assertThat(encoded(held)).isEqualTo(encoded(second));
        close();
    }

    @Test
    void compactionForgetsWhatIsDeletedOrEndedAndNothingElse() throws IOException {
        open(TombstoneRule.ALONE);
        Record deleted = sibling(10, 1, new Record(), "deleted", 0);
        deleted.addTombstone(11, 1, new Context().of(deleted)).detach();
        write(key(1), deleted, true);
        Record ended = sibling(12, 1, new Record(), "ended", 5).merge(sibling(13, 2, new Record(), "ended too", 6)).detach();
        write(key(2), ended, true);
        Record half = sibling(14, 1, new Record(), "ended", 5).merge(sibling(15, 2, new Record(), "not", 0)).detach();
        write(key(3), half, true);
        Record deletedHere = copy(deleted).merge(sibling(16, 3, new Record(), "written at the same time", 0)).detach();
        write(key(4), deletedHere, true);
        Record counter = new Record().increment(17, 1, 5, 0);
        Record counted = copy(counter).increment(19, 1, 2, 0);
        Record countedMeanwhile = copy(counter).addTombstone(28, 2, new Context().of(counter)).merge(counted).detach();
        write(key(5), countedMeanwhile, true);
        Record spent = new Record().increment(20, 1, 5, 0);
        spent.addTombstone(21, 2, new Context().of(spent)).detach();
        write(key(6), spent, true);
        Record endedMeanwhile = sibling(20, 4, new Record(), "ended", 5).merge(countedMeanwhile).detach();
        write(key(7), endedMeanwhile, true);
        Record ending = sibling(25, 1, new Record(), "ended", 5).merge(sibling(26, 2, new Record(), "ends late", Long.MAX_VALUE)).detach();
        write(key(10), ending, true);
        Record set = new Record().changeMember(22, 1, Record.TYPE_SET);
        set.addTombstone(23, 2, new Context().of(set)).detach();
        write(key(8), set, true);
        Record setAgain = copy(set).changeMembers(26, 1, Record.TYPE_SET, true, new Context().of(set), true, 0);
        write(key(11), setAgain, true);
        store.flush();
        store.compact();
        Record held = new Record();
        // Compacting again, now that what ended has become a tombstone.
        write(key(9), sibling(24, 1, new Record(), "value", 0), true);
        store.flush();
        store.compact();
        assertThat(session.get(key(10), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(encoded(held)).isEqualTo(encoded(ending));
        assertThat(session.get(key(7), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(held.isLive(1000)).isTrue();
        assertThat(held.value()).asString().isEqualTo("2");
        assertThat(session.get(key(8), held, true)).isEqualTo(Lookup.MISSING);
        assertThat(session.get(key(11), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(encoded(held)).isEqualTo(encoded(setAgain));
        assertThat(session.get(key(1), held, true)).isEqualTo(Lookup.MISSING);
        assertThat(session.get(key(2), held, true)).isEqualTo(Lookup.MISSING);
        assertThat(session.get(key(3), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(encoded(held)).isEqualTo(encoded(half));
        assertThat(session.get(key(4), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(encoded(held)).isEqualTo(encoded(deletedHere));
        assertThat(session.get(key(5), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(held.value()).asString().isEqualTo("2");
        assertThat(session.get(key(6), held, true)).isEqualTo(Lookup.MISSING);
        close();
    }

    @Test
    void aDeletionStaysWhileATableHasAnOldSiblingThatItHidesBesideNewOnes() throws IOException {
        open(TombstoneRule.ALONE);
        Record old = sibling(10, 1, new Record(), "old", 0);
        write(key(1), copy(old).merge(sibling(200, 2, new Record(), "new", 0)), true);
        store.flush();
        write(key(1), new Record().addTombstone(100, 3, new Context().of(old)), true);
        store.flush();
        Record held = new Record();
        assertThat(session.get(key(1), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(held.causal().context().knows(10, 1)).isTrue();
        assertThat(held.causal().sibling(held.causal().siblingCount() - 1).hlc()).isEqualTo(100);
        close();
    }

    @Test
    void clearingADatabaseVoidsSiblingsContextAndCounts() throws IOException {
        open(TombstoneRule.KEEP);
        Record old = sibling(10, 1, new Record(), "old", 0).detach();
        write(key(1), sibling(12, 3, new Record(), "5", 0).increment(13, 2, 1, 0), true);
        assertThat(old.isCausal()).isTrue();
        store.writeLock().lock();
        try {
            store.clear(0, 20);
        } finally {
            store.writeLock().unlock();
        }
        store.append();
        Record held = new Record();
        assertThat(session.get(key(1), held, true)).isEqualTo(Lookup.MISSING);
        write(key(1), sibling(21, 1, new Record(), "new", 0), true);
        store.flush();
        store.compact();
        assertThat(session.get(key(1), held, true)).isEqualTo(Lookup.FOUND);
        assertThat(held.causal().siblingCount()).isEqualTo(1);
        assertThat(held.causal().context().counts().isEmpty()).isTrue();
        close();
    }
}
