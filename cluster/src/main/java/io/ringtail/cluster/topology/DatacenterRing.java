package io.ringtail.cluster.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who among the members of one data center owns which partition. Each data center that a keyspace gives replicas of its own has such a ring beside the one of all members, so
 * that its members share its replicas as evenly as those of a cluster of its own would. Immutable.
 *
 * <p>Nobody owns anything as long as nothing has been handed over: so a data center that a keyspace has just been given has no replicas, until partitions are.
 */
public final class DatacenterRing {
    private static final long NOBODY = 0;

    private final String datacenter;
    /** By partition, the id of its owner, or {@link #NOBODY}. */
    private final long[] owners;

    /** @param owners of each partition, the id of its owner; 0 for nobody */
    DatacenterRing(String datacenter, long[] owners) {
        this.datacenter = datacenter;
        this.owners = owners;
    }

    /** The data centers that keyspaces name, sorted. */
    static SortedSet<String> named(List<Keyspace> keyspaces) {
        SortedSet<String> names = new TreeSet<>();
        keyspaces.forEach(keyspace -> keyspace.replication().shares().forEach(share -> names.add(share.datacenter())));
        return names;
    }

    /** One ring, without owners, for each data center that keyspaces name. */
    static List<DatacenterRing> unowned(List<Keyspace> keyspaces, int partitions) {
        return named(keyspaces).stream().map(name -> new DatacenterRing(name, new long[partitions])).toList();
    }

    /**
     * The rings of the next epoch. Those that are there stay as they are, but for owners that are not in the data center any more. A new one has no owners, with one exception:
     * where all owners of partitions are in one data center, its ring is theirs, as they are the ones who have the data.
     */
    static List<DatacenterRing> next(Topology now, List<Member> members, int[] owners, List<Keyspace> keyspaces) {
        Map<Long, String> places = new HashMap<>();
        members.forEach(member -> places.put(member.id(), member.datacenter()));
        List<DatacenterRing> rings = new ArrayList<>();
        for (String name : named(keyspaces)) {
            DatacenterRing known = now.datacenterRing(name);
            long[] next = new long[owners.length];
            if (known != null) {
                for (int i = 0; i < next.length; i++) {
                    next[i] = name.equals(places.get(known.owners[i])) ? known.owners[i] : NOBODY;
                }
            } else if (areAllIn(name, members, owners)) {
                for (int i = 0; i < next.length; i++) {
                    next[i] = members.get(owners[i]).id();
                }
            }
            rings.add(new DatacenterRing(name, next));
        }
        return List.copyOf(rings);
    }

    private static boolean areAllIn(String datacenter, List<Member> members, int[] owners) {
        return Arrays.stream(owners).allMatch(owner -> owner >= 0 && members.get(owner).datacenter().equals(datacenter));
    }

    public String datacenter() {
        return datacenter;
    }

    /** The id of a partition's owner; 0 when nobody is. */
    public long owner(int partition) {
        return owners[partition];
    }

    /** Of each partition the index of its owner among a topology's members; -1 when nobody is. */
    public int[] ownersIn(Topology topology) {
        return Arrays.stream(owners).mapToInt(owner -> owner == NOBODY ? -1 : topology.indexOf(owner)).toArray();
    }

    /** This one, with other owners by their indexes among a topology's members. */
    DatacenterRing owned(Topology topology, int[] indexes) {
        return new DatacenterRing(
                datacenter,
                Arrays.stream(indexes).mapToLong(index -> index < 0 ? NOBODY : topology.members().get(index).id()).toArray());
    }

    /** This one, with the moves made that are of it. */
    DatacenterRing after(List<Transition.Move> moves) {
        long[] next = owners.clone();
        for (Transition.Move move : moves) {
            if (move.ring().equals(datacenter)) {
                next[move.partition()] = move.newOwner();
            }
        }
        return new DatacenterRing(datacenter, next);
    }

    int partitions() {
        return owners.length;
    }

    /** The most replicas that a keyspace has in the data center; those of which its members are to hold even shares. */
    int replication(List<Keyspace> keyspaces) {
        return keyspaces.stream()
                .flatMap(keyspace -> keyspace.replication().shares().stream())
                .filter(share -> share.datacenter().equals(datacenter))
                .mapToInt(Replication.Share::count)
                .max()
                .orElse(ReplicaLoads.REPLICAS);
    }

    /** How many members own anything. */
    int ownerCount() {
        return (int) Arrays.stream(owners).filter(owner -> owner != NOBODY).distinct().count();
    }

    boolean isOwner(long memberId) {
        return Arrays.stream(owners).anyMatch(owner -> owner == memberId);
    }

    /** @throws IllegalArgumentException when an owner is not in the data center */
    void check(Topology of) {
        if (owners.length != of.partitions()) {
            throw new IllegalArgumentException("data center '" + datacenter + "' with " + owners.length + " partitions");
        }
        for (long owner : owners) {
            if (owner != NOBODY && !of.isIn(owner, datacenter)) {
                throw new IllegalArgumentException("an owner that is not in data center '" + datacenter + "': " + owner);
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DatacenterRing that && datacenter.equals(that.datacenter) && Arrays.equals(owners, that.owners);
    }

    @Override
    public int hashCode() {
        return datacenter.hashCode() * 31 + Arrays.hashCode(owners);
    }

    @Override
    public String toString() {
        return "DatacenterRing[" + datacenter + " owners=" + ownerCount() + "]";
    }
}
