package io.ringtail.server.data;

import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreStatistics;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.DataStatistics;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The data of a cluster of one: a store on disk and the coordinator over it. Opened by the command line; closed with the server. */
public final class StoreDataSource implements DataSource {
    private final Store store;
    private final LocalCoordinator coordinator;
    private final StoreEvents events;
    private volatile long lastFlushMillis = System.currentTimeMillis();

    private StoreDataSource(Store store, StoreEvents events) {
        this.store = store;
        this.events = events;
        this.coordinator = new LocalCoordinator(store, WallClock.SYSTEM);
    }

    /**
     * Opens the store a configuration names.
     *
     * @throws IOException when the directory cannot be used; the message is one line that names it
     */
    public static StoreDataSource open(Configuration configuration) throws IOException {
        Path directory = Path.of(configuration.text(Settings.DATA_DIR));
        AtomicInteger threads = new AtomicInteger();
        StoreOptions options = StoreOptions.of(directory)
                .withMemoryLimit(configuration.number(Settings.MEMORY_LIMIT))
                .withSyncPolicy(policy(configuration.text(Settings.APPENDFSYNC)))
                .withCompression(Compression.valueOf(
                        configuration.text(Settings.COMPRESSION).toUpperCase(Locale.ROOT)))
                .withThreads(task -> {
                    Thread thread = new Thread(task, "store-" + threads.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setUncaughtExceptionHandler(StoreDataSource::storeThreadDied);
                    return thread;
                });
        StoreEvents events = new StoreEvents();
        try {
            return new StoreDataSource(Store.open(options, events), events);
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            throw new IOException("data-dir " + directory + " cannot be used: " + e.getFile() + ": " + reason, e);
        }
    }

    /** Without its threads a store takes writes that it never syncs or flushes. A restart recovers what was acknowledged. */
    private static void storeThreadDied(Thread thread, Throwable cause) {
        try {
            LoggerFactory.getLogger(StoreDataSource.class).error("{} died, and the process ends with it", thread.getName(), cause);
        } finally {
            Runtime.getRuntime().halt(70);
        }
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
        events.whenDurable(listener);
    }

    @Override
    public @Nullable String writeRefusal() {
        return store.refusal();
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
        store.append();
        store.awaitDurable();
    }

    @Override
    public long nodeId() {
        return store.nodeId();
    }

    @Override
    public long lastFlushMillis() {
        return lastFlushMillis;
    }

    @Override
    public DataStatistics statistics() {
        StoreStatistics counted = store.statistics();
        return new DataStatistics(
                coordinator.readHits(),
                coordinator.readMisses(),
                counted.memtableBytes(),
                counted.memtableEntries(),
                counted.cacheBytes(),
                counted.cacheHits(),
                counted.cacheMisses(),
                counted.lookupBytes(),
                counted.tableCount(),
                counted.tableBytes(),
                counted.logBytes(),
                counted.logSyncs(),
                counted.lastSyncNanos() / 1000,
                counted.syncLagMillis(),
                counted.logBytesWritten() + counted.flushBytesWritten() + counted.compactionBytesWritten(),
                counted.flushes(),
                counted.compactions(),
                counted.flushRunning(),
                counted.compactionRunning());
    }

    @Override
    public long keys(int database) {
        return coordinator.estimateKeys(database);
    }

    @Override
    public long keysWithExpiry(int database) {
        return coordinator.estimateExpiringKeys(database);
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
