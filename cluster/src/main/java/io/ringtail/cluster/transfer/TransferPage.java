package io.ringtail.cluster.transfer;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the records that a member is to have of a partition, deleted and expired ones among them, in the order of their keys. Immutable once read; read by a thread
 * that may wait for the disk.
 */
public final class TransferPage {
    /** Records of a page. */
    public static final int MAX_RECORDS = 1024;

    /** Bytes at which a page ends; a record alone may be larger. */
    static final int MAX_BYTES = 256 << 10;

    /** Keys looked at for a page, those of other replicas among them. */
    private static final int MAX_LOOKED_AT = 1 << 16;

    private static final byte[] FROM_THE_BEGINNING = {};

    private final List<byte[]> keys = new ArrayList<>();
    private final List<byte[]> records = new ArrayList<>();
    private byte @Nullable [] last;
    private long bytes;

    private TransferPage() {}

    /**
     * Reads the next page.
     *
     * @param target the member it is for, as an index into the ring's members: it gets that of which it is to be sent what others hold
     * @param after the internal key to go on behind; null to begin
     */
    static TransferPage read(Store store, Ring ring, int partition, int target, byte @Nullable [] after) throws IOException {
        TransferPage page = new TransferPage();
        int lookedAt = 0;
        try (StoreSession session = store.session();
                RecordCursor cursor = session.scanBehind(
                        after == null ? FROM_THE_BEGINNING : after, ring.firstToken(partition), ring.lastToken(partition))) {
            while (cursor.next()) {
                Key key = cursor.key();
                if (isReceiver(ring, key, partition, target)) {
                    page.add(key, cursor.record());
                }
                if (page.keys.size() >= MAX_RECORDS || page.bytes >= MAX_BYTES || ++lookedAt >= MAX_LOOKED_AT) {
                    page.last = Arrays.copyOf(key.bytes(), key.size());
                    break;
                }
            }
        }
        return page;
    }

    private static boolean isReceiver(Ring ring, Key key, int partition, int target) {
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicas = ring.replicasOf(keyspace, partition);
        return replicas.isReceiver(target);
    }

    private void add(Key key, Record record) {
        byte[] encoded = new byte[record.size()];
        record.encode(encoded, 0);
        keys.add(Arrays.copyOf(key.bytes(), key.size()));
        records.add(encoded);
        bytes += key.size() + encoded.length;
    }

    public int count() {
        return keys.size();
    }

    /** Of keys and records. */
    public long bytes() {
        return bytes;
    }

    /** Bytes of one key and its record. */
    public long bytes(int index) {
        return keys.get(index).length + records.get(index).length;
    }

    /** A key, as a copy in {@code into}. */
    public Key key(int index, Key into) {
        byte[] key = keys.get(index);
        return into.setEncoded(key, 0, key.length);
    }

    /** A record; its value is a slice of this page. */
    public Record record(int index, Record into) {
        byte[] record = records.get(index);
        return into.wrap(record, 0, record.length);
    }

    /** The key to go on behind; null when this was the last page. */
    byte @Nullable [] last() {
        return last;
    }
}
