package io.ringtail.cluster.topology;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A topology as bytes, in messages and in the topology file; {@code docs/formats/topology.md} has them. Pure functions.
 *
 * <pre>
 *   version (1) · cluster id (8) · epoch (8) · text cluster name
 *   varint members · member …            member   = id (8) · text host · node port (2) · client port (2) · weight (2) · text rack
 *   varint partitions · varint owner …   owner    = index of a member
 *   varint keyspaces · keyspace …        keyspace = text prefix · replication factor (1) · text read · text write level · sloppy (1)
 *   in version 2, which is written while anything is under way:
 *   paused (1)
 *   varint moves · move …                move = varint partition · varint new owner, the index of a member
 *   varint departures · departure …      departure = varint member · varint successor + 1, or 0 when there is none
 *   in version 3, which is written when a data center is named, all of the above, and:
 *   member    = … · text data center
 *   keyspace  = … with 0 for a replication factor by data center, and behind it varint shares · share …     share = text data center · count (1)
 *   behind the keyspaces, for each data center that one of them names, sorted: varint owner + 1, or 0 for nobody, of each partition
 *   move      = varint partition · varint 0 for the ring of all, or the place of the data center's · varint new owner + 1, or 0 for nobody
 *   in version 5, which is written when a keyspace keeps siblings, all of the above, and:
 *   keyspace  = … · conflict (1): 0 for lww, 1 for siblings
 * </pre>
 *
 * There is no version 4: versions are those of the protocol between nodes. A text is a varint of its size and its UTF-8. Up to 128 members a partition takes one byte.
 */
public final class TopologyCodec {
    /** Without a transition and data centers: what nodes understand that know of neither. */
    static final int VERSION_SETTLED = 1;

    static final int VERSION_WITHOUT_DATACENTERS = 2;
    static final int VERSION_WITHOUT_SIBLINGS = 3;
    static final int VERSION = 5;
    /** UTF-8 of a character of Java's has at most three bytes. */
    private static final int MAX_TEXT_SIZE = 3 * Member.MAX_NAME_SIZE;

    private static final int MAX_LEVEL_SIZE = 16;
    /** Of changes no cluster sees so many; beyond it epochs could not be counted on. */
    private static final long MAX_EPOCH = 1L << 48;

    /** In the place of a replication factor: counts by data center follow. */
    private static final int PER_DATACENTER = 0;

    private TopologyCodec() {}

    /** The version that a topology is written in: the oldest that has all there is in it. Nodes that speak that version of the protocol, or a newer one, can read it. */
    public static int versionOf(Topology topology) {
        if (topology.keyspaces().stream().anyMatch(Keyspace::keepsSiblings)) {
            return VERSION;
        }
        if (topology.usesDatacenters()) {
            return VERSION_WITHOUT_SIBLINGS;
        }
        return topology.transition().equals(Transition.NONE) ? VERSION_SETTLED : VERSION_WITHOUT_DATACENTERS;
    }

    public static void write(MessageWriter out, Topology topology) {
        int version = versionOf(topology);
        boolean settled = topology.transition().equals(Transition.NONE);
        boolean withDatacenters = version >= VERSION_WITHOUT_SIBLINGS;
        out.writeByte(version).writeLong(topology.clusterId()).writeLong(topology.epoch()).writeText(topology.clusterName());
        out.writeVarint(topology.members().size());
        for (Member member : topology.members()) {
            writeMember(out, member);
            if (withDatacenters) {
                out.writeText(member.datacenter());
            }
        }
        int partitions = topology.partitions();
        out.writeVarint(partitions);
        for (int partition = 0; partition < partitions; partition++) {
            out.writeVarint(topology.owner(partition));
        }
        out.writeVarint(topology.keyspaces().size());
        for (Keyspace keyspace : topology.keyspaces()) {
            out.writeText(keyspace.prefix());
            writeReplication(out, keyspace.replication());
            out.writeText(keyspace.readLevel().name())
                    .writeText(keyspace.writeLevel().name())
                    .writeBoolean(keyspace.sloppy());
            if (version == VERSION) {
                out.writeByte(keyspace.conflict().ordinal());
            }
        }
        for (DatacenterRing ring : topology.datacenterRings()) {
            for (int owner : ring.ownersIn(topology)) {
                out.writeVarint(owner + 1);
            }
        }
        if (version != VERSION_SETTLED) {
            writeTransition(out, topology, withDatacenters);
        }
    }

    private static void writeReplication(MessageWriter out, Replication replication) {
        if (!replication.isPerDatacenter()) {
            out.writeByte(replication.count());
            return;
        }
        out.writeByte(PER_DATACENTER).writeVarint(replication.shares().size());
        for (Replication.Share share : replication.shares()) {
            out.writeText(share.datacenter()).writeByte(share.count());
        }
    }

    private static Replication readReplication(MessageReader in, boolean withDatacenters) {
        int count = in.readByte();
        if (count != PER_DATACENTER || !withDatacenters) {
            return Replication.of(count);
        }
        int size = in.readVarint(Keyspace.MAX_REPLICATION_FACTOR);
        List<Replication.Share> shares = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            shares.add(new Replication.Share(in.readText(MAX_TEXT_SIZE), in.readByte()));
        }
        return Replication.of(shares);
    }

    private static ConflictPolicy readConflict(MessageReader in) {
        int conflict = in.readByte();
        if (conflict >= ConflictPolicy.values().length) {
            throw new MalformedMessageException("a keyspace with conflict policy " + conflict);
        }
        return ConflictPolicy.values()[conflict];
    }

    private static int ringIndex(Topology topology, String ring) {
        for (int i = 0; i < topology.datacenterRings().size(); i++) {
            if (topology.datacenterRings().get(i).datacenter().equals(ring)) {
                return i + 1;
            }
        }
        return 0;
    }

    private static List<DatacenterRing> readRings(MessageReader in, List<Keyspace> keyspaces, List<Member> members, int partitions) {
        List<DatacenterRing> rings = new ArrayList<>();
        for (String name : DatacenterRing.named(keyspaces)) {
            if (partitions > in.remaining()) {
                throw new MalformedMessageException("topology ends before the owners of data center " + name);
            }
            long[] owners = new long[partitions];
            for (int partition = 0; partition < partitions; partition++) {
                int owner = in.readVarint(Topology.MAX_MEMBERS);
                owners[partition] = owner == 0 ? 0 : idAt(members, owner - 1);
            }
            rings.add(new DatacenterRing(name, owners));
        }
        return rings;
    }

    private static void writeTransition(MessageWriter out, Topology topology, boolean withDatacenters) {
        Transition transition = topology.transition();
        out.writeBoolean(transition.paused()).writeVarint(transition.moves().size());
        for (Transition.Move move : transition.moves()) {
            out.writeVarint(move.partition());
            if (withDatacenters) {
                out.writeVarint(ringIndex(topology, move.ring())).writeVarint(topology.indexOf(move.newOwner()) + 1);
            } else {
                out.writeVarint(topology.indexOf(move.newOwner()));
            }
        }
        out.writeVarint(transition.departures().size());
        for (Transition.Departure departure : transition.departures()) {
            out.writeVarint(topology.indexOf(departure.memberId()));
            out.writeVarint(departure.successor() == 0 ? 0 : topology.indexOf(departure.successor()) + 1);
        }
    }

    private static Transition.Move readMove(MessageReader in, List<Member> members, List<String> rings) {
        int partition = in.readVarint(Topology.MAX_PARTITIONS);
        int ring = in.readVarint(rings.size());
        int newOwner = in.readVarint(Topology.MAX_MEMBERS);
        return new Transition.Move(partition, newOwner == 0 ? 0 : idAt(members, newOwner - 1), ring == 0 ? "" : rings.get(ring - 1));
    }

    /** @param rings names of those that moves may be on; null in versions without */
    private static Transition readTransition(MessageReader in, List<Member> members, @Nullable List<String> rings) {
        boolean paused = in.readBoolean();
        int moveCount = in.readVarint(Transition.MAX_MOVES);
        List<Transition.Move> moves = new ArrayList<>();
        for (int i = 0; i < moveCount; i++) {
            moves.add(rings != null
                    ? readMove(in, members, rings)
                    : new Transition.Move(in.readVarint(Topology.MAX_PARTITIONS), idAt(members, in.readVarint(Topology.MAX_MEMBERS))));
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
        if (version < VERSION_SETTLED || version > Math.min(VERSION, ProtocolVersion.NEWEST) || version == ProtocolVersion.RELAYS) {
            throw new MalformedMessageException(
                    "topology of version " + version + ", this node reads up to " + Math.min(VERSION, ProtocolVersion.NEWEST));
        }
        try {
            return readChecked(in, version);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("topology: " + e.getMessage());
        }
    }

    private static Topology readChecked(MessageReader in, int version) {
        boolean withDatacenters = version >= VERSION_WITHOUT_SIBLINGS;
        long clusterId = in.readLong();
        long epoch = in.readLong();
        if (epoch > MAX_EPOCH) {
            throw new MalformedMessageException("topology of epoch " + epoch + ", the limit is " + MAX_EPOCH);
        }
        String clusterName = in.readText(MAX_TEXT_SIZE);
        int memberCount = in.readVarint(Topology.MAX_MEMBERS);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < memberCount; i++) {
            Member member = readMember(in);
            members.add(withDatacenters ? member.withDatacenter(in.readText(MAX_TEXT_SIZE)) : member);
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
                    readReplication(in, withDatacenters),
                    ConsistencyLevel.of(in.readText(MAX_LEVEL_SIZE)),
                    ConsistencyLevel.of(in.readText(MAX_LEVEL_SIZE)),
                    in.readBoolean(),
                    version == VERSION ? readConflict(in) : ConflictPolicy.LWW));
        }
        List<DatacenterRing> rings = withDatacenters ? readRings(in, keyspaces, members, partitions) : List.of();
        List<String> ringNames = withDatacenters ? rings.stream().map(DatacenterRing::datacenter).toList() : null;
        Transition transition = version == VERSION_SETTLED ? Transition.NONE : readTransition(in, members, ringNames);
        return new Topology(clusterId, clusterName, epoch, members, owners, keyspaces, rings, transition);
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
