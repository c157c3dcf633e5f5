package io.ringtail.engine.compaction;

import io.ringtail.engine.record.Key;
import java.util.function.Predicate;

/**
 * Up to when what compaction sees is all there is: the moment of a task, what memtables still hold, what was cleared, what
 * other replicas may bring. Taken together with the list of live tables, before a task is picked; it stays right while the
 * task runs, because what is written later is later. Immutable.
 *
 * @param nowMillis since 1970
 * @param memtableMinHlc the smallest hybrid logical time in any memtable not yet flushed to a live table, unsigned; -1 when
 *     they are empty
 * @param inMemtables whether any memtable not yet flushed to a live table has anything of a key; asked only for as long as the task runs
 * @param clearFloors element d: everything in database d that is not later is void; 0 when it was never cleared
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Horizon(long nowMillis, long memtableMinHlc, Predicate<Key> inMemtables, long[] clearFloors, TombstoneRule rule) {
    /** The bits of a hybrid logical time below its milliseconds. */
    private static final int HLC_COUNTER_BITS = 16;

    public Horizon {
        if (clearFloors.length != 256) {
            throw new IllegalArgumentException("clear floors of " + clearFloors.length + " databases, not 256");
        }
    }

    /** The last hybrid logical time within a millisecond. */
    static long lastHlcOf(long millis) {
        return millis >= 1L << 48 ? -1 : Math.max(0, millis) << HLC_COUNTER_BITS | (1 << HLC_COUNTER_BITS) - 1;
    }

    /**
     * Up to which expire-at an expiry is final as far as this node's memtables and writers' clocks go: a later expiry for
     * the key would have been made before it ended, and so be in a table already.
     */
    long expiriesFinalMillis(long clockSkewMillis) {
        long settled = nowMillis - clockSkewMillis;
        return memtableMinHlc == -1
                ? settled
                : Math.min(settled, (memtableMinHlc >>> HLC_COUNTER_BITS) - clockSkewMillis - 1);
    }

    /**
     * Whether memtables hold nothing, and no write under way can bring them anything, that is not later than {@code hlc}: a
     * write has its time before it is in a memtable.
     */
    boolean memtablesAreLaterThan(long hlc, long clockSkewMillis) {
        return (memtableMinHlc == -1 || Long.compareUnsigned(memtableMinHlc, hlc) > 0)
                && Long.compareUnsigned(hlc, lastHlcOf(nowMillis - clockSkewMillis)) <= 0;
    }
}
