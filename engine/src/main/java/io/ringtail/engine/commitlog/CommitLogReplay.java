package io.ringtail.engine.commitlog;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;

/**
 * Takes what a log holds, in the order it was written. Implemented by the store; called by the thread that opens the
 * log.
 */
public interface CommitLogReplay {
    /** A record to merge. Both arguments, the record's value included, are valid during the call only. */
    void record(Key key, Record record) throws IOException;

    /** A database was cleared: what in it is not newer than {@code hlc} is gone. */
    void clear(int database, long hlc) throws IOException;
}
