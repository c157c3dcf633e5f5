package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The model of the data that handlers are tested against: a sorted map on the heap, with a clock that tests set.
 *
 * <p>Fails a command that reads after its first write, which a store with cold reads could not run again.
 */
final class HeapDataSession implements DataSession {
    private record Entry(byte[] value, long expireAtMillis, long writtenAtMillis) {}

    private final ConcurrentNavigableMap<byte[], Entry> entries =
            new ConcurrentSkipListMap<>((a, b) -> Key.compare(a, 0, a.length, b, 0, b.length));
    private boolean written;
    private int writes;
    private int reads;
    long nowMillis = 1_700_000_000_000L;

    /** To be called before each command. */
    void beginCommand() {
        written = false;
    }

    /** How many writes, deletes and expiries there have been. */
    int writes() {
        return writes;
    }

    /** How many values have been looked for. */
    int reads() {
        return reads;
    }

    /** Puts a key where its hash would not. */
    void putAt(long token, String userKey) {
        Key key = new Key().set(0, userKey.getBytes(StandardCharsets.ISO_8859_1));
        byte[] encoded = encoded(key);
        ByteBuffer.wrap(encoded).putLong(0, token);
        entries.put(encoded, new Entry(new byte[0], 0, nowMillis));
    }

    private @Nullable Entry live(byte[] key) {
        reads++;
        if (written) {
            throw new AssertionError("a read after the command's first write");
        }
        Entry entry = entries.get(key);
        return entry == null || isExpired(entry) ? null : entry;
    }

    private boolean isExpired(Entry entry) {
        return entry.expireAtMillis != 0 && entry.expireAtMillis <= nowMillis;
    }

    private byte[] encoded(Key key) {
        return Arrays.copyOf(key.bytes(), key.size());
    }

    private byte[] writing(Key key) {
        written = true;
        writes++;
        return encoded(key);
    }

    @Override
    public long nowMillis() {
        return nowMillis;
    }

    @Override
    public boolean read(Key key, Record into) {
        Entry entry = live(encoded(key));
        if (entry == null) {
            return false;
        }
        fill(into, entry);
        return true;
    }

    /** The value does not begin where its array does, as in a real store. */
    private static void fill(Record into, Entry entry) {
        byte[] array = new byte[entry.value.length + 6];
        Arrays.fill(array, (byte) '7');
        System.arraycopy(entry.value, 0, array, 3, entry.value.length);
        into.clear().setValue(entry.writtenAtMillis << 16, 1, entry.expireAtMillis, array, 3, entry.value.length);
    }

    @Override
    public boolean exists(Key key) {
        return live(encoded(key)) != null;
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis) {
        entries.put(
                writing(key), new Entry(Arrays.copyOfRange(value, offset, offset + size), expireAtMillis, nowMillis));
    }

    @Override
    public void delete(Key key) {
        entries.remove(writing(key));
    }

    @Override
    public void expire(Key key, long expireAtMillis) {
        if (entries.computeIfPresent(
                        writing(key), (k, entry) -> new Entry(entry.value, expireAtMillis, entry.writtenAtMillis))
                == null) {
            throw new AssertionError("expire of a key that does not exist");
        }
    }

    @Override
    public void clearDatabase(int database) {
        written = true;
        writes++;
        entries.keySet().removeIf(key -> Key.database(key, 0) == database);
    }

    @Override
    public RecordCursor scan(int database, long fromToken, long throughToken) {
        Iterator<byte[]> keys = entries.keySet().iterator();
        return new RecordCursor() {
            private final Key key = new Key();
            private final Record record = new Record();

            @Override
            public boolean next() {
                while (keys.hasNext()) {
                    byte[] encoded = keys.next();
                    Entry entry = live(encoded);
                    key.setEncoded(encoded, 0, encoded.length);
                    if (entry != null
                            && key.database() == database
                            && Long.compareUnsigned(key.token(), fromToken) >= 0
                            && Long.compareUnsigned(key.token(), throughToken) <= 0) {
                        fill(record, entry);
                        return true;
                    }
                }
                return false;
            }

            @Override
            public Key key() {
                return key;
            }

            @Override
            public Record record() {
                return record;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public long countKeys(int database) {
        return entries.entrySet().stream()
                .filter(e -> Key.database(e.getKey(), 0) == database && !isExpired(e.getValue()))
                .count();
    }

    @Override
    public void allowWaiting(boolean allowed) {}

    @Override
    public boolean mayBlock() {
        return true;
    }

    @Override
    public void enterExclusive() {}

    @Override
    public void exitExclusive() {}

    @Override
    public void awaitExclusive() {}

    @Override
    public long endTurn() {
        return 0;
    }

    @Override
    public void close() {}
}
