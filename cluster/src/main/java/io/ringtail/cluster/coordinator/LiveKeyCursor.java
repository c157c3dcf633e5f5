package io.ringtail.cluster.coordinator;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.Arrays;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Of what is held here, the keys a reader sees: live, of one database, and keys themselves, not members of one. Passes over a few members one by one, and behind many of them begins again. Confined to one thread.
 */
final class LiveKeyCursor implements RecordCursor {
    /** Members met in a row, beyond which it is cheaper to look for the key behind them all. */
    private static final int MEMBERS_PASSED_MAX = 64;

    /** In place of a database's number. */
    static final int ALL_DATABASES = -1;

    private static final byte[] FROM_THE_BEGINNING = {};

    private final Function<byte[], RecordCursor> scan;
    private final int database;
    private final long nowMillis;
    private final BiPredicate<Key, Record> hasMember;
    private RecordCursor all;

    /**
     * @param scan of everything behind an internal key; empty for everything
     * @param hasMember asked of a set whose header does not say it
     */
    LiveKeyCursor(Function<byte[], RecordCursor> scan, int database, long nowMillis, BiPredicate<Key, Record> hasMember) {
        this.scan = scan;
        this.database = database;
        this.nowMillis = nowMillis;
        this.hasMember = hasMember;
        this.all = scan.apply(FROM_THE_BEGINNING);
    }

    @Override
    public boolean next() {
        int passed = 0;
        while (all.next()) {
            Key key = all.key();
            if (!Key.isTopLevel(key.bytes(), 0, key.size())) {
                if (++passed > MEMBERS_PASSED_MAX) {
                    passed = 0;
                    byte[] behind = MemberKeys.behindAll(Arrays.copyOf(key.bytes(), key.size()));
                    all.close();
                    all = scan.apply(behind);
                }
                continue;
            }
            passed = 0;
            if ((database == ALL_DATABASES || key.database() == database) && isThere(key, all.record())) {
                return true;
            }
        }
        return false;
    }

    private boolean isThere(Key key, Record record) {
        return record.isLive(nowMillis) && (!record.showsCollection() || record.isSurelyFilled() || hasMember.test(key, record));
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
