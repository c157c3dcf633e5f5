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
    /**
     * The actor of a clearing, for those who take a floor for a tombstone of its time: above all others, because a floor also hides what was written at the very same
     * time by anybody, and whoever has the floor and whoever has not are to come to the same.
     */
    public static final long FLOOR_ACTOR = -1;

    /** The actor in a refusal of what comes too late to be taken with its version, though nothing hides it. */
    public static final long CLOSED_ACTOR = -2;

    private final Store store;
    private final Record older = new Record();
    private final Record expiry = new Record();
    private final Memtable.Prefetch prefetch = new Memtable.Prefetch();
    private @Nullable View held;
    private long refusedHlc;
    private long refusedActor;

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
    public void prefetch(Key[] keys, int count, boolean values) {
        view().active.memtable.prefetch(keys, count, values, prefetch);
    }

    /**
     * Whether all that the store holds for {@code key} is a last-write-wins value of just this version, with no end set, told by the active memtable alone. When that
     * cannot tell, the answer is false, and {@link #getVersions} knows.
     */
    public boolean holds(Key key, long hlc, long actor) {
        View view = view();
        long hidden = view.floors.of(key.database());
        return Long.compareUnsigned(hlc, view.olderMaxHlc) > 0
                && (hidden == 0 || Long.compareUnsigned(hlc, hidden) > 0)
                && view.active.memtable.holds(key, hlc, actor);
    }

    /**
     * Reads the merge of all that the store holds for {@code key}, but for what has been cleared: value and expiry each by its own version.
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
        return finishGet(view, key, into, view.active.memtable.get(key, into), mayBlock);
    }

    /**
     * {@link #get} of the versions only: {@code into} may have no more than the beginning of the value. Costs the same for large values as for small ones where the
     * active memtable settles it.
     */
    public Lookup getVersions(Key key, Record into, boolean mayBlock) throws IOException {
        View view = view();
        return finishGet(view, key, into, view.active.memtable.getVersions(key, into), mayBlock);
    }

    private Lookup finishGet(View view, Key key, Record into, boolean found, boolean mayBlock) throws IOException {
        if (!isSettled(found, into, view.olderMaxHlc)) {
            Lookup lookup = getOlder(view, key, into, found, mayBlock);
            if (lookup != Lookup.FOUND) {
                return lookup;
            }
        }
        view.floors.apply(key.database(), into);
        return into.isEmpty() ? Lookup.MISSING : Lookup.FOUND;
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
        return found && into.hidesAllThrough(maxHlc);
    }

    /**
     * Merges a record into the store: into the memtable now, into the log with the next {@link Store#append}. The caller holds the store's write lock
     * and has looked at {@link Store#refusal}.
     */
    public void merge(Key key, Record record) {
        store.merge(key, record, false);
    }

    /**
     * {@link #merge} of a record that was made of all that {@link #get} had found of the key, without letting go of the write lock since: what the memtable holds is in it, and is not looked at again.
     */
    public void replace(Key key, Record whole) {
        assert hasAllHeld(key, whole);
        store.merge(key, whole, true);
    }

    private boolean hasAllHeld(Key key, Record whole) {
        View view = view();
        if (!view.active.memtable.get(key, older)) {
            return true;
        }
        view.floors.apply(key.database(), older);
        return whole.covers(older);
    }

    /**
     * Merges a record as {@link #merge} does, and tells whether readers will see it.
     *
     * <p>A value or tombstone is accepted when the store holds no value of a greater version, an expiry alone when it holds neither a value nor an expiry of a
     * greater version, and neither when the floor of its database hides it: a floor is a tombstone of its time that hides whoever's version. A record with both parts
     * is accepted as its value is; when that is refused, its expiry is merged nevertheless. A causal record is accepted when nothing that is held supersedes the event that made it; when something does,
     * the rest of it is merged nevertheless. What is hidden, or there already, is not written.
     *
     * <p>A record later than all that is outside of the active memtable, as nearly every new write is, costs one probe of it; others are compared with those full
     * memtables and tables that hold anything as late. Nothing is allocated.
     *
     * <p>The caller holds the store's write lock and has looked at {@link Store#refusal}. A record that was there already may not be durable yet: the caller
     * waits as for one that it wrote.
     *
     * @param mayBlock whether to wait for a disk; when false and the outcome depends on what is not in memory, {@link Acceptance#COLD}
     */
    public Acceptance accept(Key key, Record record, boolean mayBlock) throws IOException {
        if (record.isEmpty()) {
            return Acceptance.ACCEPTED;
        }
        long hlc = record.writtenHlc();
        while (true) {
            // Stays the newest, and held by the store, for as long as the caller has the write lock and the memtable has room.
            View view = store.view();
            long floor = view.floors.of(key.database());
            if (floor != 0 && Long.compareUnsigned(hlc, floor) <= 0) {
                return acceptBelow(floor, key, record, mayBlock);
            }
            if (Long.compareUnsigned(hlc, view.olderMaxHlc) <= 0) {
                Acceptance known = acceptAmongOlder(view, key, record, hlc, mayBlock);
                if (known != null) {
                    return known;
                }
            }
            switch (store.accept(key, record)) {
                case MERGED, UNCHANGED -> {
                    return Acceptance.ACCEPTED;
                }
                case REFUSED, REFUSED_MERGED -> {
                    return refused(view.active.memtable.refusedHlc(), view.active.memtable.refusedActor());
                }
                case NO_ROOM -> {
                    // There is a new memtable, and the one that was active is among the full ones.
                }
            }
        }
    }

    /** Refuses what a floor hides; an expiry that came with it and is later is merged, lest replicas that were told the same come to hold different things. */
    private Acceptance acceptBelow(long floor, Key key, Record record, boolean mayBlock) throws IOException {
        if (record.hasValue() && Long.compareUnsigned(record.expiryHlc(), floor) > 0) {
            expiry.setExpiry(record.expiryHlc(), record.expiryActor(), record.expireAtMillis());
            if (accept(key, expiry, mayBlock) == Acceptance.COLD) {
                return Acceptance.COLD;
            }
        }
        return refused(floor, FLOOR_ACTOR);
    }

    /** The version that hid the record refused last: its hybrid time, unsigned. */
    public long refusedHlc() {
        return refusedHlc;
    }

    /** The version that hid the record refused last: its actor; {@link #FLOOR_ACTOR} when it was the floor of a cleared database. */
    public long refusedActor() {
        return refusedActor;
    }

    /** What a refusal comes to that is not the store's: as if this version hid the record. */
    public Acceptance refuse(long hlc, long actor) {
        return refused(hlc, actor);
    }

    private Acceptance refused(long hlc, long actor) {
        refusedHlc = hlc;
        refusedActor = actor;
        return Acceptance.REFUSED;
    }

    /** Compares a record with all that may be as late; null when that is up to the active memtable alone. */
    private @Nullable Acceptance acceptAmongOlder(View view, Key key, Record record, long hlc, boolean mayBlock)
            throws IOException {
        boolean covered = false;
        // First what is in memory: it may spare reading.
        if (view.active.memtable.get(key, older)) {
            if (record.isHiddenBy(older)) {
                return null;
            }
            covered = older.covers(record);
        }
        for (int i = 0; i < view.full.size(); i++) {
            Memtable memtable = view.full.get(i).memtable;
            if (Long.compareUnsigned(memtable.maxHlc(), hlc) >= 0 && memtable.get(key, older)) {
                if (record.isHiddenBy(older)) {
                    return refusedBy(older, key, record);
                }
                covered |= older.covers(record);
            }
        }
        long token = key.token();
        long filterHash = key.filterHash();
        for (int i = 0; i < view.tableArray.length && Long.compareUnsigned(view.maxHlcs[i], hlc) >= 0; i++) {
            if (Long.compareUnsigned(token, view.minTokens[i]) < 0 || Long.compareUnsigned(token, view.maxTokens[i]) > 0) {
                continue;
            }
            Lookup lookup = view.tableArray[i].get(key, filterHash, older, mayBlock);
            if (lookup == Lookup.COLD) {
                return Acceptance.COLD;
            }
            if (lookup == Lookup.FOUND) {
                if (record.isHiddenBy(older)) {
                    return refusedBy(older, key, record);
                }
                covered |= older.covers(record);
            }
        }
        return covered ? Acceptance.ACCEPTED : null;
    }

    private Acceptance refusedBy(Record holder, Key key, Record record) {
        refused(holder.hidingHlc(record), holder.hidingActor(record));
        if (!holder.covers(record)) {
            store.merge(key, record, false);
        }
        return Acceptance.REFUSED;
    }

    /** The hybrid time up to which a database was cleared, unsigned; 0 when it never was. For a key that is {@link Lookup#MISSING} a tombstone of that time. */
    public long floor(int database) {
        return store.view().floors.of(database);
    }

    /**
     * A walk over the merged records with tokens in {@code [fromToken, throughToken]}, unsigned, tombstones and expired ones included, cleared
     * ones left out. Blocks on disk. Tables stay as they are at this moment; records that come into the active memtable meanwhile may be met. A read
     * that fails is thrown from {@code next} as an {@link java.io.UncheckedIOException}.
     */
    public RecordCursor scan(long fromToken, long throughToken) {
        return scan(fromToken, throughToken, null);
    }

    /**
     * The same of what follows an internal key, which need not be there: costs no more for one in the middle of ten million members of a collection, which have one token, than for another.
     *
     * @param behind not to be changed before the cursor is closed; empty for all from {@code fromToken} on
     */
    public RecordCursor scanBehind(byte[] behind, long fromToken, long throughToken) {
        return behind.length == 0
                ? scan(fromToken, throughToken, null)
                : scan(Key.token(behind, 0), throughToken, new Key().setEncoded(behind, 0, behind.length));
    }

    private RecordCursor scan(long fromToken, long throughToken, @Nullable Key behind) {
        View view = store.retainView();
        List<RecordCursor> sources = new ArrayList<>();
        try {
            sources.add(cursor(view.active.memtable, fromToken, throughToken, behind));
            for (MemtableHandle handle : view.full) {
                sources.add(cursor(handle.memtable, fromToken, throughToken, behind));
            }
            for (int i = 0; i < view.tableArray.length; i++) {
                if (Long.compareUnsigned(view.maxTokens[i], fromToken) >= 0
                        && Long.compareUnsigned(view.minTokens[i], throughToken) <= 0) {
                    sources.add(behind == null
                            ? view.tableArray[i].cursor(fromToken, throughToken)
                            : new BehindCursor(view.tableArray[i].cursorNear(behind, throughToken), behind));
                }
            }
            return new ViewCursor(store, view, new MergingCursor(sources));
        } catch (RuntimeException e) {
            sources.forEach(RecordCursor::close);
            store.releaseView(view);
            throw e;
        }
    }

    private static RecordCursor cursor(Memtable memtable, long fromToken, long throughToken, @Nullable Key behind) {
        return behind == null ? memtable.cursor(fromToken, throughToken) : memtable.cursorBehind(behind, throughToken);
    }

    @Override
    public void close() {
        release();
    }

    /** Passes over the few keys of a table's block that are not behind one. */
    private static final class BehindCursor implements RecordCursor {
        private final RecordCursor near;
        private final Key behind;
        private boolean isBehind;

        BehindCursor(RecordCursor near, Key behind) {
            this.near = near;
            this.behind = behind;
        }

        @Override
        public boolean next() {
            while (near.next()) {
                Key key = near.key();
                if (isBehind || Key.compare(key.bytes(), 0, key.size(), behind.bytes(), 0, behind.size()) > 0) {
                    isBehind = true;
                    return true;
                }
            }
            return false;
        }

        @Override
        public Key key() {
            return near.key();
        }

        @Override
        public Record record() {
            return near.record();
        }

        @Override
        public void close() {
            near.close();
        }
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
                view.floors.apply(merged.key().database(), merged.record());
                if (!merged.record().isEmpty()) {
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
