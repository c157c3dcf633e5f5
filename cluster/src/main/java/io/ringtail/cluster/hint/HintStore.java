package io.ringtail.cluster.hint;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.StoreStatistics;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The hints a node keeps for others, in an engine of their own: one record a hint, named as {@link HintFormat} says, and how many there are for whom.
 *
 * <p>Opened and closed by the node, over the directory {@value #DIRECTORY} in its own. Safe for concurrent use: event loops add, the control loop's helpers read and
 * delete. All that changes is guarded by this store's own write lock, which may be taken under the main store's and never the other way round.
 *
 * <p>A hint's version here is when it was added, by a hybrid clock of this store's: deleting is a later tombstone, adding again is later still. So a hint knows its age.
 *
 * <p>Counts are kept in memory and taken anew by a scan when the store is opened. A hint that is added again before it was delivered counts twice until a delivery
 * has gone through all hints of its target without any being added: they err towards delivering, and towards refusing a hint too early.
 *
 * <p>Bounded as {@link HintOptions} says: what is past the bounds is not taken, and what grows old is dropped by delivery. Memory: one memtable of at most
 * {@value #MEMTABLE_BYTES_MAX} bytes, and those that wait for their flush.
 */
public final class HintStore implements Closeable {
    /** Where hints are, within a node's directory. */
    public static final String DIRECTORY = "hints";

    private static final long MEMTABLE_BYTES_MAX = 4 << 20;
    private static final long TABLE_BYTES = 16 << 20;
    private static final long LOG_SEGMENT_BYTES_MAX = 4 << 20;
    private static final int SCRATCH_KEPT_BYTES = 1 << 20;
    /** Hints looked at for one batch, at most. */
    private static final int SCANNED_MAX = 10_000;

    /** What {@link #read} does with the hints it meets. */
    enum Purpose {
        /** Gives out those that are not too old, and drops the others. */
        DELIVER,
        /** Drops those that are too old. */
        DROP_OLD
    }

    private static final class Tally {
        long count;
        long bytes;
        long oldestMillis;
        /** Hints ever added. */
        long additions;
    }

    private final Store store;
    private final ReentrantLock lock;
    private final HintOptions options;
    private volatile BooleanSupplier clockIsTrusted = () -> true;
    private final LongSupplier wallMillis;
    private final long actor;

    // Guarded by lock.
    private final StoreSession writer;
    private final HybridLogicalClock clock;
    private final Key key = new Key();
    private final Record record = new Record();
    private byte[] name = new byte[256];
    private byte[] value = new byte[1024];
    /** Ascending; each has its tally at the same index. */
    private long[] targets = new long[0];

    private Tally[] tallies = new Tally[0];

    // Written under the lock.
    private volatile long totalBytes;
    private volatile long totalCount;
    private volatile long addedCount;
    private volatile long refusedCount;
    private volatile long droppedCount;
    /** Records that are not later are not kept; unsigned. */
    private long closed;

    private HintStore(Store store, HintOptions options, LongSupplier wallMillis) throws IOException {
        this.store = store;
        this.lock = store.writeLock();
        this.options = options;
        this.wallMillis = wallMillis;
        this.actor = store.actor();
        this.writer = store.session();
        this.clock = new HybridLogicalClock(store.maxHlc());
        countAll();
    }

    /**
     * Opens the hints of a node.
     *
     * @param node how its main store is opened: of that, its directory, its file system, its threads, its clock, its sync policy and its sizes, if smaller
     */
    public static HintStore open(StoreOptions node, HintOptions options, StoreListener listener) throws IOException {
        StoreOptions own = node.withDirectory(node.directory().resolve(DIRECTORY))
                .withTombstoneRule(TombstoneRule.ALONE)
                .withSizes(
                        Math.min(node.memtableBytes(), MEMTABLE_BYTES_MAX),
                        0,
                        Math.min(node.tableBytes(), TABLE_BYTES),
                        Math.min(node.logSegmentBytes(), LOG_SEGMENT_BYTES_MAX));
        Store store = Store.open(own, listener);
        try {
            return new HintStore(store, options, node.sources().wallMillis());
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private void countAll() throws IOException {
        try (StoreSession reader = store.session();
                RecordCursor cursor = reader.scan(0, -1)) {
            while (cursor.next()) {
                if (cursor.record().isTombstone() || !cursor.record().hasValue()) {
                    continue;
                }
                Key hint = cursor.key();
                long target = HintFormat.target(hint.bytes(), hint.userKeyOffset(), hint.size());
                count(tally(target), hint.size() + cursor.record().size(), millis(cursor.record()));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static long millis(Record hint) {
        return HybridLogicalClock.millis(hint.hlc());
    }

    // ---- adding

    /**
     * Keeps a record for a member that missed it. It is in the log with the next {@link #append}.
     *
     * @param target 48 bits
     * @return false when it is not kept: past a bound, the disk takes no writes, or the books are {@linkplain #closeThrough closed} through its time
     */
    public boolean add(long target, Key missedKey, Record missed) {
        lock.lock();
        try {
            int nameSize = HintFormat.nameSize(missedKey);
            if (name.length < nameSize) {
                name = new byte[2 * nameSize];
            }
            HintFormat.setRecord(key, name, target, missedKey, missed);
            int size = missed.size();
            boolean isClosed = closed != 0 && Long.compareUnsigned(missed.maxHlc(), closed) <= 0;
            if (isClosed || !hasRoomFor(target, key.size() + size)) {
                return refuse();
            }
            if (value.length < size || value.length > SCRATCH_KEPT_BYTES) {
                value = new byte[Math.max(size, 1024)];
            }
            missed.encode(value, 0);
            write(target, size);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps for a member that a database was cleared up to and including a hybrid time. {@link #add} otherwise.
     */
    public boolean addClear(long target, int database, long hlc) {
        lock.lock();
        try {
            HintFormat.setFloor(key, target, database, hlc);
            if (!hasRoomFor(target, key.size())) {
                return refuse();
            }
            write(target, 0);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes no record any more that is not later than a hybrid time, unless any hint waits: its record may be as old.
     *
     * @return whether that is so from now on
     */
    public boolean closeThrough(long hlc) {
        lock.lock();
        try {
            if (totalCount == 0) {
                closed = hlc;
            }
            return totalCount == 0;
        } finally {
            lock.unlock();
        }
    }

    /** What {@link #closeThrough} was last told at an earlier run: hints that have been kept since are later. */
    public void closedThrough(long hlc) {
        lock.lock();
        try {
            closed = hlc;
        } finally {
            lock.unlock();
        }
    }

    private boolean refuse() {
        refusedCount = refusedCount + 1;
        return false;
    }

    private boolean hasRoomFor(long target, long size) {
        int index = Arrays.binarySearch(targets, target);
        long own = index < 0 ? 0 : tallies[index].bytes;
        return own + size <= options.bytesPerTargetMax()
                && totalBytes + size <= options.bytesMax()
                && store.refusal() == null;
    }

    /** Writes the hint whose name is in {@code key} and whose value is in {@code value}. */
    private void write(long target, int size) {
        long now = wallMillis.getAsLong();
        writer.merge(key, record.setValue(clock.tick(now), actor, 0, value, 0, size));
        Tally tally = tally(target);
        tally.additions++;
        count(tally, key.size() + record.size(), millis(record));
        addedCount = addedCount + 1;
    }

    private void count(Tally tally, long size, long millis) {
        tally.oldestMillis = tally.count == 0 ? millis : Math.min(tally.oldestMillis, millis);
        tally.count++;
        tally.bytes += size;
        totalBytes = totalBytes + size;
        totalCount = totalCount + 1;
    }

    private void discount(Tally tally, long hints, long size) {
        long bytes = Math.min(size, tally.bytes);
        long count = Math.min(hints, tally.count);
        tally.count -= count;
        tally.bytes -= bytes;
        totalCount = totalCount - count;
        totalBytes = totalBytes - bytes;
    }

    private Tally tally(long target) {
        int index = Arrays.binarySearch(targets, target);
        if (index >= 0) {
            return tallies[index];
        }
        int at = -index - 1;
        long[] moreTargets = new long[targets.length + 1];
        Tally[] moreTallies = new Tally[targets.length + 1];
        System.arraycopy(targets, 0, moreTargets, 0, at);
        System.arraycopy(tallies, 0, moreTallies, 0, at);
        moreTargets[at] = target;
        moreTallies[at] = new Tally();
        System.arraycopy(targets, at, moreTargets, at + 1, targets.length - at);
        System.arraycopy(tallies, at, moreTallies, at + 1, targets.length - at);
        targets = moreTargets;
        tallies = moreTallies;
        return tallies[at];
    }

    // ---- durability, as of the main store

    /** Hands all hints added so far to the log; see {@link Store#append}. */
    public long append() throws IOException {
        return store.append();
    }

    /**
     * Ends a turn: hands the hints added so far to the log.
     *
     * @param awaited whether something is to be acknowledged that counts on hints of this turn
     * @return the position that has to be durable before that, 0 when it is already; see {@link Store#durabilityToAwait}
     * @throws IOException when the log did not take them, or will never be durable again: nothing may be acknowledged that counts on them
     */
    public long endTurn(boolean awaited) throws IOException {
        // What this turn has added another loop may have taken along, and be writing just now: whoever waits for it appends all the same.
        if (awaited || store.hasPending()) {
            long ignored = store.append();
        }
        long position = awaited ? store.durabilityToAwait(true) : 0;
        if (awaited && position == 0 && store.isReadOnlyForGood()) {
            throw new IOException(String.valueOf(store.refusal()));
        }
        return position;
    }

    /** The engine below: its sync policy, its maintenance, its refusal and its statistics are those of hints. */
    public Store store() {
        return store;
    }

    public StoreStatistics statistics() {
        return store.statistics();
    }

    // ---- how many

    /** The members that hints wait for, ascending. */
    public long[] targets() {
        if (totalCount == 0) {
            return NO_TARGETS;
        }
        lock.lock();
        try {
            long[] waiting = new long[targets.length];
            int count = 0;
            for (int i = 0; i < targets.length; i++) {
                if (tallies[i].count > 0) {
                    waiting[count++] = targets[i];
                }
            }
            return Arrays.copyOf(waiting, count);
        } finally {
            lock.unlock();
        }
    }

    private static final long[] NO_TARGETS = new long[0];

    public PendingHints pending(long target) {
        lock.lock();
        try {
            int index = Arrays.binarySearch(targets, target);
            if (index < 0 || tallies[index].count == 0) {
                return PendingHints.NONE;
            }
            Tally tally = tallies[index];
            return new PendingHints(tally.count, tally.bytes, tally.oldestMillis);
        } finally {
            lock.unlock();
        }
    }

    /** Whether no hint waits for a member, and none for any was ever dropped: then all that were kept for it have come to it. */
    public boolean isBrought(long target) {
        return droppedCount == 0 && pending(target).count() == 0;
    }

    /** Bytes of all hints. */
    public long bytes() {
        return totalBytes;
    }

    public long count() {
        return totalCount;
    }

    /** Hints taken since the store was opened. */
    public long addedCount() {
        return addedCount;
    }

    /** Hints not taken since the store was opened, because a bound was reached or the disk took no writes. */
    public long refusedCount() {
        return refusedCount;
    }

    /** Hints dropped since the store was opened, because they were too old or their target is no member any more. */
    public long droppedCount() {
        return droppedCount;
    }

    /** Says how to tell whether the wall clock may be about right: hints do not grow old by one that is not. Once, before the node starts. */
    public void ageOnlyWhile(BooleanSupplier isTrusted) {
        clockIsTrusted = isTrusted;
    }

    /** Hints that came before this are dropped, in milliseconds since 1970. */
    long oldestDeliveredMillis() {
        return clockIsTrusted.getAsBoolean() ? wallMillis.getAsLong() - options.ageMaxMillis() : Long.MIN_VALUE;
    }

    HintOptions options() {
        return options;
    }

    // ---- delivering

    /** Hints ever added for a target: what has not changed while all its hints were gone through says that there are no others. */
    long additions(long target) {
        lock.lock();
        try {
            int index = Arrays.binarySearch(targets, target);
            return index < 0 ? 0 : tallies[index].additions;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Copies out hints of a target, in no order that means anything. Blocks on the disk; by any thread, by one at a time for a target.
     *
     * @param after the last hint looked at before, {@link HintBatch#last}; null to begin
     */
    HintBatch read(long target, byte @Nullable [] after, long bytesMax, Purpose purpose) throws IOException {
        byte[] prefix = HintFormat.prefix(target);
        HintBatch batch = new HintBatch(target);
        long oldestMillis = oldestDeliveredMillis();
        long firstToken = after == null ? HintFormat.firstToken(prefix) : Key.token(after, 0);
        try (StoreSession reader = store.session();
                RecordCursor cursor = reader.scan(firstToken, HintFormat.lastToken(prefix))) {
            long gathered = 0;
            int scanned = 0;
            while (cursor.next()) {
                Key hint = cursor.key();
                if (after != null && Key.compare(hint.bytes(), 0, hint.size(), after, 0, after.length) <= 0) {
                    continue;
                }
                Record held = cursor.record();
                boolean isHint = held.hasValue()
                        && !held.isTombstone()
                        && HintFormat.hasPrefix(hint.bytes(), hint.userKeyOffset(), hint.size(), prefix);
                int size = isHint ? hint.size() + held.size() : 0;
                if (gathered > 0 && gathered + size > bytesMax) {
                    return batch;
                }
                if (++scanned > SCANNED_MAX) {
                    return batch;
                }
                byte[] encoded = Arrays.copyOf(hint.bytes(), hint.size());
                batch.reached(encoded);
                if (!isHint) {
                    continue;
                }
                HintFormat.check(encoded, hint.userKeyOffset(), encoded.length);
                if (millis(held) < oldestMillis) {
                    batch.drop(encoded, size);
                    gathered += encoded.length;
                } else if (purpose == Purpose.DELIVER) {
                    batch.add(encoded, held.value(), size);
                    gathered += size;
                } else {
                    batch.kept(millis(held));
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        batch.ended();
        return batch;
    }

    /** Forgets the hints that a batch gives out. May wait for the disk. */
    void delete(HintBatch batch) throws IOException {
        delete(batch.target(), batch.hintKeys(), batch.bytes());
    }

    /** Forgets the hints that a batch does not give out, because they are not to be delivered any more. May wait for the disk. */
    void deleteDropped(HintBatch batch) throws IOException {
        delete(batch.target(), batch.dropped(), batch.droppedBytes());
        lock.lock();
        try {
            droppedCount = droppedCount + batch.dropped().size();
        } finally {
            lock.unlock();
        }
    }

    private void delete(long target, List<byte[]> hints, long size) throws IOException {
        if (hints.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            Tally tally = tally(target);
            long now = wallMillis.getAsLong();
            for (byte[] hint : hints) {
                writer.merge(key.setEncoded(hint, 0, hint.length), record.setTombstone(clock.tick(now), actor));
            }
            discount(tally, hints.size(), size);
        } finally {
            lock.unlock();
        }
        store.append();
    }

    /**
     * Corrects the count of a target all of whose hints have been gone through.
     *
     * @param additions as {@link #additions} said before; when it says otherwise now, nothing is known
     * @param oldestKeptMillis of those that were met and are still there; {@link Long#MAX_VALUE} when there are none
     */
    void wentThrough(long target, long additions, long oldestKeptMillis) {
        lock.lock();
        try {
            int index = Arrays.binarySearch(targets, target);
            if (index < 0 || tallies[index].additions != additions) {
                return;
            }
            Tally tally = tallies[index];
            if (oldestKeptMillis == Long.MAX_VALUE) {
                discount(tally, tally.count, tally.bytes);
            } else {
                tally.oldestMillis = oldestKeptMillis;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
        store.close();
    }
}
