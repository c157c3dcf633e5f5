package io.ringtail.cluster.coordinator;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A session of the {@link LocalCoordinator}. Confined to its thread. */
final class LocalSession implements DataSession {

    /** Bytes that may wait for the end of a turn; beyond, they are handed to the log ahead of it. */
    private static final int PENDING_BYTES_MAX = 32 << 20;

    private final LocalCoordinator coordinator;
    private final Store store;
    private final StoreSession data;
    private final ReentrantLock exclusive;
    private final boolean mayBlock;
    private final LongConsumer pause;
    private boolean mayWait;
    private final long actor;
    private final Record outgoing = new Record();
    private final Record probe = new Record();
    private final SiblingWriter siblings;
    private final SetWriter sets;
    private final SetPlace setPlace = new SetPlace();
    private long nowMillis;
    private boolean wrote;
    /** Whether anything was written since the exclusive stretch began. */
    private boolean wroteInStretch;
    private long loggedPosition;

    /** Reads that found something, and that did not. Written by this session's thread, read by anyone as of about now. */
    long hits;

    long misses;

    LocalSession(LocalCoordinator coordinator, Store store, boolean mayBlock, LongConsumer pause) {
        this.coordinator = coordinator;
        this.store = store;
        this.data = store.session();
        this.exclusive = coordinator.exclusive();
        this.mayBlock = mayBlock;
        this.pause = pause;
        this.mayWait = mayBlock;
        this.actor = store.actor();
        this.siblings = coordinator.siblingWriter();
        this.sets = coordinator.setWriter();
    }

    @Override
    public long nowMillis() {
        long now = nowMillis;
        if (now == 0) {
            now = coordinator.wallClock().millis();
            nowMillis = now;
        }
        return now;
    }

    @Override
    public void prefetch(Key[] keys, int count) {
        data.prefetch(keys, count, true);
    }

    @Override
    public boolean read(Key key, Record into) {
        boolean live = readRecord(key, into);
        return live && into.showsCollection() && !into.isSurelyFilled() ? hasMember(key, into) : live;
    }

    /** Whether a set that has lost members has any left. */
    boolean hasMember(Key key, Record header) {
        return !gather(key, header, ThreadLocalRandom.current().nextLong(), 1, false).isEmpty();
    }

    @Override
    public List<byte[]> gather(Key key, Record header, long fromHash, int wanted, boolean toChange) {
        if (!mayWait) {
            throw ColdReadException.INSTANCE;
        }
        MemberCursor.Members gathered = new MemberCursor.Members(wanted, MemberCursor.Members.MAX_BYTES);
        try (MemberCursor cursor = members(key, header, fromHash)) {
            cursor.gather(gathered, 0);
        }
        if (fromHash != 0 && !gathered.isEnough()) {
            try (MemberCursor cursor = members(key, header, 0)) {
                cursor.gather(gathered, fromHash);
            }
        }
        return gathered.list;
    }

    @Override
    public MemberCursor members(Key key, Record header, long fromHash) {
        byte[] behind = MemberKeys.before(key, Record.TYPE_SET, fromHash);
        return new MemberCursor(data.scanBehind(behind, key.token(), key.token()), key, header, fromHash, nowMillis());
    }

    @Override
    public boolean readRecord(Key key, Record into) {
        try {
            boolean live =
                    switch (data.get(key, into, mayWait)) {
                        case FOUND -> into.isLive(into.hasExpiry() ? nowMillis() : 0);
                        case MISSING -> {
                            into.clear();
                            yield false;
                        }
                        case COLD -> throw ColdReadException.INSTANCE;
                    };
            if (live) {
                hits++;
            } else {
                misses++;
            }
            return live;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean exists(Key key) {
        return read(key, probe);
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis) {
        if (keepsSiblings(key)) {
            write(key, value, offset, size, expireAtMillis, null);
            return;
        }
        long hlc = beginWrite();
        merge(key, outgoing.setValue(hlc, actor, expireAtMillis, value, offset, size));
    }

    @Override
    public void delete(Key key) {
        if (keepsSiblings(key)) {
            delete(key, null);
            return;
        }
        long hlc = beginWrite();
        merge(key, outgoing.setTombstone(hlc, actor));
    }

    @Override
    public void expire(Key key, long expireAtMillis) {
        if (keepsSiblings(key) || holdsSet(key)) {
            readState(key);
            writeState(key, siblings.expire(nowMillis(), expireAtMillis));
            return;
        }
        long hlc = beginWrite();
        merge(key, outgoing.setExpiry(hlc, actor, expireAtMillis));
    }

    private boolean holdsSet(Key key) {
        if (!readHeld(key, probe)) {
            throw ColdReadException.INSTANCE;
        }
        return probe.isLive(nowMillis()) && probe.showsCollection();
    }

    @Override
    public boolean keepsSiblings(Key key) {
        return coordinator.keepsSiblings(key);
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis, @Nullable Context seen) {
        readState(key);
        writeState(key, siblings.write(nowMillis(), seen, value, offset, size, expireAtMillis));
    }

    @Override
    public void delete(Key key, @Nullable Context seen) {
        readState(key);
        writeState(key, siblings.delete(nowMillis(), seen));
    }

    @Override
    public void increment(Key key, long delta, Record read) {
        checkWritable();
        writeState(key, siblings.increment(read, nowMillis(), delta));
    }

    @Override
    public void changeMembers(Key key, Key[] members, int count, boolean adds, boolean begins) {
        checkWritable();
        sets.change(nowMillis(), key, members, count, adds, begins, setPlace);
    }

    /** What this node holds is all there is. */
    private final class SetPlace implements SetWriter.Place {
        @Override
        public void read(Key key, Context seen, Record state) {
            readHeldOrThrow(key, state);
            seen.of(state);
        }

        @Override
        public void write(Key key, Record record) {
            merge(key, record);
        }
    }

    /** Has the state of a key whose siblings are kept be what is held of it. */
    private void readState(Key key) {
        checkWritable();
        readHeldOrThrow(key, siblings.state());
        siblings.readAll();
    }

    /** Waits for the disk once the command has written: it cannot be begun again then. What it asks for now was in memory when it began. */
    private void readHeldOrThrow(Key key, Record into) {
        if (readHeld(key, into)) {
            return;
        }
        if (!wroteInStretch) {
            throw ColdReadException.INSTANCE;
        }
        boolean before = mayWait;
        mayWait = true;
        try {
            boolean ignored = readHeld(key, into);
        } finally {
            mayWait = before;
        }
    }

    /** What is held of a key, whether a reader sees any of it or not; false when it cannot be told without waiting for the disk. */
    boolean readHeld(Key key, Record into) {
        try {
            switch (data.get(key, into, mayWait)) {
                case FOUND -> {
                    return true;
                }
                case MISSING -> into.clear();
                case COLD -> {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void clearDatabase(int database) {
        store.clear(database, beginWrite());
    }

    /** Notes that this turn writes, though not through this session's own methods. */
    void noteWrite() {
        wrote = true;
    }

    private long beginWrite() {
        checkWritable();
        return coordinator.tick(nowMillis());
    }

    /** Why the store takes no writes; null when it does. */
    @Nullable String refusal() {
        return store.refusal();
    }

    private void merge(Key key, Record record) {
        wroteInStretch = true;
        data.merge(key, record);
    }

    /** Writes what was made of all that is held of a key. */
    private void writeState(Key key, Record made) {
        if (siblings.isWhole()) {
            wroteInStretch = true;
            data.replace(key, made);
        } else {
            // What was pruned here may still hide what an older table has.
            merge(key, made);
        }
    }

    private void checkWritable() {
        if (!wrote) {
            String refusal = store.refusal();
            if (refusal != null) {
                throw new WriteRefusedException(refusal);
            }
            wrote = true;
        }
    }

    @Override
    public RecordCursor scan(int database, long fromToken, long throughToken) {
        return new LiveKeyCursor(
                behind -> data.scanBehind(behind, fromToken, throughToken),
                database,
                nowMillis(),
                (key, header) -> hasMember(key, header));
    }

    @Override
    public long countKeys(int database) {
        return coordinator.countKeys(database);
    }

    @Override
    public boolean mayBlock() {
        return mayBlock;
    }

    /** Whether reads may wait for a disk just now. */
    boolean mayWait() {
        return mayWait;
    }

    @Override
    public void allowWaiting(boolean allowed) {
        mayWait = allowed || mayBlock;
    }

    @Override
    public void enterExclusive() {
        exclusive.lock();
        if (exclusive.getHoldCount() == 1) {
            coordinator.exclusiveHeld(true);
            wroteInStretch = false;
        }
    }

    /** Whether the exclusive stretch goes on when the one that was entered last ends. */
    boolean isNested() {
        return exclusive.getHoldCount() > 1;
    }

    @Override
    public void exitExclusive() {
        boolean outermost = exclusive.getHoldCount() == 1;
        boolean appendNow = false;
        if (outermost) {
            coordinator.exclusiveHeld(false);
            appendNow = store.pendingBytes() > PENDING_BYTES_MAX;
        }
        exclusive.unlock();
        if (appendNow) {
            try {
                store.append();
            } catch (IOException keptByTheLog) {
                // Whoever wrote it is told at the end of its turn, whose append begins with what was kept.
                return;
            }
        }
    }

    @Override
    public void awaitExclusive() {
        if (coordinator.isExclusiveHeld() && !exclusive.isHeldByCurrentThread()) {
            exclusive.lock();
            exclusive.unlock();
        }
    }

    @Override
    public long endTurn() {
        nowMillis = 0;
        boolean wroteNow = wrote;
        wrote = false;
        data.release();
        // Also after a turn that only read: what it read may be another session's, and not in the log yet.
        if (wroteNow || store.hasPending()) {
            append();
            if (wroteNow) {
                throttle();
            }
        }
        long position = store.durabilityToAwait(wroteNow);
        // Asked in this order: a sync that fails in between breaks off the wait for the position.
        if (wroteNow && position == 0 && store.isReadOnlyForGood()) {
            throw new WriteRefusedException(String.valueOf(store.refusal()));
        }
        return position;
    }

    /** The position of the log that covers all that this session had written by its last turn's end; {@link Long#MAX_VALUE} when the log has not taken it. */
    long loggedPosition() {
        return loggedPosition;
    }

    /** Up to which the log is durable. */
    long durablePosition() {
        return store.durablePosition();
    }

    private void append() {
        loggedPosition = Long.MAX_VALUE;
        try {
            loggedPosition = store.append();
        } catch (IOException e) {
            throw new WriteRefusedException("MISCONF the outcome of this write is unknown, the commit log could not take it yet: "
                    + e.getMessage());
        }
    }

    /** Lets flushing catch up, a little every turn, when writes come in faster than they can be flushed. */
    private void throttle() {
        long nanos = store.throttleNanos();
        if (nanos > 0) {
            pause.accept(nanos);
        }
    }

    @Override
    public void close() {
        data.close();
        coordinator.forget(this);
    }
}
