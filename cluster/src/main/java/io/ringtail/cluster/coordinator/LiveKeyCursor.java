package io.ringtail.cluster.coordinator;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;

/** Of another cursor, the keys a reader sees: live, of one database, and keys themselves, not elements of one. Confined to one thread. */
final class LiveKeyCursor implements RecordCursor {
    private final RecordCursor all;
    private final int database;
    private final long nowMillis;

    LiveKeyCursor(RecordCursor all, int database, long nowMillis) {
        this.all = all;
        this.database = database;
        this.nowMillis = nowMillis;
    }

    @Override
    public boolean next() {
        while (all.next()) {
            Key key = all.key();
            if (key.database() == database
                    && all.record().isLive(nowMillis)
                    && Key.isTopLevel(key.bytes(), 0, key.size())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Key key() {
        return all.key();
    }

    @Override
    public Record record() {
        return all.record();
    }

    @Override
    public void close() {
        all.close();
    }
}
