package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;

/**
 * The words of joining. Immutable values, pure functions.
 *
 * <pre>
 *   JOIN        protocol version (1) · cluster id (8), 0 for none · text cluster name · empty (1) · member · from version 3 on: text data center
 *   JOIN_REPLY  0 · topology     it is in
 *               1 · text         it is not, and will not be
 *               2                it has to ask again
 * </pre>
 *
 * @param protocolVersion that the two speak
 * @param clusterId of the cluster it is in already, or 0
 * @param isEmpty whether it brings no data
 * @param member as it wants to be known
 */
record JoinMessage(int protocolVersion, long clusterId, String clusterName, boolean isEmpty, Member member) {
    /** From this version of the protocol on nodes know of data centers. */
    static final int DATACENTER_VERSION = 3;

    private static final int MAX_TEXT_SIZE = 3 * Member.MAX_NAME_SIZE;

    void write(MessageWriter out) {
        out.writeByte(protocolVersion).writeLong(clusterId).writeText(clusterName).writeBoolean(isEmpty);
        TopologyCodec.writeMember(out, member);
        if (protocolVersion >= DATACENTER_VERSION) {
            out.writeText(member.datacenter());
        }
    }

    static JoinMessage read(MessageReader in) {
        int version = in.readByte();
        long clusterId = in.readLong();
        String clusterName = in.readText(MAX_TEXT_SIZE);
        boolean isEmpty = in.readBoolean();
        Member member = TopologyCodec.readMember(in);
        if (version >= DATACENTER_VERSION) {
            member = inDatacenter(member, in.readText(MAX_TEXT_SIZE));
        }
        in.finish();
        return new JoinMessage(version, clusterId, clusterName, isEmpty, member);
    }

    private static Member inDatacenter(Member member, String datacenter) {
        try {
            return member.withDatacenter(datacenter);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("member: " + e.getMessage());
        }
    }

    /** What it is answered. */
    sealed interface Answer {
        record Welcome(Topology topology) implements Answer {}

        record Refused(String reason) implements Answer {}

        record Later() implements Answer {}

        default void write(MessageWriter out) {
            switch (this) {
                case Welcome welcome -> TopologyCodec.write(out.writeByte(0), welcome.topology());
                case Refused refused -> out.writeByte(1).writeText(refused.reason());
                case Later later -> out.writeByte(2);
            }
        }

        static Answer read(MessageReader in) {
            int kind = in.readByte();
            Answer answer = switch (kind) {
                case 0 -> new Welcome(TopologyCodec.read(in));
                case 1 -> new Refused(in.readText(4 * MAX_TEXT_SIZE));
                case 2 -> new Later();
                default -> throw new MalformedMessageException("answer to a join of unknown kind " + kind);
            };
            in.finish();
            return answer;
        }
    }
}
