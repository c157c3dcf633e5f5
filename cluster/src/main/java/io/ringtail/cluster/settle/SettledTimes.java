package io.ringtail.cluster.settle;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;

/**
 * The times that a node goes by, and what follows from them: which records it takes in, which it is silent about, and which compaction may drop.
 *
 * <p>Set by {@link Settlement}, asked by everybody. All times are hybrid logical ones, unsigned and inclusive; 0 is never.
 *
 * <p>Safe for concurrent use. The times by partition are replaced as one.
 */
public final class SettledTimes implements TombstoneRule {
    /** What {@link #forgottenThrough} says of a record that is never forgotten. */
    public static final long NEVER = -1;

    /** Of one that is forgotten whatever is settled. */
    public static final long ALREADY = 0;

    /** Times by partition. Immutable: the arrays are not to be written to. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record ByPartition(long[] whole, long[] settled) {
        static final ByPartition NOTHING = new ByPartition(new long[1], new long[1]);

        private int partition(long token) {
            int bits = Integer.numberOfTrailingZeros(settled.length);
            return bits == 0 ? 0 : (int) (token >>> Long.SIZE - bits);
        }

        /** Up to which time the partition of a token is settled. */
        long settled(long token) {
            return settled[partition(token)];
        }

        /** The latest time up to which a partition is settled that has any of these tokens. */
        public long latestSettled(long firstToken, long lastToken) {
            long latest = 0;
            for (int partition = partition(firstToken); partition <= partition(lastToken); partition++) {
                latest = Long.compareUnsigned(settled[partition], latest) > 0 ? settled[partition] : latest;
            }
            return latest;
        }

        /** The earliest time up to which a partition is settled that has any of these tokens. */
        long leastSettled(long firstToken, long lastToken) {
            long least = -1;
            for (int partition = partition(firstToken); partition <= partition(lastToken); partition++) {
                least = Long.compareUnsigned(settled[partition], least) < 0 ? settled[partition] : least;
            }
            return least;
        }

        /** Whether nothing is to be told of a record any more: all replicas are past whatever it hides. */
        public boolean isForgotten(long token, long forgottenThrough) {
            return forgottenThrough == ALREADY || isThrough(forgottenThrough, settled(token));
        }

        long whole(long token) {
            return whole[partition(token)];
        }
    }

    private final long maxDriftMillis;
    private final boolean byDateAlone;
    private volatile long closed;
    private volatile ByPartition byPartition = ByPartition.NOTHING;

    /** @param maxDriftMillis how far ahead of a node's wall clock its hybrid time may be */
    public SettledTimes(long maxDriftMillis, Set<Flaw> flaws) {
        this.maxDriftMillis = maxDriftMillis;
        this.byDateAlone = flaws.contains(Flaw.TOMBSTONE_DROPPED_BY_DATE);
    }

    private static boolean isThrough(long hlc, long time) {
        return time != 0 && Long.compareUnsigned(hlc, time) <= 0;
    }

    // ---- the times

    /** Up to when nothing that is new is taken in. */
    public long closed() {
        return closed;
    }

    /** Closes through a time; the caller holds the store's write lock, so that whatever was taken in before is there by then. */
    void close(long hlc) {
        closed = hlc;
    }

    public ByPartition byPartition() {
        return byPartition;
    }

    void byPartition(ByPartition times) {
        byPartition = times;
    }

    // ---- what is taken in

    /**
     * Merges what a client writes just now, unless the books are closed through its time: then it is refused, and takes effect with a later version.
     * The caller holds the write lock.
     */
    public Acceptance acceptNew(StoreSession session, Key key, Record record, boolean mayBlock) throws IOException {
        long time = closed;
        return isThrough(record.maxHlc(), time)
                ? session.refuse(time, StoreSession.CLOSED_ACTOR)
                : accept(session, key, record, byPartition.whole(key.token()), mayBlock);
    }

    /**
     * Merges a record that another node has had, whoever brings it. One of a time through which this replica is whole, of a key of which it holds no value, was superseded by
     * something that has been forgotten since: a tombstone is void then, and taken for accepted, a value is refused. The caller holds the write lock.
     */
    public Acceptance acceptCopy(StoreSession session, Key key, Record record, boolean mayBlock) throws IOException {
        long whole = byPartition.whole(key.token());
        if (record.isEmpty() || !isThrough(record.writtenHlc(), whole)) {
            return accept(session, key, record, whole, mayBlock);
        }
        Record held = new Record();
        return switch (session.get(key, held, mayBlock)) {
            // An expiry alone hides no value: what did may have been forgotten.
            case FOUND -> held.hasValue() || !record.hasValue()
                    ? session.accept(key, record, mayBlock)
                    : acceptSuperseded(session, key, record, whole, mayBlock);
            case COLD -> Acceptance.COLD;
            case MISSING -> acceptSuperseded(session, key, record, whole, mayBlock);
        };
    }

    /**
     * A causal record carries siblings that are older than itself. Those through whose time this replica is whole, and which it does not hold, were superseded by something that may have been forgotten since, and
     * would come back.
     */
    private static Acceptance accept(StoreSession session, Key key, Record record, long whole, boolean mayBlock) throws IOException {
        if (!record.isCausal() || !isThrough(record.minHlc(), whole)) {
            return session.accept(key, record, mayBlock);
        }
        Record held = new Record();
        if (session.get(key, held, mayBlock) == Lookup.COLD) {
            return Acceptance.COLD;
        }
        return session.accept(key, new Record().copyOf(record).dropUnlessHeld(whole, held), mayBlock);
    }

    private Acceptance acceptSuperseded(StoreSession session, Key key, Record record, long whole, boolean mayBlock)
            throws IOException {
        Record later = new Record().copyOf(record).forgetThrough(whole);
        if (!later.isEmpty() && session.accept(key, later, mayBlock) == Acceptance.COLD) {
            return Acceptance.COLD;
        }
        return record.hasValue() && !record.isTombstone()
                ? session.refuse(whole, StoreSession.FLOOR_ACTOR)
                : Acceptance.ACCEPTED;
    }

    /** Whether this replica is whole through the time of a value: then nobody else can know better what became of it. */
    public boolean isWhole(Key key, Record record) {
        return isThrough(record.writtenHlc(), byPartition.whole(key.token()));
    }

    // ---- what is forgotten

    /**
     * Up to which time a partition has to be settled for a record to be forgotten: a tombstone, an expiry without a value, or a value that had ended by then.
     *
     * <p>A value's end is beyond doubt once every replica has all expiries that were made before it; those have hybrid times at most so much later as clocks may differ.
     *
     * @return unsigned; {@link #NEVER} for a value that does not end
     */
    public long forgottenThrough(Record record) {
        if (!record.hasValue() || record.isTombstone()) {
            return record.maxHlc();
        }
        long end = record.lastEndMillis();
        if (end == 0 || end >= Long.MAX_VALUE >>> 16) {
            return NEVER;
        }
        long lastRescue = HybridLogicalClock.lastOf(end + maxDriftMillis);
        return later(lastRescue, record.maxHlc());
    }

    /** The same of a member of a collection, by its header. Of one that this voids nothing need be known; one that does not show up is as good as a tombstone. */
    public long forgottenThrough(Record header, Record member) {
        if (header.voids(member)) {
            return ALREADY;
        }
        if (member.isTombstone() || !member.hasValue() || !header.hasMember(member, Long.MIN_VALUE)) {
            return member.maxHlc();
        }
        return header.isCollection() ? later(forgottenThrough(header), member.maxHlc()) : NEVER;
    }

    private static long later(long a, long b) {
        return Long.compareUnsigned(a, b) > 0 ? a : b;
    }

    /** Whether nothing is to be told of a record any more. Costs two looks at it when it is a value without an end. */
    public boolean isForgotten(Key key, Record record) {
        if (record.hasValue() && !record.isTombstone() && record.lastEndMillis() == 0 || record.isEmpty()) {
            return false;
        }
        return byPartition.isForgotten(key.token(), forgottenThrough(record));
    }

    @Override
    public boolean droppable(long token, long hlc) {
        return byDateAlone || isThrough(hlc, byPartition.settled(token));
    }

    @Override
    public boolean droppable(long firstToken, long lastToken, long hlc) {
        return byDateAlone || isThrough(hlc, byPartition.leastSettled(firstToken, lastToken));
    }

    @Override
    public long expiriesFinalMillis(long firstToken, long lastToken) {
        long least = byPartition.leastSettled(firstToken, lastToken);
        // The hybrid times of the last of these milliseconds may not all be settled.
        return least == 0 ? Long.MIN_VALUE : HybridLogicalClock.millis(least) - maxDriftMillis - 1;
    }

    @Override
    public boolean expiryIsFinal(long token, long expireAtMillis) {
        return expireAtMillis < Long.MAX_VALUE >>> 16
                && isThrough(HybridLogicalClock.lastOf(expireAtMillis + maxDriftMillis), byPartition.settled(token));
    }

    @Override
    public long expiryDriftMillis() {
        return maxDriftMillis;
    }

    @Override
    public String toString() {
        return "SettledTimes[closed=" + closed + " settled=" + Arrays.toString(byPartition.settled) + "]";
    }
}
