package io.ringtail.server.cli;

import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreStatistics;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.DataStatistics;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data of a cluster of one: a store in a directory of this machine, behind its coordinator. Opened by the command line, closed by the
 * server. Safe for concurrent use.
 */
final class LocalData implements DataSource {
    private static final Logger LOG = LoggerFactory.getLogger(LocalData.class);

    /** What the store does in the background, into the log; and how far it is durable, to the server. */
    private static final class Events implements StoreListener {
        private volatile LongConsumer durable = position -> {};

        @Override
        public void durable(long position) {
            durable.accept(position);
        }

        @Override
        public void tornTailCut(Path file, long offset, long bytes) {
            LOG.warn("{} ended in the middle of an entry: cut {} bytes at offset {}", file, bytes, offset);
        }

        @Override
        public void refusingWrites(String reason) {
            LOG.error("writes are refused: {}", reason);
        }

        @Override
        public void takingWrites() {
            LOG.warn("writes are taken again");
        }

        @Override
        public void backgroundFailure(String what, IOException cause) {
            LOG.error("{} failed", what, cause);
        }
    }

    private final Store store;
    private final LocalCoordinator coordinator;
    private final Events events;
    private volatile long lastFlushMillis = System.currentTimeMillis();

    private LocalData(Store store, Events events) {
        this.store = store;
        this.events = events;
        this.coordinator = new LocalCoordinator(store, WallClock.SYSTEM);
    }

    /** Opens the store that a configuration names. */
    static DataSource open(Configuration configuration) throws IOException {
        Events events = new Events();
        StoreOptions options = StoreOptions.of(
                        Path.of(configuration.text(Settings.DATA_DIR)).toAbsolutePath().normalize())
                .withSyncPolicy(policy(configuration.text(Settings.APPENDFSYNC)))
                .withCompression(
                        Compression.valueOf(configuration.text(Settings.COMPRESSION).toUpperCase(Locale.ROOT)))
                .withMemoryLimit(configuration.number(Settings.MEMORY_LIMIT));
        return new LocalData(Store.open(options, events), events);
    }

    private static SyncPolicy policy(String name) {
        return SyncPolicy.valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public DataSession session(boolean mayBlock) {
        return coordinator.session(mayBlock);
    }

    @Override
    public void whenDurable(LongConsumer listener) {
        events.durable = listener;
    }

    @Override
    public @Nullable String writeRefusal() {
        String reason = store.refusal();
        return reason == null ? null : "MISCONF " + reason;
    }

    @Override
    public void syncPolicy(String policy) {
        store.syncPolicy(policy(policy));
    }

    @Override
    public void flush() throws IOException {
        store.flush();
        lastFlushMillis = System.currentTimeMillis();
    }

    @Override
    public void sync() throws IOException {
        store.awaitDurable();
    }

    @Override
    public long lastFlushMillis() {
        return lastFlushMillis;
    }

    @Override
    public DataStatistics statistics() {
        StoreStatistics now = store.statistics();
        return new DataStatistics(
                0,
                0,
                0,
                now.memtableBytes(),
                now.memtableEntries(),
                now.cacheBytes(),
                now.cacheHits(),
                now.cacheMisses(),
                now.lookupBytes(),
                now.tableCount(),
                now.tableBytes(),
                now.logBytes(),
                now.logSyncs(),
                now.lastSyncNanos() / 1000,
                now.syncLagMillis(),
                now.logBytesWritten() + now.flushBytesWritten() + now.compactionBytesWritten(),
                now.flushes(),
                now.compactions(),
                now.compactionRunning() ? 1 : 0,
                now.flushRunning());
    }

    @Override
    public long keysWithExpiry(int database) {
        return 0;
    }

    @Override
    public void close() throws IOException {
        coordinator.close();
        store.close();
    }
}
