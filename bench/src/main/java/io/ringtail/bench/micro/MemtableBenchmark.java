package io.ringtail.bench.micro;

import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
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
 * The memtable with keys of 16 bytes and values of 100: the making of the internal key is part of each figure, as it
 * is part of each command. Made and called by JMH; confined to its thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup before anything else
public class MemtableBenchmark {
    /** Keys that are there. */
    @Param("250000")
    public int entries;

    private static final long CAPACITY_BYTES = 64L << 20;

    private final Keys keys = new Keys();
    private final Key key = new Key();
    private final Record record = new Record();
    private final byte[] value = new byte[100];
    private long hlc;
    private long nextNumber;
    private Memtable filled;
    private Memtable filling;

    @Setup(Level.Trial)
    public void fill() {
        filled = new Memtable(CAPACITY_BYTES);
        filling = new Memtable(CAPACITY_BYTES);
        for (int i = 0; i < entries; i++) {
            if (!filled.merge(keys.set(key, i), record.setValue(++hlc, 1, 0, value, 0, value.length))) {
                throw new IllegalStateException("no room for entry " + i);
            }
        }
    }

    @TearDown(Level.Trial)
    public void free() {
        filled.close();
        filling.close();
    }

    /**
     * A new key, in random order. Each time the memtable is full its successor is part of the figure, as it is in the
     * store.
     */
    @Benchmark
    public boolean putRandom() {
        keys.set(key, nextNumber++);
        record.setValue(++hlc, 1, 0, value, 0, value.length);
        if (!filling.merge(key, record)) {
            filling.close();
            filling = new Memtable(CAPACITY_BYTES);
            return filling.merge(key, record);
        }
        return true;
    }

    @Benchmark
    public boolean overwrite() {
        keys.set(key, keys.below(entries));
        record.setValue(++hlc, 1, 0, value, 0, value.length);
        if (!filled.merge(key, record)) {
            throw new IllegalStateException("no room to overwrite");
        }
        return true;
    }

    /** {@link #overwrite} that tells whether readers will see it, as a replica's writes are. */
    @Benchmark
    public boolean acceptOverwrite() {
        keys.set(key, keys.below(entries));
        record.setValue(++hlc, 1, 0, value, 0, value.length);
        if (filled.accept(key, record) != Memtable.Outcome.MERGED) {
            throw new IllegalStateException("not merged over " + key);
        }
        return true;
    }

    @Benchmark
    public int getHit() {
        if (!filled.get(keys.set(key, keys.below(entries)), record)) {
            throw new IllegalStateException("missing " + key);
        }
        return record.valueSize();
    }

    @Benchmark
    public boolean getMiss() {
        if (filled.get(keys.set(key, entries + (long) keys.below(entries)), record)) {
            throw new IllegalStateException("found " + key);
        }
        return false;
    }
}
