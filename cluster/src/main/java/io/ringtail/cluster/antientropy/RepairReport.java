package io.ringtail.cluster.antientropy;

import org.jspecify.annotations.Nullable;

/**
 * What came of comparing ranges with other members. Immutable; reports add up.
 *
 * @param rangesCompared with a member each
 * @param rangesFailed of which nobody knows: the member cannot be reached, goes by another topology, or takes nothing
 * @param leavesDiffering ranges whose keys had to be listed
 * @param bytes sent and received
 * @param failure why the last one failed
 */
public record RepairReport(
        long rangesCompared,
        long rangesFailed,
        long leavesDiffering,
        long recordsSent,
        long recordsReceived,
        long bytes,
        @Nullable String failure) {
    static final RepairReport NONE = new RepairReport(0, 0, 0, 0, 0, 0, null);

    /** Whether all that was compared has become equal, or was. */
    public boolean isWhole() {
        return rangesFailed == 0;
    }

    /** The same, but that nothing is known to have become equal. */
    RepairReport failedBecause(String why) {
        return new RepairReport(
                rangesCompared, Math.max(1, rangesCompared), leavesDiffering, recordsSent, recordsReceived, bytes, why);
    }

    RepairReport plus(RepairReport other) {
        return new RepairReport(
                rangesCompared + other.rangesCompared,
                rangesFailed + other.rangesFailed,
                leavesDiffering + other.leavesDiffering,
                recordsSent + other.recordsSent,
                recordsReceived + other.recordsReceived,
                bytes + other.bytes,
                other.failure == null ? failure : other.failure);
    }
}
