package io.ringtail.engine;

import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MergingCursor;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way into a store. Made by {@link Store#session}; confined to its thread.
 *
 * <p>It holds the view it reads from one use to the next, so that a turn of an event loop costs one reference and not one for each read:
 * call {@link #release} when the turn ends, or memtables and tables that are no longer in use stay in memory. A write that
 * replaces the store's view is seen at once all the same.
 */
public final class StoreSession implements AutoCloseable {
    private final Store store;
    private final Record older = new Record();
    private final Memtable.Prefetch prefetch = new Memtable.Prefetch();
    private @Nullable View held;

    StoreSession(Store store) {
        this.store = store;
    }

    /** The store's newest view, held until {@link #release} or until there is a newer one. */
    private View view() {
        View view = held;
        return view != null && view == store.view() ? view : hold();
    }

    private View hold() {
        release();
        View view = store.retainView();
        held = view;
        return view;
    }

    /** Lets go of the view this session holds. Records read before stay valid: they are copies, or slices of blocks on the heap. */
    public void release() {
        View view = held;
        if (view != null) {
            held = null;
            store.releaseView(view);
        }
    }

    /** Has the memory that reads and writes of these keys will touch brought closer; see {@link Memtable#prefetch}. */
    public void prefetch(Key[] keys, int count) {
        view().active.memtable.prefetch(keys, count, prefetch);
    }

    /**
     * Reads the merge of all that the store holds for {@code key}.
     *
     * <p>Looks into the active memtable, the full ones, then the tables by age, and stops as soon as nothing older can change the answer.
     * A hit in the active memtable allocates nothing.
     *
     * @param mayBlock whether to wait for a disk; when false and the answer is not in memory, {@link Lookup#COLD}
     * @return {@link Lookup#FOUND} with the record, which may be a tombstone, or expired, or an expiry alone; {@link Lookup#MISSING}
     *     when there is nothing, or what there is has been cleared
     */
    public Lookup get(Key key, Record into, boolean mayBlock) throws IOException {
        View view = view();
        boolean found = view.active.memtable.get(key, into);
        if (!found || !into.hasValue() || Long.compareUnsigned(into.hlc(), view.olderMaxHlc) <= 0) {
            Lookup lookup = getOlder(view, key, into, found, mayBlock);
            if (lookup != Lookup.FOUND) {
                return lookup;
            }
        }
        return view.floors.hides(key.database(), into) ? Lookup.MISSING : Lookup.FOUND;
    }

    private Lookup getOlder(View view, Key key, Record into, boolean foundAlready, boolean mayBlock) throws IOException {
        boolean found = foundAlready;
        for (int i = 0; i < view.full.size(); i++) {
            Memtable memtable = view.full.get(i).memtable;
            if (isSettled(found, into, memtable.maxHlc())) {
                continue;
            }
            if (!found) {
                found = memtable.get(key, into);
            } else if (memtable.get(key, older)) {
                into.merge(older).detach();
            }
        }
        long token = key.token();
        long filterHash = 0;
        for (int i = 0; i < view.tableArray.length; i++) {
            if (isSettled(found, into, view.maxHlcs[i])) {
                break;
            }
            if (Long.compareUnsigned(token, view.minTokens[i]) < 0 || Long.compareUnsigned(token, view.maxTokens[i]) > 0) {
                continue;
            }
            if (filterHash == 0) {
                filterHash = key.filterHash();
            }
            Lookup lookup = view.tableArray[i].get(key, filterHash, found ? older : into, mayBlock);
            if (lookup == Lookup.COLD) {
                return Lookup.COLD;
            }
            if (lookup == Lookup.FOUND) {
                if (found) {
                    into.merge(older).detach();
                }
                found = true;
            }
        }
        return found ? Lookup.FOUND : Lookup.MISSING;
    }

    /** Whether something of hybrid time {@code maxHlc} or older cannot change the answer any more. */
    private static boolean isSettled(boolean found, Record into, long maxHlc) {
        return found && into.hasValue() && Long.compareUnsigned(into.hlc(), maxHlc) > 0;
    }

    /**
     * Merges a record into the store: into the memtable now, into the log with the next {@link Store#append}. The caller holds the store's write lock
     * and has looked at {@link Store#refusal}.
     */
    public void merge(Key key, Record record) {
        store.merge(key, record);
    }

    /**
     * A walk over the merged records with tokens in {@code [fromToken, throughToken]}, unsigned, tombstones and expired ones included, cleared
     * ones left out. Blocks on disk. Tables stay as they are at this moment; records that come into the active memtable meanwhile may be met. A read
     * that fails is thrown from {@code next} as an {@link java.io.UncheckedIOException}.
     */
    public RecordCursor scan(long fromToken, long throughToken) {
        View view = store.retainView();
        List<RecordCursor> sources = new ArrayList<>();
        try {
            sources.add(view.active.memtable.cursor(fromToken, throughToken));
            for (MemtableHandle handle : view.full) {
                sources.add(handle.memtable.cursor(fromToken, throughToken));
            }
            for (int i = 0; i < view.tableArray.length; i++) {
                if (Long.compareUnsigned(view.maxTokens[i], fromToken) >= 0
                        && Long.compareUnsigned(view.minTokens[i], throughToken) <= 0) {
                    sources.add(view.tableArray[i].cursor(fromToken, throughToken));
                }
            }
            return new ViewCursor(store, view, new MergingCursor(sources));
        } catch (RuntimeException e) {
            sources.forEach(RecordCursor::close);
            store.releaseView(view);
            throw e;
        }
    }

    @Override
    public void close() {
        release();
    }

    /** Holds a view for as long as a scan reads it, and passes over what has been cleared. */
    private static final class ViewCursor implements RecordCursor {
        private final Store store;
        private final View view;
        private final RecordCursor merged;
        private boolean closed;

        ViewCursor(Store store, View view, RecordCursor merged) {
            this.store = store;
            this.view = view;
            this.merged = merged;
        }

        @Override
        public boolean next() {
            while (merged.next()) {
                if (!view.floors.hides(merged.key().database(), merged.record())) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public Key key() {
            return merged.key();
        }

        @Override
        public Record record() {
            return merged.record();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                merged.close();
                store.releaseView(view);
            }
        }
    }
}
