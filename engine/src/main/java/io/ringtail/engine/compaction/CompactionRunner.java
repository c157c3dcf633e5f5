package io.ringtail.engine.compaction;

import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MergingCursor;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableFiles;
import io.ringtail.engine.sstable.SstableProperties;
import io.ringtail.engine.sstable.SstableWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Executes compaction tasks: merges the inputs, purges what has no use any more, writes the outputs. Flushes memtables by
 * the same way.
 *
 * <p>Made by the store, which runs it on its compaction thread and installs the result: sync the directory, open the
 * outputs, change the manifest, then mark the inputs obsolete and release them. A task that fails or is cancelled deletes
 * what it wrote; the inputs are untouched until the store installs. Safe for concurrent use with disjoint tasks.
 */
public final class CompactionRunner {
    /** Bytes of keys and records between two questions to the pacer. */
    private static final int PACE_BYTES = 64 << 10;
    /** What an entry takes beside its key and record, at most, in a block and the index. */
    private static final int ENTRY_OVERHEAD_BYTES = 48;

    private final FileSystem files;
    private final Path directory;
    private final long storeId;
    private final LongSupplier fileIds;
    private final CompactionOptions options;
    private final CompactionPacer pacer;

    /** @param fileIds gives an id never given before */
    public CompactionRunner(
            FileSystem files,
            Path directory,
            long storeId,
            LongSupplier fileIds,
            CompactionOptions options,
            CompactionPacer pacer) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.fileIds = fileIds;
        this.options = options;
        this.pacer = pacer;
    }

    /**
     * Runs a task to its end.
     *
     * @param inputs the task's tables; the caller keeps them open
     * @param outside all other live tables, taken after the horizon; the caller keeps them open
     * @param discarded ranges of which nothing is to be left
     * @return empty when the pacer was cancelled
     */
    public Optional<CompactionResult> run(
            CompactionTask task, List<Sstable> inputs, List<Sstable> outside, Horizon horizon, TokenRanges discarded)
            throws IOException {
        if (task.kind() == CompactionTask.Kind.DROP) {
            return Optional.of(new CompactionResult(task, List.of(), 0, 0, 0, 0));
        }
        SetHeaders headers = new SetHeaders(outside, horizon.inMemtables());
        Purge purge = new Purge(horizon, outside, headers, options.clockSkewMillis(), discarded);
        List<RecordCursor> cursors = new ArrayList<>();
        try (Outputs outputs = new Outputs(inputs)) {
            for (Sstable input : inputs) {
                cursors.add(input.cursor());
            }
            try (MergingCursor merged = new MergingCursor(cursors)) {
                cursors.clear();
                if (!copy(merged, purge, outputs)) {
                    return Optional.empty();
                }
            }
            return Optional.of(outputs.finish(task, inputs));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            for (RecordCursor cursor : cursors) {
                cursor.close();
            }
        }
    }

    /**
     * Writes what a memtable has to as many tables as it takes, most often one, and leaves out what is of no use already. Not paced: a flush is
     * what writers wait for.
     *
     * @param memtable closed by the caller
     * @param tables all live tables; the caller keeps them open
     * @param horizon with the smallest time in all memtables but this one
     */
    public List<CompactionResult.Output> flush(RecordCursor memtable, List<Sstable> tables, Horizon horizon)
            throws IOException {
        Purge purge = new Purge(horizon, tables, SetHeaders.ofFlush(), options.clockSkewMillis(), TokenRanges.NONE);
        try (Outputs outputs = new Outputs(List.of())) {
            while (memtable.next()) {
                Key key = memtable.key();
                Record record = purge.apply(key, memtable.record());
                if (record != null) {
                    outputs.add(key, record);
                }
            }
            return outputs.finish();
        }
    }

    private boolean copy(MergingCursor merged, Purge purge, Outputs outputs) throws IOException {
        long unpaced = 0;
        while (merged.next()) {
            Key key = merged.key();
            unpaced += key.size() + merged.record().size();
            if (unpaced >= PACE_BYTES) {
                if (!pacer.pace(unpaced)) {
                    return false;
                }
                unpaced = 0;
            }
            Record record = purge.apply(key, merged.record());
            if (purge.owesHeader()) {
                outputs.add(purge.headerKey(), purge.header());
            }
            if (record != null) {
                outputs.add(key, record);
            }
        }
        return pacer.pace(unpaced);
    }

    /** The tables a task has written so far. Closing it before {@link #finish} deletes them. */
    private final class Outputs implements AutoCloseable {
        private final List<CompactionResult.Output> done = new ArrayList<>();
        private final SlicePlan plan;
        private int slice;
        private long estimated;
        private long written;
        private long entries;
        private @Nullable SstableWriter writer;
        private long fileId;
        private boolean finished;

        Outputs(List<Sstable> inputs) {
            plan = SlicePlan.of(
                    (from, through) -> {
                        long sum = 0;
                        for (Sstable input : inputs) {
                            sum += input.bytesBetween(from, through);
                        }
                        return sum;
                    },
                    options.targetTableBytes());
        }

        void add(Key key, Record record) throws IOException {
            if (writer != null && mustSplitBefore(writer, key, record)) {
                finishTable(writer);
            }
            if (writer == null) {
                skipSlices(key);
                fileId = fileIds.getAsLong();
                writer = new SstableWriter(
                        files, SstableFiles.path(directory, fileId), storeId, fileId, options.tables());
            }
            writer.add(key, record);
            entries++;
        }

        /** At a slice's boundary when the next slice does not fit as well; anywhere when the table would be too large. */
        private boolean mustSplitBefore(SstableWriter writer, Key key, Record record) {
            boolean slices = skipSlices(key);
            if (slices) {
                long soFar = written + writer.bytes();
                double shrinkage = Math.min(1, (double) soFar / Math.max(1, estimated));
                if (writer.bytes() + plan.bytes(slice) * shrinkage > options.targetTableBytes()) {
                    return true;
                }
            }
            return writer.bytes() + key.size() + record.size() + ENTRY_OVERHEAD_BYTES > options.targetTableBytes();
        }

        /** Moves on to the key's slice; whether that is another than before. */
        private boolean skipSlices(Key key) {
            int before = slice;
            while (slice + 1 < plan.count() && Long.compareUnsigned(plan.start(slice + 1), key.token()) <= 0) {
                estimated += plan.bytes(slice++);
            }
            return slice != before;
        }

        private void finishTable(SstableWriter finishing) throws IOException {
            SstableProperties properties = finishing.finish();
            Path path = SstableFiles.path(directory, fileId);
            done.add(new CompactionResult.Output(fileId, path, properties));
            written += files.size(path);
            writer = null;
        }

        List<CompactionResult.Output> finish() throws IOException {
            if (writer != null) {
                finishTable(writer);
            }
            finished = true;
            return List.copyOf(done);
        }

        CompactionResult finish(CompactionTask task, List<Sstable> inputs) throws IOException {
            finish();
            long bytesRead = 0;
            long entriesRead = 0;
            for (Sstable input : inputs) {
                bytesRead += input.bytes();
                entriesRead += input.properties().entries();
            }
            return new CompactionResult(task, done, bytesRead, written, entriesRead, entries);
        }

        @Override
        public void close() throws IOException {
            if (finished) {
                return;
            }
            if (writer != null) {
                writer.close();
            }
            for (CompactionResult.Output output : done) {
                files.delete(output.path());
            }
        }
    }
}
