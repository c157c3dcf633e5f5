package io.ringtail.cluster.topology;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import java.util.ArrayList;
import java.util.List;

/**
 * A topology as bytes, in messages and in the topology file; {@code docs/formats/topology.md} has them. Pure functions.
 *
 * <pre>
 *   version (1) · cluster id (8) · epoch (8) · text cluster name
 *   varint members · member …            member   = id (8) · text host · node port (2) · client port (2) · weight (2) · text rack
 *   varint partitions · varint owner …   owner    = index of a member
 *   varint keyspaces · keyspace …        keyspace = text prefix · replication factor (1) · text read · text write level · sloppy (1)
 *   in version 2 only, which is written while anything is under way:
 *   paused (1)
 *   varint moves · move …                move = varint partition · varint new owner, the index of a member
 *   varint departures · departure …      departure = varint member · varint successor + 1, or 0 when there is none
 * </pre>
 *
 * A text is a varint of its size and its UTF-8. Up to 128 members a partition takes one byte.
 */
public final class TopologyCodec {
    /** Without a transition: what nodes understand that know of none. */
    static final int VERSION_SETTLED = 1;

    static final int VERSION = 2;
    /** UTF-8 of a character of Java's has at most three bytes. */
    private static final int MAX_TEXT_SIZE = 3 * Member.MAX_NAME_SIZE;

    private static final int MAX_LEVEL_SIZE = 16;
    /** Of changes no cluster sees so many; beyond it epochs could not be counted on. */
    private static final long MAX_EPOCH = 1L << 48;

    private TopologyCodec() {}

    /** The version that a topology is written in: the oldest that has all there is in it. Nodes that speak that version of the protocol, or a newer one, can read it. */
    public static int versionOf(Topology topology) {
        return topology.transition().equals(Transition.NONE) ? VERSION_SETTLED : VERSION;
    }

    public static void write(MessageWriter out, Topology topology) {
        int version = versionOf(topology);
        boolean settled = version == VERSION_SETTLED;
        out.writeByte(version).writeLong(topology.clusterId()).writeLong(topology.epoch()).writeText(topology.clusterName());
        out.writeVarint(topology.members().size());
        for (Member member : topology.members()) {
            writeMember(out, member);
        }
        int partitions = topology.partitions();
        out.writeVarint(partitions);
        for (int partition = 0; partition < partitions; partition++) {
            out.writeVarint(topology.owner(partition));
        }
        out.writeVarint(topology.keyspaces().size());
        for (Keyspace keyspace : topology.keyspaces()) {
            out.writeText(keyspace.prefix())
                    .writeByte(keyspace.replicationFactor())
                    .writeText(keyspace.readLevel().name())
                    .writeText(keyspace.writeLevel().name())
                    .writeBoolean(keyspace.sloppy());
        }
        if (!settled) {
            writeTransition(out, topology);
        }
    }

    private static void writeTransition(MessageWriter out, Topology topology) {
        Transition transition = topology.transition();
        out.writeBoolean(transition.paused()).writeVarint(transition.moves().size());
        for (Transition.Move move : transition.moves()) {
            out.writeVarint(move.partition()).writeVarint(topology.indexOf(move.newOwner()));
        }
        out.writeVarint(transition.departures().size());
        for (Transition.Departure departure : transition.departures()) {
            out.writeVarint(topology.indexOf(departure.memberId()));
            out.writeVarint(departure.successor() == 0 ? 0 : topology.indexOf(departure.successor()) + 1);
        }
    }

    private static Transition readTransition(MessageReader in, List<Member> members) {
        boolean paused = in.readBoolean();
        int moveCount = in.readVarint(Transition.MAX_MOVES);
        List<Transition.Move> moves = new ArrayList<>();
        for (int i = 0; i < moveCount; i++) {
            moves.add(new Transition.Move(in.readVarint(Topology.MAX_PARTITIONS), idAt(members, in.readVarint(Topology.MAX_MEMBERS))));
        }
        int departureCount = in.readVarint(Topology.MAX_MEMBERS);
        List<Transition.Departure> departures = new ArrayList<>();
        for (int i = 0; i < departureCount; i++) {
            long memberId = idAt(members, in.readVarint(Topology.MAX_MEMBERS));
            int successor = in.readVarint(Topology.MAX_MEMBERS);
            departures.add(new Transition.Departure(memberId, successor == 0 ? 0 : idAt(members, successor - 1)));
        }
        return new Transition(moves, departures, paused);
    }

    private static long idAt(List<Member> members, int index) {
        if (index >= members.size()) {
            throw new MalformedMessageException("member " + index + " of " + members.size());
        }
        return members.get(index).id();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws MalformedMessageException when it is anything else; nothing else is thrown, whatever the bytes
     */
    public static Topology read(MessageReader in) {
        int version = in.readByte();
        if (version < VERSION_SETTLED || version > Math.min(VERSION, ProtocolVersion.NEWEST)) {
            throw new MalformedMessageException(
                    "topology of version " + version + ", this node reads up to " + Math.min(VERSION, ProtocolVersion.NEWEST));
        }
        try {
            return readChecked(in, version == VERSION);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("topology: " + e.getMessage());
        }
    }

    private static Topology readChecked(MessageReader in, boolean withTransition) {
        long clusterId = in.readLong();
        long epoch = in.readLong();
        if (epoch > MAX_EPOCH) {
            throw new MalformedMessageException("topology of epoch " + epoch + ", the limit is " + MAX_EPOCH);
        }
        String clusterName = in.readText(MAX_TEXT_SIZE);
        int memberCount = in.readVarint(Topology.MAX_MEMBERS);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < memberCount; i++) {
            members.add(readMember(in));
        }
        int partitions = in.readVarint(Topology.MAX_PARTITIONS);
        if (partitions > in.remaining()) {
            throw new MalformedMessageException("topology ends before its " + partitions + " owners");
        }
        int[] owners = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            owners[partition] = in.readVarint(Topology.MAX_MEMBERS);
        }
        int keyspaceCount = in.readVarint(Topology.MAX_KEYSPACES);
        List<Keyspace> keyspaces = new ArrayList<>();
        for (int i = 0; i < keyspaceCount; i++) {
            keyspaces.add(new Keyspace(
                    in.readText(MAX_TEXT_SIZE),
                    in.readByte(),
                    ConsistencyLevel.of(in.readText(MAX_LEVEL_SIZE)),
                    ConsistencyLevel.of(in.readText(MAX_LEVEL_SIZE)),
                    in.readBoolean()));
        }
        return new Topology(clusterId, clusterName, epoch, members, owners, keyspaces, withTransition ? readTransition(in, members) : Transition.NONE);
    }

    public static void writeMember(MessageWriter out, Member member) {
        out.writeLong(member.id()).writeText(member.host());
        writeShort(out, member.nodePort());
        writeShort(out, member.clientPort());
        writeShort(out, member.weight());
        out.writeText(member.rack());
    }

    /**
     * Reads what {@link #writeMember} wrote.
     *
     * @throws MalformedMessageException when it is anything else
     */
    public static Member readMember(MessageReader in) {
        try {
            return new Member(
                    in.readLong(), in.readText(MAX_TEXT_SIZE), readShort(in), readShort(in), readShort(in), in.readText(MAX_TEXT_SIZE));
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("member: " + e.getMessage());
        }
    }

    private static void writeShort(MessageWriter out, int value) {
        out.writeByte(value >>> 8).writeByte(value);
    }

    private static int readShort(MessageReader in) {
        return in.readByte() << 8 | in.readByte();
    }
}
