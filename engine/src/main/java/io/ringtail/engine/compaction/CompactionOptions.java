package io.ringtail.engine.compaction;

import io.ringtail.engine.sstable.SstableOptions;

/**
 * How tables are compacted. Immutable.
 *
 * @param scaling the one parameter between tiered and leveled, as in the Unified Compaction Strategy: for w ≥ 0 a level is
 *     compacted when 2 + w of its tables overlap, and the next is 2 + w times as dense (fewer bytes written); for w &lt; 0
 *     when two overlap, and the next is 2 - w times as dense (fewer tables to read)
 * @param flushBytes about the size of a flushed table: puts the middle of a level there
 * @param targetTableBytes no table is larger, unless one entry is
 * @param maxInputs tables that one task merges at most
 * @param garbageRatio share of entries, 0 … 1, that must be expired or tombstones for a table to be compacted for that
 * @param clockSkewMillis how far clocks of writers may differ and how long a write may be under way: what expired or was
 *     deleted less than this ago is kept
 * @param tables how outputs are written
 */
public record CompactionOptions(
        int scaling,
        long flushBytes,
        long targetTableBytes,
        int maxInputs,
        double garbageRatio,
        long clockSkewMillis,
        SstableOptions tables) {
    public static final CompactionOptions DEFAULT =
            new CompactionOptions(2, 32 << 20, 64 << 20, 32, 0.5, 1000, SstableOptions.DEFAULT);

    public CompactionOptions {
        if (scaling < -30 || scaling > 30) {
            throw new IllegalArgumentException("scaling " + scaling + ", not -30 … 30");
        }
        if (flushBytes < 1 || targetTableBytes < 1 << 10 || clockSkewMillis < 0) {
            throw new IllegalArgumentException("flush of " + flushBytes + " bytes, table of " + targetTableBytes
                    + ", clock skew " + clockSkewMillis + " ms");
        }
        if (maxInputs < 2 + Math.max(0, scaling)) {
            throw new IllegalArgumentException("at most " + maxInputs + " inputs with scaling " + scaling);
        }
        if (!(garbageRatio > 0 && garbageRatio <= 1)) {
            throw new IllegalArgumentException("garbage ratio " + garbageRatio + ", not 0 … 1");
        }
    }

    /** How much denser each level is than the one before. */
    int fanOut() {
        return scaling < 0 ? 2 - scaling : 2 + scaling;
    }

    /** How many overlapping tables of a level make it due. */
    int threshold() {
        return scaling < 0 ? 2 : 2 + scaling;
    }
}
