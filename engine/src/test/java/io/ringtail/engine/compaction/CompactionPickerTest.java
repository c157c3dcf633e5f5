package io.ringtail.engine.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.sstable.SstableOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the picker chooses, told as transcripts: tables in, task out. */
class CompactionPickerTest {
    private static final long MIB = 1 << 20;
    private static final long NOW = 10_000_000;
    private final List<TableInfo> tables = new ArrayList<>();
    private final long[] floors = new long[256];
    private long nextFileId = 1;

    private static CompactionOptions options(int scaling) {
        return new CompactionOptions(scaling, 64 * MIB, 64 * MIB, 32, 0.5, 1000, SstableOptions.DEFAULT);
    }

    private Horizon horizon(long memtableMinHlc) {
        return new Horizon(NOW, memtableMinHlc, key -> false, floors, TombstoneRule.ALONE);
    }

    /** A table of {@code mib} in the {@code part}-th of {@code parts} equal parts of the ring. */
    private TableInfo table(long mib, int part, int parts) {
        return table(mib, part, parts, 0, 0, 1, 100);
    }

    private TableInfo table(long mib, int part, int parts, long tombstones, long expiring, long minHlc, long maxHlc) {
        long width = Long.divideUnsigned(-1L, parts);
        TableInfo table = new TableInfo(
                nextFileId++,
                mib * MIB,
                width * part,
                width * part + width - 1,
                mib * 8192,
                tombstones,
                expiring,
                0,
                expiring == 0 ? Long.MAX_VALUE : 1000,
                expiring == 0 ? 0 : 2000,
                minHlc,
                maxHlc,
                new long[] {1, 0, 0, 0},
                0);
        tables.add(table);
        return table;
    }

    private String pick(CompactionOptions options, Set<Long> inProgress) {
        return CompactionPicker.pick(tables, options, horizon(-1), inProgress)
                .map(task -> task.kind() + " " + task.inputIds())
                .orElse("nothing");
    }

    @Test
    void waitsForTheFourthOverlappingTableOfALevel() {
        for (int i = 0; i < 3; i++) {
            table(64, 0, 1);
        }
        assertThat(pick(options(2), Set.of())).isEqualTo("nothing");
        table(64, 0, 1);
        assertThat(pick(options(2), Set.of())).isEqualTo("MERGE [1, 2, 3, 4]");
        assertThat(pick(options(2), Set.of(2L))).isEqualTo("nothing");
    }

    @Test
    void levelsAreReported() {
        table(64, 0, 1);
        table(64, 0, 1);
        table(64, 2, 4);
        List<LevelStats> levels = CompactionPicker.levels(tables, options(2));
        int flushLevel = CompactionPicker.level(tables.getFirst(), options(2));
        assertThat(levels).hasSize(flushLevel + 2);
        assertThat(levels.get(flushLevel)).isEqualTo(new LevelStats(flushLevel, 2, 128 * MIB, 2));
        assertThat(levels.get(flushLevel + 1)).isEqualTo(new LevelStats(flushLevel + 1, 1, 64 * MIB, 1));
        assertThat(CompactionPicker.mostOverlap(tables)).isEqualTo(3);
    }

    @Test
    void leveledDoesNotWait() {
        table(64, 0, 1);
        table(64, 0, 1);
        assertThat(pick(options(-2), Set.of())).isEqualTo("MERGE [1, 2]");
    }

    @Test
    void slicesOfALevelAreCompactedApart() {
        for (int run = 0; run < 4; run++) {
            for (int part = 0; part < 4; part++) {
                table(64, part, 4);
            }
        }
        assertThat(pick(options(2), Set.of())).isEqualTo("MERGE [1, 5, 9, 13]");
        assertThat(pick(options(2), Set.of(1L, 5L, 9L, 13L))).isEqualTo("MERGE [2, 6, 10, 14]");
    }

    @Test
    void tablesOfDifferentDensityAreLeftAlone() {
        table(64, 0, 1);
        table(64, 0, 4);
        table(64, 0, 16);
        table(64, 0, 64);
        table(64, 0, 256);
        assertThat(pick(options(2), Set.of())).isEqualTo("nothing");
    }

    @Test
    void aTableOfEndedEntriesIsDroppedUnreadUnlessItHidesSomething() {
        table(64, 0, 1, 0, 64 * 8192, 50, 100);
        assertThat(pick(options(2), Set.of())).isEqualTo("DROP [1]");
        table(64, 0, 4, 0, 0, 200, 300);
        assertThat(pick(options(2), Set.of())).isEqualTo("DROP [1]");
        table(64, 0, 4, 0, 0, 60, 300);
        assertThat(pick(options(2), Set.of())).as("values can go, tombstones stay").isEqualTo("GARBAGE [1]");
    }

    @Test
    void manyNarrowTablesOfTombstonesAreTogetherWorthTheWideOneTheyHide() {
        table(64, 0, 1, 0, 0, 1, 40);
        for (int part = 0; part < 5; part++) {
            table(4, part, 8, 4 * 8192, 0, 50, 100);
        }
        assertThat(pick(options(2), Set.of())).as("too much is written again for five eighths").isEqualTo("nothing");
        for (int part = 5; part < 8; part++) {
            table(4, part, 8, 4 * 8192, 0, 50, 100);
        }
        assertThat(pick(options(2), Set.of())).isEqualTo("GARBAGE [2, 1, 3, 4, 5, 6, 7, 8, 9]");
        assertThat(pick(options(2), Set.of(1L))).as("somebody is at what they hide").isEqualTo("nothing");
    }

    @Test
    void aTableOfTombstonesIsMergedWithWhatTheyHide() {
        table(64, 0, 1, 0, 0, 1, 40);
        table(32, 0, 1, 32 * 8192, 0, 50, 100);
        assertThat(pick(options(2), Set.of())).isEqualTo("GARBAGE [2, 1]");
        assertThat(CompactionPicker.pick(tables, options(2), horizon(70), Set.of()))
                .as("memtables may hold something the tombstones hide")
                .isEmpty();
    }

    @Test
    void aClearedTableIsDropped() {
        table(64, 0, 1);
        floors[0] = 99;
        assertThat(pick(options(2), Set.of())).isEqualTo("nothing");
        floors[0] = 100;
        assertThat(pick(options(2), Set.of())).isEqualTo("DROP [1]");
    }

    /** Of a cluster's replicas, which are known to agree on all expiries before a time, and not on later ones. */
    private static TombstoneRule settledThrough(long millis) {
        return new TombstoneRule() {
            @Override
            public boolean droppable(long token, long hlc) {
                return false;
            }

            @Override
            public boolean droppable(long firstToken, long lastToken, long hlc) {
                return false;
            }

            @Override
            public boolean expiryIsFinal(long token, long expireAtMillis) {
                return expireAtMillis <= millis;
            }

            @Override
            public long expiriesFinalMillis(long firstToken, long lastToken) {
                return millis;
            }
        };
    }

    @Test
    void expiredValuesAreGarbageOnceItIsSettledThatTheyAre() {
        // All have ended long ago, between 1000 and 2000.
        table(64, 0, 1, 0, 64 * 8192, 50, 100);
        assertThat(pickIn(new Horizon(NOW, -1, key -> false, floors, settledThrough(1_200)))).as("a fifth").isEqualTo("nothing");
        assertThat(pickIn(new Horizon(NOW, -1, key -> false, floors, settledThrough(1_800)))).as("four fifths").isEqualTo("GARBAGE [1]");
        assertThat(pickIn(new Horizon(NOW, -1, key -> false, floors, TombstoneRule.KEEP))).isEqualTo("nothing");
    }

    private String pickIn(Horizon horizon) {
        return CompactionPicker.pick(tables, options(2), horizon, Set.of())
                .map(task -> task.kind() + " " + task.inputIds())
                .orElse("nothing");
    }

    /** 16 GiB flushed in tables of 64 MiB, as if each key were new: what a day of writing does to the number of tables. */
    @ParameterizedTest
    @CsvSource({"2, 4.5, 13", "0, 8.5, 9", "6, 2.5, 18", "-2, 8.5, 6", "-8, 12.0, 4"})
    void tablesStayFewUnderSustainedWrites(int scaling, double mostWrites, int mostOverlap) {
        CompactionOptions options = options(scaling);
        long flushed = 0;
        long compacted = 0;
        int overlap = 0;
        for (int flush = 0; flush < 256; flush++) {
            table(64, 0, 1);
            flushed += 64;
            Optional<CompactionTask> task;
            while ((task = CompactionPicker.pick(tables, options, horizon(-1), Set.of())).isPresent()) {
                compacted += task.get().inputBytes() / MIB;
                replace(task.get());
            }
            overlap = Math.max(overlap, overlapAtZero());
        }
        String report = String.format(
                Locale.ROOT, "scaling %d: %d MiB written, %.1f times compacted, %d tables over one token, %d in all",
                scaling, flushed, (double) compacted / flushed, overlap, tables.size());
        assertThat((double) compacted / flushed).as(report).isBetween(0.5, mostWrites);
        assertThat(overlap).as(report).isBetween(2, mostOverlap);
        assertThat(tables.size()).as(report).isLessThan(600);
    }

    private int overlapAtZero() {
        int count = 0;
        for (TableInfo table : tables) {
            count += table.holdsToken(1) ? 1 : 0;
        }
        return count;
    }

    /** Puts in place of a task's inputs what merging distinct keys would give: all bytes, split in equal parts. */
    private void replace(CompactionTask task) {
        List<TableInfo> inputs = task.inputs();
        long from = inputs.getFirst().minToken();
        long through = inputs.getFirst().maxToken();
        for (TableInfo input : inputs) {
            from = Long.compareUnsigned(input.minToken(), from) < 0 ? input.minToken() : from;
            through = Long.compareUnsigned(input.maxToken(), through) > 0 ? input.maxToken() : through;
        }
        tables.removeAll(inputs);
        int parts = Integer.highestOneBit((int) ((task.inputBytes() - 1) / (64 * MIB))) * 2;
        long width = Long.divideUnsigned(through - from, parts);
        for (int part = 0; part < parts; part++) {
            TableInfo like = inputs.getFirst();
            tables.add(new TableInfo(
                    nextFileId++,
                    task.inputBytes() / parts,
                    from + width * part,
                    from + width * (part + 1) - 1,
                    task.inputBytes() / parts / 128,
                    0,
                    0,
                    0,
                    like.minExpireAtMillis(),
                    like.maxExpireAtMillis(),
                    like.minHlc(),
                    like.maxHlc(),
                    like.databases(),
                    0));
        }
    }
}
