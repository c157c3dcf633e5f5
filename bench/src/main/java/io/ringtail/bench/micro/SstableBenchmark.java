package io.ringtail.bench.micro;

import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.BlockCache;
import io.ringtail.engine.sstable.Lookup;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableContext;
import io.ringtail.engine.sstable.SstableFiles;
import io.ringtail.engine.sstable.SstableOptions;
import io.ringtail.engine.sstable.SstableWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Lookups in one table of {@link #entries} keys, compressed with LZ4: with every block in the block cache, with none
 * (so that each block is decompressed from the page cache), and of keys the table does not hold. Made and called by
 * JMH; confined to its thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup before anything else
public class SstableBenchmark {
    /** Keys that are there. */
    @Param("200000")
    public int entries;

    private final Keys keys = new Keys();
    private final Key key = new Key();
    private final Record record = new Record();
    private TemporaryDirectory directory;
    private Sstable cached;
    private Sstable uncached;

    @Setup(Level.Trial)
    public void write() throws IOException {
        directory = TemporaryDirectory.create("ringtail-table-");
        LocalFileSystem files = new LocalFileSystem();
        Path path = SstableFiles.path(directory.path(), 1);
        try (Memtable memtable = new Memtable(64L << 20);
                SstableWriter writer = new SstableWriter(files, path, 1, 1, SstableOptions.DEFAULT)) {
            fill(memtable);
            try (RecordCursor cursor = memtable.cursor(0, -1)) {
                while (cursor.next()) {
                    writer.add(cursor.key(), cursor.record());
                }
            }
            writer.finish();
        }
        cached = open(files, path, 256L << 20);
        uncached = open(files, path, 0);
        // Twice: a block is kept at its second miss.
        for (int i = 0; i < 2 * entries; i++) {
            find(cached, i % entries);
        }
    }

    /** Half of each value is random, so that blocks compress as ordinary data do. */
    private void fill(Memtable memtable) {
        Random random = new Random(1);
        byte[] value = new byte[100];
        byte[] half = new byte[50];
        for (int i = 0; i < entries; i++) {
            random.nextBytes(half);
            System.arraycopy(half, 0, value, 0, 50);
            System.arraycopy(half, 0, value, 50, 50);
            if (!memtable.merge(keys.set(key, i), record.setValue(i + 1, 1, 0, value, 0, value.length))) {
                throw new IllegalStateException("no room for entry " + i);
            }
        }
    }

    private static Sstable open(LocalFileSystem files, Path path, long cacheBytes) throws IOException {
        SstableContext context =
                new SstableContext(files, new BlockCache(cacheBytes), Runnable::run, (file, failure) -> {});
        return Sstable.open(context, path, 1);
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        cached.release();
        uncached.release();
        directory.close();
    }

    @Benchmark
    public int getCached() throws IOException {
        return find(cached, keys.below(entries));
    }

    @Benchmark
    public int getFromPageCache() throws IOException {
        return find(uncached, keys.below(entries));
    }

    @Benchmark
    public boolean getMissing() throws IOException {
        keys.set(key, entries + (long) keys.below(1 << 30));
        if (cached.get(key, key.filterHash(), record, true) != Lookup.MISSING) {
            throw new IllegalStateException("found " + key);
        }
        return false;
    }

    private int find(Sstable table, int number) throws IOException {
        keys.set(key, number);
        if (table.get(key, key.filterHash(), record, true) != Lookup.FOUND) {
            throw new IllegalStateException("missing " + key);
        }
        return record.valueSize();
    }
}
