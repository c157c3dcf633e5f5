package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.gossip.MemberState;
import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.membership.Seed;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Member;
import io.ringtail.engine.record.HashSlot;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.peer.PeerMetrics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code CLUSTER}: what clients and tools ask of a cluster, from the topology, gossip and links of this node, rendered by {@link ClusterMap}. A node that is its cluster's only one
 * gives the address that the client itself has reached, as its own may not be known. One that has not been let in says that it serves no slot.
 *
 * <p>Safe for concurrent use.
 */
final class ClusterCommands {
    private static final String GROUP = "cluster";
    private static final int SLOT_SHIFT = 50;

    /** An empty array. */
    private static final byte[] NOTHING = "*0\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Services services;
    private volatile @Nullable ClusterMap lastMap;

    private ClusterCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        ClusterCommands commands = new ClusterCommands(services);
        Command cluster = table.container("cluster").docs(GROUP, "3.0.0", "Depends on the subcommand", "About the cluster.", "");
        for (String byHand : List.of("addslots", "addslotsrange", "delslots", "delslotsrange", "replicate", "setslot")) {
            add(cluster, byHand, -3, ClusterCommands::slotsByHand, "Is refused: nodes share the slots by themselves.", "argument [argument ...]")
                    .flags(ADMIN, NOSCRIPT);
        }
        add(cluster, "count-failure-reports", 3, commands::failureReports, "Counts the nodes that suspect a node.", "node-id");
        add(cluster, "countkeysinslot", 3, ClusterCommands::countKeys, "Counts the keys of a slot.", "slot").flags(WORKER);
        add(cluster, "forget", 3, commands::forget, "Removes a node that owns nothing from the cluster.", "node-id")
                .flags(ADMIN, NOSCRIPT, WORKER);
        add(cluster, "getkeysinslot", 4, ClusterCommands::keys, "Answers keys of a slot.", "slot count").flags(WORKER);
        add(cluster, "info", 2, commands::info, "Describes the cluster.", "");
        add(cluster, "keyslot", 3, ClusterCommands::keyslot, "Answers a key's slot.", "key");
        add(cluster, "links", 2, commands::links, "Lists links to other nodes.", "");
        add(cluster, "meet", -4, commands::meet, "Has this node and another be in one cluster.", "ip port [cluster-bus-port]")
                .flags(ADMIN, NOSCRIPT, WORKER);
        add(cluster, "myid", 2, call -> call.reply().bulk(services.runId()), "Answers the node's id.", "");
        add(cluster, "myshardid", 2, call -> call.reply().bulk(services.runId()), "Answers the shard's id.", "");
        add(cluster, "nodes", 2, commands::nodes, "Lists the nodes.", "");
        add(cluster, "replicas", 3, commands::replicas, "Lists the nodes that have what a node stands first in.", "node-id");
        add(cluster, "shards", 2, commands::shards, "Lists the slots by their replicas.", "");
        add(cluster, "slaves", 3, commands::replicas, "Lists the nodes that have what a node stands first in.", "node-id");
        add(cluster, "slots", 2, commands::slots, "Says which nodes have which slots.", "");
        HelpText.addTo(cluster);
    }

    private static Command add(Command cluster, String name, int arity, CommandHandler handler, String summary, String syntax) {
        return cluster.subcommand(name, arity, handler)
                .flags(LOADING, STALE)
                .docs(GROUP, "3.0.0", "O(1)", summary, syntax);
    }

    /** The cluster, when there are others or this node is none of its members; null when it is alone. */
    private @Nullable ClusterView others() {
        ClusterView cluster = services.data().cluster();
        return cluster == null || (cluster.node().isMember() && cluster.node().ring().isAlone()) ? null : cluster;
    }

    private ClusterMap map(ClusterView cluster) {
        Ring ring = cluster.node().ring();
        byte[] states = ClusterMap.states(ring, cluster.node().selfId(), cluster.node().liveness());
        ClusterMap known = lastMap;
        if (known != null && known.isOf(ring, states)) {
            return known;
        }
        ClusterMap made = new ClusterMap(ring, cluster.node().selfId(), states);
        lastMap = made;
        return made;
    }

    private static void keyslot(Call call) {
        call.reply().integer(HashSlot.of(call.request().array(), call.request().offset(2), call.request().size(2)));
    }

    private static int slot(Call call, int index) {
        long slot;
        try {
            slot = call.integer(index);
        } catch (CommandException e) {
            throw new CommandException("ERR Invalid or out of range slot");
        }
        if (slot < 0 || slot >= HashSlot.COUNT) {
            throw new CommandException("ERR Invalid slot");
        }
        return (int) slot;
    }

    private static RecordCursor scan(Call call, int slot) {
        long from = (long) slot << SLOT_SHIFT;
        return call.data().scan(call.database(), from, from + (1L << SLOT_SHIFT) - 1);
    }

    private static void countKeys(Call call) {
        long count = 0;
        try (RecordCursor cursor = scan(call, slot(call, 2))) {
            while (cursor.next()) {
                count++;
            }
        }
        call.reply().integer(count);
    }

    private static void keys(Call call) {
        int slot = slot(call, 2);
        long max = call.integer(3);
        if (max < 0) {
            throw new CommandException("ERR Invalid number of keys");
        }
        List<byte[]> keys = new ArrayList<>();
        try (RecordCursor cursor = scan(call, slot)) {
            while (keys.size() < max && cursor.next()) {
                keys.add(cursor.key().userKey());
            }
        }
        call.reply().arrayHeader(keys.size());
        for (byte[] key : keys) {
            call.reply().bulk(key);
        }
    }

    private void info(Call call) {
        ClusterView cluster = others();
        if (cluster == null) {
            call.reply().verbatim("txt", info(HashSlot.COUNT, HashSlot.COUNT, 0, 0, 1, 1, 1, 0, 0));
            return;
        }
        long sent = 0;
        long received = 0;
        for (PeerMetrics.Link link : cluster.traffic().links().values()) {
            sent += link.messagesOut.sum();
            received += link.messagesIn.sum();
        }
        if (!cluster.node().isMember()) {
            call.reply().verbatim("txt", info(0, 0, 0, 0, 1, 0, 0, sent, received));
            return;
        }
        ClusterMap map = map(cluster);
        Ring ring = map.ring();
        call.reply()
                .verbatim(
                        "txt",
                        info(HashSlot.COUNT, map.slotsOk, map.slotsSuspected, map.slotsFailed,
                                ring.topology().members().size(), map.owners, ring.epoch(), sent, received));
    }

    private static String info(
            int assigned, int ok, int suspected, int failed, int known, int size, long epoch, long sent, long received) {
        boolean isOk = assigned > 0 && failed == 0;
        return "cluster_state:" + (isOk ? "ok" : "fail")
                + "\r\ncluster_slots_assigned:" + (assigned > 0 ? HashSlot.COUNT : 0)
                + "\r\ncluster_slots_ok:" + ok
                + "\r\ncluster_slots_pfail:" + suspected
                + "\r\ncluster_slots_fail:" + failed
                + "\r\ncluster_known_nodes:" + known
                + "\r\ncluster_size:" + size
                + "\r\ncluster_current_epoch:" + epoch
                + "\r\ncluster_my_epoch:" + epoch
                + "\r\ncluster_stats_messages_sent:" + sent
                + "\r\ncluster_stats_messages_received:" + received
                + "\r\ntotal_cluster_links_buffer_limit_exceeded:0\r\n";
    }

    private static String host(Call call) {
        String local = call.session().local();
        String host = local.substring(0, local.lastIndexOf(':'));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(Call call) {
        String local = call.session().local();
        return Integer.parseInt(local.substring(local.lastIndexOf(':') + 1));
    }

    private void nodes(Call call) {
        ClusterView cluster = others();
        if (cluster != null && cluster.node().isMember()) {
            call.reply().verbatim("txt", map(cluster).nodes());
            return;
        }
        String slots = cluster == null ? " 0-" + (HashSlot.COUNT - 1) : "";
        call.reply()
                .verbatim(
                        "txt",
                        services.runId() + " " + host(call) + ":" + port(call) + "@" + (port(call) + 10000)
                                + " myself,master - 0 0 " + (cluster == null ? 1 : 0) + " connected" + slots + "\n");
    }

    private void slots(Call call) {
        ClusterView cluster = others();
        if (cluster != null) {
            answer(call, cluster.node().isMember() ? map(cluster).slots() : NOTHING);
            return;
        }
        ReplyWriter reply = call.reply();
        reply.arrayHeader(1);
        reply.arrayHeader(3);
        reply.integer(0);
        reply.integer(HashSlot.COUNT - 1);
        reply.arrayHeader(4);
        reply.bulk(host(call));
        reply.integer(port(call));
        reply.bulk(services.runId());
        reply.arrayHeader(0);
    }

    private void shards(Call call) {
        ClusterView cluster = others();
        if (cluster != null) {
            answer(call, cluster.node().isMember() ? map(cluster).shards(call.reply().protocolVersion()) : NOTHING);
            return;
        }
        ReplyWriter reply = call.reply();
        reply.arrayHeader(1);
        reply.mapHeader(2);
        reply.bulk("slots");
        reply.arrayHeader(2);
        reply.integer(0);
        reply.integer(HashSlot.COUNT - 1);
        reply.bulk("nodes");
        reply.arrayHeader(1);
        reply.mapHeader(7);
        reply.bulk("id");
        reply.bulk(services.runId());
        reply.bulk("port");
        reply.integer(port(call));
        reply.bulk("ip");
        reply.bulk(host(call));
        reply.bulk("endpoint");
        reply.bulk(host(call));
        reply.bulk("role");
        reply.bulk("master");
        reply.bulk("replication-offset");
        reply.integer(services.data().statistics().bytesWritten());
        reply.bulk("health");
        reply.bulk("online");
    }

    private static void answer(Call call, byte[] rendered) {
        call.reply().raw(rendered, 0, rendered.length);
    }

    private static CommandException unknownNode(Call call) {
        return new CommandException("ERR Unknown node " + call.quoted(2));
    }

    /** The index of the member that argument 2 names. */
    private static int member(ClusterMap map, Call call) {
        int index = map.ring().topology().indexOf(NodeIds.parseOrZero(call.quoted(2)));
        if (index < 0) {
            throw unknownNode(call);
        }
        return index;
    }

    private void checkSelf(Call call) {
        if (!call.text(2).equals(services.runId())) {
            throw unknownNode(call);
        }
    }

    private void replicas(Call call) {
        ClusterView cluster = others();
        if (cluster == null) {
            checkSelf(call);
            call.reply().arrayHeader(0);
            return;
        }
        ClusterMap map = map(cluster);
        List<String> lines = map.replicasOf(member(map, call));
        call.reply().arrayHeader(lines.size());
        for (String line : lines) {
            call.reply().bulk(line);
        }
    }

    private void failureReports(Call call) {
        ClusterView cluster = others();
        if (cluster == null) {
            checkSelf(call);
            call.reply().integer(0);
            return;
        }
        ClusterMap map = map(cluster);
        long id = map.ring().topology().members().get(member(map, call)).id();
        Liveness liveness = cluster.node().liveness();
        long count = 0;
        for (MemberState state : liveness.states()) {
            // What one that is down itself has last said of others is of no weight any more.
            if (state.id() != id && !liveness.isDown(state.id()) && state.suspects().contains(id)) {
                count++;
            }
        }
        call.reply().integer(count);
    }

    /** One for each other member, for the connections of all loops in both directions. */
    private void links(Call call) {
        ReplyWriter reply = call.reply();
        ClusterView cluster = others();
        if (cluster == null) {
            reply.arrayHeader(0);
            return;
        }
        Map<Long, PeerMetrics.Link> links = cluster.traffic().links();
        List<Member> members = cluster.node().ring().topology().members();
        List<Member> linked = members.stream().filter(member -> links.containsKey(member.id())).toList();
        reply.arrayHeader(2 * linked.size());
        for (Member member : linked) {
            PeerMetrics.Link link = Objects.requireNonNull(links.get(member.id()));
            boolean isOpen = link.connects.sum() > link.breaks.sum();
            link(reply, "to", member, link, isOpen ? "w" : "", link.bytesOut.sum());
            link(reply, "from", member, link, isOpen ? "r" : "", link.bytesIn.sum());
        }
    }

    private static void link(ReplyWriter reply, String direction, Member member, PeerMetrics.Link link, String events, long bytes) {
        reply.mapHeader(6);
        reply.bulk("direction");
        reply.bulk(direction);
        reply.bulk("node");
        reply.bulk(NodeIds.longName(member.id()));
        reply.bulk("create-time");
        reply.integer(link.connectedMillis);
        reply.bulk("events");
        reply.bulk(events);
        reply.bulk("send-buffer-allocated");
        reply.integer(0);
        reply.bulk("bytes");
        reply.integer(bytes);
    }

    private void meet(Call call) {
        if (call.count() > 5) {
            throw new CommandException("ERR wrong number of arguments for 'cluster|meet' command");
        }
        long port = port(call, 3);
        long nodePort = call.count() == 5 ? port(call, 4) : port > 55535 ? port - 10000 : port + 10000;
        ClusterView cluster = NodeIds.cluster(services);
        if (cluster.node().isMember()) {
            for (Member member : cluster.node().ring().topology().members()) {
                if (member.host().equals(call.quoted(2)) && member.clientPort() == port) {
                    call.reply().ok();
                    return;
                }
            }
        }
        Seed other = new Seed(call.text(2), (int) nodePort);
        ChangeOutcome outcome = cluster.onControlLoop(answer -> cluster.node().membership().meet(other, answer));
        ClusterChanges.throwUnlessDecided(outcome);
        call.reply().ok();
    }

    private static void slotsByHand(Call call) {
        throw new CommandException("ERR slots and replicas are not assigned by hand: nodes share them by weight as soon as they are in one cluster; CLUSTER MEET, or --join at its start, lets a node in");
    }

    private static long port(Call call, int index) {
        long port;
        try {
            port = call.integer(index);
        } catch (CommandException e) {
            throw new CommandException("ERR Invalid base port specified: " + call.quoted(index));
        }
        if (port < 1 || port > 65535) {
            throw new CommandException("ERR Invalid node address specified: " + call.quoted(2) + ":" + call.quoted(index));
        }
        return port;
    }

    private void forget(Call call) {
        ClusterView cluster = NodeIds.cluster(services);
        long id = NodeIds.parseOrZero(call.quoted(2));
        if (id == cluster.node().selfId()) {
            throw new CommandException("ERR I tried hard but I can't forget myself...");
        }
        if (!cluster.node().isMember() || cluster.node().ring().topology().indexOf(id) < 0) {
            throw unknownNode(call);
        }
        ChangeOutcome outcome = cluster.onControlLoop(answer -> cluster.node().membership().forget(id, answer));
        ClusterChanges.throwUnlessDecided(outcome);
        call.reply().ok();
    }
}
