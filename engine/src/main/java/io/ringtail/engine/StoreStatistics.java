package io.ringtail.engine;

/**
 * What a store counts; since it was opened, unless said otherwise. Immutable.
 *
 * @param memtableBytes used by memtables now
 * @param memtableEntries in them now
 * @param fullMemtables that wait for their flush now
 * @param cacheBytes of decompressed blocks now
 * @param cacheHits blocks found there
 * @param cacheMisses blocks not found there
 * @param tableCount tables now
 * @param tableBytes of them now
 * @param tableEntries in them now
 * @param lookupBytes of filters and indexes now
 * @param logBytes of the commit log now
 * @param logBytesWritten to the commit log
 * @param logSyncs of it
 * @param lastSyncNanos the last of them took
 * @param unsyncedBytes appended to the log and not synced yet, about
 * @param syncLagMillis how long the oldest append that is not synced has waited
 * @param replayedEntries of the log, at start
 * @param recoveryNanos the start took
 * @param flushes memtables written out
 * @param flushBytesWritten by them
 * @param compactions ended
 * @param compactionBytesRead by them
 * @param compactionBytesWritten by them
 * @param flushRunning whether a memtable is being written out
 * @param compactionRunning whether tables are being merged
 */
public record StoreStatistics(
        long memtableBytes,
        long memtableEntries,
        int fullMemtables,
        long cacheBytes,
        long cacheHits,
        long cacheMisses,
        long tableCount,
        long tableBytes,
        long tableEntries,
        long lookupBytes,
        long logBytes,
        long logBytesWritten,
        long logSyncs,
        long lastSyncNanos,
        long unsyncedBytes,
        long syncLagMillis,
        long replayedEntries,
        long recoveryNanos,
        long flushes,
        long flushBytesWritten,
        long compactions,
        long compactionBytesRead,
        long compactionBytesWritten,
        boolean flushRunning,
        boolean compactionRunning) {}
