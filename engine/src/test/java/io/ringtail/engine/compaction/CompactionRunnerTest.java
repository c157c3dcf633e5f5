package io.ringtail.engine.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.io.SimulatedFileSystem.Operation;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompactionRunnerTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final long TARGET_BYTES = 16 << 10;
    private static final CompactionOptions OPTIONS = new CompactionOptions(
            2, 16 << 10, TARGET_BYTES, 32, 0.5, 10, new SstableOptions(Compression.NONE, 1, 1024, 10));

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final TreeMap<byte[], Record> memtable = new TreeMap<>(Arrays::compareUnsigned);
    private final TableSet tables = new TableSet(files, DIRECTORY, OPTIONS);
    private final Random random = new Random(42);

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    @AfterEach
    void releaseTables() {
        tables.close();
    }

    private static Horizon horizon(long nowMillis) {
        return new Horizon(nowMillis, -1, key -> false, new long[256], TombstoneRule.ALONE);
    }

    private static byte[] key(String userKey) {
        Key key = new Key().set(0, userKey.getBytes());
        return Arrays.copyOf(key.bytes(), key.size());
    }

    private byte[] randomValue(int size) {
        byte[] value = new byte[size];
        random.nextBytes(value);
        return value;
    }

    private Sstable flush() throws IOException {
        Sstable table = tables.flush(memtable);
        memtable.clear();
        return table;
    }

    private CompactionTask all() {
        return new CompactionTask(
                CompactionTask.Kind.MERGE, 0, tables.tables.stream().map(TableInfo::of).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{tag}"})
    void outputsAreDisjointAndNoneIsLargerThanTheTarget(String tag) throws IOException {
        for (int run = 0; run < 4; run++) {
            for (int i = 0; i < 400; i++) {
                byte[] value = randomValue(150);
                memtable.put(key(tag + run + ":" + i), new Record().setValue(run * 400 + i, 1, 0, value, 0, 150));
            }
            flush();
        }
        long inputBytes = tables.bytes();
        CompactionResult result = tables.run(all(), horizon(0)).orElseThrow();
        assertThat(result.entriesWritten()).isEqualTo(1600);
        assertThat((long) tables.tables.size()).isBetween(inputBytes / TARGET_BYTES, 3 * inputBytes / TARGET_BYTES);
        byte[] last = new byte[0];
        for (Sstable table : tables.tables) {
            assertThat(table.bytes()).isLessThanOrEqualTo(TARGET_BYTES);
            assertThat(Arrays.compareUnsigned(last, table.properties().minKey())).isNegative();
            last = table.properties().maxKey();
        }
        assertThat(tables.readAmplification()).isLessThanOrEqualTo(2);
        tables.requireNoLeftovers();
    }

    @Test
    void aValueLargerThanTheTargetIsATableOfItsOwn() throws IOException {
        memtable.put(key("large"), new Record().setValue(1, 1, 0, randomValue(50_000), 0, 50_000));
        for (int i = 0; i < 50; i++) {
            memtable.put(key("small" + i), new Record().setValue(1, 1, 0, new byte[10], 0, 10));
        }
        flush();
        assertThat(tables.run(all(), horizon(0))).isPresent();
        assertThat(tables.tables).filteredOn(table -> table.bytes() > TARGET_BYTES).hasSize(1);
        assertThat(tables.tables)
                .filteredOn(table -> table.bytes() > TARGET_BYTES)
                .allMatch(table -> table.properties().entries() == 1);
    }

    @Test
    void aLargeFlushIsSplitToo() throws IOException {
        for (int i = 0; i < 1000; i++) {
            memtable.put(key("k" + i), new Record().setValue(1, 1, 0, randomValue(100), 0, 100));
        }
        Sstable whole = flush();
        long[] nextFileId = {100};
        CompactionRunner runner =
                new CompactionRunner(files, DIRECTORY, 1, () -> nextFileId[0]++, OPTIONS, tables.pacer);
        try (RecordCursor source = whole.cursor()) {
            List<CompactionResult.Output> outputs = runner.flush(source, List.of(), horizon(0));
            assertThat(outputs).hasSizeGreaterThan(5);
            long entries = 0;
            for (CompactionResult.Output output : outputs) {
                assertThat(files.size(output.path())).isLessThanOrEqualTo(TARGET_BYTES);
                entries += output.properties().entries();
            }
            assertThat(entries).isEqualTo(1000);
        }
    }

    @Test
    void overwrittenValuesAreGone() throws IOException {
        for (int run = 0; run < 4; run++) {
            for (int i = 0; i < 20; i++) {
                memtable.put(key("k" + i), new Record().setValue(run + 1, 1, 0, new byte[] {(byte) run}, 0, 1));
            }
            flush();
        }
        CompactionResult result = tables.run(all(), horizon(0)).orElseThrow();
        assertThat(result.entriesRead()).isEqualTo(80);
        assertThat(result.entriesWritten()).isEqualTo(20);
        assertThat(tables.read(key("k7")).value()).containsExactly(3);
    }

    @Test
    void tombstoneIsKeptWhileAnOlderTableMayHoldTheKey() throws IOException {
        memtable.put(key("k"), new Record().setValue(1, 1, 0, new byte[1], 0, 1));
        Sstable older = flush();
        memtable.put(key("k"), new Record().setTombstone(2, 1));
        Sstable newer = flush();
        tables.run(new CompactionTask(CompactionTask.Kind.MERGE, 0, List.of(TableInfo.of(newer))), horizon(0));
        assertThat(tables.read(key("k")).isTombstone()).isTrue();
        assertThat(tables.tables).contains(older).hasSize(2);
        tables.run(all(), horizon(0));
        assertThat(tables.tables).isEmpty();
        tables.requireNoLeftovers();
    }

    @Test
    void anExpiredValueIsKeptWhileALaterTableMayHoldALaterExpiry() throws IOException {
        memtable.put(key("k"), new Record().setValue(5L << 16, 1, 20, new byte[100], 0, 100));
        Sstable value = flush();
        memtable.put(key("k"), new Record().setExpiry(15L << 16, 1, 0));
        flush();
        tables.run(new CompactionTask(CompactionTask.Kind.MERGE, 0, List.of(TableInfo.of(value))), horizon(1000));
        assertThat(tables.read(key("k")).isLive(1000)).as("PERSIST came before the end").isTrue();
        tables.run(all(), horizon(1000));
        assertThat(tables.read(key("k")).isLive(1000)).isTrue();
    }

    @Test
    void anExpiredValueLeavesTheDisk() throws IOException {
        memtable.put(key("gone"), new Record().setValue(5L << 16, 1, 20, new byte[100], 0, 100));
        memtable.put(key("here"), new Record().setValue(5L << 16, 1, 2000, new byte[100], 0, 100));
        flush();
        tables.run(all(), horizon(1000));
        assertThat(tables.tables).hasSize(1);
        assertThat(tables.tables.getFirst().properties().entries()).isEqualTo(1);
        assertThat(tables.read(key("here")).isLive(1000)).isTrue();
    }

    @Test
    void aScanKeepsTheFilesItReads() throws IOException {
        for (int i = 0; i < 100; i++) {
            memtable.put(key("k" + i), new Record().setValue(1, 1, 0, new byte[100], 0, 100));
        }
        Sstable table = flush();
        try (RecordCursor scan = table.cursor()) {
            assertThat(scan.next()).isTrue();
            tables.run(all(), horizon(0));
            assertThat(files.exists(table.path())).isTrue();
            int walked = 1;
            while (scan.next()) {
                walked++;
            }
            assertThat(walked).isEqualTo(100);
        }
        assertThat(files.exists(table.path())).isFalse();
    }

    @Test
    void aCancelledTaskLeavesNothingBehindAndTheInputsAsTheyWere() throws IOException {
        for (int i = 0; i < 2000; i++) {
            memtable.put(key("k" + i), new Record().setValue(1, 1, 0, new byte[100], 0, 100));
        }
        Sstable table = flush();
        tables.pacer.cancel();
        Optional<CompactionResult> result = tables.run(all(), horizon(0));
        assertThat(result).isEmpty();
        assertThat(tables.tables).containsExactly(table);
        tables.requireNoLeftovers();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 12})
    void aFailedTaskLeavesNothingBehindAndTheInputsAsTheyWere(int failingWrite) throws IOException {
        for (int i = 0; i < 2000; i++) {
            memtable.put(key("k" + i), new Record().setValue(1, 1, 0, new byte[100], 0, 100));
        }
        Sstable table = flush();
        files.failCall(Operation.WRITE, failingWrite, new IOException("disk full"));
        assertThatThrownBy(() -> tables.run(all(), horizon(0))).hasMessageContaining("disk full");
        assertThat(tables.tables).containsExactly(table);
        tables.requireNoLeftovers();
        assertThat(tables.run(all(), horizon(0))).isPresent();
    }

    @Test
    void aDropReadsNothing() throws IOException {
        memtable.put(key("k"), new Record().setValue(5L << 16, 1, 20, new byte[100], 0, 100));
        flush();
        long reads = files.calls(Operation.READ) + files.calls(Operation.CREATE);
        CompactionResult result = tables.compact(horizon(1000)).orElseThrow();
        assertThat(result.task().kind()).isEqualTo(CompactionTask.Kind.DROP);
        assertThat(files.calls(Operation.READ) + files.calls(Operation.CREATE)).isEqualTo(reads);
        assertThat(tables.tables).isEmpty();
        tables.requireNoLeftovers();
    }
}
