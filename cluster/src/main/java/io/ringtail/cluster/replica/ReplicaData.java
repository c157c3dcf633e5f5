package io.ringtail.cluster.replica;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.memtable.Memtable;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One loop's way to what this node itself holds, with the answers a coordinator needs: whether a write took effect here, and what version is here, of deleted,
 * expired and cleared keys too. What a cleared database held reads as deleted at the time of the clearing.
 *
 * <p>Confined to its loop.
 */
public final class ReplicaData implements AutoCloseable {
    /** Keys that {@link #prefetch} takes. */
    public static final int PREFETCH_MAX = Memtable.PREFETCH_MAX;
    /** The actor of a clearing's implicit tombstones. */
    public static final long FLOOR_ACTOR = StoreSession.FLOOR_ACTOR;

    private final Store store;
    private final SettledTimes times;
    private final StoreSession session;
    private final Set<Flaw> flaws;
    private final Record held = new Record();

    public ReplicaData(Store store, SettledTimes times, Set<Flaw> flaws) {
        this.store = store;
        this.times = times;
        this.session = store.session();
        this.flaws = flaws;
    }

    /** Why writes are refused now; null when they are taken. */
    public @Nullable String refusal() {
        return store.refusal();
    }

    /** Begins a stretch of {@link #accept}s. */
    public void lock() {
        store.writeLock().lock();
    }

    public void unlock() {
        store.writeLock().unlock();
    }

    /**
     * Merges a record unless what is held hides it. The caller holds the lock.
     *
     * @param isNew whether a client writes it just now; if not, another replica or a hint has had it
     */
    public Acceptance accept(Key key, Record record, boolean isNew) {
        try {
            return accept(session, key, flaws.contains(Flaw.MERGE_BY_ARRIVAL) ? newest(key, record) : record, isNew, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Acceptance accept(StoreSession in, Key key, Record record, boolean isNew, boolean mayBlock) throws IOException {
        return isNew ? times.acceptNew(in, key, record, mayBlock) : times.acceptCopy(in, key, record, mayBlock);
    }

    /** Makes void all that a database holds, up to and including a hybrid time. The caller holds the lock. */
    public void clear(int database, long hlc) {
        store.clear(database, hlc);
    }

    /** After {@link Acceptance#REFUSED}: the hybrid time of what hides the record. */
    public long refusedHlc() {
        return session.refusedHlc();
    }

    /** After {@link Acceptance#REFUSED}: the actor of what hides the record. */
    public long refusedActor() {
        return session.refusedActor();
    }

    /** The flaw that the last to arrive wins. */
    private Record newest(Key key, Record record) throws IOException {
        if (session.get(key, held, true) != Lookup.FOUND || !record.hasValue()
                || Record.compareVersion(record.hlc(), record.actor(), held.hlc(), held.actor()) >= 0) {
            return record;
        }
        long hlc = held.maxHlc() + 1;
        return record.isTombstone()
                ? held.setTombstone(hlc, record.actor())
                : held.setValue(hlc, record.actor(), record.expireAtMillis(), record.valueArray(), record.valueOffset(),
                        record.valueSize());
    }

    /**
     * Reads what is held for {@code key}: a value, a tombstone, something expired; empty when there has never been anything.
     *
     * @return false when it cannot be told without waiting for the disk
     */
    public boolean read(Key key, Record into) {
        try {
            return read(session.get(key, into, false), session, key, into);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@link #read} of the versions: of the value {@code into} may have no more than the beginning. */
    public boolean readVersions(Key key, Record into) {
        try {
            return read(session.getVersions(key, into, false), session, key, into);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a value of just this version, with no end set, is all that is held for {@code key}; false as well when that is not to be told at a glance. */
    public boolean holds(Key key, long hlc, long actor) {
        return session.holds(key, hlc, actor);
    }

    /**
     * Brings what {@link #read} and {@link #accept} will look at for these keys, at most {@value #PREFETCH_MAX}, closer to the processor.
     *
     * @param values whether values will be looked at, and not only versions
     */
    public void prefetch(Key[] keys, int count, boolean values) {
        session.prefetch(keys, count, values);
    }

    /** {@link #read} for any thread that may wait, with a session of its own. */
    public void readWaiting(Key key, Record into) throws IOException {
        try (StoreSession waiting = store.session()) {
            boolean ignored = read(waiting.get(key, into, true), waiting, key, into);
            into.detach();
        }
    }

    /** Appends a page of what is held in a stretch of the ring; for any thread that may wait. */
    public void page(ReplicaScan.Request request, MessageWriter out) {
        ReplicaScan.page(store, times, request, out);
    }

    /** What became of a write that was settled by waiting; {@link Acceptance#COLD} says that the disk failed. */
    public record Settled(Acceptance acceptance, long refusedHlc, long refusedActor) {}

    /**
     * {@link #accept} for any thread that may wait, without the lock held. Reads first, without the lock that everybody else needs. The loop whose turn it is
     * has yet to end it, so that the log takes what was written.
     *
     * @param mayTake asked under the lock, after all waiting: whether the epoch is still that of the write
     * @return null when it is not, and nothing was done
     */
    public @Nullable Settled acceptWaiting(Key key, Record record, boolean isNew, BooleanSupplier mayTake) {
        try (StoreSession waiting = store.session()) {
            Lookup warmed = waiting.get(key, new Record(), true);
            lock();
            try {
                if (!mayTake.getAsBoolean()) {
                    return null;
                }
                Acceptance acceptance = accept(waiting, key, record, isNew, warmed != Lookup.COLD);
                return new Settled(acceptance, waiting.refusedHlc(), waiting.refusedActor());
            } finally {
                unlock();
            }
        } catch (IOException e) {
            return new Settled(Acceptance.COLD, 0, 0);
        }
    }

    private boolean read(Lookup lookup, StoreSession session, Key key, Record into) {
        switch (lookup) {
            case FOUND -> {
                if (times.isForgotten(key, into)) {
                    // As if compaction had dropped it already, here as elsewhere.
                    return read(Lookup.MISSING, session, key, into);
                }
                long floor = into.hasValue() ? 0 : session.floor(key.database());
                if (floor != 0) {
                    // When something ends is all that is here of it; what it was, was cleared.
                    Record cleared = new Record().setTombstone(floor, FLOOR_ACTOR);
                    if (Long.compareUnsigned(into.expiryHlc(), floor) <= 0) {
                        into.clear();
                    }
                    into.merge(cleared);
                }
                return true;
            }
            case COLD -> {
                return false;
            }
            case MISSING -> {
                long floor = session.floor(key.database());
                if (floor == 0) {
                    into.clear();
                } else {
                    into.setTombstone(floor, FLOOR_ACTOR);
                }
                return true;
            }
        }
        throw new AssertionError();
    }

    /** Lets go, at the end of a turn, of what reads have held. */
    public void release() {
        session.release();
    }


    @Override
    public void close() {
        session.close();
    }
}
