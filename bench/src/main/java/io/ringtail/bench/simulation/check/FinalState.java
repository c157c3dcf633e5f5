package io.ringtail.bench.simulation.check;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all was left in when the faults were over and everything had come to rest. Immutable.
 *
 * @param replicas of each key, as indexes of nodes
 * @param contents of each node, by key; a key that a node knows nothing of is not there
 * @param lastReads answered reads that began after all else was over
 * @param highestWallMillis what any clock has ever shown
 */
public record FinalState(
        Map<String, List<Integer>> replicas,
        Map<Integer, Map<String, Held>> contents,
        List<Operation> lastReads,
        long highestWallMillis) {

    /** What a node holds under a key; null for nothing. */
    @Nullable Held held(int node, String key) {
        Map<String, Held> ofNode = contents.get(node);
        return ofNode == null ? null : ofNode.get(key);
    }

    /** What is left of a key when its replicas are merged: what any of them holds of the greatest version. */
    @Nullable Held merged(String key) {
        Held newest = null;
        for (int node : replicas.getOrDefault(key, List.of())) {
            Held held = held(node, key);
            if (held != null && (newest == null || isNewer(held, newest))) {
                newest = held;
            }
        }
        return newest;
    }

    private static boolean isNewer(Held one, Held other) {
        Version version = one.version();
        Version otherVersion = other.version();
        return version != null && (otherVersion == null || otherVersion.isOlderThan(version));
    }
}
