package io.ringtail.cluster.coordinator;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.function.LongSupplier;

/**
 * Counts the keys of each database, by walking them all.
 *
 * <p>Writes are blind: nobody looks whether a key was there before, so nobody can keep count as they come. A walk passes some millions of keys a second; what it
 * found is kept, and is exact for as long as nothing is written and nothing expires.
 *
 * <p>One per coordinator. Safe for concurrent use: one walk at a time, others wait for it. Only threads that may block call it.
 */
final class KeyspaceCensus {
    /** A count is given out again, though there were writes, for this many times as long as it took to make. */
    private static final int STALE_FACTOR = 20;

    /**
     * What one walk found. Immutable (the arrays are not to be written to).
     *
     * @param keys live keys, by database
     * @param expiring those of them that end at some time
     * @param writeMark what had been written when the walk began
     * @param nextExpiryMillis when the first of them ends, or Long.MAX_VALUE
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Census(
            long[] keys, long[] expiring, long writeMark, long takenNanos, long tookNanos, long nextExpiryMillis) {}

    private final Store store;
    private final LongSupplier writeMark;
    private Census last = new Census(
            new long[Key.MAX_DATABASES], new long[Key.MAX_DATABASES], -1, 0, 0, Long.MIN_VALUE);

    /** @param writeMark grows with every write */
    KeyspaceCensus(Store store, LongSupplier writeMark) {
        this.store = store;
        this.writeMark = writeMark;
    }

    /**
     * The counts.
     *
     * @param exact whether they must be those of this moment; otherwise they may be older, in proportion to what counting costs
     */
    synchronized Census take(long nowMillis, boolean exact) {
        boolean unchanged = last.writeMark == writeMark.getAsLong() && nowMillis < last.nextExpiryMillis;
        boolean fresh = System.nanoTime() - last.takenNanos < STALE_FACTOR * last.tookNanos;
        if (unchanged || (!exact && last.writeMark != -1 && fresh)) {
            return last;
        }
        last = walk(nowMillis);
        return last;
    }

    /** The mark of the last write that is whole: under the write lock none is between its time and its place in the memtable. */
    private long settledMark() {
        store.writeLock().lock();
        try {
            return writeMark.getAsLong();
        } finally {
            store.writeLock().unlock();
        }
    }

    private Census walk(long nowMillis) {
        long startNanos = System.nanoTime();
        long mark = settledMark();
        long[] keys = new long[Key.MAX_DATABASES];
        long[] expiring = new long[Key.MAX_DATABASES];
        long nextExpiry = Long.MAX_VALUE;
        try (StoreSession session = store.session();
                RecordCursor cursor = new LiveKeyCursor(
                        behind -> session.scanBehind(behind, 0, -1),
                        LiveKeyCursor.ALL_DATABASES,
                        nowMillis,
                        (key, header) -> hasMember(session, key, header, nowMillis))) {
            while (cursor.next()) {
                Key key = cursor.key();
                int database = key.database();
                keys[database]++;
                long expireAt = cursor.record().expireAtMillis();
                if (expireAt != 0) {
                    expiring[database]++;
                    nextExpiry = Math.min(nextExpiry, expireAt);
                }
            }
        }
        long end = System.nanoTime();
        return new Census(keys, expiring, mark, end, end - startNanos, nextExpiry);
    }

    private static boolean hasMember(StoreSession session, Key key, Record header, long nowMillis) {
        byte[] behind = MemberKeys.before(key, Record.TYPE_SET, 0);
        try (MemberCursor members =
                new MemberCursor(session.scanBehind(behind, key.token(), key.token()), key, header, 0, nowMillis)) {
            return members.next();
        }
    }
}
