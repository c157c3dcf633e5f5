package io.ringtail.cluster.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Keys whose siblings are kept, on a node that is alone: what a write puts in the place of what is held has all of it, wherever that lies. */
class LocalSiblingsTest {
    private static final int KEYS = 5;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Record record = new Record();
    private final Record[] seen = new Record[KEYS];
    private long nowMillis = 1_000;
    private Store store;
    private LocalCoordinator coordinator;
    private DataSession session;
    private StoreSession others;

    private void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/store"))
                        .withFileSystem(files)
                        .withSyncPolicy(SyncPolicy.NO)
                        .withTombstoneRule(TombstoneRule.KEEP)
                        .withSizes(64 << 10, 1 << 16, 64 << 10, 1 << 20),
                StoreListener.NONE);
        NodeClock clock = new NodeClock(
                () -> nowMillis, store.writeLock(), store.maxHlc(), NodeClock.DEFAULT_MAX_DRIFT_MILLIS, Set.of());
        coordinator = new LocalCoordinator(store, () -> nowMillis, clock, key -> true, Set.of());
        session = coordinator.session(true);
        others = store.session();
    }

    private void close() throws IOException {
        others.close();
        session.close();
        store.close();
    }

    private static Key key(int number) {
        return new Key().set(0, ("key" + number).getBytes(StandardCharsets.UTF_8));
    }

    private void write(Runnable change) {
        session.enterExclusive();
        try {
            change.run();
        } finally {
            session.exitExclusive();
            session.endTurn();
        }
    }

    /** What another node has written, who had seen some of it. */
    private void comeFrom(long actor, int number, boolean sawAll, Random random) {
        byte[] value = {(byte) ('0' + random.nextInt(10))};
        Record held = new Record().merge(seen[number]);
        long hlc = (nowMillis << 16) + random.nextInt(1 << 16);
        if (Long.compareUnsigned(hlc, held.maxHlc()) <= 0) {
            hlc = held.maxHlc() + 1;
        }
        Record theirs = new Record().copyOf(held).addSibling(hlc, actor, sawAll ? null : new Context(), value, 0, 1, 0);
        write(() -> others.merge(key(number), theirs));
    }

    private void act(int kind, int number) {
        Key key = key(number);
        switch (kind) {
            case 0 -> session.write(key, new byte[] {'7'}, 0, 1, 0);
            case 1 -> session.write(key, new byte[] {'8', '9'}, 0, 2, nowMillis + 20);
            case 2 -> session.delete(key);
            case 3 -> session.expire(key, nowMillis + 30);
            case 4 -> session.write(key, new byte[] {'5'}, 0, 1, 0, new Context());
            default -> {
                boolean ignored = session.read(key, record);
                session.increment(key, 3, record);
            }
        }
    }

    /** Reads a key; all that was ever read of it has to be in there. */
    private void look(int number, String context) throws IOException {
        if (others.get(key(number), record, true) == Lookup.MISSING) {
            record.clear();
        }
        Record all = new Record().merge(seen[number]).merge(record).detach();
        assertThat(record.toString()).as(context).isEqualTo(all.toString());
        seen[number] = all;
    }

    @Test
    void nothingThatWasHeldIsUnheld() throws IOException {
        long seed = Long.getLong("ringtail.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < KEYS; i++) {
            seen[i] = new Record();
        }
        open();
        for (int step = 0; step < 4_000; step++) {
            int number = random.nextInt(KEYS);
            nowMillis += random.nextInt(5);
            if (random.nextInt(4) == 0 && siblings(number) < 20) {
                // More than a context may name, so that writers have to prune.
                comeFrom(1_000 + random.nextInt(2 * Record.MAX_ACTORS), number, random.nextInt(10) > 0, random);
            } else {
                int kind = siblings(number) < 20 ? random.nextInt(7) : 0;
                write(() -> act(kind, number));
            }
            String context = "seed " + seed + " step " + step + " key " + number;
            look(number, context);
            if (random.nextInt(100) == 0) {
                store.flush();
                look(number, context);
            }
            if (random.nextInt(300) == 0) {
                close();
                open();
                look(number, context);
            }
        }
        assertThat(coordinator.contextsPruned()).as("seed %d", seed).isPositive();
        close();
    }

    private int siblings(int number) {
        return seen[number].isCausal() ? seen[number].causal().siblingCount() : 0;
    }
}
