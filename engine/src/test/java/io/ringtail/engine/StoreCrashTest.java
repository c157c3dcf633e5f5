package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The power is cut at one change of the disk after another, with memtables so small that flushes and compactions are in the middle of it. */
class StoreCrashTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final int KEYS = 50;

    private final Key key = new Key();
    private final Record record = new Record();

    @Test
    void whatWasDurableSurvivesAndTurnsSurviveWholeOrNotAtAll() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            SimulatedFileSystem files = new SimulatedFileSystem();
            files.cutPowerAtChange(20 + random.nextInt(400));
            long[] outcome = runUntilThePowerIsCut(files, random);
            long acknowledged = outcome[0];
            long attempted = outcome[1];
            files.powerCut(random, round % 2 == 0 ? SimulatedFileSystem.Loss.TAIL : SimulatedFileSystem.Loss.ANY_SECTORS);
            files.heal();
            long survived = readRound(files, seed, round);
            assertThat(survived)
                    .as("seed %d round %d: the last turn that survived, of %d acknowledged", seed, round, acknowledged)
                    .isBetween(acknowledged, attempted);
        }
    }

    /** Each turn writes its number to two keys and to a counter; returns the last turn known durable and the last one tried. */
    private long[] runUntilThePowerIsCut(SimulatedFileSystem files, Random random) {
        long acknowledged = 0;
        long turn = 0;
        Store store = null;
        try {
            store = Store.open(options(files), StoreListener.NONE);
            StoreSession session = store.session();
            for (turn = 1; turn < 2000; turn++) {
                store.writeLock().lock();
                try {
                    write(store, session, "counter", turn, turn * 3);
                    write(store, session, "left" + turn % KEYS, turn, turn * 3 + 1);
                    write(store, session, "right" + turn % KEYS, turn, turn * 3 + 2);
                } finally {
                    store.writeLock().unlock();
                }
                store.append();
                if (store.refusal() != null) {
                    break;
                }
                store.awaitDurable();
                acknowledged = turn;
                if (random.nextInt(40) == 0) {
                    store.flush();
                }
            }
        } catch (IOException expected) {
            // The power is cut.
        } finally {
            closeAfterPowerCut(store);
        }
        return new long[] {acknowledged, turn};
    }

    private static void closeAfterPowerCut(Store store) {
        try {
            if (store != null) {
                store.close();
            }
        } catch (IOException expected) {
            // Nothing can be made durable any more.
        }
    }

    private void write(Store store, StoreSession session, String name, long turn, long hlc) {
        byte[] value = ByteBuffer.allocate(200).putLong(turn).array();
        key.set(0, name.getBytes(StandardCharsets.UTF_8));
        session.merge(key, record.setValue(hlc, store.actor(), 0, value, 0, value.length));
    }

    private long readRound(SimulatedFileSystem files, long seed, int round) throws IOException {
        try (Store store = Store.open(options(files), StoreListener.NONE);
                StoreSession session = store.session()) {
            long last = read(session, "counter");
            for (long turn = Math.max(1, last - KEYS + 1); turn <= last; turn++) {
                assertThat(read(session, "left" + turn % KEYS)).as("seed %d round %d", seed, round).isEqualTo(turn);
                assertThat(read(session, "right" + turn % KEYS)).as("seed %d round %d", seed, round).isEqualTo(turn);
            }
            return last;
        }
    }

    private long read(StoreSession session, String name) throws IOException {
        key.set(0, name.getBytes(StandardCharsets.UTF_8));
        return session.get(key, record, true) == Lookup.FOUND ? ByteBuffer.wrap(record.value()).getLong() : 0;
    }

    private static StoreOptions options(SimulatedFileSystem files) {
        return StoreOptions.of(DIRECTORY)
                .withFileSystem(files)
                .withSyncPolicy(SyncPolicy.ALWAYS)
                .withSizes(64 << 10, 1 << 20, 64 << 10, 64 << 10);
    }
}
