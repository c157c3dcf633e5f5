package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The ring of one epoch: for each partition the members in order of preference, the first N of them its replicas, those after them the fallbacks.
 * Immutable; made once per epoch by whoever adopts a topology.
 *
 * <p>The order is Dynamo's: the owner, then the distinct members met going clockwise, one rack after another: a member whose rack is in the list already waits
 * until every rack has had its turn, then all racks begin again. So the first N are on as many racks as there are, whatever N is. A member of which no rack is
 * known is a rack of its own, so that without racks the order is simply clockwise. Members that own nothing are in no list.
 */
public final class Ring {
    /** Members in a preference list: replicas and fallbacks. */
    public static final int MAX_PREFERENCE = 2 * Keyspace.MAX_REPLICATION_FACTOR;

    private static final int TOKEN_BITS = Long.SIZE;

    private final Topology topology;
    private final int[][] preferences;
    /** By replication factor, then partition; null for factors that no keyspace has. */
    private final ReplicaSet[][] replicaSets;
    private final Keyspace[] keyspaces;
    private final byte[][] prefixes;

    private Ring(Topology topology, int[][] preferences, int[][] preferencesAfter) {
        this.topology = topology;
        this.preferences = preferences;
        this.replicaSets = new ReplicaSet[Keyspace.MAX_REPLICATION_FACTOR + 1][];
        for (Keyspace keyspace : topology.keyspaces()) {
            int factor = keyspace.replicationFactor();
            if (replicaSets[factor] == null) {
                replicaSets[factor] = replicaSets(preferences, preferencesAfter, factor);
            }
        }
        List<Keyspace> longestFirst = new ArrayList<>(topology.keyspaces());
        longestFirst.sort(Comparator.comparingInt((Keyspace keyspace) -> keyspace.prefix().length()).reversed());
        this.keyspaces = longestFirst.toArray(Keyspace[]::new);
        this.prefixes = longestFirst.stream()
                .map(keyspace -> keyspace.prefix().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    private static ReplicaSet[] replicaSets(int[][] preferences, int[][] preferencesAfter, int replicationFactor) {
        ReplicaSet[] sets = new ReplicaSet[preferences.length];
        for (int partition = 0; partition < sets.length; partition++) {
            int[] before = preferences[partition];
            int[] after = preferencesAfter[partition];
            sets[partition] = Arrays.equals(before, after)
                    ? ReplicaSet.settled(before, replicationFactor)
                    : ReplicaSet.joint(before, after, replicationFactor);
        }
        return sets;
    }

    public static Ring of(Topology topology) {
        int[][] preferences = new PreferenceSweep(topology, topology.owners()).preferences();
        int[][] after = topology.transition().isMoving()
                ? new PreferenceSweep(topology, topology.ownersAfter()).preferences()
                : preferences;
        return new Ring(topology, preferences, after);
    }

    public Topology topology() {
        return topology;
    }

    public long epoch() {
        return topology.epoch();
    }

    /** Whether there is only one member. */
    public boolean isAlone() {
        return topology.members().size() == 1;
    }

    /** Members, as indexes into the topology's, in order of preference for a partition as it is owned now, whatever is under way. Not to be changed. */
    public int[] preferenceOf(int partition) {
        return preferences[partition];
    }

    /** Who has the keys of a keyspace, one of the topology's, that have this token. */
    public ReplicaSet replicas(Keyspace keyspace, long token) {
        return replicaSets[keyspace.replicationFactor()][topology.partitionOf(token)];
    }

    /** {@link #replicas} of a partition. */
    public ReplicaSet replicasOf(Keyspace keyspace, int partition) {
        return replicaSets[keyspace.replicationFactor()][partition];
    }

    /**
     * The members that keep any key of a partition, as indexes into the topology's: the replicas of all keyspaces. While it is handed over, those of before: whoever is
     * given it does not keep it yet.
     */
    public int[] keepersOf(int partition) {
        int[] keepers = new int[0];
        for (Keyspace keyspace : topology.keyspaces()) {
            ReplicaSet replicas = replicasOf(keyspace, partition);
            if (replicas.countBefore() > keepers.length) {
                // Of two keyspaces the one with more replicas has those of the other among them.
                keepers = Arrays.copyOf(replicas.preference(), replicas.countBefore());
            }
        }
        return keepers;
    }

    /** The keyspace of a user key. */
    public Keyspace keyspace(byte[] bytes, int userKeyOffset, int userKeySize) {
        int last = keyspaces.length - 1;
        for (int i = 0; i < last; i++) {
            byte[] prefix = prefixes[i];
            if (userKeySize >= prefix.length
                    && Arrays.equals(bytes, userKeyOffset, userKeyOffset + prefix.length, prefix, 0, prefix.length)) {
                return keyspaces[i];
            }
        }
        return keyspaces[last];
    }

    /** The first token of a partition. */
    public long firstToken(int partition) {
        int bits = Integer.numberOfTrailingZeros(topology.partitions());
        return bits == 0 ? 0 : (long) partition << (TOKEN_BITS - bits);
    }

    /** The last token of a partition. */
    public long lastToken(int partition) {
        return partition == topology.partitions() - 1 ? -1 : firstToken(partition + 1) - 1;
    }
}
