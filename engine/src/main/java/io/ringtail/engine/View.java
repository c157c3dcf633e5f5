package io.ringtail.engine;

import io.ringtail.engine.compaction.Horizon;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.ClearFloors;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Sstable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a store consists of at one moment: the active memtable, the full ones, the tables, the floors.
 *
 * <p>Immutable but for its reference count. The store holds the newest view; a session holds the one it reads, for a turn; a
 * scan for as long as it runs. Each view holds its memtables and tables, so that none is freed or unmapped under a reader. The
 * last release hands the view to the store's reclaimer, since giving memory back takes milliseconds.
 *
 * <p>Invariant: {@code tables} are ordered by greatest hybrid time, descending: once a lookup holds a register newer than
 * that of the next table, no later table can change the answer.
 */
final class View {
    private static final Comparator<Sstable> NEWEST_FIRST =
            (a, b) -> Long.compareUnsigned(b.properties().maxHlc(), a.properties().maxHlc());

    final MemtableHandle active;
    /** Full memtables, newest first. */
    final List<MemtableHandle> full;

    final List<Sstable> tables;
    final ClearFloors floors;

    // The same as in `tables`, laid out for the loop of a lookup.
    final Sstable[] tableArray;
    final long[] minTokens;
    final long[] maxTokens;
    final long[] maxHlcs;
    /** The greatest hybrid time outside of the active memtable; unsigned. */
    final long olderMaxHlc;

    private final AtomicInteger references = new AtomicInteger(1);

    View(MemtableHandle active, List<MemtableHandle> full, List<Sstable> tables, ClearFloors floors) {
        this.active = active;
        this.full = List.copyOf(full);
        List<Sstable> sorted = new ArrayList<>(tables);
        sorted.sort(NEWEST_FIRST);
        this.tables = List.copyOf(sorted);
        this.floors = floors;
        int count = sorted.size();
        tableArray = sorted.toArray(Sstable[]::new);
        minTokens = new long[count];
        maxTokens = new long[count];
        maxHlcs = new long[count];
        long max = 0;
        for (int i = 0; i < count; i++) {
            minTokens[i] = sorted.get(i).properties().minToken();
            maxTokens[i] = sorted.get(i).properties().maxToken();
            maxHlcs[i] = sorted.get(i).properties().maxHlc();
            max = greater(max, maxHlcs[i]);
        }
        for (MemtableHandle handle : full) {
            max = greater(max, handle.memtable.maxHlc());
            handle.retain();
        }
        olderMaxHlc = max;
        active.retain();
        for (Sstable table : sorted) {
            if (!table.tryRetain()) {
                throw new IllegalStateException(table + " is gone while it is in use");
            }
        }
    }

    private static long greater(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    /** What may be taken for all there is when tables are merged, or when the memtable {@code flushed} is written out. */
    Horizon horizon(@Nullable MemtableHandle flushed, long nowMillis, TombstoneRule rule) {
        long[] floorOf = new long[Key.MAX_DATABASES];
        for (int database = 0; database < floors.size(); database++) {
            floorOf[database] = floors.of(database);
        }
        return new Horizon(nowMillis, minHlcApartFrom(flushed), this::isInMemtables, floorOf, rule);
    }

    private boolean isInMemtables(Key key) {
        Record ignored = new Record();
        if (active.memtable.get(key, ignored)) {
            return true;
        }
        for (MemtableHandle handle : full) {
            if (handle.memtable.get(key, ignored)) {
                return true;
            }
        }
        return false;
    }

    /** The smallest hybrid time in any memtable but {@code handle}, unsigned; all ones when they are empty. */
    private long minHlcApartFrom(@Nullable MemtableHandle handle) {
        long min = active == handle ? -1 : active.memtable.minHlc();
        for (MemtableHandle other : full) {
            if (other != handle && Long.compareUnsigned(other.memtable.minHlc(), min) < 0) {
                min = other.memtable.minHlc();
            }
        }
        return min;
    }

    /** Takes a reference; false when the view has been given up already, and a newer one stands in its place. */
    boolean tryRetain() {
        while (true) {
            int count = references.get();
            if (count == 0) {
                return false;
            }
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
        }
    }

    /** Gives a reference back; true when it was the last, and the caller has {@link #free} called. */
    boolean release() {
        return references.decrementAndGet() == 0;
    }

    /** Lets go of memtables and tables. */
    void free() {
        active.release();
        for (MemtableHandle handle : full) {
            handle.release();
        }
        for (Sstable table : tableArray) {
            table.release();
        }
    }
}
