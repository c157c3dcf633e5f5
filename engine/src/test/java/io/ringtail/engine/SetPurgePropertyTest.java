package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Sets changed, deleted, written over and ended while what is void of them is forgotten: what is to be seen is what a plain set holds, whoever changes it. */
class SetPurgePropertyTest {
    private static final int KEYS = 4;
    private static final int MEMBERS = 10;
    private static final byte[] NOTHING = {};

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Plain[] model = new Plain[KEYS];
    private long wallMillis = 1_000_000;
    private long nanos;
    private long nextRandom = 1;
    private long hlc;
    private Store store;
    private StoreSession session;

    /** What a key holds: a string, or members. */
    private static final class Plain {
        boolean isString;
        final Set<String> members = new HashSet<>();
        long endMillis;

        void clear() {
            isString = false;
            members.clear();
            endMillis = 0;
        }
    }

    private void open(int memtableBytes) throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/store"))
                        .withFileSystem(files)
                        .withSyncPolicy(SyncPolicy.NO)
                        .withTombstoneRule(TombstoneRule.ALONE)
                        .withSizes(memtableBytes, 0, memtableBytes, memtableBytes / 4)
                        .withSources(new StoreSources(() -> wallMillis, () -> nanos, () -> nextRandom++))
                        .withoutThreads(),
                StoreListener.NONE);
        session = store.session();
    }

    private void close() throws IOException {
        session.close();
        store.close();
    }

    private long tick() {
        hlc = Math.max(hlc + 1, wallMillis << 16);
        return hlc;
    }

    private static Key key(int number) {
        return new Key().set(0, ("key" + number).getBytes(StandardCharsets.UTF_8));
    }

    private static Key memberKey(Key key, String member) {
        byte[] bytes = member.getBytes(StandardCharsets.UTF_8);
        return MemberKeys.set(new Key(), key, Record.TYPE_SET, bytes, 0, bytes.length);
    }

    private Record held(Key key) throws IOException {
        Record held = new Record();
        return session.get(key, held, true) == Lookup.FOUND ? held.detach() : new Record();
    }

    private void write(Key key, Record record) {
        store.writeLock().lock();
        try {
            session.merge(key, record);
        } finally {
            store.writeLock().unlock();
        }
    }

    @Test
    void whatIsForgottenIsNeverSeenAgainAndNothingElseIsForgotten() throws IOException {
        long seed = Long.getLong("ringtail.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < KEYS; i++) {
            model[i] = new Plain();
        }
        open(64 << 10);
        for (int step = 0; step < 5_000; step++) {
            wallMillis += random.nextInt(20) == 0 ? 3_000 : random.nextInt(3);
            nanos += 10_000_000;
            int number = random.nextInt(KEYS);
            forgetEnded(model[number]);
            change(number, random);
            if (random.nextInt(20) == 0) {
                store.append();
                maintain(random);
            }
            if (random.nextInt(2_000) == 0) {
                store.append();
                close();
                open(64 << 10);
            }
            int looked = random.nextInt(KEYS);
            forgetEnded(model[looked]);
            assertSame("seed " + seed + ", step " + step + ", key " + looked, looked);
        }
        for (Plain each : model) {
            each.clear();
        }
        for (int number = 0; number < KEYS; number++) {
            Record header = held(key(number));
            write(key(number), header.addTombstone(tick(), 1, new Context().of(header)));
        }
        store.append();
        wallMillis += 3_000;
        // What is dropped of one table lets another go.
        for (int round = 0; round < 3; round++) {
            store.flush();
            store.compact();
        }
        assertThat(store.statistics().tableEntries()).as("seed " + seed).isZero();
        close();
    }

    @Test
    void aLargeSetThatIsDeletedLeavesTheDiskOfAnIdleStore() throws IOException {
        open(2 << 20);
        Key key = key(0);
        Record header = new Record();
        for (int i = 0; i < 100_000; i++) {
            long now = tick();
            write(memberKey(key, "member" + i), new Record().addSibling(now, 1, new Context(), NOTHING, 0, 0, 0));
            if (i % 1_000 == 0) {
                header.changeMembers(now, 1, Record.TYPE_SET, true, new Context().of(header), i == 0, wallMillis);
                write(key, header);
                idle();
            }
        }
        assertThat(store.statistics().tableBytes()).isGreaterThan(1 << 20);
        header = held(key);
        write(key, header.addTombstone(tick(), 1, new Context().of(header)));
        store.append();
        // The memtable is written out when it is old, then tables are looked into one a second.
        for (int second = 0; second < 1_200; second++) {
            idle();
        }
        assertThat(store.statistics().tableBytes()).isZero();
        close();
    }

    /** A second passes. */
    private void idle() throws IOException {
        store.append();
        wallMillis += 1_000;
        nanos += 1_000_000_000;
        int steps = 0;
        while (store.runMaintenance()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    private void maintain(Random random) throws IOException {
        switch (random.nextInt(3)) {
            case 0 -> store.flush();
            case 1 -> store.compact();
            default -> {
                int steps = 0;
                while (store.runMaintenance() && steps < 5) {
                    steps++;
                }
            }
        }
    }

    private void forgetEnded(Plain plain) {
        if (plain.endMillis != 0 && plain.endMillis <= wallMillis) {
            plain.clear();
        }
    }

    private void change(int number, Random random) throws IOException {
        Key key = key(number);
        Plain plain = model[number];
        long actor = 1 + random.nextInt(3);
        Record header = held(key);
        boolean showsSet = header.isLive(wallMillis) && header.showsCollection();
        Context seen = new Context().of(header);
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> {
                if (!plain.isString) {
                    String member = "m" + random.nextInt(MEMBERS);
                    boolean begins = !showsSet || plain.members.isEmpty();
                    Record record = begins ? new Record() : held(memberKey(key, member));
                    long now = tick();
                    record.addSibling(now, actor, new Context().of(record), NOTHING, 0, 0, 0);
                    plain.endMillis = plain.members.isEmpty() ? 0 : plain.endMillis;
                    plain.members.add(member);
                    write(memberKey(key, member), record);
                    if (random.nextInt(30) == 0) {
                        rotate();
                    }
                    write(key, header.changeMembers(now, actor, Record.TYPE_SET, true, seen, begins, wallMillis));
                }
            }
            case 5, 6, 7 -> {
                if (!plain.members.isEmpty()) {
                    String member = plain.members.iterator().next();
                    Record record = held(memberKey(key, member));
                    long now = tick();
                    write(memberKey(key, member), record.addTombstone(now, actor, new Context().of(record)));
                    write(key, header.changeMembers(now, actor, Record.TYPE_SET, false, seen, false, wallMillis));
                    plain.members.remove(member);
                }
            }
            case 8 -> {
                write(key, header.addTombstone(tick(), actor, seen));
                plain.clear();
            }
            case 9 -> {
                write(key, new Record().setValue(tick(), actor, 0, new byte[] {'s'}, 0, 1));
                plain.clear();
                plain.isString = true;
            }
            case 10 -> {
                write(key, new Record().setTombstone(tick(), actor));
                plain.clear();
            }
            default -> {
                if (!plain.members.isEmpty()) {
                    plain.endMillis = random.nextBoolean() ? 0 : wallMillis + random.nextInt(2_000);
                    write(key, header.expire(tick(), actor, plain.endMillis, wallMillis));
                }
            }
        }
    }

    /** Members and header come to lie in different memtables. */
    private void rotate() throws IOException {
        store.append();
        store.flush();
        store.compact();
    }

    private void assertSame(String context, int number) throws IOException {
        Key key = key(number);
        Record header = held(key);
        boolean live = header.isLive(wallMillis);
        assertThat(live && !header.showsCollection()).as(context).isEqualTo(model[number].isString);
        Set<String> members = new HashSet<>();
        if (live && header.showsCollection()) {
            try (RecordCursor cursor = session.scanBehind(MemberKeys.before(key, Record.TYPE_SET, 0), key.token(), key.token())) {
                while (cursor.next() && MemberKeys.isMember(cursor.key(), key, Record.TYPE_SET)) {
                    if (header.hasMember(cursor.record(), wallMillis)) {
                        Key member = cursor.key();
                        members.add(new String(
                                member.bytes(), MemberKeys.memberOffset(member), MemberKeys.memberSize(member), StandardCharsets.UTF_8));
                    }
                }
            }
        }
        assertThat(members).as(context).isEqualTo(model[number].members);
    }
}
