package io.ringtail.bench.simulation.reference;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a reference node never forgets: every change is on it at once, whatever happens to the machine. Confined to the world's thread. */
final class ReferenceDisk {
    /** Something kept for another node. */
    record Hint(long target, String key, Stored stored) {}

    /** What a node has agreed to for an epoch. */
    record Accepted(long epoch, String fingerprint) {}

    final Map<String, Stored> data = new TreeMap<>();
    final Map<Long, Hint> hints = new LinkedHashMap<>();
    long nextHint;
    long epoch = 1;
    String topology = "first";
    @Nullable Accepted accepted;

    /** Keeps the merge of what there is and {@code stored}, or whatever came last. */
    void merge(String key, Stored stored, boolean byArrival) {
        data.merge(key, stored, (old, arrived) -> byArrival ? arrived : old.merge(arrived));
    }
}
