package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.settle.Forgotten;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What this node holds in a range, read for a comparison: the hashes of nodes, pages of keys with their versions, whole records.
 *
 * <pre>
 *   LIST        share (1) · from token (8) · through token (8) · bytes: internal key to go on behind, or none
 *   LIST_REPLY  varint entries · { key · digest } · more (1) · [ bytes: the last key looked at ]
 *   FETCH       varint count · keys
 *   FETCH_REPLY varint count · records, of the first so many keys asked for
 * </pre>
 *
 * <p>Tokens are inclusive; entries are in the order of internal keys, tombstones and expired ones among them, but not what was cleared or forgotten. With more = 1 a page tells everything up to
 * the last key looked at.
 *
 * <p>Stateless; called by threads that may wait for the disk.
 */
final class RangeReader {
    static final int PAGE_ENTRIES_MAX = 1 << 10;
    /** Bytes at which a page of keys or a batch of records ends, unless one alone is larger. */
    static final int BATCH_BYTES = 256 << 10;

    private static final int LOOKED_AT_MAX = 1 << 16;
    static final int MAX_KEY_BYTES = Key.MAX_USER_KEY_SIZE + 64;

    private final Store store;
    private final SettledTimes times;
    private final LeafHashes leaves;

    RangeReader(Store store, SettledTimes times, LeafHashes leaves) {
        this.store = store;
        this.times = times;
        this.leaves = leaves;
    }

    /** What is asked for. Immutable (the array is not to be written to). */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Wanted(int share, long fromToken, long throughToken, byte[] after) {
        void write(MessageWriter out) {
            out.writeByte(share).writeLong(fromToken).writeLong(throughToken).writeBytes(after, 0, after.length);
        }

        static Wanted read(MessageReader in) {
            Wanted wanted = new Wanted(in.readByte(), in.readLong(), in.readLong(), in.readBytes(MAX_KEY_BYTES));
            if ((wanted.after.length > 0 && wanted.after.length <= Key.PREFIX_SIZE)
                    || Long.compareUnsigned(wanted.fromToken, wanted.throughToken) > 0) {
                throw new MalformedMessageException("keys from " + Long.toHexString(wanted.fromToken) + " through "
                        + Long.toHexString(wanted.throughToken) + " behind one of " + wanted.after.length + " bytes");
            }
            return wanted;
        }


        long startToken() {
            return after.length == 0 ? fromToken : Key.token(after, 0);
        }

        /** Whether a key stands behind the one to go on behind. */
        boolean isAhead(Key key) {
            return after.length == 0 || Key.compare(key.bytes(), 0, key.size(), after, 0, after.length) > 0;
        }
    }

    RecordCursor scan(Wanted wanted) {
        return store.session().scanBehind(wanted.after, wanted.fromToken, wanted.throughToken);
    }

    private RecordCursor scan(long fromToken, long throughToken) {
        return store.session().scan(fromToken, throughToken);
    }

    /** What one walk is to be silent about. */
    Forgotten forgotten() {
        return new Forgotten(store, times);
    }

    /** Whether what a cursor stands at is to be compared: its key is of a share, as {@link KeyClasses} says, and it is not forgotten. */
    boolean isCompared(RecordCursor cursor, int share, Forgotten forgotten) {
        return (share <= KeyClasses.ALL || leaves.classes().isIn(share, leaves.classes().classOf(cursor.key())))
                && !forgotten.is(cursor.key(), cursor.record());
    }

    /**
     * Hashes the descendants of a node from what is held now, whatever is known of leaves.
     *
     * @param hashes filled in
     * @return how many keys there are
     */
    int hashBelow(TreeNode node, int bits, int share, long[] hashes) {
        Arrays.fill(hashes, 0);
        ItemHash item = new ItemHash();
        int keys = 0;
        int shift = Long.SIZE - node.depth() - bits;
        Forgotten forgotten = forgotten();
        try (RecordCursor cursor = scan(node.firstToken(), node.lastToken())) {
            while (cursor.next()) {
                if (isCompared(cursor, share, forgotten)) {
                    long within = cursor.key().token() - node.firstToken();
                    hashes[bits == 0 ? 0 : (int) (within >>> shift)] += item.of(cursor.key(), cursor.record());
                    keys++;
                }
            }
        }
        return keys;
    }

    /** Appends a page. */
    void list(Wanted wanted, MessageWriter out) {
        MessageWriter entries = new MessageWriter();
        entries.beginBare();
        Digest digest = new Digest();
        int count = 0;
        int lookedAt = 0;
        byte[] last = null;
        Forgotten forgotten = forgotten();
        try (RecordCursor cursor = scan(wanted)) {
            while (cursor.next()) {
                Key key = cursor.key();
                if (isCompared(cursor, wanted.share, forgotten)) {
                    digest.set(cursor.record()).write(entries.writeKey(key));
                    count++;
                }
                if (count >= PAGE_ENTRIES_MAX || entries.size() >= BATCH_BYTES || ++lookedAt >= LOOKED_AT_MAX) {
                    last = Arrays.copyOf(key.bytes(), key.size());
                    break;
                }
            }
        }
        out.writeVarint(count).writeRaw(entries.bytes(), 0, entries.size()).writeBoolean(last != null);
        if (last != null) {
            out.writeBytes(last, 0, last.length);
        }
    }

    static List<Key> readKeys(MessageReader in) {
        int count = in.readVarint(PAGE_ENTRIES_MAX);
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(in.readKey(new Key()));
        }
        return keys;
    }

    /** Appends the records of the first of these keys, as many as a batch holds, and their number before them. A key of which nothing is held has an empty one. */
    void fetch(List<Key> keys, MessageWriter out) throws IOException {
        MessageWriter records = new MessageWriter();
        records.beginBare();
        Record record = new Record();
        int count = 0;
        try (StoreSession session = store.session()) {
            while (count < keys.size() && records.size() < BATCH_BYTES) {
                records.writeRecord(read(session, keys.get(count), record));
                count++;
            }
        }
        out.writeVarint(count).writeRaw(records.bytes(), 0, records.size());
    }

    /** Reads what is held of a key, empty when there is nothing. */
    static Record read(StoreSession session, Key key, Record into) throws IOException {
        return session.get(key, into, true) == Lookup.FOUND ? into : into.clear();
    }

    StoreSession session() {
        return store.session();
    }
}
