package io.ringtail.cluster.replica;

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
import java.util.Arrays;

/**
 * Which keys of a database one member holds in a stretch of the ring, with their versions and without their values: a page at a time, because a stretch may hold
 * more than anybody has memory for. Tombstones and expired keys are in it, so that whoever merges the pages of several members sees what hides what.
 *
 * <pre>
 *   request   database (1) · from token (8) · through token (8) · length, key to go on behind · entries at most (4) · bytes at most (4)
 *   page      floor (8) · entries (4) · their size (4) · entries · more (1) · [ length, the last key looked at, when there is more ]
 *   entry     length, internal key · length, record without its value
 * </pre>
 *
 * <p>Entries are in the order of internal keys. When there is more, a page tells everything up to and including the last key looked at, which need not be one of
 * its entries. The floor is a tombstone of that time for every key of the database that is this member's to tell of.
 *
 * <p>Stateless: nothing is kept between pages. Called by threads that may wait for the disk.
 */
public final class ReplicaScan {
    /** Entries of a page, whatever is asked for. */
    public static final int MAX_ENTRIES = 1 << 14;

    /** Bytes at which a page ends, whatever is asked for. */
    public static final int MAX_BYTES = 1 << 20;

    /** Keys looked at for a page, of other databases too. */
    static final int MAX_LOOKED_AT = 1 << 17;

    private static final int MAX_KEY_BYTES = Key.MAX_USER_KEY_SIZE + 64;

    private ReplicaScan() {}

    /**
     * What is asked for. Immutable (the array is not to be written to).
     *
     * @param after an internal key: only what follows it is wanted; empty for everything
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Request(
            int database, long fromToken, long throughToken, byte[] after, int entriesMax, int bytesMax) {
        public Request {
            if (after.length > 0 && after.length <= Key.PREFIX_SIZE) {
                throw new IllegalArgumentException("a key of " + after.length + " bytes to go on behind");
            }
        }

        public void write(MessageWriter out) {
            out.writeByte(database).writeLong(fromToken).writeLong(throughToken);
            out.writeBytes(after, 0, after.length).writeInt(entriesMax).writeInt(bytesMax);
        }

        public static Request read(MessageReader in) {
            int database = in.readByte();
            long fromToken = in.readLong();
            long throughToken = in.readLong();
            byte[] after = in.readBytes(MAX_KEY_BYTES);
            int entriesMax = in.readInt();
            int bytesMax = in.readInt();
            if (entriesMax < 1 || bytesMax < 1 || (after.length > 0 && after.length <= Key.PREFIX_SIZE)) {
                throw new MalformedMessageException("a scan for " + entriesMax + " entries of " + bytesMax
                        + " bytes behind a key of " + after.length);
            }
            return new Request(database, fromToken, throughToken, after, entriesMax, bytesMax);
        }
    }

    /** A record without its value. Of siblings which are live is known only with those of other replicas, so of them nothing is left out. */
    private static void writeVersions(Record record, byte[] header, MessageWriter out) {
        if (record.isCausal()) {
            out.writeRecord(record);
        } else {
            out.writeBytes(header, 0, record.encodeHeader(header, 0));
        }
    }

    /** Appends a page to {@code out}. */
    static void page(Store store, SettledTimes times, Request request, MessageWriter out) {
        int entriesMax = Math.min(request.entriesMax(), MAX_ENTRIES);
        int floorAt = out.size();
        out.writeLong(0).writeInt(0).writeInt(0);
        int begin = out.size();
        int end = begin + Math.min(request.bytesMax(), MAX_BYTES);
        byte[] after = request.after();
        byte[] header = new byte[Record.MAX_HEADER_SIZE];
        int entries = 0;
        int lookedAt = 0;
        byte[] last = null;
        Forgotten forgotten = new Forgotten(store, times);
        try (StoreSession session = store.session();
                RecordCursor cursor = session.scanBehind(after, request.fromToken(), request.throughToken())) {
            while (cursor.next()) {
                Key key = cursor.key();
                if (key.database() == request.database() && !forgotten.is(key, cursor.record())) {
                    out.writeKey(key);
                    writeVersions(cursor.record(), header, out);
                    entries++;
                }
                if (entries >= entriesMax || out.size() >= end || ++lookedAt >= MAX_LOOKED_AT) {
                    last = Arrays.copyOf(key.bytes(), key.size());
                    break;
                }
            }
            // After the scan began: what it has left out as cleared is below this floor.
            out.setLong(floorAt, session.floor(request.database()));
        }
        out.setInt(floorAt + Long.BYTES, entries);
        out.setInt(floorAt + Long.BYTES + Integer.BYTES, out.size() - begin);
        out.writeBoolean(last != null);
        if (last != null) {
            out.writeBytes(last, 0, last.length);
        }
    }
}
