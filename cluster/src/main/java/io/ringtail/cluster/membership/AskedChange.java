package io.ringtail.cluster.membership;

import io.ringtail.cluster.register.TopologyProposer;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A change somebody asked for, that must not move data, and where to say what became of it. One that gives keys another number of replicas is made only while there are no
 * data, unless it is forced. Confined to the control loop.
 */
final class AskedChange implements TopologyProposer.Change {
    private final UnaryOperator<Topology> change;
    private final boolean forced;
    private final Consumer<ChangeOutcome> answer;
    /** Why it could not be made when it was tried last. */
    private @Nullable String refusal;

    /** @param forced whether keys that are there may be given another number of replicas */
    AskedChange(UnaryOperator<Topology> change, boolean forced, Consumer<ChangeOutcome> answer) {
        this.change = change;
        this.forced = forced;
        this.answer = answer;
    }

    @Override
    public @Nullable Topology next(Topology now, boolean mayMove) {
        refusal = null;
        try {
            Topology next = change.apply(now);
            if (next == now) {
                return null;
            }
            if (next.epoch() != now.epoch() + 1 || next.clusterId() != now.clusterId() || Placement.differs(now, next)) {
                throw new IllegalArgumentException("the change would move data, or is not one to the next epoch");
            }
            if (!mayMove && hidesData(now, next)) {
                throw new IllegalArgumentException("it gives keys another number of replicas, and reads could miss what has been written: "
                        + "that is done only while no member holds data and all of them say so, or with FORCE");
            }
            return next;
        } catch (IllegalArgumentException e) {
            refusal = String.valueOf(e.getMessage());
            return null;
        }
    }

    @Override
    public boolean hidesData(Topology now, Topology next) {
        return Placement.differs(now, next) || (!forced && Placement.replicationDiffers(now, next));
    }

    void refuse(String reason) {
        answer.accept(new ChangeOutcome.Refused(reason));
    }

    /** @param inForce the topology after the proposal */
    void answer(TopologyProposer.Outcome outcome, Topology inForce) {
        String reason = refusal;
        ChangeOutcome said = switch (outcome) {
            case TopologyProposer.Outcome.Decided decided -> new ChangeOutcome.Decided(decided.topology());
            case TopologyProposer.Outcome.Unchanged unchanged -> new ChangeOutcome.Decided(inForce);
            case TopologyProposer.Outcome.Overtaken overtaken -> new ChangeOutcome.NoMajority();
            case TopologyProposer.Outcome.NoMajority noMajority -> new ChangeOutcome.NoMajority();
            case TopologyProposer.Outcome.DiskFailed failed -> new ChangeOutcome.Refused(
                    "this node cannot write its topology file: " + failed.cause().getMessage());
        };
        answer.accept(said instanceof ChangeOutcome.Decided && reason != null ? new ChangeOutcome.Refused(reason) : said);
    }

    /** Without a member that owns nothing. */
    static Topology without(Topology now, long memberId) {
        if (now.indexOf(memberId) < 0) {
            return now;
        }
        if (Placement.ownsAny(now, memberId)) {
            throw new IllegalArgumentException("member %012x owns partitions".formatted(memberId));
        }
        List<Member> left = new ArrayList<>(now.members());
        left.removeIf(member -> member.id() == memberId);
        return now.next(left, PartitionAssignment.carryOver(now, left), now.keyspaces());
    }
}
