package io.ringtail.cluster.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;

/**
 * Where everything of one epoch is to be in the end, on the ring of all members and on those of data centers, and the moves that lead there. Immutable.
 *
 * <p>A topology keeps its own: only the first who asks works it out.
 */
public final class TransitionGoal {
    private final Topology topology;
    private final int[] owners;
    private final List<DatacenterRing> rings;

    TransitionGoal(Topology topology) {
        this.topology = topology;
        this.owners = Transition.goal(topology);
        this.rings = Transition.datacenterGoals(topology);
    }

    /** Takes seconds the first time in the largest clusters: not for a loop, unless another thread has asked before. */
    public static TransitionGoal of(Topology topology) {
        return topology.goal();
    }

    /** The owners on the ring of all members, as indexes into the topology's members. */
    int[] owners() {
        return owners;
    }

    List<DatacenterRing> datacenterRings() {
        return rings;
    }

    public Topology topology() {
        return topology;
    }

    /** The first moves towards it, at most {@value Transition#MAX_MOVES}. */
    public List<Transition.Move> moves() {
        return moves(memberId -> true);
    }

    /** The first moves towards it that {@code receives} lets through, at most {@value Transition#MAX_MOVES}. */
    public List<Transition.Move> moves(LongPredicate receives) {
        List<Transition.Move> moves = new ArrayList<>();
        for (int partition = 0; partition < owners.length; partition++) {
            long newOwner = topology.members().get(owners[partition]).id();
            if (owners[partition] != topology.owner(partition) && receives.test(newOwner)) {
                moves.add(new Transition.Move(partition, newOwner));
            }
        }
        for (DatacenterRing ring : rings) {
            addMovesTowards(ring, receives, moves);
        }
        return moves.size() <= Transition.MAX_MOVES ? moves : moves.subList(0, Transition.MAX_MOVES);
    }

    /** In even steps around the ring, again and again: so a data center that begins with nothing has its replicas spread from the first on. */
    private void addMovesTowards(DatacenterRing ring, LongPredicate receives, List<Transition.Move> moves) {
        DatacenterRing now = Objects.requireNonNull(topology.datacenterRing(ring.datacenter()));
        int bits = Integer.numberOfTrailingZeros(topology.partitions());
        for (int i = 0; i < topology.partitions(); i++) {
            int partition = bits == 0 ? 0 : Integer.reverse(i) >>> (Integer.SIZE - bits);
            long newOwner = ring.owner(partition);
            if (newOwner != now.owner(partition) && (newOwner == 0 || receives.test(newOwner))) {
                moves.add(new Transition.Move(partition, newOwner, ring.datacenter()));
            }
        }
    }
}
