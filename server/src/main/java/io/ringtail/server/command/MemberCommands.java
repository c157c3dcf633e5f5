package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import io.ringtail.cluster.transfer.TransferStatus;
import io.ringtail.cluster.transfer.Transfers;
import io.ringtail.protocol.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The {@code RT.…} commands by which the cluster grows and shrinks: who is to go, who takes whose place, how much each is to have, and how far that is. Each
 * says what the topology is to come to; getting there is the cluster's own work and goes on behind the answer. Described with examples in {@code
 * docs/commands-rt.md}. Safe for concurrent use.
 */
final class MemberCommands {
    private static final String GROUP = "ringtail";
    private static final String SINCE = "0.1.0";

    private final Services services;

    private MemberCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        MemberCommands commands = new MemberCommands(services);
        table.add("rt.leave", -1, commands::leave)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N partitions", "Has this node hand over what it owns and leave the cluster, or stay after all.",
                        "[CANCEL]");
        table.add("rt.remove", -2, commands::remove)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N partitions", "Has the others take over what a node owns, dead or alive, and removes it, or lets it stay after all.",
                        "node-id [CANCEL]");
        table.add("rt.replace", 3, commands::replace)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N partitions", "Has one node take over all that another owns, dead or alive, and removes that one.",
                        "node-id successor-id");
        table.add("rt.weight", 3, commands::weight)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N partitions", "Changes a node's share of the data, relative to the others'.", "node-id weight");
        table.add("rt.transfers", -1, commands::transfers)
                .flags(LOADING, STALE, NO_MULTI, WORKER)
                .docs(GROUP, SINCE, "O(N), N members", "Tells what is being handed over and how far that is; pauses it, goes on, or goes back.",
                        "[PAUSE | RESUME | CANCEL]");
    }

    // ---- who is to go

    private void leave(Call call) {
        change(call, departure(call, 1, NodeIds.cluster(services).node().selfId(), 0));
    }

    private void remove(Call call) {
        change(call, departure(call, 2, NodeIds.parse(call.text(1)), 0));
    }

    private void replace(Call call) {
        long successor = NodeIds.parse(call.text(2));
        change(call, departing(NodeIds.parse(call.text(1)), successor));
    }

    private static UnaryOperator<Transition> departure(Call call, int optionAt, long memberId, long successor) {
        if (call.count() == optionAt + 1 && call.is(optionAt, "CANCEL")) {
            return transition -> transition.withoutDeparture(memberId);
        }
        if (call.count() != optionAt) {
            throw CommandException.SYNTAX;
        }
        return departing(memberId, successor);
    }

    private static UnaryOperator<Transition> departing(long memberId, long successor) {
        return transition -> transition.withDeparture(memberId, successor);
    }

    private void change(Call call, UnaryOperator<Transition> change) {
        propose(call, now -> {
            Transition next = change.apply(now.transition());
            if (next.equals(now.transition())) {
                return now;
            }
            Topology changed = now.next(next);
            if (changed.members().stream().allMatch(member -> next.isLeaving(member.id()))) {
                throw new IllegalArgumentException("nobody would be left");
            }
            next.departures().stream().filter(departure -> next.isLeaving(departure.successor())).findAny().ifPresent(departure -> {
                throw new IllegalArgumentException("the successor is to go itself");
            });
            return changed;
        });
    }

    private void propose(Call call, UnaryOperator<Topology> change) {
        ClusterView cluster = NodeIds.cluster(services);
        ChangeOutcome outcome = cluster.onControlLoop(answer -> cluster.node().membership().propose(change, false, answer));
        ClusterChanges.throwUnlessDecided(outcome);
        call.reply().ok();
    }

    private void weight(Call call) {
        long memberId = NodeIds.parse(call.text(1));
        long weight = call.integer(2);
        if (weight < 1 || weight > Member.MAX_WEIGHT) {
            throw new CommandException("ERR a weight is 1 to " + Member.MAX_WEIGHT);
        }
        propose(call, now -> {
            int index = now.indexOf(memberId);
            if (index < 0) {
                throw new IllegalArgumentException("there is no member " + NodeIds.name(memberId));
            }
            List<Member> members = new ArrayList<>(now.members());
            members.set(index, members.get(index).withWeight((int) weight));
            return members.equals(now.members()) ? now : now.next(members, now.owners(), now.keyspaces());
        });
    }

    // ---- how far it is

    private void transfers(Call call) {
        if (call.count() == 1) {
            tell(call.reply());
        } else if (call.count() == 2 && call.is(1, "PAUSE")) {
            change(call, transition -> transition.withPaused(true));
        } else if (call.count() == 2 && call.is(1, "RESUME")) {
            change(call, transition -> transition.withPaused(false));
        } else if (call.count() == 2 && call.is(1, "CANCEL")) {
            change(call, transition -> transition.withMoves(List.of()).withPaused(true));
        } else {
            throw CommandException.SYNTAX;
        }
    }

    private void tell(ReplyWriter reply) {
        ClusterView cluster = NodeIds.cluster(services);
        ClusterNode node = cluster.node();
        Map<Long, TransferStatus> statuses = cluster.onControlLoop(answer -> node.rebalancer().survey(answer));
        Topology topology = node.ring().topology();
        Transition transition = topology.transition();
        List<Member> members = topology.members();
        int done = 0;
        int wanted = 0;
        for (Member member : members) {
            Transfers.Progress progress = progress(node, member, statuses);
            done += progress.done();
            wanted += progress.wanted();
        }
        reply.mapHeader(7);
        Fields.number(reply, "epoch", topology.epoch());
        Fields.text(reply, "state", transition.isMoving() ? "moving" : transition.paused() ? "paused" : TransitionGoal.of(topology).moves().isEmpty() ? "settled" : "waiting");
        Fields.number(reply, "partitions-moving", transition.moves().size());
        Fields.number(reply, "partitions-to-move", TransitionGoal.of(topology).moves().size());
        Fields.number(reply, "seconds-left", secondsLeft(node.rebalancer().secondsUnderWay(), done, wanted));
        reply.bulk("leaving");
        reply.arrayHeader(transition.departures().size());
        for (Transition.Departure departure : transition.departures()) {
            reply.bulk(NodeIds.name(departure.memberId()));
        }
        reply.bulk("nodes");
        reply.arrayHeader(members.size());
        for (Member member : members) {
            Transfers.Progress progress = progress(node, member, statuses);
            reply.mapHeader(7);
            Fields.text(reply, "id", member.name());
            Fields.number(reply, "handed-over", progress.done());
            Fields.number(reply, "to-hand-over", progress.wanted());
            Fields.number(reply, "held-up-by-clock", progress.heldUp());
            Fields.number(reply, "records-sent", progress.records());
            Fields.number(reply, "bytes-sent", progress.bytes());
            Fields.number(reply, "bytes-per-second", progress.bytesPerSecond());
        }
    }

    /** By how long what is done took; -1 when nothing can be said yet. */
    private static long secondsLeft(long secondsUnderWay, int done, int wanted) {
        return done == wanted ? 0 : done == 0 ? -1 : 1 + secondsUnderWay * (wanted - done) / done;
    }

    private static Transfers.Progress progress(ClusterNode node, Member member, Map<Long, TransferStatus> statuses) {
        if (member.id() == node.selfId()) {
            return node.transfers().progress();
        }
        TransferStatus status = statuses.get(member.id());
        return status == null ? Transfers.Progress.NONE : status.progress().of(node.ring().epoch());
    }
}
