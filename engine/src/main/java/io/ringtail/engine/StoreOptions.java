package io.ringtail.engine;

import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.LocalFileSystem;
import io.ringtail.engine.sstable.Compression;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * How a store is opened. Immutable; {@code with…} makes a changed copy.
 *
 * @param fileSystem where its files are
 * @param directory its own; created when missing
 * @param syncPolicy of the commit log
 * @param memtableBytes of one memtable
 * @param fullMemtablesMax memtables that may wait for their flush; writers are slowed before, and refused beyond
 * @param blockCacheBytes of decompressed blocks on the heap
 * @param compression of tables
 * @param tableBytes a table is split at about this size
 * @param logSegmentBytes of the commit log
 * @param compactionScaling between tiered and leveled, see {@link io.ringtail.engine.compaction.CompactionOptions}
 * @param threads makes the store's few threads; null when somebody calls {@link Store#runMaintenance} instead
 * @param sources of time and chance
 * @param tombstoneRule at the start; {@link Store#tombstoneRule(TombstoneRule)} changes it
 * @param memtableAgeMillis after which a memtable is written out though it is not full: what it holds keeps compaction from forgetting anything that is no older
 */
public record StoreOptions(
        FileSystem fileSystem,
        Path directory,
        SyncPolicy syncPolicy,
        long memtableBytes,
        int fullMemtablesMax,
        long blockCacheBytes,
        Compression compression,
        long tableBytes,
        long logSegmentBytes,
        int compactionScaling,
        @Nullable ThreadFactory threads,
        StoreSources sources,
        TombstoneRule tombstoneRule,
        long memtableAgeMillis) {

    public StoreOptions {
        if (memtableBytes < 64 << 10 || memtableBytes > 16L << 30) {
            throw new IllegalArgumentException("memtable of " + memtableBytes + " bytes, must be 64 KiB to 16 GiB");
        }
        if (fullMemtablesMax < 1) {
            throw new IllegalArgumentException("at least one full memtable must be allowed");
        }
        if (memtableAgeMillis < 1) {
            throw new IllegalArgumentException("memtables written out after " + memtableAgeMillis + " ms");
        }
    }

    /** Defaults for a store in {@code directory} of the machine's own file system. */
    public static StoreOptions of(Path directory) {
        return new StoreOptions(
                new LocalFileSystem(),
                directory,
                SyncPolicy.EVERYSEC,
                64 << 20,
                2,
                64 << 20,
                Compression.LZ4,
                64 << 20,
                64 << 20,
                2,
                Thread.ofPlatform().daemon().name("ringtail-store-", 0).factory(),
                StoreSources.SYSTEM,
                TombstoneRule.ALONE,
                600_000);
    }

    /** Divides a memory limit: a half for memtables (the active one and two full ones; of a prepared one only the bucket table is touched), a quarter for the block cache, the rest for all else. */
    public StoreOptions withMemoryLimit(long bytes) {
        long memtable = Math.clamp(bytes / 6, 1 << 20, 256 << 20);
        return new StoreOptions(
                fileSystem,
                directory,
                syncPolicy,
                memtable,
                fullMemtablesMax,
                bytes / 4,
                compression,
                tableBytes,
                Math.clamp(memtable / 2, 1 << 20, 64 << 20),
                compactionScaling,
                threads,
                sources,
                tombstoneRule,
                memtableAgeMillis);
    }

    public StoreOptions withFileSystem(FileSystem other) {
        return new StoreOptions(
                other, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withSyncPolicy(SyncPolicy other) {
        return new StoreOptions(
                fileSystem, directory, other, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withCompression(Compression other) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, other, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withSizes(long newMemtableBytes, long newBlockCacheBytes, long newTableBytes, long newSegmentBytes) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, newMemtableBytes, fullMemtablesMax, newBlockCacheBytes, compression,
                newTableBytes, newSegmentBytes, compactionScaling, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withCompactionScaling(int other) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, other, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withThreads(ThreadFactory other) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, other, sources, tombstoneRule, memtableAgeMillis);
    }

    /** A store that starts no threads: {@link Store#runMaintenance} does what they would, and nothing waits for another thread. */
    public StoreOptions withoutThreads() {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, null, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withSources(StoreSources other) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, other, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withTombstoneRule(TombstoneRule other) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, other, memtableAgeMillis);
    }

    public StoreOptions withDirectory(Path other) {
        return new StoreOptions(
                fileSystem, other, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, tombstoneRule, memtableAgeMillis);
    }

    public StoreOptions withMemtableAge(long millis) {
        return new StoreOptions(
                fileSystem, directory, syncPolicy, memtableBytes, fullMemtablesMax, blockCacheBytes, compression, tableBytes,
                logSegmentBytes, compactionScaling, threads, sources, tombstoneRule, millis);
    }
}
