package io.ringtail.server.net;

import io.ringtail.cluster.coordinator.ColdReadException;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.DataStatistics;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Data on the heap with switches to make it misbehave: keys whose reads are cold, a log that refuses, a log that is durable only when told
 * so.
 */
final class HeapData implements DataSource {
    private record Bytes(byte[] array) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(Key.token(array, 0));
        }
    }

    private record Value(byte[] bytes, long expireAtMillis, long hlc) {}

    private final ConcurrentHashMap<Bytes, Value> map = new ConcurrentHashMap<>();
    private final ReentrantLock exclusive = new ReentrantLock();
    private final AtomicLong clock = new AtomicLong(System.currentTimeMillis() << 16);
    private final AtomicLong logged = new AtomicLong();
    private @Nullable LongConsumer durableListener;

    final AtomicInteger blockingReads = new AtomicInteger();
    /** User keys starting with this are cold. */
    volatile String coldPrefix = "";
    /** Whether replies wait until {@link #makeDurable}. */
    volatile boolean holdReplies;
    /** What the log says to a turn that wrote; null: nothing. */
    volatile @Nullable String refuseTurns;

    volatile @Nullable String refusal;

    private final AtomicInteger warmReads = new AtomicInteger();

    /** Makes keys cold whose next reads, so many of them, are not cold yet. */
    void coldAfterReads(String prefix, int reads) {
        warmReads.set(reads);
        coldPrefix = prefix;
    }

    void makeDurable() {
        LongConsumer listener = durableListener;
        if (listener != null) {
            listener.accept(logged.get());
        }
    }

    long loggedPosition() {
        return logged.get();
    }

    @Override
    public DataSession session(boolean mayBlock) {
        return new HeapSession(mayBlock);
    }

    @Override
    public void whenDurable(LongConsumer listener) {
        durableListener = listener;
    }

    @Override
    public @Nullable String writeRefusal() {
        return refusal;
    }

    @Override
    public void syncPolicy(String policy) {}

    @Override
    public void flush() {}

    @Override
    public void sync() {}

    @Override
    public long keys(int database) {
        try (DataSession session = session(true)) {
            return session.countKeys(database);
        }
    }

    @Override
    public long keysWithExpiry(int database) {
        return map.values().stream().filter(value -> value.expireAtMillis != 0).count();
    }

    @Override
    public long nodeId() {
        return 1;
    }

    @Override
    public long lastFlushMillis() {
        return 0;
    }

    @Override
    public DataStatistics statistics() {
        return DataStatistics.NONE;
    }

    @Override
    public void close() {}

    private final class HeapSession implements DataSession {
        private final boolean mayBlock;
        private boolean mayWait;
        private boolean wrote;

        HeapSession(boolean mayBlock) {
            this.mayBlock = mayBlock;
            this.mayWait = mayBlock;
        }

        @Override
        public void allowWaiting(boolean allowed) {
            mayWait = allowed || mayBlock;
        }

        private Bytes bytes(Key key) {
            return new Bytes(Arrays.copyOf(key.bytes(), key.size()));
        }

        private @Nullable Value live(Key key) {
            if (!coldPrefix.isEmpty() && new String(key.userKey(), java.nio.charset.StandardCharsets.UTF_8).startsWith(coldPrefix)) {
                if (!mayWait && warmReads.getAndDecrement() <= 0) {
                    throw ColdReadException.INSTANCE;
                }
                if (mayWait) {
                    blockingReads.incrementAndGet();
                }
            }
            Value value = map.get(bytes(key));
            return value == null || (value.expireAtMillis != 0 && value.expireAtMillis <= nowMillis()) ? null : value;
        }

        @Override
        public long nowMillis() {
            return System.currentTimeMillis();
        }

        @Override
        public boolean read(Key key, Record into) {
            Value value = live(key);
            if (value == null) {
                return false;
            }
            into.setValue(value.hlc, 1, value.expireAtMillis, value.bytes, 0, value.bytes.length);
            return true;
        }

        @Override
        public boolean exists(Key key) {
            return live(key) != null;
        }

        @Override
        public void write(Key key, byte[] value, int offset, int size, long expireAtMillis) {
            wrote = true;
            long hlc = clock.incrementAndGet();
            map.put(bytes(key), new Value(Arrays.copyOfRange(value, offset, offset + size), expireAtMillis, hlc));
        }

        @Override
        public void delete(Key key) {
            wrote = true;
            map.remove(bytes(key));
        }

        @Override
        public void expire(Key key, long expireAtMillis) {
            wrote = true;
            map.computeIfPresent(
                    bytes(key),
                    (k, v) -> new Value(v.bytes, expireAtMillis, clock.incrementAndGet()));
        }

        @Override
        public void changeMembers(Key key, Key[] members, int count, boolean adds, boolean begins) {
            throw new QuorumException("ERR there are no sets here");
        }

        @Override
        public void clearDatabase(int database) {
            wrote = true;
            map.keySet().removeIf(key -> Key.database(key.array, 0) == database);
        }

        @Override
        public RecordCursor scan(int database, long fromToken, long throughToken) {
            Iterator<Map.Entry<Bytes, Value>> entries = map.entrySet().iterator();
            Key key = new Key();
            Record record = new Record();
            return new RecordCursor() {
                @Override
                public boolean next() {
                    while (entries.hasNext()) {
                        Map.Entry<Bytes, Value> entry = entries.next();
                        byte[] encoded = entry.getKey().array;
                        long token = Key.token(encoded, 0);
                        if (Key.database(encoded, 0) == database
                                && Long.compareUnsigned(token, fromToken) >= 0
                                && Long.compareUnsigned(token, throughToken) <= 0) {
                            key.setEncoded(encoded, 0, encoded.length);
                            return read(key, record);
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
            return map.keySet().stream().filter(key -> Key.database(key.array, 0) == database).count();
        }

        @Override
        public boolean mayBlock() {
            return mayBlock;
        }

        @Override
        public void enterExclusive() {
            exclusive.lock();
        }

        @Override
        public void exitExclusive() {
            exclusive.unlock();
        }

        @Override
        public void awaitExclusive() {}

        @Override
        public long endTurn() {
            if (!wrote) {
                return 0;
            }
            wrote = false;
            String reason = refuseTurns;
            if (reason != null) {
                throw new WriteRefusedException(reason);
            }
            long position = logged.incrementAndGet();
            return holdReplies ? position : 0;
        }

        @Override
        public void close() {}
    }
}
