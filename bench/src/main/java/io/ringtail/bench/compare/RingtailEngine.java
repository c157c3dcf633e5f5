package io.ringtail.bench.compare;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Ringtail's store, used as a turn of an event loop uses it: merges under the write lock, then one append. Confined
 * to its thread.
 */
final class RingtailEngine implements Engine {
    static final Opener OPENER = new Opener() {
        @Override
        public String name() {
            return "Ringtail";
        }

        @Override
        public Engine open(Path directory, Memory memory) throws IOException {
            StoreOptions defaults = StoreOptions.of(directory);
            return new RingtailEngine(Store.open(
                    defaults.withSyncPolicy(SyncPolicy.NO)
                            .withSizes(
                                    memory.writeBufferBytes(),
                                    memory.blockCacheBytes(),
                                    defaults.tableBytes(),
                                    defaults.logSegmentBytes()),
                    StoreListener.NONE));
        }
    };

    private final Store store;
    private final StoreSession session;
    private final Key key = new Key();
    private final Record record = new Record();
    private long hlc;

    private RingtailEngine(Store store) {
        this.store = store;
        this.session = store.session();
        this.hlc = store.maxHlc();
    }

    @Override
    public void put(byte[] userKey, byte[] value) throws IOException {
        if (!store.writeLock().isHeldByCurrentThread()) {
            String refusal = store.refusal();
            if (refusal != null) {
                throw new IOException(refusal);
            }
            store.writeLock().lock();
        }
        session.merge(key.set(0, userKey), record.setValue(++hlc, store.actor(), 0, value, 0, value.length));
    }

    @Override
    public void commit() throws IOException {
        if (store.writeLock().isHeldByCurrentThread()) {
            store.writeLock().unlock();
        }
        store.append();
        session.release();
        long pauseNanos = store.throttleNanos();
        if (pauseNanos > 0) {
            LockSupport.parkNanos(pauseNanos);
        }
    }

    @Override
    public int get(byte[] userKey, byte[] value) throws IOException {
        if (session.get(key.set(0, userKey), record, true) != Lookup.FOUND || record.isTombstone()) {
            return -1;
        }
        System.arraycopy(record.valueArray(), record.valueOffset(), value, 0, record.valueSize());
        return record.valueSize();
    }

    @Override
    public void scan(Visitor visitor) throws IOException {
        try (RecordCursor cursor = session.scan(0, -1)) {
            while (cursor.next()) {
                Key at = cursor.key();
                Record found = cursor.record();
                if (!found.isTombstone()) {
                    visitor.pair(
                            at.bytes(), at.userKeyOffset(), found.valueArray(), found.valueOffset(), found.valueSize());
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void settle() throws IOException {
        store.flush();
        store.compact();
    }

    @Override
    public void close() throws IOException {
        session.close();
        store.close();
    }
}
