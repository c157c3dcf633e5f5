package io.ringtail.engine.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.BlockCache;
import io.ringtail.engine.sstable.Lookup;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableContext;
import io.ringtail.engine.sstable.SstableFiles;
import io.ringtail.engine.sstable.SstableVerifier;
import io.ringtail.engine.sstable.SstableWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/** Live tables as a store would keep them, for tests: flush, compact, read. */
final class TableSet implements AutoCloseable {
    final List<Sstable> tables = new ArrayList<>();
    final SstableContext context;
    final CompactionPacer pacer = new CompactionPacer(CompactionPacer.UNLIMITED);
    long bytesFlushed;
    long bytesCompacted;
    private final Path directory;
    private final CompactionOptions options;
    private long nextFileId = 1;

    TableSet(FileSystem files, Path directory, CompactionOptions options) {
        this.context = new SstableContext(files, new BlockCache(1 << 20), Runnable::run, (path, failure) -> {
            throw new AssertionError(path.toString(), failure);
        });
        this.directory = directory;
        this.options = options;
    }

    Sstable flush(SortedMap<byte[], Record> memtable) throws IOException {
        long fileId = nextFileId++;
        Path path = SstableFiles.path(directory, fileId);
        try (SstableWriter writer = new SstableWriter(context.files(), path, 1, fileId, options.tables())) {
            Key key = new Key();
            for (Map.Entry<byte[], Record> entry : memtable.entrySet()) {
                writer.add(key.setEncoded(entry.getKey(), 0, entry.getKey().length), entry.getValue());
            }
            writer.finish();
        }
        Sstable table = Sstable.open(context, path, fileId);
        bytesFlushed += table.bytes();
        tables.add(table);
        return table;
    }

    /** Does what the picker picks next. */
    Optional<CompactionResult> compact(Horizon horizon) throws IOException {
        Optional<CompactionTask> picked =
                CompactionPicker.pick(tables.stream().map(TableInfo::of).toList(), options, horizon, Set.of());
        return picked.isEmpty() ? Optional.empty() : run(picked.get(), horizon);
    }

    Optional<CompactionResult> run(CompactionTask task, Horizon horizon) throws IOException {
        List<Sstable> inputs = new ArrayList<>();
        List<Sstable> outside = new ArrayList<>();
        for (Sstable table : tables) {
            (task.inputIds().contains(table.fileId()) ? inputs : outside).add(table);
        }
        CompactionRunner runner =
                new CompactionRunner(context.files(), directory, 1, () -> nextFileId++, options, pacer);
        Optional<CompactionResult> result = runner.run(task, inputs, outside, horizon, TokenRanges.NONE);
        if (result.isPresent()) {
            bytesCompacted += result.get().bytesWritten();
            for (CompactionResult.Output output : result.get().outputs()) {
                Sstable table = Sstable.open(context, output.path(), output.fileId());
                SstableVerifier.verify(table);
                tables.add(table);
            }
            tables.removeAll(inputs);
            for (Sstable input : inputs) {
                input.markObsolete();
                input.release();
            }
        }
        return result;
    }

    /** The merge of what all tables have for a key; empty when they have nothing. */
    Record read(byte[] encodedKey) throws IOException {
        Key key = new Key().setEncoded(encodedKey, 0, encodedKey.length);
        Record merged = new Record();
        for (Sstable table : tables) {
            Record record = new Record();
            if (table.get(key, key.filterHash(), record, true) == Lookup.FOUND) {
                merged.merge(record);
            }
        }
        return merged;
    }

    /** How many tables cover the token that most cover. */
    int readAmplification() {
        int most = 0;
        for (Sstable table : tables) {
            long token = table.properties().minToken();
            int covering = 0;
            for (Sstable other : tables) {
                if (TableInfo.of(other).holdsToken(token)) {
                    covering++;
                }
            }
            most = Math.max(most, covering);
        }
        return most;
    }

    long bytes() {
        return tables.stream().mapToLong(Sstable::bytes).sum();
    }

    /** Every file there is belongs to a live table. */
    void requireNoLeftovers() throws IOException {
        assertThat(context.files().list(directory))
                .containsExactlyInAnyOrderElementsOf(tables.stream().map(Sstable::path).toList());
    }

    @Override
    public void close() {
        for (Sstable table : tables) {
            table.release();
        }
    }
}
