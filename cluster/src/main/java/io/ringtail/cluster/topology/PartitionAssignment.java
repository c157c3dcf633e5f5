package io.ringtail.cluster.topology;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Who owns which partition after the members have changed. A pure function: equal arguments, equal answer, on every node.
 *
 * <p>In this order of importance:
 *
 * <ol>
 *   <li>Balance: every member owns its share of the partitions, by weight, rounded down or up.
 *   <li>The fewest moves: as many partitions change hands as balance and departed owners demand, not one more. So one that joins is given its share and nothing moves
 *       between the others; of one that leaves only its own partitions move.
 *   <li>Evenness: which partitions move is chosen such that members hold their fair shares, replicas counted ({@link ReplicaLoads}), and that neighbours on the ring belong to
 *       different members and, where that comes easily, to different racks. A preference list skips members and racks it has already, so a neighbour costs evenness of load,
 *       never a replica.
 * </ol>
 *
 * <p>How: quotas first (the fractions go to those who have the partition already); then as many places as must move are visited in even steps around the ring,
 * and whoever owns too much there gives to whoever lacks the most, in the rack that lacks the most, and does not stand next to it; then places where neighbours still match are
 * exchanged with others, and places that have moved with each other and with those that their old owners keep, while that makes loads more even: neither changes quotas or the
 * number of moves. About {@code Q · members} steps at worst and a bounded number of exchanges tried, some hundred milliseconds for the largest clusters.
 *
 * <p>The fewest moves need not leave enough to choose from: of a small cluster's leaver all that it owned goes, and the gaps stay where they are. {@link #assignEvenly} goes
 * further then, once the rest is done.
 */
public final class PartitionAssignment {
    /** Places that are tried in exchange for one whose neighbour matches. */
    private static final int EXCHANGES_TRIED = 512;

    private static final int EXCHANGE_ROUNDS = 4;
    private static final int SAME_MEMBER = 1_000;
    private static final int SAME_RACK = 1;

    /** Of places that have changed hands, how often all are looked at; in exchange for how many; and after how many steps in all it is left at that. */
    private static final int LEVEL_ROUNDS = 8;

    private static final int LEVEL_TRIED = 48;
    /** Places that are looked at to relieve a member by one exchange. */
    private static final int RELIEF_TRIED = 2_048;

    /** By how much a member may hold more than its share before partitions move for that alone. */
    static final int MOST_OVER_PERCENT = 10;
    private static final long LEVEL_STEPS = 10_000_000;

    /** By what part of what it is to be given a rack may be ahead of another, for the sake of neighbours of different racks. */
    private static final double MAX_AHEAD = 0.05;

    /** Nobody: the owner has left, or there never was one. */
    private static final int NOBODY = -1;

    private final int partitions;
    private final int[] before;
    private final int[] owners;
    private final int[] racks;
    /** Of each member, how many partitions it has too many; negative when it lacks some. */
    private final int[] surplus;

    /** Of each member, how many partitions it is to be given; of each rack, what its members are; and what they have not been given yet. */
    private final int[] wanted;

    private final int[] wantedByRack;
    private final int[] lackOfRack;
    /** Of each member its rack, as an index into the two above. */
    private final int[] rackAt;

    /** How many replicas of a partition count for evenness. */
    private final int replication;

    private PartitionAssignment(int[] before, List<Member> members, int[] weights, int replication) {
        this.replication = replication;
        this.partitions = before.length;
        this.before = before;
        this.owners = before.clone();
        this.racks = racks(members);
        this.surplus = surplus(before, weights);
        this.wanted = Arrays.stream(surplus).map(each -> Math.max(0, -each)).toArray();
        int[] distinct = Arrays.stream(racks).distinct().sorted().toArray();
        this.rackAt = Arrays.stream(racks).map(rack -> Arrays.binarySearch(distinct, rack)).toArray();
        this.wantedByRack = new int[distinct.length];
        for (int i = 0; i < wanted.length; i++) {
            wantedByRack[rackAt[i]] += wanted[i];
        }
        this.lackOfRack = wantedByRack.clone();
    }

    /**
     * The owners once {@code members} are the members.
     *
     * @param old what the owners are now, of the members of now
     * @param members of the next epoch, sorted by id
     * @return of each partition the index of its owner in {@code members}
     */
    public static int[] assign(Topology old, List<Member> members) {
        return assign(carryOver(old, members), members);
    }

    /**
     * The owners once {@code members} are the members.
     *
     * @param oldOwners of each partition the index of its owner in {@code members}, or -1 when it is none of them
     * @param members sorted by id, at least one
     * @return of each partition the index of its owner in {@code members}
     */
    public static int[] assign(int[] oldOwners, List<Member> members) {
        return assign(oldOwners, members, members.stream().mapToInt(Member::weight).toArray());
    }

    /** {@link #assign(int[], List)} by other weights than the members' own: 0 of one that is to own nothing, which keeps nothing either. */
    static int[] assign(int[] oldOwners, List<Member> members, int[] weights) {
        return assigned(oldOwners, members, weights, ReplicaLoads.REPLICAS).owners;
    }

    /**
     * {@link #assign(int[], List, int[])}; where that moves nothing and a member holds over {@value #MOST_OVER_PERCENT} % more than its share, replicas counted, exchanges that
     * relieve it, as many as are handed over at a time. Called again once those are made, and so on, it comes to an end: each exchange makes the members' loads more even.
     *
     * @param replication how many replicas keys have on this ring
     */
    static int[] assignEvenly(int[] oldOwners, List<Member> members, int[] weights, int replication) {
        PartitionAssignment assignment = assigned(oldOwners, members, weights, replication);
        if (Arrays.equals(assignment.owners, oldOwners)) {
            assignment.relieve(weights);
        }
        return assignment.owners;
    }

    private static PartitionAssignment assigned(int[] oldOwners, List<Member> members, int[] weights, int replication) {
        if (members.isEmpty() || Arrays.stream(weights).sum() == 0) {
            throw new IllegalArgumentException("no member to own anything");
        }
        PartitionAssignment assignment = new PartitionAssignment(oldOwners, members, weights, replication);
        assignment.move();
        assignment.exchange();
        assignment.level(weights);
        return assignment;
    }

    /** The same owners, as indexes into other members; -1 where the owner is none of them. */
    public static int[] carryOver(Topology old, List<Member> members) {
        Map<Long, Integer> places = new HashMap<>();
        for (int i = 0; i < members.size(); i++) {
            places.put(members.get(i).id(), i);
        }
        int[] translation = new int[old.members().size()];
        for (int i = 0; i < translation.length; i++) {
            translation[i] = places.getOrDefault(old.members().get(i).id(), NOBODY);
        }
        int[] owners = old.owners();
        for (int i = 0; i < owners.length; i++) {
            owners[i] = translation[owners[i]];
        }
        return owners;
    }

    /** Equal numbers for equal racks; a member of which nothing is known shares its rack with nobody. */
    private static int[] racks(List<Member> members) {
        Map<String, Integer> numbers = new HashMap<>();
        int[] racks = new int[members.size()];
        for (int i = 0; i < racks.length; i++) {
            String rack = members.get(i).rack();
            racks[i] = rack.isEmpty() ? -1 - i : numbers.computeIfAbsent(rack, r -> numbers.size());
        }
        return racks;
    }

    /** Of each member, how many partitions it has more than its share; negative when it lacks some. They add up to what nobody has, negated. */
    static int[] surplus(int[] before, int[] weights) {
        int size = weights.length;
        long totalWeight = Arrays.stream(weights).asLongStream().sum();
        int[] surplus = new int[size];
        for (int owner : before) {
            if (owner != NOBODY) {
                surplus[owner]++;
            }
        }
        long[] remainders = new long[size];
        int left = before.length;
        for (int i = 0; i < size; i++) {
            long share = (long) before.length * weights[i];
            surplus[i] -= (int) (share / totalWeight);
            left -= (int) (share / totalWeight);
            remainders[i] = share % totalWeight;
        }
        Integer[] order = new Integer[size];
        Arrays.setAll(order, i -> i);
        // Who has more than the rounded-down share keeps one more at no cost; then the largest fractions; then the smallest ids.
        Arrays.sort(order, (a, b) -> {
            int byHaving = Boolean.compare(surplus[b] > 0, surplus[a] > 0);
            return byHaving != 0 ? byHaving : Long.compare(remainders[b], remainders[a]);
        });
        for (int i = 0; left > 0; i++) {
            if (remainders[order[i]] > 0) {
                surplus[order[i]]--;
                left--;
            }
        }
        return surplus;
    }

    // ---- moving what must move

    private void move() {
        int moves = 0;
        for (int owner : before) {
            moves += owner == NOBODY ? 1 : 0;
        }
        for (int count : surplus) {
            moves += Math.max(0, count);
        }
        if (moves == 0) {
            return;
        }
        // In even steps first, wherever there is a place near that fits with both neighbours.
        int reach = partitions / moves + 2;
        for (int i = 0; i < moves; i++) {
            moveNear((int) ((long) i * partitions / moves), reach);
        }
        // Whatever is left, demanding less and less.
        for (int place = 0; place < partitions; place++) {
            boolean ignored = moveIfItFits(place, 2 * SAME_RACK, MAX_AHEAD);
        }
        for (int tolerated : new int[] {0, 2 * SAME_RACK, 2 * SAME_MEMBER}) {
            for (int place = 0; place < partitions; place++) {
                boolean ignored = moveIfItFits(place, tolerated, 1);
            }
        }
    }

    private void moveNear(int center, int reach) {
        for (int distance = 0; distance <= reach; distance++) {
            if (moveIfItFits(center + distance & partitions - 1, 0, MAX_AHEAD)
                    || moveIfItFits(center - distance & partitions - 1, 0, MAX_AHEAD)) {
                return;
            }
        }
    }

    /**
     * Gives a partition to a member that lacks some, if its owner is gone or has too many and the place costs no more than is tolerated: to the rack that lacks the most of what it
     * is to be given, there to the member that does. So all that are given something are met again and again all around the ring, none of them at its end alone.
     *
     * @param maxAhead by what part of what it is to be given a rack may be ahead of another
     */
    private boolean moveIfItFits(int place, int tolerated, double maxAhead) {
        int owner = owners[place];
        if (owner != NOBODY && surplus[owner] <= 0) {
            return false;
        }
        int best = NOBODY;
        double mostOfRack = -1;
        double most = -1;
        double least = lackOfAnyRack() - maxAhead;
        for (int candidate = 0; candidate < surplus.length; candidate++) {
            if (surplus[candidate] < 0) {
                double ofRack = lackOfRack[rackAt[candidate]] / (double) wantedByRack[rackAt[candidate]];
                double own = -surplus[candidate] / (double) wanted[candidate];
                boolean isBetter = ofRack > mostOfRack || (ofRack == mostOfRack && own > most);
                if (isBetter && ofRack >= least && cost(place, candidate) <= tolerated) {
                    best = candidate;
                    mostOfRack = ofRack;
                    most = own;
                }
            }
        }
        if (best == NOBODY) {
            return false;
        }
        owners[place] = best;
        surplus[best]++;
        lackOfRack[rackAt[best]]--;
        if (owner != NOBODY) {
            surplus[owner]--;
        }
        return true;
    }

    private double lackOfAnyRack() {
        double most = 0;
        for (int rack = 0; rack < lackOfRack.length; rack++) {
            most = lackOfRack[rack] == 0 ? most : Math.max(most, lackOfRack[rack] / (double) wantedByRack[rack]);
        }
        return most;
    }

    // ---- spread

    /** What it costs to have {@code member} at a place, given both neighbours. */
    private int cost(int place, int member) {
        return costBeside(member, owners[place - 1 & partitions - 1]) + costBeside(member, owners[place + 1 & partitions - 1]);
    }

    private int costBeside(int member, int neighbour) {
        if (neighbour == NOBODY || member == NOBODY) {
            return 0;
        }
        return member == neighbour ? SAME_MEMBER : racks[member] == racks[neighbour] ? SAME_RACK : 0;
    }

    private void exchange() {
        for (int round = 0; round < EXCHANGE_ROUNDS; round++) {
            boolean changed = false;
            for (int place = 0; place < partitions; place++) {
                if (cost(place, owners[place]) > 0) {
                    changed |= exchange(place);
                }
            }
            if (!changed) {
                return;
            }
        }
    }

    private boolean exchange(int place) {
        int tried = Math.min(EXCHANGES_TRIED, partitions - 1);
        for (int i = 1; i <= tried; i++) {
            // Steps of an odd number reach every place of a power of two.
            int other = place + i * 40_503 & partitions - 1;
            if (owners[other] != owners[place] && movesAfterExchange(place, other) <= 0 && costAfterExchange(place, other) < 0) {
                swap(place, other);
                return true;
            }
        }
        return false;
    }

    // ---- what members hold, replicas counted

    /** Exchanges places that have changed hands with each other, and with others that their old owners have kept: which of a member's places go is free, how many is not. */
    private void level(int[] weights) {
        int[] moved = IntStream.range(0, partitions).filter(place -> owners[place] != before[place]).toArray();
        if (moved.length == 0) {
            // What is settled stays so: it is not for the sake of evenness alone that anything moves.
            return;
        }
        Map<Integer, int[]> kept = keptByThoseThatGave(moved);
        ReplicaLoads loads = new ReplicaLoads(owners, racks, weights, replication);
        for (int round = 0; round < LEVEL_ROUNDS; round++) {
            boolean changed = false;
            for (int i = 0; i < moved.length; i++) {
                int[] ofGiver = kept.getOrDefault(before[moved[i]], new int[0]);
                changed |= level(loads, moved, i, ofGiver, round) | level(loads, moved, i, moved, round);
                if (loads.steps() > LEVEL_STEPS) {
                    return;
                }
            }
            if (!changed) {
                return;
            }
        }
    }

    /** Of each member that has given something the places that it keeps. */
    private Map<Integer, int[]> keptByThoseThatGave(int[] moved) {
        Map<Integer, int[]> kept = new HashMap<>();
        for (int place : moved) {
            int giver = before[place];
            if (giver != NOBODY) {
                kept.computeIfAbsent(giver, unused -> IntStream.range(0, partitions)
                        .filter(each -> before[each] == giver && owners[each] == giver)
                        .toArray());
            }
        }
        return kept;
    }

    /** Tries to exchange a place that has changed hands for some of others, and takes the first that makes loads more even. */
    private boolean level(ReplicaLoads loads, int[] moved, int index, int[] others, int round) {
        int place = moved[index];
        int tried = Math.min(LEVEL_TRIED, others.length);
        for (int i = 0; i < tried; i++) {
            int at = (int) ((index * 7L + (round * (long) LEVEL_TRIED + i) * 40_503) % others.length);
            int other = others[at];
            if (owners[other] != owners[place]
                    && (loads.isOff(owners[place]) || loads.isOff(owners[other]))
                    && movesAfterExchange(place, other) == 0
                    && sameMembersAfterExchange(place, other) <= 0
                    && loads.exchange(place, other)) {
                if (others != moved) {
                    moved[index] = other;
                    others[at] = place;
                }
                return true;
            }
        }
        return false;
    }

    /** Exchanges places of members that hold too much for places of members that hold too little; each goes once. */
    private void relieve(int[] weights) {
        ReplicaLoads loads = new ReplicaLoads(owners, racks, weights, replication);
        int exchanges = 0;
        for (boolean changed = true; changed && loads.steps() < LEVEL_STEPS; ) {
            changed = false;
            for (int place = 0; place < partitions && exchanges < Transition.MAX_MOVES / 2; place++) {
                if (isOver(loads, owners[place]) && relieve(loads, place)) {
                    changed = true;
                    exchanges++;
                }
            }
        }
    }

    private static boolean isOver(ReplicaLoads loads, int member) {
        double more = loads.load(member) - loads.fair(member);
        // Less than a partition more than that is nothing that a move could mend.
        return more >= 1 && more * 100 > loads.fair(member) * MOST_OVER_PERCENT;
    }

    private boolean relieve(ReplicaLoads loads, int place) {
        int tried = Math.min(RELIEF_TRIED, partitions - 1);
        for (int i = 1; i <= tried; i++) {
            int other = place + i * 40_503 & partitions - 1;
            int member = owners[other];
            if (member != owners[place]
                    && loads.load(member) < loads.fair(member)
                    && before[place] == owners[place]
                    && before[other] == member
                    && sameMembersAfterExchange(place, other) <= 0
                    && loads.exchange(place, other)) {
                return true;
            }
        }
        return false;
    }

    private int sameMembersAfterExchange(int a, int b) {
        return costAfterExchange(a, b) / (SAME_MEMBER / 2);
    }

    private int movesAfterExchange(int a, int b) {
        return moved(a, owners[b]) + moved(b, owners[a]) - moved(a, owners[a]) - moved(b, owners[b]);
    }

    private int moved(int place, int owner) {
        return before[place] == owner ? 0 : 1;
    }

    private int costAfterExchange(int a, int b) {
        int now = cost(a, owners[a]) + cost(b, owners[b]);
        swap(a, b);
        int then = cost(a, owners[a]) + cost(b, owners[b]);
        swap(a, b);
        return then - now;
    }

    private void swap(int a, int b) {
        int owner = owners[a];
        owners[a] = owners[b];
        owners[b] = owner;
    }
}
