package io.ringtail.cluster.hint;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of one member's hints, copied out of the store: what one message carries. Made by {@link HintStore#read}; immutable once read, and handed from the thread
 * that read it to the control loop.
 *
 * <p>Its bytes are bounded by what {@code read} was asked for, unless it is one hint alone.
 */
public final class HintBatch {
    private final long target;
    private final List<byte[]> keys = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();
    private final List<byte[]> dropped = new ArrayList<>();
    private long bytes;
    private long droppedBytes;
    private byte @Nullable [] last;
    private boolean end;
    private long oldestKeptMillis = Long.MAX_VALUE;

    HintBatch(long target) {
        this.target = target;
    }

    void add(byte[] key, byte[] value, int size) {
        keys.add(key);
        values.add(value);
        bytes += size;
    }

    /** A hint that is not to be delivered any more. */
    void drop(byte[] key, int size) {
        dropped.add(key);
        droppedBytes += size;
    }

    void reached(byte[] key) {
        last = key;
    }

    void ended() {
        end = true;
    }

    void kept(long millis) {
        oldestKeptMillis = Math.min(oldestKeptMillis, millis);
    }

    /** Whose hints they are. */
    public long target() {
        return target;
    }

    /** How many hints it has. */
    public int count() {
        return keys.size();
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** Bytes of the hints, as the store counts them: with keys and what frames them. */
    public long bytes() {
        return bytes;
    }

    /** Whether hint {@code index} is a database's clearing; otherwise it is a record. */
    public boolean isFloor(int index) {
        byte[] key = keys.get(index);
        return HintFormat.kind(key, Key.userKeyOffset(key, 0)) == HintFormat.KIND_FLOOR;
    }

    /** The database that was cleared. */
    public int floorDatabase(int index) {
        byte[] key = keys.get(index);
        return HintFormat.floorDatabase(key, Key.userKeyOffset(key, 0));
    }

    /** The hybrid time up to which it was cleared. */
    public long floorHlc(int index) {
        byte[] key = keys.get(index);
        return HintFormat.floorHlc(key, Key.userKeyOffset(key, 0));
    }

    /** The key of the missed record, copied into {@code into}. */
    public Key key(int index, Key into) {
        byte[] key = keys.get(index);
        int from = Key.userKeyOffset(key, 0) + HintFormat.ORIGINAL_OFFSET;
        return into.setEncoded(key, from, key.length - from);
    }

    /** The missed record; its value is a slice of this batch. */
    public Record record(int index, Record into) {
        byte[] value = values.get(index);
        return into.wrap(value, 0, value.length);
    }

    List<byte[]> hintKeys() {
        return keys;
    }

    List<byte[]> dropped() {
        return dropped;
    }

    long droppedBytes() {
        return droppedBytes;
    }

    /** The key of the last hint looked at, after which to go on; null when none was. */
    byte @Nullable [] last() {
        return last;
    }

    /** Whether there were no more. */
    boolean isEnd() {
        return end;
    }

    /** When the oldest of the hints looked at and not dropped came. */
    long oldestKeptMillis() {
        return oldestKeptMillis;
    }
}
