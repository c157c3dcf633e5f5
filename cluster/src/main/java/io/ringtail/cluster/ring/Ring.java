package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The ring of one epoch: for each partition the members in order of preference, the first N of them its replicas, those after them the fallbacks.
 * Immutable; made once per epoch by whoever adopts a topology.
 *
 * <p>The order is Dynamo's: the owner, then the distinct members met going clockwise, one rack after another: a member whose rack is in the list already waits
 * until every rack has had its turn, then all racks begin again. So the first N are on as many racks as there are, whatever N is. A member of which no rack is
 * known is a rack of its own, so that without racks the order is simply clockwise. Members that own nothing are in no list.
 *
 * <p>Where a keyspace counts replicas by data center, each data center has such an order of its own, on its own ring of owners; the list has the replicas of one data center
 * after the other, then the fallbacks likewise. Which comes first changes from partition to partition: the first replica carries out commands that read and write.
 */
public final class Ring {
    /** Members in a preference list: replicas and fallbacks. */
    public static final int MAX_PREFERENCE = 2 * Keyspace.MAX_REPLICATION_FACTOR;

    private static final int TOKEN_BITS = Long.SIZE;

    private final Topology topology;
    private final int[][] preferences;
    /** By replication factor, then partition; null for factors that no keyspace has. Of keyspaces whose replicas are counted in all. */
    private final ReplicaSet[][] replicaSets;
    /** Of keyspaces whose replicas are counted by data center: how, and by partition. */
    private final List<Replication> datacenterReplications;

    private final ReplicaSet[][] datacenterReplicaSets;
    private final int replicaSetCount;
    private final Keyspace[] keyspaces;
    private final byte[][] prefixes;
    private final Datacenters datacenters;
    private final boolean anyKeepsSiblings;

    private Ring(Topology topology, Preferences before, Preferences after) {
        this.topology = topology;
        this.preferences = before.ofAll();
        this.datacenters = new Datacenters(topology);
        ReplicaSet.Factory sets = new ReplicaSet.Factory(datacenters);
        this.replicaSets = new ReplicaSet[Keyspace.MAX_REPLICATION_FACTOR + 1][];
        Map<Replication, ReplicaSet[]> byDatacenter = new LinkedHashMap<>();
        for (Keyspace keyspace : topology.keyspaces()) {
            Replication replication = keyspace.replication();
            if (replication.isPerDatacenter()) {
                byDatacenter.computeIfAbsent(replication, each -> replicaSets(before, after, each, sets));
            } else if (replicaSets[replication.count()] == null) {
                replicaSets[replication.count()] = replicaSets(before, after, replication, sets);
            }
        }
        this.replicaSetCount = sets.count();
        this.datacenterReplications = List.copyOf(byDatacenter.keySet());
        this.datacenterReplicaSets = byDatacenter.values().toArray(ReplicaSet[][]::new);
        List<Keyspace> longestFirst = new ArrayList<>(topology.keyspaces());
        longestFirst.sort(Comparator.comparingInt((Keyspace keyspace) -> keyspace.prefix().length()).reversed());
        this.keyspaces = longestFirst.toArray(Keyspace[]::new);
        this.anyKeepsSiblings = longestFirst.stream().anyMatch(Keyspace::keepsSiblings);
        this.prefixes = longestFirst.stream()
                .map(keyspace -> keyspace.prefix().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    private static ReplicaSet[] replicaSets(
            Preferences before, Preferences after, Replication replication, ReplicaSet.Factory sets) {
        ReplicaSet[] byPartition = new ReplicaSet[before.ofAll().length];
        for (int partition = 0; partition < byPartition.length; partition++) {
            ReplicaSet.Listed old = before.list(replication, partition);
            byPartition[partition] = sets.of(old, before == after ? old : after.list(replication, partition));
        }
        return byPartition;
    }

    public static Ring of(Topology topology) {
        Preferences now = new Preferences(topology, topology.owners(), topology.datacenterRings());
        Preferences after = topology.transition().isMoving()
                ? new Preferences(topology, topology.ownersAfter(), topology.datacenterRingsAfter())
                : now;
        return new Ring(topology, now, after);
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
        return replicasOf(keyspace, topology.partitionOf(token));
    }

    /** {@link #replicas} of a partition. */
    public ReplicaSet replicasOf(Keyspace keyspace, int partition) {
        return replicasOf(keyspace.replication(), partition);
    }

    /** Who has the keys of a partition that are replicated in one of the ways of the topology's keyspaces. */
    public ReplicaSet replicasOf(Replication replication, int partition) {
        return replication.isPerDatacenter()
                ? datacenterReplicaSets[datacenterReplications.indexOf(replication)][partition]
                : replicaSets[replication.count()][partition];
    }

    /** How many different replica sets there are. */
    public int replicaSetCount() {
        return replicaSetCount;
    }

    /** The data centers that the members are in. */
    public Datacenters datacenters() {
        return datacenters;
    }

    /**
     * The data center of a member, as {@link ReplicaSet#requirement} takes it.
     *
     * @return 0 for one that is no member
     */
    public int datacenterOf(long memberId) {
        if (!datacenters.areSeveral()) {
            return 0;
        }
        int index = topology.indexOf(memberId);
        return index < 0 ? 0 : datacenters.of(index);
    }

    /**
     * The members that keep any key of a partition, as indexes into the topology's: the replicas of all keyspaces. While it is handed over, those of before: whoever is
     * given it does not keep it yet.
     */
    public int[] keepersOf(int partition) {
        int[] keepers = new int[0];
        int count = 0;
        for (Keyspace keyspace : topology.keyspaces()) {
            ReplicaSet replicas = replicasOf(keyspace, partition);
            keepers = Arrays.copyOf(keepers, count + replicas.countBefore());
            System.arraycopy(replicas.preference(), 0, keepers, count, replicas.countBefore());
            count = sortedDistinct(keepers);
        }
        return Arrays.copyOf(keepers, count);
    }

    private static int sortedDistinct(int[] values) {
        Arrays.sort(values);
        int count = 0;
        for (int value : values) {
            if (count == 0 || values[count - 1] != value) {
                values[count++] = value;
            }
        }
        return count;
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

    /** Whether that is so of any key. */
    public boolean anyKeepsSiblings() {
        return anyKeepsSiblings;
    }

    /** Whether writes to a user key that had not seen each other are kept side by side. */
    public boolean keepsSiblings(byte[] bytes, int userKeyOffset, int userKeySize) {
        return anyKeepsSiblings && keyspace(bytes, userKeyOffset, userKeySize).keepsSiblings();
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
