package io.ringtail.cluster.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What of a topology is under way: partitions that are being handed over, members that are to go, and whether the cluster is told to leave it at that. Immutable.
 *
 * <p>While a partition is handed over its keys have the replicas of the owner it has <i>and</i> those of the owner it will have; see {@code ring.ReplicaSet}.
 *
 * @param moves partitions being handed over, sorted by partition and ring, each there once
 * @param departures members that give away what they own and then go, sorted by member
 * @param paused whether no further hand-over is begun
 */
public record Transition(List<Move> moves, List<Departure> departures, boolean paused) {
    /** Partitions that are handed over at a time. */
    public static final int MAX_MOVES = 256;

    public static final Transition NONE = new Transition(List.of(), List.of(), false);

    /**
     * A partition being handed over.
     *
     * @param newOwner the id of the member that will own it; 0, on the ring of a data center that loses its last owner, for nobody
     * @param ring the data center on whose ring it will; empty on the ring of all members
     */
    public record Move(int partition, long newOwner, String ring) {
        /** One on the ring of all members. */
        public Move(int partition, long newOwner) {
            this(partition, newOwner, "");
        }
    }

    /**
     * A member that is to go.
     *
     * @param successor the id of the member that is to own what it owned; 0 when all share it
     */
    public record Departure(long memberId, long successor) {}

    public Transition {
        List<Move> sortedMoves = new ArrayList<>(moves);
        sortedMoves.sort(Comparator.comparingInt(Move::partition).thenComparing(Move::ring));
        moves = List.copyOf(sortedMoves);
        List<Departure> sortedDepartures = new ArrayList<>(departures);
        sortedDepartures.sort(Comparator.comparingLong(Departure::memberId));
        departures = List.copyOf(sortedDepartures);
        if (moves.size() > MAX_MOVES) {
            throw new IllegalArgumentException(moves.size() + " partitions handed over at a time, at most " + MAX_MOVES);
        }
    }

    public boolean isMoving() {
        return !moves.isEmpty();
    }

    public Transition withMoves(List<Move> next) {
        return new Transition(next, departures, paused);
    }

    public Transition withPaused(boolean next) {
        return new Transition(moves, departures, next);
    }

    /** With a member that is to go, or with another successor of one. */
    public Transition withDeparture(long memberId, long successor) {
        List<Departure> next = new ArrayList<>(departures);
        next.removeIf(departure -> departure.memberId() == memberId);
        next.add(new Departure(memberId, successor));
        return new Transition(moves, next, paused);
    }

    /** Without one: the member stays. */
    public Transition withoutDeparture(long memberId) {
        List<Departure> next = new ArrayList<>(departures);
        next.removeIf(departure -> departure.memberId() == memberId);
        return new Transition(moves, next, paused);
    }

    public boolean isLeaving(long memberId) {
        return departures.stream().anyMatch(departure -> departure.memberId() == memberId);
    }

    /** Whether a partition is being handed over to the member. */
    public boolean isReceiving(long memberId) {
        return moves.stream().anyMatch(move -> move.newOwner() == memberId);
    }

    /** Of what is under way, all that is about members and rings that are there. */
    Transition among(List<Member> members, List<DatacenterRing> rings) {
        Set<Long> ids = new HashSet<>();
        members.forEach(member -> ids.add(member.id()));
        Set<String> names = new HashSet<>(Set.of(""));
        rings.forEach(ring -> names.add(ring.datacenter()));
        Map<Long, String> datacenters = new HashMap<>();
        members.forEach(member -> datacenters.put(member.id(), member.datacenter()));
        List<Move> movesLeft = moves.stream()
                .filter(move -> names.contains(move.ring()))
                .filter(move -> move.ring().isEmpty()
                        ? ids.contains(move.newOwner())
                        : move.newOwner() == 0 || move.ring().equals(datacenters.get(move.newOwner())))
                .toList();
        List<Departure> departuresLeft = departures.stream()
                .filter(departure -> ids.contains(departure.memberId()))
                .map(departure -> ids.contains(departure.successor()) ? departure : new Departure(departure.memberId(), 0))
                .toList();
        return new Transition(movesLeft, departuresLeft, paused);
    }

    /** @throws IllegalArgumentException when it speaks of partitions or members that there are not */
    void check(Topology of) {
        Move last = null;
        for (Move move : moves) {
            boolean isThere = move.ring().isEmpty()
                    ? of.indexOf(move.newOwner()) >= 0
                    : of.datacenterRing(move.ring()) != null
                            && (move.newOwner() == 0 || of.isIn(move.newOwner(), move.ring()));
            boolean isTwice = last != null && last.partition() == move.partition() && last.ring().equals(move.ring());
            if (move.partition() < 0 || move.partition() >= of.partitions() || !isThere || isTwice) {
                throw new IllegalArgumentException("no partition to be handed over, or there twice: " + move);
            }
            last = move;
        }
        long lastMember = 0;
        for (Departure departure : departures) {
            if (departure.memberId() <= lastMember
                    || of.indexOf(departure.memberId()) < 0
                    || departure.successor() == departure.memberId()
                    || (departure.successor() != 0 && of.indexOf(departure.successor()) < 0)) {
                throw new IllegalArgumentException("no member to go, or there twice: " + departure);
            }
            lastMember = departure.memberId();
        }
    }

    /** The owners once all moves are made, as indexes into the topology's members. */
    int[] ownersAfter(Topology of) {
        int[] owners = of.owners();
        for (Move move : moves) {
            if (move.ring().isEmpty()) {
                owners[move.partition()] = of.indexOf(move.newOwner());
            }
        }
        return owners;
    }

    /** Where all partitions are to be in the end: balanced by weight among the members that stay, by the fewest moves. As indexes into the topology's members. */
    public static int[] goal(Topology of) {
        int[] weights = of.members().stream().mapToInt(Member::weight).toArray();
        int[] goal = goal(of, of.owners(), weights, ReplicaLoads.REPLICAS);
        return goal == null ? of.owners() : goal;
    }

    /** {@link #goal} of each data center's ring, among the members that are in it. */
    public static List<DatacenterRing> datacenterGoals(Topology of) {
        List<DatacenterRing> goals = new ArrayList<>();
        for (DatacenterRing ring : of.datacenterRings()) {
            int[] weights = of.members().stream()
                    .mapToInt(member -> member.datacenter().equals(ring.datacenter()) ? member.weight() : 0)
                    .toArray();
            int[] goal = goal(of, ring.ownersIn(of), weights, ring.replication(of.keyspaces()));
            if (goal == null) {
                goal = new int[of.partitions()];
                Arrays.fill(goal, -1);
            }
            goals.add(ring.owned(of, goal));
        }
        return goals;
    }

    /** @return null when nobody stays who could own anything */
    private static int @Nullable [] goal(Topology of, int[] owners, int[] weights, int replication) {
        for (Departure departure : of.transition().departures()) {
            int leaving = of.indexOf(departure.memberId());
            weights[leaving] = 0;
            int successor = departure.successor() == 0 ? -1 : of.indexOf(departure.successor());
            int heir = successor >= 0 && weights[successor] > 0 ? successor : -1;
            for (int partition = 0; partition < owners.length; partition++) {
                owners[partition] = owners[partition] == leaving ? heir : owners[partition];
            }
        }
        if (Arrays.stream(weights).sum() == 0) {
            return null;
        }
        disinherit(of, owners, weights);
        return PartitionAssignment.assignEvenly(owners, of.members(), weights, replication);
    }

    /** Where successors would come to own too much, takes back some of what they inherit, here and there: it goes to others at once, and what they own already stays theirs. */
    private static void disinherit(Topology of, int[] owners, int[] weights) {
        int[] surplus = PartitionAssignment.surplus(owners, weights);
        for (long successor : of.transition().departures().stream().mapToLong(Departure::successor).distinct().toArray()) {
            int heir = successor == 0 ? -1 : of.indexOf(successor);
            if (heir < 0 || surplus[heir] <= 0) {
                continue;
            }
            int[] inherited = IntStream.range(0, owners.length)
                    .filter(partition -> owners[partition] == heir && of.owner(partition) != heir)
                    .toArray();
            int taken = Math.min(surplus[heir], inherited.length);
            for (int i = 0; i < taken; i++) {
                owners[inherited[(int) ((long) i * inherited.length / taken)]] = -1;
            }
        }
    }
}
