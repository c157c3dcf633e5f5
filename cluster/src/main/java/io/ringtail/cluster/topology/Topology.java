package io.ringtail.cluster.topology;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What all nodes agree on: the members, the owner of each partition and what of that is changing, at one epoch. Immutable.
 *
 * <p>It goes from one epoch to the next by a compare-and-set that a majority of its members accept, and is spread by gossip.
 *
 * <p>Invariants: members are sorted by id, each there once; there are 1 to {@value #MAX_MEMBERS}; the number of partitions is a power of two of at most
 * {@value #MAX_PARTITIONS}; every owner is a member; the first keyspace has the empty prefix, no prefix is there twice; there is one {@link DatacenterRing} for each data
 * center that a keyspace gives replicas of its own, and no other.
 */
public final class Topology {
    public static final int MAX_PARTITIONS = 16_384;
    public static final int MAX_MEMBERS = 4_096;
    public static final int MAX_KEYSPACES = 256;
    /** Different ones with counts by data center, in all keyspaces. */
    public static final int MAX_DATACENTER_REPLICATIONS = 64;

    private final long clusterId;
    private final String clusterName;
    private final long epoch;
    private final List<Member> members;
    private final int[] owners;
    private final List<Keyspace> keyspaces;
    private final List<DatacenterRing> datacenterRings;
    private final Transition transition;
    /** Worked out when first asked for; equal whoever does it. */
    private volatile @Nullable TransitionGoal goal;

    /** One in which nothing is under way. */
    public Topology(
            long clusterId, String clusterName, long epoch, List<Member> members, int[] owners, List<Keyspace> keyspaces) {
        this(clusterId, clusterName, epoch, members, owners, keyspaces, Transition.NONE);
    }

    /**
     * @param clusterId drawn when the cluster was created, never 0
     * @param owners of each partition, the index of its member in {@code members}
     */
    public Topology(
            long clusterId,
            String clusterName,
            long epoch,
            List<Member> members,
            int[] owners,
            List<Keyspace> keyspaces,
            Transition transition) {
        this(clusterId, clusterName, epoch, members, owners, keyspaces, DatacenterRing.unowned(keyspaces, owners.length), transition);
    }

    /** @param datacenterRings one for each data center that a keyspace names, sorted by name */
    Topology(
            long clusterId,
            String clusterName,
            long epoch,
            List<Member> members,
            int[] owners,
            List<Keyspace> keyspaces,
            List<DatacenterRing> datacenterRings,
            Transition transition) {
        this.clusterId = clusterId;
        this.clusterName = clusterName;
        this.epoch = epoch;
        this.members = List.copyOf(members);
        this.owners = owners.clone();
        this.keyspaces = List.copyOf(keyspaces);
        this.datacenterRings = List.copyOf(datacenterRings);
        this.transition = transition;
        check();
        transition.check(this);
    }

    private void check() {
        int partitions = owners.length;
        if (partitions < 1 || partitions > MAX_PARTITIONS || Integer.bitCount(partitions) != 1) {
            throw new IllegalArgumentException(partitions + " partitions, must be a power of two up to " + MAX_PARTITIONS);
        }
        if (clusterId == 0 || epoch < 1 || clusterName.isEmpty() || clusterName.length() > Member.MAX_NAME_SIZE) {
            throw new IllegalArgumentException("cluster id " + clusterId + ", epoch " + epoch + ", name " + clusterName);
        }
        if (members.isEmpty() || members.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException(members.size() + " members, must be 1 to " + MAX_MEMBERS);
        }
        for (int i = 1; i < members.size(); i++) {
            if (members.get(i - 1).id() >= members.get(i).id()) {
                throw new IllegalArgumentException("members are not sorted, or one is there twice");
            }
        }
        for (int owner : owners) {
            if (owner < 0 || owner >= members.size()) {
                throw new IllegalArgumentException("an owner that is no member: " + owner);
            }
        }
        Set<String> prefixes = new HashSet<>();
        for (Keyspace keyspace : keyspaces) {
            if (!prefixes.add(keyspace.prefix())) {
                throw new IllegalArgumentException("keyspace '" + keyspace.prefix() + "' is there twice");
            }
        }
        if (keyspaces.isEmpty() || keyspaces.size() > MAX_KEYSPACES || !keyspaces.getFirst().prefix().isEmpty()) {
            throw new IllegalArgumentException("the keyspace of all other keys has to be the first of 1 to " + MAX_KEYSPACES);
        }
        if (!List.copyOf(DatacenterRing.named(keyspaces)).equals(datacenterRings.stream().map(DatacenterRing::datacenter).toList())) {
            throw new IllegalArgumentException("the data centers with rings are not those that keyspaces name");
        }
        if (keyspaces.stream().map(Keyspace::replication).filter(Replication::isPerDatacenter).distinct().count() > MAX_DATACENTER_REPLICATIONS) {
            throw new IllegalArgumentException("keyspaces with replicas by data center in more than " + MAX_DATACENTER_REPLICATIONS + " ways");
        }
        datacenterRings.forEach(ring -> ring.check(this));
    }

    /** A cluster of one, which owns everything. */
    public static Topology alone(long clusterId, String clusterName, Member only, int partitions, List<Keyspace> keyspaces) {
        return new Topology(clusterId, clusterName, 1, List.of(only), new int[partitions], keyspaces).placed();
    }

    /** The next epoch, with these members, owners and keyspaces. What is under way goes on. */
    public Topology next(List<Member> nextMembers, int[] nextOwners, List<Keyspace> nextKeyspaces) {
        List<Member> sorted = nextMembers.stream().sorted(Comparator.comparingLong(Member::id)).toList();
        List<DatacenterRing> nextRings = DatacenterRing.next(this, sorted, nextOwners, nextKeyspaces);
        return new Topology(
                clusterId, clusterName, epoch + 1, sorted, nextOwners, nextKeyspaces, nextRings, transition.among(sorted, nextRings));
    }

    /** The next epoch, with something else under way. */
    public Topology next(Transition nextTransition) {
        return new Topology(clusterId, clusterName, epoch + 1, members, owners, keyspaces, datacenterRings, nextTransition);
    }

    /** The next epoch, in which every partition under way has been handed over. */
    public Topology nextHandedOver() {
        return new Topology(
                clusterId,
                clusterName,
                epoch + 1,
                members,
                ownersAfter(),
                keyspaces,
                datacenterRingsAfter(),
                transition.withMoves(List.of()));
    }

    public long clusterId() {
        return clusterId;
    }

    public String clusterName() {
        return clusterName;
    }

    public long epoch() {
        return epoch;
    }

    /** Sorted by id. */
    public List<Member> members() {
        return members;
    }

    /** The place of a member in {@link #members}; -1 when it is none. */
    public int indexOf(long memberId) {
        int low = 0;
        int high = members.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long id = members.get(middle).id();
            if (id == memberId) {
                return middle;
            }
            if (id < memberId) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    public int partitions() {
        return owners.length;
    }

    /** The index, in {@link #members}, of a partition's owner. */
    public int owner(int partition) {
        return owners[partition];
    }

    /** A copy of all owners. */
    public int[] owners() {
        return owners.clone();
    }

    /** This one, with everything where it is to be in the end, and nothing being handed over: for when there is nothing to hand over. */
    public Topology placed() {
        TransitionGoal to = goal();
        return new Topology(
                clusterId,
                clusterName,
                epoch,
                members,
                to.owners(),
                keyspaces,
                to.datacenterRings(),
                transition.withMoves(List.of()));
    }

    /** Kept, since it may take seconds to work out. */
    TransitionGoal goal() {
        TransitionGoal known = goal;
        if (known == null) {
            known = new TransitionGoal(this);
            goal = known;
        }
        return known;
    }

    /** A copy of all owners as they will be when what is under way has been handed over. */
    public int[] ownersAfter() {
        return transition.ownersAfter(this);
    }

    public List<Keyspace> keyspaces() {
        return keyspaces;
    }

    /** One for each data center that a keyspace gives replicas of its own, sorted by name. */
    public List<DatacenterRing> datacenterRings() {
        return datacenterRings;
    }

    /** {@link #datacenterRings} as they will be when what is under way has been handed over. */
    public List<DatacenterRing> datacenterRingsAfter() {
        return datacenterRings.stream().map(ring -> ring.after(transition.moves())).toList();
    }

    /** The ring of a data center; null when no keyspace names it. */
    public @Nullable DatacenterRing datacenterRing(String datacenter) {
        for (DatacenterRing ring : datacenterRings) {
            if (ring.datacenter().equals(datacenter)) {
                return ring;
            }
        }
        return null;
    }

    /** Whether there is such a member in a data center. */
    public boolean isIn(long memberId, String datacenter) {
        int index = indexOf(memberId);
        return index >= 0 && members.get(index).datacenter().equals(datacenter);
    }

    /** Whether anything in it is about data centers. */
    public boolean usesDatacenters() {
        return !datacenterRings.isEmpty() || members.stream().anyMatch(member -> !member.datacenter().isEmpty());
    }

    /** What is under way. */
    public Transition transition() {
        return transition;
    }

    /** The partition a token lies in. */
    public int partitionOf(long token) {
        return owners.length == 1 ? 0 : (int) (token >>> (Long.SIZE - Integer.numberOfTrailingZeros(owners.length)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Topology that
                && clusterId == that.clusterId
                && epoch == that.epoch
                && clusterName.equals(that.clusterName)
                && members.equals(that.members)
                && Arrays.equals(owners, that.owners)
                && keyspaces.equals(that.keyspaces)
                && datacenterRings.equals(that.datacenterRings)
                && transition.equals(that.transition);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(clusterId) * 31 + Long.hashCode(epoch);
    }

    @Override
    public String toString() {
        return "Topology[" + clusterName + " epoch=" + epoch + " members=" + members.size() + " partitions=" + owners.length + "]";
    }
}
