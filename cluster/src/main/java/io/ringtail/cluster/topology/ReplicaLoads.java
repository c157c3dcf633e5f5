package io.ringtail.cluster.topology;

import java.util.Arrays;
import java.util.List;

/**
 * How many partitions each member holds, replicas counted, and how many it should. A partition's replicas are its owner and those met going clockwise, on different racks
 * as far as there are so many ({@code ring.Ring} has the rule in full; this is its beginning, as many as most keys have). So who owns a place decides about the replicas of some
 * places before it, and only of those.
 *
 * <p><b>The fair share</b> of a member is by weight, as far as that can be: a rack has no more than one replica of each partition while there are at least as many
 * racks as replicas, so the members of a rack that weighs more than, of three, a third of all share what the rack holds, and the other racks hold the rest.
 *
 * <p>Confined to one assignment. {@link #exchange} looks at some ten places for a move; it counts its steps, so that whoever calls can stop when it has been enough.
 */
final class ReplicaLoads {
    /** What is looked at on the ring of all members: the replication factor that most keys have. Others come out about as even. */
    static final int REPLICAS = 3;

    private static final int NONE = -1;
    private static final double NOTICEABLE = 0.02;

    /** How many replicas are looked at. */
    private final int replication;

    private final int[] owners;
    private final int[] racks;
    private final int partitions;
    private final double[] fair;
    private final int[] loads;
    /** Of each partition its replicas, {@link #NONE} where there are fewer members. */
    private final int[] replicas;
    /** Of each partition how many places behind it the last of its replicas was met. */
    private final int[] reach;
    /** How many racks and members own anything; neither changes when owners change places. */
    private final int owningRacks;

    private final int owningMembers;
    private final int[] found;

    // Of an exchange under way: the partitions whose replicas change.
    private int[] affected = new int[64];
    private int affectedCount;
    private int[] replicasAfter;
    private int[] reachAfter = new int[64];
    private long steps;

    /**
     * @param owners of each partition, all of them members; kept, and changed by {@link #exchange}
     * @param racks of each member; different for members that share none
     * @param weights of each member
     * @param replication how many replicas of each partition are looked at
     */
    ReplicaLoads(int[] owners, int[] racks, int[] weights, int replication) {
        this.replication = replication;
        this.found = new int[replication];
        this.replicasAfter = new int[64 * replication];
        this.owners = owners;
        this.racks = racks;
        this.partitions = owners.length;
        int[] distinct = Arrays.stream(owners).distinct().toArray();
        this.owningMembers = distinct.length;
        this.owningRacks = (int) Arrays.stream(distinct).map(member -> racks[member]).distinct().count();
        this.fair = fair(owners, racks, weights, replication);
        this.loads = new int[racks.length];
        this.replicas = new int[partitions * replication];
        this.reach = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            reach[partition] = walk(partition);
            System.arraycopy(found, 0, replicas, partition * replication, replication);
            for (int member : found) {
                if (member != NONE) {
                    loads[member]++;
                }
            }
        }
    }

    /** How many partitions each member should hold. */
    static double[] fair(int[] owners, int[] racks, int[] weights, int replication) {
        int partitions = owners.length;
        int[] distinct = Arrays.stream(owners).distinct().sorted().toArray();
        int[] owningRacks = Arrays.stream(distinct).map(member -> racks[member]).distinct().toArray();
        double[] rackWeights = new double[owningRacks.length];
        double[] rackMost = new double[owningRacks.length];
        int perRack = (replication + owningRacks.length - 1) / owningRacks.length;
        List<int[]> members = Arrays.stream(owningRacks)
                .mapToObj(rack -> Arrays.stream(distinct).filter(member -> racks[member] == rack).toArray())
                .toList();
        for (int i = 0; i < owningRacks.length; i++) {
            rackWeights[i] = Arrays.stream(members.get(i)).map(member -> weights[member]).sum();
            rackMost[i] = (double) partitions * Math.min(perRack, members.get(i).length);
        }
        double[] rackShares = share((double) partitions * Math.min(replication, distinct.length), rackWeights, rackMost);
        double[] fair = new double[racks.length];
        for (int i = 0; i < owningRacks.length; i++) {
            int[] ofRack = members.get(i);
            double[] most = new double[ofRack.length];
            Arrays.fill(most, partitions);
            double[] shares = share(rackShares[i], Arrays.stream(ofRack).mapToDouble(member -> weights[member]).toArray(), most);
            for (int j = 0; j < ofRack.length; j++) {
                fair[ofRack[j]] = shares[j];
            }
        }
        return fair;
    }

    /** Shares something by weight, to each no more than its most; what one cannot take goes to the others. */
    private static double[] share(double whole, double[] weights, double[] most) {
        double[] shares = new double[weights.length];
        boolean[] isFull = new boolean[weights.length];
        double left = whole;
        for (boolean changed = true; changed; ) {
            changed = false;
            double weight = 0;
            for (int i = 0; i < weights.length; i++) {
                weight += isFull[i] ? 0 : weights[i];
            }
            double each = weight == 0 ? 0 : left / weight;
            for (int i = 0; i < weights.length; i++) {
                if (!isFull[i] && each * weights[i] > most[i]) {
                    isFull[i] = true;
                    shares[i] = most[i];
                    left -= most[i];
                    changed = true;
                } else if (!isFull[i]) {
                    shares[i] = each * weights[i];
                }
            }
        }
        return shares;
    }

    int load(int member) {
        return loads[member];
    }

    double fair(int member) {
        return fair[member];
    }

    /** Whether a member holds noticeably more or less than it should. */
    boolean isOff(int member) {
        return Math.abs(loads[member] - fair[member]) > Math.max(1, fair[member] * NOTICEABLE);
    }

    /** Places that have been looked at so far. */
    long steps() {
        return steps;
    }

    /** Finds the replicas of a partition, and tells how many places behind it the last was met. */
    private int walk(int partition) {
        int racksWanted = Math.min(replication, owningRacks);
        int othersWanted = Math.min(replication, owningMembers) - racksWanted;
        Arrays.fill(found, NONE);
        int count = 0;
        int racksFound = 0;
        int step = -1;
        while (racksFound < racksWanted || count - racksFound < othersWanted) {
            step++;
            if (step == partitions) {
                throw new AssertionError("the replicas of partition " + partition + " are not on the ring");
            }
            int member = owners[partition + step & partitions - 1];
            boolean isNew = true;
            boolean isOfNewRack = true;
            for (int i = 0; i < count; i++) {
                isNew &= found[i] != member;
                isOfNewRack &= racks[found[i]] != racks[member];
            }
            if (isOfNewRack ? racksFound < racksWanted : isNew && count - racksFound < othersWanted) {
                racksFound += isOfNewRack ? 1 : 0;
                found[count++] = member;
            }
        }
        steps += step + 1;
        return step;
    }

    /** Exchanges the owners of two places if the members' loads are nearer to their fair shares then; whether it has. */
    boolean exchange(int a, int b) {
        affectedCount = 0;
        collect(a);
        collect(b);
        swap(a, b);
        double change = 0;
        for (int i = 0; i < affectedCount; i++) {
            int partition = affected[i];
            reachAfter[i] = walk(partition);
            System.arraycopy(found, 0, replicasAfter, i * replication, replication);
            for (int j = 0; j < replication; j++) {
                change += add(replicas[partition * replication + j], -1) + add(found[j], 1);
            }
        }
        if (change < -1e-9) {
            for (int i = 0; i < affectedCount; i++) {
                System.arraycopy(replicasAfter, i * replication, replicas, affected[i] * replication, replication);
                reach[affected[i]] = reachAfter[i];
            }
            return true;
        }
        for (int i = 0; i < affectedCount; i++) {
            for (int j = 0; j < replication; j++) {
                double ignored = add(replicas[affected[i] * replication + j], 1) + add(replicasAfter[i * replication + j], -1);
            }
        }
        swap(a, b);
        return false;
    }

    /** The partitions for whose replicas a place has been looked at: some of those before it. */
    private void collect(int place) {
        int first = affectedCount;
        for (int back = 0; back < partitions; back++) {
            int partition = place - back & partitions - 1;
            if (reach[partition] < back) {
                return;
            }
            boolean isThere = false;
            for (int i = 0; i < first && !isThere; i++) {
                isThere = affected[i] == partition;
            }
            if (!isThere) {
                if (affectedCount == affected.length) {
                    affected = Arrays.copyOf(affected, 2 * affectedCount);
                    reachAfter = Arrays.copyOf(reachAfter, 2 * affectedCount);
                    replicasAfter = Arrays.copyOf(replicasAfter, 2 * affectedCount * replication);
                }
                affected[affectedCount++] = partition;
            }
        }
    }

    /** By how much the sum of squares of what members have too much or too little, each relative to its share, changes. */
    private double add(int member, int more) {
        if (member == NONE) {
            return 0;
        }
        double off = loads[member] - fair[member];
        loads[member] += more;
        return (2 * off * more + 1) / fair[member];
    }

    private void swap(int a, int b) {
        int owner = owners[a];
        owners[a] = owners[b];
        owners[b] = owner;
    }
}
