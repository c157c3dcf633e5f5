package io.ringtail.engine.compaction;

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
 *   <li>The header of a collection stays: what it says is void may be among the members.
 * </ul>
 *
 * Tables outside the task are asked by token range, by the span of their times and by their filters; a filter's false
 * positive keeps a tombstone somewhat longer, no more. Confined to one thread.
 */
final class Purge {
    private final Horizon horizon;
    private final TokenRanges discarded;
    private final List<Sstable> outside;
    private final long clockSkewMillis;
    private final long expiriesFinalMillis;
    private final Record kept = new Record();
    private final Record expiry = new Record();

    /**
     * @param outside all live tables that are not inputs; the caller keeps them open
     * @param discarded of which nothing is left
     */
    Purge(Horizon horizon, List<Sstable> outside, long clockSkewMillis, TokenRanges discarded) {
        this.horizon = horizon;
        this.discarded = discarded;
        this.outside = List.copyOf(outside);
        this.clockSkewMillis = clockSkewMillis;
        this.expiriesFinalMillis = horizon.expiriesFinalMillis(clockSkewMillis);
    }

    /** What to write in place of {@code merged}: itself, without what was cleared, a record of this object's, or null for nothing. */
    @Nullable Record apply(Key key, Record merged) {
        if (discarded.contains(key.token())) {
            return null;
        }
        Record record = merged;
        long floor = horizon.clearFloors()[key.database()];
        if (floor != 0 && record.forgetThrough(floor).isEmpty()) {
            return null;
        }
        if (record.isCollection()) {
            return record;
        }
        boolean isOver = false;
        if (record.hasValue() && !record.isTombstone() && hasExpiredForGood(key, record)) {
            record = buried(record);
            isOver = true;
        }
        boolean hidesOnly = isOver || record.isTombstone() || !record.hasValue();
        return hidesOnly && hidesNothing(key, record.maxHlc()) ? null : record;
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
        if (expireAtMillis == 0
                || expireAtMillis > expiriesFinalMillis
                || !horizon.rule().expiryIsFinal(key.token(), expireAtMillis)) {
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
