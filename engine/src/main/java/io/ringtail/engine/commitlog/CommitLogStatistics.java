package io.ringtail.engine.commitlog;

import org.jspecify.annotations.Nullable;

/**
 * What a log has done since it was opened. Immutable.
 *
 * @param appends calls that had something to write
 * @param entries records and clears in them
 * @param bytes written in frames
 * @param failedAppends attempts that failed and were kept
 * @param syncs of files
 * @param syncNanos spent in them
 * @param lastSyncNanos the last one took
 * @param replayedFrames at start
 * @param replayedEntries at start
 * @param cutBytes of a torn tail, at start
 * @param lastError of a write or sync, or null
 */
public record CommitLogStatistics(
        long appends,
        long entries,
        long bytes,
        long failedAppends,
        long syncs,
        long syncNanos,
        long lastSyncNanos,
        long replayedFrames,
        long replayedEntries,
        long cutBytes,
        @Nullable String lastError) {}
