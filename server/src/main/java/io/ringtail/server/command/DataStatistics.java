package io.ringtail.server.command;

/**
 * What storage counts. Bytes and counts since the start, unless said otherwise.
 *
 * @param readHits reads that found something
 * @param readMisses reads that found nothing
 * @param memtableBytes memory of memtables now
 * @param memtableEntries entries in memtables now
 * @param cacheBytes memory of the block cache now
 * @param cacheHits blocks found in the cache
 * @param cacheMisses blocks that had to be read
 * @param indexBytes memory of indexes and filters now
 * @param tableCount files of sorted data now
 * @param tableBytes bytes of them
 * @param logBytes bytes of the commit log now
 * @param logSyncs syncs of the commit log
 * @param lastSyncMicros how long the last of them took
 * @param syncLagMillis how long the oldest write that is not known to be durable has waited, now
 * @param bytesWritten bytes handed to the disk, log and tables together
 * @param flushes memtables written out
 * @param compactions compactions ended
 * @param flushRunning whether a memtable is being written out now
 * @param compactionRunning whether tables are being merged now
 */
public record DataStatistics(
        long readHits,
        long readMisses,
        long memtableBytes,
        long memtableEntries,
        long cacheBytes,
        long cacheHits,
        long cacheMisses,
        long indexBytes,
        long tableCount,
        long tableBytes,
        long logBytes,
        long logSyncs,
        long lastSyncMicros,
        long syncLagMillis,
        long bytesWritten,
        long flushes,
        long compactions,
        boolean flushRunning,
        boolean compactionRunning) {
    /** Of a store that holds nothing. */
    public static final DataStatistics NONE =
            new DataStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, false);
}
