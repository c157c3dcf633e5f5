package io.ringtail.cluster.topology;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who owns which partition after the members have changed. A pure function: equal arguments, equal answer, on every node.
 *
 * <p>In this order of importance:
 *
 * <ol>
 *   <li>Balance: every member owns its share of the partitions, by weight, rounded down or up.
 *   <li>The fewest moves: as many partitions change hands as balance and departed owners demand, not one more. So one that joins is given its share and nothing moves
 *       between the others; of one that leaves only its own partitions move.
 *   <li>Spread: neighbours on the ring belong to different members and, as far as the moves allow it, to different racks. A preference list skips members it has
 *       already, so a neighbour of the same member costs evenness of load, never a replica; that is why no partition moves for the sake of spread alone.
 * </ol>
 *
 * <p>How: quotas first (the fractions go to those who have the partition already); then as many places as must move are visited in even steps around the ring,
 * and whoever owns too much there gives to whoever lacks and does not stand next to it; then places where neighbours still match are exchanged with others,
 * where that changes neither quotas nor the number of moves. About {@code Q · members} steps at worst, some milliseconds for the largest clusters.
 */
public final class PartitionAssignment {
    /** Places that are tried in exchange for one whose neighbour matches. */
    private static final int EXCHANGES_TRIED = 512;

    private static final int EXCHANGE_ROUNDS = 4;
    private static final int SAME_MEMBER = 1_000;
    private static final int SAME_RACK = 1;

    /** Nobody: the owner has left, or there never was one. */
    private static final int NOBODY = -1;

    private final int partitions;
    private final int[] before;
    private final int[] owners;
    private final int[] racks;
    /** Of each member, how many partitions it has too many; negative when it lacks some. */
    private final int[] surplus;

    private int cursor;

    private PartitionAssignment(int[] before, List<Member> members, int[] weights) {
        this.partitions = before.length;
        this.before = before;
        this.owners = before.clone();
        this.racks = racks(members);
        this.surplus = surplus(before, weights);
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

    /**
     * {@link #assign(int[], List)} by other weights than the members' own.
     *
     * @param weights of each member; 0 of one that is to own nothing, which keeps nothing either
     */
    static int[] assign(int[] oldOwners, List<Member> members, int[] weights) {
        if (members.isEmpty() || Arrays.stream(weights).sum() == 0) {
            throw new IllegalArgumentException("no member to own anything");
        }
        PartitionAssignment assignment = new PartitionAssignment(oldOwners, members, weights);
        assignment.move();
        assignment.exchange();
        return assignment.owners;
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

    private static int[] surplus(int[] before, int[] weights) {
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
        for (int tolerated : new int[] {0, 2 * SAME_RACK, 2 * SAME_MEMBER}) {
            for (int place = 0; place < partitions; place++) {
                moveIfItFits(place, tolerated);
            }
        }
    }

    private void moveNear(int center, int reach) {
        for (int distance = 0; distance <= reach; distance++) {
            if (moveIfItFits(center + distance & partitions - 1, 0)
                    || moveIfItFits(center - distance & partitions - 1, 0)) {
                return;
            }
        }
    }

    /** Gives a partition to a member that lacks some, if its owner is gone or has too many and the place costs no more than is tolerated. */
    private boolean moveIfItFits(int place, int tolerated) {
        int owner = owners[place];
        if (owner != NOBODY && surplus[owner] <= 0) {
            return false;
        }
        int size = surplus.length;
        for (int i = 0; i < size; i++) {
            int candidate = cursor + i;
            candidate -= candidate >= size ? size : 0;
            if (surplus[candidate] < 0 && cost(place, candidate) <= tolerated) {
                owners[place] = candidate;
                surplus[candidate]++;
                if (owner != NOBODY) {
                    surplus[owner]--;
                }
                cursor = candidate + 1 == size ? 0 : candidate + 1;
                return true;
            }
        }
        return false;
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
