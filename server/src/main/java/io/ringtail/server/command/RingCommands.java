package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.CONNECTION;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.TRACES;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.gossip.MemberState;
import io.ringtail.cluster.gossip.NodeLoad;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.hint.PendingHints;
import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.KeyspaceSyntax;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.record.Key;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.peer.PeerMetrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code RT.…}: what this store has that Redis has no words for. Consistency for a connection, who has a key, the ring, the nodes, hints, keyspaces. Described with
 * examples in {@code docs/commands-rt.md}. Safe for concurrent use.
 */
final class RingCommands {
    private static final String GROUP = "ringtail";
    private static final String SINCE = "0.1.0";

    private final Services services;

    private RingCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        RingCommands commands = new RingCommands(services);
        table.add("rt.consistency", -1, commands::consistency)
                .flags(LOADING, STALE, FAST, CONNECTION)
                .docs(GROUP, SINCE, "O(1)", "Says or changes how many replicas this connection's reads and writes wait for.",
                        "[DEFAULT] [READ level] [WRITE level]");
        table.add("rt.owners", 2, commands::owners)
                .flags(LOADING, STALE)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(1)", "Says which nodes have a key, in order of preference.", "key");
        table.add("rt.ring", 1, commands::ring)
                .flags(LOADING, STALE)
                .docs(GROUP, SINCE, "O(N), N partitions", "Lists the slots and the nodes that have them.", "");
        table.add("rt.nodes", 1, commands::nodes)
                .flags(LOADING, STALE)
                .docs(GROUP, SINCE, "O(N), N partitions", "Describes the nodes.", "");
        table.add("rt.topology", 1, commands::topology)
                .flags(LOADING, STALE)
                .docs(GROUP, SINCE, "O(N), N members", "Describes the cluster.", "");
        table.add("rt.hints", 1, commands::hints)
                .flags(LOADING, STALE)
                .docs(GROUP, SINCE, "O(N), N members", "Counts the writes kept here for nodes that were down.", "");
        table.add("rt.keyspace", -1, commands::keyspace)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, STALE, WORKER)
                .docs(GROUP, SINCE, "O(N), N keyspaces", "Lists, sets or removes what holds for keys of a prefix.",
                        "[SET prefix [option value ...] [FORCE]] [DEL prefix [FORCE]]");
        table.add("rt.trace", -2, call -> {
                    throw new CommandException("ERR there is nothing to trace here");
                })
                .flags(NOSCRIPT, NO_MULTI, TRACES)
                .docs(GROUP, SINCE, "Depends on the command", "Runs a command and tells how the cluster carried it out.",
                        "command [arg ...]");
    }

    private ClusterNode node() {
        return NodeIds.cluster(services).node();
    }

    // ---- consistency

    private void consistency(Call call) {
        CommandContext context = call.session().context();
        if (call.count() == 1) {
            tellConsistency(call.reply(), context);
            return;
        }
        ConsistencyLevel read = context.readLevel();
        ConsistencyLevel write = context.writeLevel();
        int i = 1;
        if (call.is(i, "DEFAULT")) {
            read = null;
            write = null;
            i++;
        }
        for (; i < call.count(); i += 2) {
            if (i + 1 == call.count()) {
                throw CommandException.SYNTAX;
            }
            ConsistencyLevel level = level(call, i + 1);
            if (call.is(i, "READ")) {
                read = level;
            } else if (call.is(i, "WRITE")) {
                write = level;
            } else {
                throw CommandException.SYNTAX;
            }
        }
        context.readLevel(read);
        context.writeLevel(write);
        call.reply().ok();
    }

    private static @Nullable ConsistencyLevel level(Call call, int index) {
        if (call.is(index, "DEFAULT")) {
            return null;
        }
        try {
            return ConsistencyLevel.of(call.quoted(index));
        } catch (IllegalArgumentException e) {
            throw new CommandException("ERR " + e.getMessage());
        }
    }

    private void tellConsistency(ReplyWriter reply, CommandContext context) {
        ClusterView cluster = services.data().cluster();
        reply.mapHeader(3);
        reply.bulk("read");
        reply.bulk(name(context.readLevel()));
        reply.bulk("write");
        reply.bulk(name(context.writeLevel()));
        reply.bulk("keyspaces");
        writeKeyspaces(reply, cluster == null ? List.of() : cluster.node().ring().topology().keyspaces());
    }

    private static String name(@Nullable ConsistencyLevel level) {
        return level == null ? "DEFAULT" : level.name();
    }

    private static void writeKeyspaces(ReplyWriter reply, List<Keyspace> keyspaces) {
        reply.arrayHeader(keyspaces.size());
        for (Keyspace keyspace : keyspaces) {
            reply.mapHeader(6);
            reply.bulk("prefix");
            reply.bulk(keyspace.prefix());
            reply.bulk("replication-factor");
            if (keyspace.replication().isPerDatacenter()) {
                reply.bulk(keyspace.replication().toString());
            } else {
                reply.integer(keyspace.replicationFactor());
            }
            reply.bulk("quorum");
            reply.bulk(keyspace.sloppy() ? "sloppy" : "strict");
            reply.bulk("read-consistency");
            reply.bulk(keyspace.readLevel().name());
            reply.bulk("write-consistency");
            reply.bulk(keyspace.writeLevel().name());
            reply.bulk("conflict");
            reply.bulk(keyspace.conflict().text());
        }
    }

    // ---- the ring

    private static String state(ClusterNode node, Member member) {
        if (member.id() == node.selfId()) {
            return "up";
        }
        Liveness liveness = node.liveness();
        return liveness.isDown(member.id()) ? "down" : liveness.isSuspected(member.id()) ? "suspected" : "up";
    }

    private static String address(Member member) {
        return (member.host().indexOf(':') < 0 ? member.host() : "[" + member.host() + "]") + ":" + member.clientPort();
    }

    private void owners(Call call) {
        ClusterNode node = NodeIds.member(services);
        Ring ring = node.ring();
        Key key = call.key(1);
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicaSet = ring.replicas(keyspace, key.token());
        int[] preference = replicaSet.preference();
        int replicas = replicaSet.count();
        ReplyWriter reply = call.reply();
        reply.mapHeader(6);
        reply.bulk("slot");
        reply.integer(key.slot());
        reply.bulk("partition");
        reply.integer(ring.topology().partitionOf(key.token()));
        reply.bulk("keyspace");
        reply.bulk(keyspace.prefix());
        reply.bulk("read-replicas-needed");
        int datacenter = ring.datacenterOf(node.selfId());
        reply.integer(replicaSet.requirement(keyspace.readLevel(), datacenter).needed());
        reply.bulk("write-replicas-needed");
        reply.integer(replicaSet.requirement(keyspace.writeLevel(), datacenter).needed());
        reply.bulk("nodes");
        reply.arrayHeader(preference.length);
        for (int i = 0; i < preference.length; i++) {
            Member member = ring.topology().members().get(preference[i]);
            reply.mapHeader(5);
            reply.bulk("id");
            reply.bulk(member.name());
            reply.bulk("address");
            reply.bulk(address(member));
            Fields.text(reply, "datacenter", member.datacenter());
            reply.bulk("role");
            reply.bulk(i < replicas ? "replica" : "fallback");
            reply.bulk("state");
            reply.bulk(state(node, member));
        }
    }

    private void ring(Call call) {
        Ring ring = NodeIds.member(services).ring();
        Topology topology = ring.topology();
        // As if all were up: this is the order that the topology says.
        List<ClusterMap.Range> ranges = ClusterMap.ranges(ring, new byte[topology.members().size()], 0);
        ReplyWriter reply = call.reply();
        reply.mapHeader(3);
        reply.bulk("epoch");
        reply.integer(topology.epoch());
        reply.bulk("partitions");
        reply.integer(topology.partitions());
        reply.bulk("ranges");
        reply.arrayHeader(ranges.size());
        for (ClusterMap.Range range : ranges) {
            reply.arrayHeader(2 + range.members().length);
            reply.integer(range.firstSlot());
            reply.integer(range.lastSlot());
            for (int index : range.members()) {
                reply.bulk(topology.members().get(index).name());
            }
        }
    }

    private void nodes(Call call) {
        ClusterView cluster = NodeIds.cluster(services);
        ClusterNode node = NodeIds.member(services);
        Ring ring = node.ring();
        List<Member> members = ring.topology().members();
        int partitions = ring.topology().partitions();
        Shares shares = Shares.of(ring);
        Map<Long, MemberState> states = new HashMap<>();
        for (MemberState state : node.liveness().states()) {
            states.put(state.id(), state);
        }
        Map<Long, PeerMetrics.Link> links = cluster.traffic().links();
        ReplyWriter reply = call.reply();
        reply.arrayHeader(members.size());
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            MemberState state = states.get(member.id());
            PeerMetrics.Link link = links.get(member.id());
            reply.mapHeader(29);
            Fields.text(reply, "id", member.name());
            Fields.text(reply, "address", address(member));
            Fields.number(reply, "node-port", member.nodePort());
            Fields.text(reply, "rack", member.rack());
            Fields.text(reply, "datacenter", member.datacenter());
            Fields.number(reply, "weight", member.weight());
            Fields.text(reply, "state", state(node, member));
            reply.bulk("self");
            reply.bool(member.id() == node.selfId());
            Fields.text(reply, "owns-percent", percent(shares.owned()[i], partitions));
            Fields.text(reply, "holds-percent", percent(shares.held()[i], partitions));
            SelfReport said = state == null ? SelfReport.EMPTY : state.report();
            Fields.number(reply, "epoch", said.epoch());
            Fields.number(reply, "clock-ahead-millis", link == null ? 0 : link.clockAheadMillis);
            Fields.number(reply, "round-trip-micros", link == null ? 0 : link.roundTripNanos / 1000);
            Fields.number(reply, "read-micros", node.readMicros(member.id()));
            Fields.number(reply, "write-micros", node.writeMicros(member.id()));
            Fields.number(reply, "bytes-out", link == null ? 0 : link.bytesOut.sum());
            Fields.number(reply, "keys", said.keys());
            Fields.number(reply, "bytes", said.bytes());
            Fields.number(reply, "hints-waiting", said.hintsWaiting());
            Fields.number(reply, "operations-per-second", said.operationsPerSecond());
            reply.bulk("refuses-writes");
            reply.bool(said.refusesWrites());
            load(reply, said.load());
            Fields.number(reply, "protocol-version", spoken(node, member, said, link));
            Fields.number(reply, "hints-here", node.hints().pending(member.id()).count());
        }
    }

    /** What older nodes do not tell is -1. */
    private static void load(ReplyWriter reply, NodeLoad load) {
        boolean known = load.isKnown();
        Fields.text(reply, "cpu-percent", known ? percent((int) load.cpuPermille(), 1000) : "-1");
        Fields.text(reply, "loop-busy-percent", known ? percent((int) load.busyPermille(), 1000) : "-1");
        Fields.number(reply, "memory-bytes", known ? load.memoryBytes() : -1);
        Fields.number(reply, "disk-free-bytes", known ? load.diskFreeBytes() : -1);
        Fields.number(reply, "disk-total-bytes", known ? load.diskTotalBytes() : -1);
        Fields.number(reply, "repair-age-seconds", known ? load.repairAgeSeconds() : -1);
    }

    /** The newest version of the protocol that a member speaks: what it said when it last connected, or had others tell; 0 when nothing was heard yet. */
    private static long spoken(ClusterNode node, Member member, SelfReport said, PeerMetrics.@Nullable Link link) {
        if (member.id() == node.selfId()) {
            return ProtocolVersion.NEWEST;
        }
        return link != null && link.protocolVersion != 0 ? link.protocolVersion : said.load().protocolVersion();
    }

    private static String percent(int part, int whole) {
        return String.format(Locale.ROOT, "%.1f", 100.0 * part / whole);
    }

    private void topology(Call call) {
        ClusterView cluster = NodeIds.cluster(services);
        ClusterNode node = cluster.node();
        boolean isMember = node.isMember();
        Topology topology = node.ring().topology();
        List<Member> members = isMember ? topology.members() : List.of();
        ReplyWriter reply = call.reply();
        reply.mapHeader(9);
        Fields.text(reply, "cluster-id", isMember ? String.format(Locale.ROOT, "%016x", topology.clusterId()) : "");
        Fields.text(reply, "cluster-name", isMember ? topology.clusterName() : "");
        Fields.number(reply, "epoch", isMember ? topology.epoch() : 0);
        Fields.number(reply, "partitions", isMember ? topology.partitions() : 0);
        reply.bulk("member");
        reply.bool(isMember && topology.indexOf(node.selfId()) >= 0);
        reply.bulk("frozen");
        reply.bool(node.isFrozen());
        String refusal = cluster.refusal();
        Fields.text(reply, "refusal", refusal == null ? "" : refusal);
        reply.bulk("members");
        reply.arrayHeader(members.size());
        for (Member member : members) {
            reply.mapHeader(7);
            Fields.text(reply, "id", member.name());
            Fields.text(reply, "host", member.host());
            Fields.number(reply, "client-port", member.clientPort());
            Fields.number(reply, "node-port", member.nodePort());
            Fields.number(reply, "weight", member.weight());
            Fields.text(reply, "rack", member.rack());
            Fields.text(reply, "datacenter", member.datacenter());
        }
        reply.bulk("keyspaces");
        writeKeyspaces(reply, isMember ? topology.keyspaces() : List.of());
    }

    private void hints(Call call) {
        ClusterNode node = node();
        HintStore hints = node.hints();
        long[] targets = hints.targets();
        ReplyWriter reply = call.reply();
        reply.mapHeader(9);
        Fields.number(reply, "waiting", hints.count());
        Fields.number(reply, "bytes", hints.bytes());
        Fields.number(reply, "added", hints.addedCount());
        Fields.number(reply, "delivered", node.hintDelivery().deliveredCount());
        Fields.number(reply, "delivered-bytes", node.hintDelivery().deliveredBytes());
        Fields.number(reply, "failed-batches", node.hintDelivery().failedBatches());
        Fields.number(reply, "refused", hints.refusedCount());
        Fields.number(reply, "dropped", hints.droppedCount());
        reply.bulk("targets");
        reply.arrayHeader(targets.length);
        long now = System.currentTimeMillis();
        for (long target : targets) {
            PendingHints pending = hints.pending(target);
            reply.mapHeader(4);
            Fields.text(reply, "id", NodeIds.name(target));
            Fields.number(reply, "count", pending.count());
            Fields.number(reply, "bytes", pending.bytes());
            Fields.number(reply, "oldest-seconds", pending.oldestMillis() == 0 ? 0 : Math.max(0, now - pending.oldestMillis()) / 1000);
        }
    }

    // ---- keyspaces

    private void keyspace(Call call) {
        ClusterView cluster = NodeIds.cluster(services);
        if (call.count() == 1) {
            writeKeyspaces(call.reply(), NodeIds.member(services).ring().topology().keyspaces());
        } else if (call.count() >= 3 && call.is(1, "SET")) {
            StringBuilder text = new StringBuilder();
            boolean forced = call.is(call.count() - 1, "FORCE") && call.count() > 3;
            int end = forced ? call.count() - 1 : call.count();
            for (int i = 2; i < end; i++) {
                text.append(i == 2 ? "" : " ").append(call.text(i).isEmpty() ? "\"\"" : call.text(i));
            }
            String words = text.toString();
            change(cluster, call, forced, keyspaces -> withKeyspace(keyspaces, words));
        } else if (call.is(1, "DEL") && (call.count() == 3 || (call.count() == 4 && call.is(3, "FORCE")))) {
            String prefix = call.text(2);
            change(cluster, call, call.count() == 4, keyspaces -> withoutKeyspace(keyspaces, prefix));
        } else {
            throw CommandException.SYNTAX;
        }
    }

    /** From the keyspaces that are to those that are to be; throws an {@link IllegalArgumentException} when they cannot be. */
    private interface Change {
        List<Keyspace> apply(List<Keyspace> keyspaces);
    }

    private static void change(ClusterView cluster, Call call, boolean forced, Change change) {
        ChangeOutcome outcome = cluster.onControlLoop(answer -> cluster.node()
                .membership()
                .propose(
                        now -> {
                            List<Keyspace> next = change.apply(now.keyspaces());
                            return next.equals(now.keyspaces()) ? now : now.next(now.members(), now.owners(), next);
                        },
                        forced,
                        answer));
        ClusterChanges.throwUnlessDecided(outcome);
        call.reply().ok();
    }

    /** What is not said stays as it is; of a new one, as it is for the keys of no other prefix. */
    static List<Keyspace> withKeyspace(List<Keyspace> keyspaces, String words) {
        String prefix = KeyspaceSyntax.parse(words, Keyspace.DEFAULT).prefix();
        List<Keyspace> next = new ArrayList<>(keyspaces);
        for (int i = 0; i < next.size(); i++) {
            if (next.get(i).prefix().equals(prefix)) {
                next.set(i, KeyspaceSyntax.parse(words, next.get(i)));
                return next;
            }
        }
        next.add(KeyspaceSyntax.parse(words, next.getFirst()));
        return next;
    }

    static List<Keyspace> withoutKeyspace(List<Keyspace> keyspaces, String prefix) {
        if (prefix.isEmpty()) {
            throw new IllegalArgumentException("what holds for all other keys cannot be removed, only set");
        }
        List<Keyspace> next = new ArrayList<>(keyspaces);
        if (!next.removeIf(keyspace -> keyspace.prefix().equals(prefix))) {
            throw new IllegalArgumentException("there is no keyspace '" + prefix + "'");
        }
        return next;
    }
}
