package io.ringtail.cluster.antientropy;

import java.util.concurrent.TimeUnit;

/** How much repair may send and receive: what is spent beyond the allowance is waited for afterwards. Pure but for what it remembers; confined to the loop. */
final class RepairRate {
    private static final long BURST_MILLIS = 200;

    private long bytesPerSecond;
    private double allowanceBytes;
    private long filledNanos;

    RepairRate(long bytesPerSecond, long nowNanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.filledNanos = nowNanos;
    }

    void bytesPerSecond(long rate, long nowNanos) {
        fill(nowNanos);
        bytesPerSecond = rate;
    }

    private void fill(long nowNanos) {
        double more = (double) (nowNanos - filledNanos) * bytesPerSecond / TimeUnit.SECONDS.toNanos(1);
        // What is not used at once is forgone.
        double most = Math.max(RangeReader.BATCH_BYTES, (double) BURST_MILLIS * bytesPerSecond / 1000);
        allowanceBytes = Math.min(most, allowanceBytes + more);
        filledNanos = nowNanos;
    }

    void spend(long bytes) {
        allowanceBytes -= bytes;
    }

    /** After how long something may be sent; 0 for now. */
    long waitMillis(long nowNanos) {
        fill(nowNanos);
        return allowanceBytes >= 0 ? 0 : 1 + (long) (-allowanceBytes * 1000 / bytesPerSecond);
    }
}
