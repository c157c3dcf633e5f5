package io.ringtail.server.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.engine.record.HashSlot;
import io.ringtail.protocol.ReplyWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The slots of one epoch as {@code CLUSTER} tells them to clients that choose a node by slot, while the same members are down: each slot in one range, each range with its
 * replicas in order of preference, those of this node's data center first, those that are down last. Who stands first is what Redis calls the range's master: a client that goes there saves a hop, and no
 * client is sent to a node that is known to be dead while another can coordinate.
 *
 * <p>A node stands first in some ranges and further back in others, so {@code NODES}, which knows one role a node, calls each a master of the ranges it stands first in;
 * {@code SLOTS} and {@code SHARDS} tell the other replicas.
 *
 * <p>Made when it is first asked for in an epoch, or after a member went down or came up, and answered from its bytes until then. Immutable.
 */
final class ClusterMap {
    static final byte UP = 0;
    static final byte SUSPECTED = 1;
    static final byte DOWN = 2;
    /** Worse than any. */
    private static final byte ANY = 3;

    private static final int DOWN_LAST = 2;

    /** Slots from first through last, and the indexes of the members that have them, whoever is first in front. */
    record Range(int firstSlot, int lastSlot, int[] members) {
        int size() {
            return lastSlot - firstSlot + 1;
        }
    }

    private final Ring ring;
    private final long selfId;
    private final byte[] states;
    private final List<Range> ranges;
    private final byte[] slots;
    private final byte[] shardsOfProtocol2;
    private final byte[] shardsOfProtocol3;
    private final String nodes;

    final int slotsOk;
    final int slotsSuspected;
    final int slotsFailed;
    /** Members that own anything. */
    final int owners;

    ClusterMap(Ring ring, long selfId, byte[] states) {
        this.ring = ring;
        this.selfId = selfId;
        this.states = states;
        ranges = ranges(ring, states, selfId);
        slots = render(2, this::writeSlots);
        shardsOfProtocol2 = render(2, this::writeShards);
        shardsOfProtocol3 = render(3, this::writeShards);
        String[] slotsOfMembers = slotsOfMembers();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < states.length; i++) {
            text.append(line(i, "master", "-", slotsOfMembers[i]));
        }
        nodes = text.toString();
        int suspected = 0;
        int failed = 0;
        Keyspace keyspace = keyspace(ring);
        boolean[] owns = new boolean[states.length];
        for (Range range : ranges) {
            for (int member : range.members()) {
                owns[member] = true;
            }
            if (!suffices(keyspace, range, DOWN)) {
                failed += range.size();
            } else if (!suffices(keyspace, range, SUSPECTED)) {
                suspected += range.size();
            }
        }
        slotsFailed = failed;
        slotsSuspected = suspected;
        slotsOk = HashSlot.COUNT - failed - suspected;
        int count = 0;
        for (boolean each : owns) {
            count += each ? 1 : 0;
        }
        owners = count;
    }

    private static Keyspace keyspace(Ring ring) {
        return ring.topology().keyspaces().getFirst();
    }

    /** Whether reads and writes can be done with those replicas of a range that are better than {@code state}; in a sloppy keyspace with one. */
    private boolean suffices(Keyspace keyspace, Range range, byte state) {
        if (keyspace.sloppy()) {
            return count(range, state, -1) > 0;
        }
        return suffices(range, state, keyspace.readLevel()) && suffices(range, state, keyspace.writeLevel());
    }

    private boolean suffices(Range range, byte state, ConsistencyLevel level) {
        int here = ring.datacenterOf(selfId);
        for (int datacenter = 0; datacenter < ring.datacenters().count(); datacenter++) {
            int replicas = count(range, ANY, datacenter);
            boolean counts = level.scope() == ConsistencyLevel.Scope.LOCAL ? datacenter == here : replicas > 0;
            if (level.scope() != ConsistencyLevel.Scope.ALL && counts && count(range, state, datacenter) < level.required(replicas)) {
                return false;
            }
        }
        return level.scope() != ConsistencyLevel.Scope.ALL || count(range, state, -1) >= level.required(range.members().length);
    }

    /** How many of a range's members are better than {@code state}, of a data center or, with -1, of all. */
    private int count(Range range, byte state, int datacenter) {
        int count = 0;
        for (int member : range.members()) {
            count += states[member] < state && (datacenter < 0 || ring.datacenters().of(member) == datacenter) ? 1 : 0;
        }
        return count;
    }

    /** Of each member, in the topology's order, how it is. A node does not doubt itself. */
    static byte[] states(Ring ring, long selfId, Liveness liveness) {
        List<Member> members = ring.topology().members();
        byte[] states = new byte[members.size()];
        for (int i = 0; i < states.length; i++) {
            long id = members.get(i).id();
            states[i] = id == selfId ? UP : liveness.isDown(id) ? DOWN : liveness.isSuspected(id) ? SUSPECTED : UP;
        }
        return states;
    }

    /** Whether it would come out the same now. */
    boolean isOf(Ring now, byte[] statesNow) {
        return now == ring && Arrays.equals(statesNow, states);
    }

    /** The ring's partitions, with neighbours of the same replicas in the same order as one; those near {@code selfId} come first, unless it is 0. */
    static List<Range> ranges(Ring ring, byte[] states, long selfId) {
        int partitions = ring.topology().partitions();
        int slotsEach = HashSlot.COUNT / partitions;
        List<Range> ranges = new ArrayList<>();
        int first = 0;
        int[] members = members(ring, 0, states, selfId);
        for (int partition = 1; partition <= partitions; partition++) {
            int[] next = partition == partitions ? new int[0] : members(ring, partition, states, selfId);
            if (!Arrays.equals(members, next)) {
                ranges.add(new Range(first * slotsEach, partition * slotsEach - 1, members));
                first = partition;
                members = next;
            }
        }
        return List.copyOf(ranges);
    }

    private static int[] members(Ring ring, int partition, byte[] states, long selfId) {
        // While the partition is handed over, as it was before: clients are told of the new replicas when these have everything.
        ReplicaSet replicaSet = ring.replicasOf(keyspace(ring), partition);
        int[] preference = replicaSet.preference();
        int[] replicas = new int[replicaSet.countBefore()];
        int count = 0;
        for (int order = 0; order <= DOWN_LAST; order++) {
            for (int i = 0; i < replicas.length; i++) {
                if (order(ring, preference[i], states, selfId) == order) {
                    replicas[count++] = preference[i];
                }
            }
        }
        return replicas;
    }

    /** Where a member stands among a range's: first those of this node's data center, then others, last those that are down. */
    private static int order(Ring ring, int member, byte[] states, long selfId) {
        if (states[member] == DOWN) {
            return DOWN_LAST;
        }
        return selfId == 0 || !ring.datacenters().areSeveral() || ring.datacenters().of(member) == ring.datacenterOf(selfId) ? 0 : 1;
    }

    private interface Part {
        void writeTo(ReplyWriter out);
    }

    private static byte[] render(int protocolVersion, Part part) {
        ReplyWriter out = new ReplyWriter();
        out.protocolVersion(protocolVersion);
        part.writeTo(out);
        ByteBuf wire = out.drain(UnpooledByteBufAllocator.DEFAULT);
        if (wire == null) {
            throw new IllegalStateException("nothing was rendered");
        }
        byte[] bytes = new byte[wire.readableBytes()];
        wire.readBytes(bytes);
        wire.release();
        return bytes;
    }

    private Member member(int index) {
        return ring.topology().members().get(index);
    }

    private void writeSlots(ReplyWriter out) {
        out.arrayHeader(ranges.size());
        for (Range range : ranges) {
            out.arrayHeader(2 + range.members().length);
            out.integer(range.firstSlot());
            out.integer(range.lastSlot());
            for (int index : range.members()) {
                out.arrayHeader(4);
                out.bulk(member(index).host());
                out.integer(member(index).clientPort());
                out.bulk(NodeIds.longName(member(index).id()));
                out.arrayHeader(0);
            }
        }
    }

    /** A shard is all ranges of the same replicas in the same order. */
    private void writeShards(ReplyWriter out) {
        Map<List<Integer>, List<Range>> shards = new LinkedHashMap<>();
        for (Range range : ranges) {
            List<Integer> members = Arrays.stream(range.members()).boxed().toList();
            shards.computeIfAbsent(members, any -> new ArrayList<>()).add(range);
        }
        out.arrayHeader(shards.size());
        shards.forEach((members, ofShard) -> {
            out.mapHeader(2);
            out.bulk("slots");
            out.arrayHeader(2 * ofShard.size());
            for (Range range : ofShard) {
                out.integer(range.firstSlot());
                out.integer(range.lastSlot());
            }
            out.bulk("nodes");
            out.arrayHeader(members.size());
            for (int i = 0; i < members.size(); i++) {
                int index = members.get(i);
                writeNode(out, member(index), i == 0 ? "master" : "replica", states[index] == DOWN ? "failed" : "online");
            }
        });
    }

    /** A node as {@code SHARDS} tells it. */
    static void writeNode(ReplyWriter out, Member member, String role, String health) {
        out.mapHeader(7);
        out.bulk("id");
        out.bulk(NodeIds.longName(member.id()));
        out.bulk("port");
        out.integer(member.clientPort());
        out.bulk("ip");
        out.bulk(member.host());
        out.bulk("endpoint");
        out.bulk(member.host());
        out.bulk("role");
        out.bulk(role);
        out.bulk("replication-offset");
        out.integer(0);
        out.bulk("health");
        out.bulk(health);
    }

    /** Of each member, the ranges it stands first in, as {@code NODES} writes them; neighbours are one here whoever their other replicas are. */
    private String[] slotsOfMembers() {
        StringBuilder[] texts = new StringBuilder[states.length];
        Arrays.setAll(texts, i -> new StringBuilder());
        int i = 0;
        while (i < ranges.size()) {
            int master = ranges.get(i).members()[0];
            int first = ranges.get(i).firstSlot();
            while (i + 1 < ranges.size() && ranges.get(i + 1).members()[0] == master) {
                i++;
            }
            int last = ranges.get(i).lastSlot();
            texts[master].append(' ').append(first);
            if (last > first) {
                texts[master].append('-').append(last);
            }
            i++;
        }
        return Arrays.stream(texts).map(StringBuilder::toString).toArray(String[]::new);
    }

    private String line(int index, String role, String master, String slotsText) {
        Member member = member(index);
        byte state = states[index];
        return NodeIds.longName(member.id()) + ' ' + member.host() + ':' + member.clientPort() + '@' + member.nodePort() + ' '
                + (member.id() == selfId ? "myself," : "") + role + (state == DOWN ? ",fail" : state == SUSPECTED ? ",fail?" : "")
                + ' ' + master + " 0 0 " + ring.epoch() + ' ' + (state == UP ? "connected" : "disconnected") + slotsText + '\n';
    }

    // ---- the answers

    Ring ring() {
        return ring;
    }

    byte[] slots() {
        return slots;
    }

    byte[] shards(int protocolVersion) {
        return protocolVersion < 3 ? shardsOfProtocol2 : shardsOfProtocol3;
    }

    String nodes() {
        return nodes;
    }

    /** The lines of the members that have what a member stands first in, as its replicas. */
    List<String> replicasOf(int master) {
        boolean[] isReplica = new boolean[states.length];
        for (Range range : ranges) {
            if (range.members()[0] == master) {
                for (int i = 1; i < range.members().length; i++) {
                    isReplica[range.members()[i]] = true;
                }
            }
        }
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < isReplica.length; i++) {
            if (isReplica[i]) {
                lines.add(line(i, "slave", NodeIds.longName(member(master).id()), "").stripTrailing());
            }
        }
        return lines;
    }
}
