package io.ringtail.server.metrics;

import org.jspecify.annotations.Nullable;

/**
 * What one thread that runs commands counts: one event loop, or one worker.
 *
 * <p>Written by that thread alone, with plain stores; others read at any time and see numbers a moment old. Commands are known by their
 * index in the command table.
 */
public final class ThreadMetrics {
    private final long[] calls;
    private final long[] nanos;
    private final long[] rejected;
    private final long[] failed;
    private final @Nullable LatencyHistogram[] histograms;
    private long receivedBytes;
    private long sentBytes;
    private volatile boolean resetAsked;

    public ThreadMetrics(int commandCount) {
        calls = new long[commandCount];
        nanos = new long[commandCount];
        rejected = new long[commandCount];
        failed = new long[commandCount];
        histograms = new @Nullable LatencyHistogram[commandCount];
    }

    public void called(int command, long durationNanos) {
        if (resetAsked) {
            clear();
        }
        calls[command]++;
        nanos[command] += durationNanos;
        LatencyHistogram histogram = histograms[command];
        if (histogram == null) {
            histogram = new LatencyHistogram();
            histograms[command] = histogram;
        }
        histogram.record(durationNanos);
    }

    public void rejected(int command) {
        rejected[command]++;
    }

    public void failed(int command) {
        failed[command]++;
    }

    public void received(int bytes) {
        receivedBytes += bytes;
    }

    public void sent(int bytes) {
        sentBytes += bytes;
    }

    /** Has the owner begin again at zero with its next command. */
    void reset() {
        resetAsked = true;
    }

    private void clear() {
        resetAsked = false;
        java.util.Arrays.fill(calls, 0);
        java.util.Arrays.fill(nanos, 0);
        java.util.Arrays.fill(rejected, 0);
        java.util.Arrays.fill(failed, 0);
        for (LatencyHistogram histogram : histograms) {
            if (histogram != null) {
                histogram.clear();
            }
        }
        receivedBytes = 0;
        sentBytes = 0;
    }

    boolean isReset() {
        return resetAsked;
    }

    long calls(int command) {
        return calls[command];
    }

    long nanos(int command) {
        return nanos[command];
    }

    long rejectedCount(int command) {
        return rejected[command];
    }

    long failedCount(int command) {
        return failed[command];
    }

    @Nullable LatencyHistogram histogram(int command) {
        return histograms[command];
    }

    long receivedBytes() {
        return receivedBytes;
    }

    long sentBytes() {
        return sentBytes;
    }
}
