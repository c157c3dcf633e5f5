package io.ringtail.engine.compaction;

import java.util.Arrays;

/**
 * Where the output of a task may be split: the ring halved, and each part halved again, until a part has no more than the
 * target of input bytes. All boundaries are multiples of a power of two, so that outputs of different tasks nest and later
 * tasks stay within a slice. Where keys crowd, as under one hash tag, the parts are as small as it takes. Immutable.
 */
final class SlicePlan {
    /** How many stored bytes the inputs have between two tokens, both inclusive, unsigned. */
    interface Estimate {
        long bytesBetween(long fromToken, long throughToken);
    }

    private long[] starts = new long[16];
    private long[] bytes = new long[16];
    private int count;

    private SlicePlan() {}

    static SlicePlan of(Estimate estimate, long targetBytes) {
        SlicePlan plan = new SlicePlan();
        plan.halve(estimate, targetBytes, 0, 0);
        return plan;
    }

    /** Adds the part of 2^(64 - depth) tokens from {@code start}. */
    private void halve(Estimate estimate, long targetBytes, long start, int depth) {
        long last = depth == 64 ? start : start + (-1L >>> depth);
        long size = estimate.bytesBetween(start, last);
        if (size <= targetBytes || depth == 64) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
                bytes = Arrays.copyOf(bytes, count * 2);
            }
            starts[count] = start;
            bytes[count++] = size;
            return;
        }
        halve(estimate, targetBytes, start, depth + 1);
        halve(estimate, targetBytes, start + (1L << (63 - depth)), depth + 1);
    }

    int count() {
        return count;
    }

    /** The first token of a slice; unsigned, ascending, 0 for the first. */
    long start(int slice) {
        return starts[slice];
    }

    /** Input bytes in the slice. */
    long bytes(int slice) {
        return bytes[slice];
    }
}
