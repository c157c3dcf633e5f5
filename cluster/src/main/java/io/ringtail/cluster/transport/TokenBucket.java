package io.ringtail.cluster.transport;

import java.util.concurrent.TimeUnit;

/**
 * How many bytes may go now, by a limit of so many a second. Who finds it open may spend as much as it likes; what is spent beyond what is there is waited for afterwards. So
 * something larger than the bucket goes too, and the rate holds over time.
 *
 * <p>Begins empty, and open a moment later. Pure but for what it remembers; confined to the loop of whoever made it.
 */
public final class TokenBucket {
    private final long burstMillis;
    private final long burstBytes;
    private long bytesPerSecond;
    private double bytes;
    private long filledNanos;

    /**
     * @param burstMillis what is not used within so long is forgone
     * @param burstBytes so much at least is saved up, however low the rate
     */
    public TokenBucket(long bytesPerSecond, long burstMillis, long burstBytes, long nowNanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.burstMillis = burstMillis;
        this.burstBytes = burstBytes;
        this.filledNanos = nowNanos;
    }

    /**
     * Changes the rate.
     *
     * @throws IllegalArgumentException when it is less than one
     */
    public void bytesPerSecond(long rate, long nowNanos) {
        if (rate < 1) {
            throw new IllegalArgumentException("a rate of " + rate + " bytes a second");
        }
        fill(nowNanos);
        bytesPerSecond = rate;
    }

    private void fill(long nowNanos) {
        double more = (double) (nowNanos - filledNanos) * bytesPerSecond / TimeUnit.SECONDS.toNanos(1);
        double most = Math.max(burstBytes, (double) burstMillis * bytesPerSecond / 1000);
        bytes = Math.min(most, bytes + more);
        filledNanos = nowNanos;
    }

    public void spend(long spent) {
        bytes -= spent;
    }

    /** Whether something may go now. */
    public boolean isOpen(long nowNanos) {
        fill(nowNanos);
        return bytes > 0;
    }

    /** After how many milliseconds something may go; 0 for now. */
    public long waitMillis(long nowNanos) {
        return isOpen(nowNanos) ? 0 : 1 + (long) (-bytes * 1000 / bytesPerSecond);
    }
}
