package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.TokenRanges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a store is told to keep no longer is gone, from memory, from all files and for good, and nothing else is. */
class StoreDiscardTest {
    private static final int KEYS = 2_000;
    private static final long SEEDS = 20;

    private SimulatedFileSystem files = new SimulatedFileSystem();

    private Store open() throws IOException {
        return Store.open(
                StoreOptions.of(Path.of("/store")).withFileSystem(files).withSizes(64 << 10, 0, 32 << 10, 64 << 10).withoutThreads(),
                StoreListener.NONE);
    }

    private static Key key(int i) {
        return new Key().set(i % 3, ("key " + i).getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Store store, Random random, int count, long[] hlc) throws IOException {
        try (StoreSession session = store.session()) {
            for (int i = 0; i < count; i++) {
                Record record = random.nextInt(5) == 0
                        ? new Record().setTombstone(++hlc[0], 1)
                        : new Record().setValue(++hlc[0], 1, 0, new byte[100], 0, random.nextInt(100));
                store.writeLock().lock();
                try {
                    session.merge(key(random.nextInt(KEYS)), record);
                } finally {
                    store.writeLock().unlock();
                }
                if (random.nextInt(50) == 0) {
                    store.append();
                    store.runMaintenance();
                }
            }
        }
        store.append();
    }

    private static TreeMap<String, String> contents(Store store, TokenRanges without) {
        TreeMap<String, String> contents = new TreeMap<>();
        try (StoreSession session = store.session();
                RecordCursor cursor = session.scan(0, -1)) {
            while (cursor.next()) {
                if (!without.contains(cursor.key().token()) && !cursor.record().isTombstone()) {
                    contents.put(cursor.key().toString(), cursor.record().hlc() + " " + cursor.record().valueSize());
                }
            }
        }
        return contents;
    }

    private static void discard(Store store, TokenRanges ranges) throws IOException {
        store.flush();
        Set<Long> without = new HashSet<>();
        boolean more = true;
        while (more) {
            more = store.discardNext(() -> ranges, without);
        }
    }

    private static TokenRanges someRanges(Random random) {
        TokenRanges.Builder ranges = new TokenRanges.Builder();
        for (long sixteenth = 0; sixteenth < 16; sixteenth++) {
            if (random.nextInt(3) == 0) {
                ranges.add(sixteenth << 60, sixteenth << 60 | -1L >>> 4);
            }
        }
        return ranges.build();
    }

    @Test
    void nothingIsLeftOfTheRangesAndAllOfTheRest() throws IOException {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Random random = new Random(seed);
            files = new SimulatedFileSystem();
            long[] hlc = {1L << 40};
            Store store = open();
            write(store, random, 3_000, hlc);
            TokenRanges ranges = someRanges(random);
            TreeMap<String, String> rest = contents(store, ranges);
            assertThat(store.holdsAny(ranges)).as("seed %d", seed).isEqualTo(!ranges.isEmpty());
            discard(store, ranges);
            assertThat(store.holdsAny(ranges)).as("seed %d, %s", seed, ranges).isFalse();
            assertThat(contents(store, TokenRanges.NONE)).as("seed %d", seed).isEqualTo(rest);
            store.abandon();
            // Whatever the log still has of it is not replayed.
            store = open();
            assertThat(store.holdsAny(ranges)).as("seed %d, started again", seed).isFalse();
            assertThat(contents(store, TokenRanges.NONE)).as("seed %d, started again", seed).isEqualTo(rest);
            store.close();
        }
    }

    @Test
    void whatIsWrittenAfterwardsStays() throws IOException {
        files = new SimulatedFileSystem();
        long[] hlc = {1L << 40};
        Store store = open();
        write(store, new Random(1), 1_000, hlc);
        TokenRanges all = new TokenRanges.Builder().add(0, -1).build();
        discard(store, all);
        assertThat(store.statistics().tableCount()).isZero();
        assertThat(contents(store, TokenRanges.NONE)).isEmpty();
        write(store, new Random(2), 500, hlc);
        assertThat(contents(store, TokenRanges.NONE)).isNotEmpty();
        store.close();
    }

    @Test
    void aTableThatCouldNotBeWrittenAgainIsTriedAgain() throws IOException {
        files = new SimulatedFileSystem();
        Store store = open();
        write(store, new Random(1), 1_000, new long[] {1L << 40});
        store.flush();
        TokenRanges half = new TokenRanges.Builder().add(0, -1L >>> 1).build();
        Set<Long> without = new HashSet<>();
        files.failAll(SimulatedFileSystem.Operation.CREATE, new IOException("broken"));
        assertThatThrownBy(() -> store.discardNext(() -> half, without)).isInstanceOf(IOException.class);
        files.heal();
        while (store.discardNext(() -> half, without)) {
            // one table after the other
        }
        assertThat(store.holdsAny(half)).isFalse();
        assertThat(contents(store, TokenRanges.NONE)).isNotEmpty();
        store.close();
    }

    @Test
    void rangesThatTouchAreOne() {
        TokenRanges ranges = new TokenRanges.Builder().add(5, 9).add(10, 12).add(20, -1).build();
        assertThat(ranges.count()).isEqualTo(2);
        assertThat(ranges.contains(4)).isFalse();
        assertThat(ranges.contains(12)).isTrue();
        assertThat(ranges.contains(13)).isFalse();
        assertThat(ranges.contains(-1)).isTrue();
        assertThat(TokenRanges.NONE.contains(0)).isFalse();
    }
}
