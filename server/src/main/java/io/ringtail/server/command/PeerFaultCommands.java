package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.cluster.topology.Member;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.peer.PeerFaults;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code DEBUG PEER}: cuts this node's links to others in one direction or both, and heals them, or has what it sends leave late, for trying what a cluster does then. A cut is this node's alone: it ends with
 * the process. Safe for concurrent use.
 */
final class PeerFaultCommands {
    private static final Logger LOG = LoggerFactory.getLogger(PeerFaultCommands.class);

    private final Services services;

    private PeerFaultCommands(Services services) {
        this.services = services;
    }

    static void addTo(Command debug, Services services) {
        PeerFaultCommands commands = new PeerFaultCommands(services);
        debug.subcommand("peer", -3, commands::peer)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE)
                .docs("server", "1.0.0", "O(N), N members", "Cuts links to other nodes and heals them, or makes them long.",
                        "LIST|CUT|DROP-TO|DROP-FROM|HEAL|DELAY [node-id|ALL] [milliseconds]");
    }

    private void peer(Call call) {
        ClusterView cluster = NodeIds.cluster(services);
        PeerFaults faults = cluster.faults();
        if (call.count() == 3 && call.is(2, "LIST")) {
            list(faults, call.reply());
            return;
        }
        if (call.count() == 5 && call.is(2, "DELAY")) {
            delay(faults, call);
            return;
        }
        if (call.count() != 4) {
            throw CommandException.SYNTAX;
        }
        if (call.is(2, "HEAL") && call.is(3, "ALL")) {
            faults.healAll();
        } else if (call.is(2, "HEAL")) {
            faults.heal(NodeIds.parse(call.quoted(3)));
        } else if (call.is(2, "CUT")) {
            each(cluster, call, faults::cut);
        } else if (call.is(2, "DROP-TO")) {
            each(cluster, call, faults::dropTo);
        } else if (call.is(2, "DROP-FROM")) {
            each(cluster, call, faults::dropFrom);
        } else {
            throw CommandException.SYNTAX;
        }
        LOG.warn("links cut on purpose: {}", faults.memberIds().length == 0 ? "none any more" : faults);
        call.reply().ok();
    }

    private void delay(PeerFaults faults, Call call) {
        long millis = call.integer(4);
        if (millis < 0 || millis > PeerFaults.MAX_DELAY_MILLIS) {
            throw new CommandException("ERR a delay is 0 to " + PeerFaults.MAX_DELAY_MILLIS + " milliseconds");
        }
        each(NodeIds.cluster(services), call, id -> faults.delay(id, (int) millis));
        LOG.warn("links made long on purpose: {}", faults);
        call.reply().ok();
    }

    /** A member need not be one yet: a link may be cut before it comes about. */
    private static void each(ClusterView cluster, Call call, LongConsumer action) {
        long self = cluster.node().selfId();
        if (call.is(3, "ALL")) {
            for (Member member : cluster.node().ring().topology().members()) {
                if (member.id() != self) {
                    action.accept(member.id());
                }
            }
            return;
        }
        long id = NodeIds.parse(call.quoted(3));
        if (id == self) {
            throw new CommandException("ERR a node has no link to itself");
        }
        action.accept(id);
    }

    private static void list(PeerFaults faults, ReplyWriter reply) {
        long[] ids = faults.memberIds();
        reply.mapHeader(ids.length);
        for (long id : ids) {
            reply.bulk(NodeIds.name(id));
            boolean to = faults.dropsTo(id);
            boolean from = faults.dropsFrom(id);
            String cut = to && from ? "CUT" : to ? "DROP-TO" : from ? "DROP-FROM" : "";
            String late = faults.delayMillis(id) == 0 ? "" : "DELAY " + faults.delayMillis(id);
            reply.bulk(cut + (cut.isEmpty() || late.isEmpty() ? "" : " ") + late);
        }
    }
}
