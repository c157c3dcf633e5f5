package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.engine.record.Key;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keys by how their keyspaces replicate them. Where replicas are counted in all, two members share of a range the keys with more replicas than either's place in the preference
 * list: so one sum for each of the factors in use tells any two of them what they share, whatever the keyspaces are. Where they are counted by data center each way of counting
 * is a class by itself. Immutable.
 *
 * <p>What is to be compared is said in a byte, the <i>share</i>: {@value #ALL} is all keys; up to {@value Keyspace#MAX_REPLICATION_FACTOR} are those of keyspaces that ask for at
 * least so many replicas, counted in all; those above are one way of counting by data center each, in the order of their texts, which all nodes of an epoch know alike.
 */
final class KeyClasses {
    static final int ALL = 1;

    private final Ring ring;
    /** Those in use: the factors, ascending, then those by data center. */
    private final List<Replication> classes;

    private final int factors;

    KeyClasses(Ring ring) {
        this.ring = ring;
        List<Replication> plain = ring.topology().keyspaces().stream()
                .map(Keyspace::replication)
                .filter(replication -> !replication.isPerDatacenter())
                .distinct()
                .sorted(Comparator.comparingInt(Replication::count))
                .toList();
        this.factors = plain.size();
        this.classes = Stream.concat(plain.stream(), byDatacenter(ring).stream()).toList();
    }

    /** The ways of counting by data center that are in use, in the order in which shares number them. */
    static List<Replication> byDatacenter(Ring ring) {
        return ring.topology().keyspaces().stream()
                .map(Keyspace::replication)
                .filter(Replication::isPerDatacenter)
                .distinct()
                .sorted(Comparator.comparing(Replication::toString))
                .toList();
    }

    /** The share that is the keys of keyspaces with at least so many replicas, counted in all. */
    static int ofFactor(int factorMin) {
        return factorMin;
    }

    /** The share that is one way of counting by data center, by its place in {@link #byDatacenter}. */
    static int ofDatacenters(int index) {
        return Keyspace.MAX_REPLICATION_FACTOR + 1 + index;
    }

    int count() {
        return classes.size();
    }

    int classOf(Key key) {
        return classes.size() == 1
                ? 0
                : classes.indexOf(ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize()).replication());
    }

    /** Whether the keys of a class are of a share. */
    boolean isIn(int share, int keyClass) {
        if (share <= ALL) {
            return true;
        }
        return share <= Keyspace.MAX_REPLICATION_FACTOR
                ? keyClass < factors && classes.get(keyClass).count() >= share
                : keyClass - factors == share - Keyspace.MAX_REPLICATION_FACTOR - 1;
    }

    /** Whether keys fall into the same classes by another ring. */
    boolean isSameFor(Ring other) {
        return prefixes(ring).equals(prefixes(other));
    }

    private static List<String> prefixes(Ring ring) {
        List<String> prefixes = new ArrayList<>();
        for (Keyspace keyspace : ring.topology().keyspaces()) {
            prefixes.add(keyspace.replication() + " " + keyspace.prefix());
        }
        return prefixes;
    }
}
