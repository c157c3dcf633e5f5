package io.ringtail.engine.commitlog;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a commit log behaves. Immutable.
 *
 * @param storeId the store it belongs to, as in every file's header
 * @param policy at the start; {@link CommitLog#policy(SyncPolicy)} changes it
 * @param segmentSize bytes reserved for a segment, from {@link #MIN_SEGMENT_SIZE} to {@link #MAX_SEGMENT_SIZE}
 * @param syncInterval between two syncs under {@link SyncPolicy#EVERYSEC}
 * @param retryInterval between two attempts to write after a failed one
 * @param threads makes the log's one thread; null when somebody calls {@link CommitLog#runOnce} instead
 * @param nanoClock as {@link System#nanoTime}
 * @param salts unpredictable numbers, one a segment
 */
public record CommitLogOptions(
        long storeId,
        SyncPolicy policy,
        long segmentSize,
        Duration syncInterval,
        Duration retryInterval,
        @Nullable ThreadFactory threads,
        LongSupplier nanoClock,
        LongSupplier salts) {
    public static final long MIN_SEGMENT_SIZE = 4 << 10;
    public static final long MAX_SEGMENT_SIZE = 1L << 30;
    public static final long DEFAULT_SEGMENT_SIZE = 64L << 20;

    public CommitLogOptions {
        if (segmentSize < MIN_SEGMENT_SIZE || segmentSize > MAX_SEGMENT_SIZE) {
            throw new IllegalArgumentException("commit log segment of " + segmentSize + " bytes, must be "
                    + MIN_SEGMENT_SIZE + " to " + MAX_SEGMENT_SIZE);
        }
        if (syncInterval.isNegative() || retryInterval.isNegative()) {
            throw new IllegalArgumentException("negative interval: " + syncInterval + ", " + retryInterval);
        }
    }

    /** The defaults: every second, segments of 64 MiB. */
    public static CommitLogOptions of(long storeId, @Nullable ThreadFactory threads) {
        return new CommitLogOptions(
                storeId,
                SyncPolicy.EVERYSEC,
                DEFAULT_SEGMENT_SIZE,
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                threads,
                System::nanoTime,
                new SecureRandom()::nextLong);
    }

    public CommitLogOptions withPolicy(SyncPolicy newPolicy) {
        return new CommitLogOptions(
                storeId, newPolicy, segmentSize, syncInterval, retryInterval, threads, nanoClock, salts);
    }

    public CommitLogOptions withSegmentSize(long bytes) {
        return new CommitLogOptions(storeId, policy, bytes, syncInterval, retryInterval, threads, nanoClock, salts);
    }

    public CommitLogOptions withIntervals(Duration newSyncInterval, Duration newRetryInterval) {
        return new CommitLogOptions(
                storeId, policy, segmentSize, newSyncInterval, newRetryInterval, threads, nanoClock, salts);
    }

    /** With a clock and random numbers of the caller's, as a simulation needs. */
    public CommitLogOptions withSources(LongSupplier newNanoClock, LongSupplier newSalts) {
        return new CommitLogOptions(
                storeId, policy, segmentSize, syncInterval, retryInterval, threads, newNanoClock, newSalts);
    }
}
