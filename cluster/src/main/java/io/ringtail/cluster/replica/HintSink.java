package io.ringtail.cluster.replica;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;

/** Where a write is kept for a member that could not be given it. Safe for concurrent use. */
public interface HintSink {
    /** Keeps a record for a member; false when there is no room for it, and repair will have to mend that. */
    boolean add(long targetId, Key key, Record record);

    /** Keeps the clearing of a database for a member. */
    boolean addClear(long targetId, int database, long hlc);

    /** Whether no hint waits for a member, because all have come to it. */
    boolean isBrought(long targetId);
}
