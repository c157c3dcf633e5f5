package io.ringtail.cluster.topology;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;

/**
 * What of a topology is under way: partitions that are being handed over, members that are to go, and whether the cluster is told to leave it at that. Immutable.
 *
 * <p>While a partition is handed over its keys have the replicas of the owner it has <i>and</i> those of the owner it will have; see {@code ring.ReplicaSet}.
 *
 * @param moves partitions being handed over, sorted by partition, each there once
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
     * @param newOwner the id of the member that will own it
     */
    public record Move(int partition, long newOwner) {}

    /**
     * A member that is to go.
     *
     * @param successor the id of the member that is to own what it owned; 0 when all share it
     */
    public record Departure(long memberId, long successor) {}

    public Transition {
        List<Move> sortedMoves = new ArrayList<>(moves);
        sortedMoves.sort(Comparator.comparingInt(Move::partition));
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

    /** Of what is under way, all that is about members that are there. */
    Transition among(List<Member> members) {
        Set<Long> ids = new HashSet<>();
        members.forEach(member -> ids.add(member.id()));
        List<Move> movesLeft = moves.stream().filter(move -> ids.contains(move.newOwner())).toList();
        List<Departure> departuresLeft = departures.stream()
                .filter(departure -> ids.contains(departure.memberId()))
                .map(departure -> ids.contains(departure.successor()) ? departure : new Departure(departure.memberId(), 0))
                .toList();
        return new Transition(movesLeft, departuresLeft, paused);
    }

    /** @throws IllegalArgumentException when it speaks of partitions or members that there are not */
    void check(Topology of) {
        int last = -1;
        for (Move move : moves) {
            if (move.partition() <= last || move.partition() >= of.partitions() || of.indexOf(move.newOwner()) < 0) {
                throw new IllegalArgumentException("no partition to be handed over, or there twice: " + move);
            }
            last = move.partition();
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
            owners[move.partition()] = of.indexOf(move.newOwner());
        }
        return owners;
    }

    /** The moves that lead from a topology's owners to others, from the first partition on, at most {@value #MAX_MOVES}. */
    public static List<Move> towards(Topology from, int[] owners) {
        return towards(from, owners, memberId -> true);
    }

    /** {@link #towards(Topology, int[])} of those moves alone whose new owner can be given anything now. */
    public static List<Move> towards(Topology from, int[] owners, LongPredicate canReceive) {
        List<Move> moves = new ArrayList<>();
        for (int partition = 0; partition < owners.length && moves.size() < MAX_MOVES; partition++) {
            long newOwner = from.members().get(owners[partition]).id();
            if (owners[partition] != from.owner(partition) && canReceive.test(newOwner)) {
                moves.add(new Move(partition, newOwner));
            }
        }
        return moves;
    }

    /** Where all partitions are to be in the end: balanced by weight among the members that stay, by the fewest moves. As indexes into the topology's members. */
    public static int[] goal(Topology of) {
        List<Member> members = of.members();
        int[] weights = members.stream().mapToInt(Member::weight).toArray();
        int[] owners = of.owners();
        for (Departure departure : of.transition().departures()) {
            int leaving = of.indexOf(departure.memberId());
            weights[leaving] = 0;
            int heir = departure.successor() == 0 ? -1 : of.indexOf(departure.successor());
            for (int partition = 0; partition < owners.length; partition++) {
                owners[partition] = owners[partition] == leaving ? heir : owners[partition];
            }
        }
        if (Arrays.stream(weights).sum() == 0) {
            return of.owners();
        }
        disinherit(of, owners, weights);
        return PartitionAssignment.assignEvenly(owners, members, weights);
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
