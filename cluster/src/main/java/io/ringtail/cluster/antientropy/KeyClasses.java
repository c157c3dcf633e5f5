package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys by how many replicas their keyspaces ask for. Two members share of a range the keys with more replicas than either's place in the preference list: so one sum for
 * each of the factors in use tells any two of them what they share, whatever the keyspaces are. Immutable.
 */
final class KeyClasses {
    private final Ring ring;
    /** The factors in use, ascending. */
    private final int[] factors;

    KeyClasses(Ring ring) {
        this.ring = ring;
        this.factors = ring.topology().keyspaces().stream()
                .mapToInt(Keyspace::replicationFactor)
                .sorted()
                .distinct()
                .toArray();
    }

    int count() {
        return factors.length;
    }

    /** The factor of the keyspace that a key is in. */
    int factorOf(Key key) {
        return ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize()).replicationFactor();
    }

    int classOf(Key key) {
        return factors.length == 1 ? 0 : Arrays.binarySearch(factors, factorOf(key));
    }

    /** The first class of keys with at least so many replicas; {@link #count} when there is none. */
    int firstClass(int factorMin) {
        int first = 0;
        while (first < factors.length && factors[first] < factorMin) {
            first++;
        }
        return first;
    }

    /** Whether keys fall into the same classes by another ring. */
    boolean isSameFor(Ring other) {
        return prefixes(ring).equals(prefixes(other));
    }

    private static List<String> prefixes(Ring ring) {
        List<String> prefixes = new ArrayList<>();
        for (Keyspace keyspace : ring.topology().keyspaces()) {
            prefixes.add(keyspace.replicationFactor() + " " + keyspace.prefix());
        }
        return prefixes;
    }
}
