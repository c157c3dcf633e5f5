package io.ringtail.cluster.membership;

import io.ringtail.cluster.register.TopologyProposer;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who wants to become a member, or to be known by another address, and the change that makes all of them so at once. Confined to the control loop.
 *
 * <p>When the placement may change, all partitions are assigned anew among all members that are not about to go, those included that own nothing so far; nothing is handed over
 * then. When not, those who are new own nothing,
 * and a member that owns something keeps the rack it is known in, and the data center, once keyspaces count replicas by data center.
 *
 * <p>At most {@value #MAX_PENDING} wait; more are told to come again.
 */
final class PendingJoins implements TopologyProposer.Change {
    static final int MAX_PENDING = 1_024;

    /** Somebody who waits for an answer. */
    private static final class Applicant {
        final Member member;
        final Consumer<@Nullable Topology> answer;
        boolean isProposed;

        Applicant(Member member, Consumer<@Nullable Topology> answer) {
            this.member = member;
            this.answer = answer;
        }
    }

    private final Map<Long, Applicant> applicants = new LinkedHashMap<>();

    boolean isEmpty() {
        return applicants.isEmpty();
    }

    boolean contains(long memberId) {
        return applicants.containsKey(memberId);
    }

    /**
     * Takes one in; one with the same id is replaced, and not answered.
     *
     * @param answer called once with the topology it is in, or with null when it has to ask again
     * @return false when too many wait
     */
    boolean add(Member member, Consumer<@Nullable Topology> answer) {
        if (applicants.size() >= MAX_PENDING && !applicants.containsKey(member.id())) {
            return false;
        }
        applicants.put(member.id(), new Applicant(member, answer));
        return true;
    }

    @Override
    public @Nullable Topology next(Topology now, boolean mayMove) {
        TreeMap<Long, Member> members = new TreeMap<>();
        now.members().forEach(member -> members.put(member.id(), member));
        for (Applicant applicant : applicants.values()) {
            Member known = members.get(applicant.member.id());
            if (known != null || members.size() < Topology.MAX_MEMBERS) {
                members.put(applicant.member.id(), mayMove ? weighedAs(applicant.member, known) : inItsPlace(applicant.member, known, now));
                applicant.isProposed = true;
            }
        }
        List<Member> sorted = new ArrayList<>(members.values());
        Topology next = now.next(sorted, PartitionAssignment.carryOver(now, sorted), now.keyspaces());
        if (mayMove && !now.transition().isMoving()) {
            // What is being handed over is others' to end: here nobody looks whether it has been.
            next = next.placed();
        }
        return next.members().equals(now.members()) && !Placement.differs(now, next) ? null : next;
    }

    private static Member inItsPlace(Member member, @Nullable Member known, Topology now) {
        Member next = weighedAs(member, known);
        if (known == null || !Placement.ownsAny(now, member.id())) {
            return next;
        }
        // As long as no ring of a data center says where the data are, it may still be named.
        return (now.datacenterRings().isEmpty() ? next : next.withDatacenter(known.datacenter())).withRack(known.rack());
    }

    /** The weight a node comes with is for its coming; from then on it is the operator's to change. */
    private static Member weighedAs(Member member, @Nullable Member known) {
        return known == null ? member : member.withWeight(known.weight());
    }

    /** Answers those that were part of a proposal, now that it is in force. */
    void answerProposed(Topology decided) {
        answer(applicant -> applicant.isProposed && decided.indexOf(applicant.member.id()) >= 0, decided);
    }

    /** Tells all that they have to ask again. */
    void putOff() {
        answer(applicant -> true, null);
    }

    private void answer(java.util.function.Predicate<Applicant> which, @Nullable Topology with) {
        List<Applicant> answered = applicants.values().stream().filter(which).toList();
        answered.stream()
                .sorted(Comparator.comparingLong(applicant -> applicant.member.id()))
                .forEach(applicant -> {
                    applicants.remove(applicant.member.id());
                    applicant.answer.accept(with);
                });
    }
}
