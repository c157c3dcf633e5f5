package io.ringtail.engine.compaction;

import io.ringtail.engine.record.HeaderAbove;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What compaction leaves of a record that it has merged from all inputs of a task.
 *
 * <ul>
 *   <li>What lies in ranges that this node does not keep any more goes, when that is what the task is for.
 *   <li>What a clear floor covers goes: always, for the floor stays.
 *   <li>An expired value becomes a tombstone of the same version, its expiry kept, once no later expiry can turn up that
 *       says it had not expired: not in a memtable, not in a table outside the task, not from a replica.
 *   <li>A tombstone, or an expiry without a value, goes once nothing not later than it can turn up that it would hide.
 *   <li>A causal record is a value for as long as one of its siblings is live, or a counter has something to show; its end is the last of their ends. It goes whole or not at all.
 *   <li>A member of a collection goes when all that it says is void by the {@linkplain SetHeaders header}: that is so wherever the header comes, so nobody need have it. A member that is not void, and does not show up either, since its header has been
 *       forgotten, goes like a tombstone.
 *   <li>The header of a collection goes like a tombstone, too, when it voids all changes of members that it knows of. Members of old may be left in other tables. They do not come back: a change by whoever made them
 *       voids all that one's earlier changes, unless a header counts one of them. Where the end of a collection has come the header first says itself what is void, in the place of the end, which others may yet forget.
 * </ul>
 *
 * Tables outside the task are asked by token range, by the span of their times and by their filters; a filter's false
 * positive keeps a tombstone somewhat longer, no more. Confined to one thread.
 */
final class Purge {
    private final Horizon horizon;
    private final TokenRanges discarded;
    private final List<Sstable> outside;
    private final SetHeaders headers;
    private final long clockSkewMillis;
    private final long expiriesFinalMillis;
    private final Record kept = new Record();
    private final Record expiry = new Record();
    private boolean owesHeader;

    /**
     * @param outside all live tables that are not inputs; the caller keeps them open
     * @param headers knows those of the collections whose members are met
     * @param discarded of which nothing is left
     */
    Purge(Horizon horizon, List<Sstable> outside, SetHeaders headers, long clockSkewMillis, TokenRanges discarded) {
        this.horizon = horizon;
        this.discarded = discarded;
        this.outside = List.copyOf(outside);
        this.headers = headers;
        this.clockSkewMillis = clockSkewMillis;
        this.expiriesFinalMillis = horizon.expiriesFinalMillis(clockSkewMillis);
    }

    /**
     * What to write in place of {@code merged}: itself, without what was cleared, a record of this object's, or null for nothing. Before it, what is {@linkplain #owesHeader owed}.
     *
     * @param key in the order of keys
     */
    @Nullable Record apply(Key key, Record merged) {
        owesHeader = false;
        if (discarded.contains(key.token())) {
            return null;
        }
        long floor = horizon.clearFloors()[key.database()];
        if (floor != 0 && merged.forgetThrough(floor).isEmpty()) {
            return null;
        }
        if (!HeaderAbove.isMember(key)) {
            return ofKey(key, merged, floor);
        }
        // Members are causal records; a register here is what a repair has put in the place of one, or no member at all.
        return merged.isCausal() ? ofMember(key, merged, floor) : ofValue(key, merged);
    }

    /** Whether the header by which a member has gone is to be written in front of what {@link #apply} said: under {@link #headerKey}. */
    boolean owesHeader() {
        return owesHeader;
    }

    Key headerKey() {
        return headers.key();
    }

    Record header() {
        return headers.header();
    }

    private @Nullable Record ofKey(Key key, Record merged, long floor) {
        headers.meet(key, merged);
        if (!merged.isCollection()) {
            return ofValue(key, merged);
        }
        boolean isOver = hasEndedForGood(key, headers.header(), floor);
        Record record = isOver ? headers.end() : merged;
        return goesLikeTombstone(key, record, isOver || record.isTombstone()) ? null : record;
    }

    private @Nullable Record ofValue(Key key, Record merged) {
        boolean isOver = merged.hasValue() && !merged.isTombstone() && hasExpiredForGood(key, merged);
        Record record = isOver ? buried(merged) : merged;
        return goesLikeTombstone(key, record, isOver || record.isTombstone() || !record.hasValue()) ? null : record;
    }

    private @Nullable Record ofMember(Key key, Record record, long floor) {
        if (headers.meetMember(key) && hasEndedForGood(key, headers.header(), floor)) {
            headers.end();
        }
        Record header = headers.header();
        if (header.voids(record)) {
            owesHeader = headers.isUnwritten();
            headers.written();
            return null;
        }
        boolean hidesOnly = record.isTombstone()
                || !record.hasValue()
                || !header.hasMember(record, Long.MIN_VALUE) && !headers.isInMemtables();
        return goesLikeTombstone(key, record, hidesOnly) ? null : record;
    }

    private boolean goesLikeTombstone(Key key, Record record, boolean hidesOnly) {
        return hidesOnly && hidesNothing(key, record.maxHlc());
    }

    /** Whether a collection is over, by all there is of its header in tables; takes from that what was cleared. */
    private boolean hasEndedForGood(Key key, Record header, long floor) {
        if (floor != 0) {
            header.forgetThrough(floor);
        }
        return headers.seesAllTables() && header.isCollection() && !header.isTombstone() && isFinal(key, header.lastEndMillis());
    }

    private boolean isFinal(Key key, long expireAtMillis) {
        return expireAtMillis != 0
                && expireAtMillis <= expiriesFinalMillis
                && horizon.rule().expiryIsFinal(key.token(), expireAtMillis);
    }

    private Record buried(Record record) {
        if (record.isCausal()) {
            return kept.copyOf(record).bury();
        }
        expiry.setExpiry(record.expiryHlc(), record.expiryActor(), record.expireAtMillis());
        return kept.setTombstone(record.hlc(), record.actor()).merge(expiry);
    }

    private boolean hasExpiredForGood(Key key, Record record) {
        long expireAtMillis = record.lastEndMillis();
        if (!isFinal(key, expireAtMillis)) {
            return false;
        }
        long lastRescue = Horizon.lastHlcOf(expireAtMillis + Math.max(clockSkewMillis, horizon.rule().expiryDriftMillis()));
        for (Sstable table : outside) {
            SstableProperties properties = table.properties();
            if (properties.expiryUpdates() > 0
                    && Long.compareUnsigned(properties.minHlc(), lastRescue) <= 0
                    && (record.isCausal() || Long.compareUnsigned(properties.maxHlc(), record.expiryHlc()) >= 0)
                    && table.mayContain(key, key.filterHash())) {
                return false;
            }
        }
        return true;
    }

    private boolean hidesNothing(Key key, long hlc) {
        if (!horizon.memtablesAreLaterThan(hlc, clockSkewMillis) || !horizon.rule().droppable(key.token(), hlc)) {
            return false;
        }
        for (Sstable table : outside) {
            if (Long.compareUnsigned(table.properties().minHlc(), hlc) <= 0
                    && table.mayContain(key, key.filterHash())) {
                return false;
            }
        }
        return true;
    }
}
