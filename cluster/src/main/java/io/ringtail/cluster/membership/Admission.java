package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import org.jspecify.annotations.Nullable;

/**
 * What a member answers to those who want in: welcome, no, or, once it is decided, whatever comes of it. Confined to the control loop.
 */
final class Admission {
    private final PendingJoins joins;
    private final MembershipListener listener;
    private final Runnable joinAdded;
    private final MessageWriter writer = new MessageWriter();

    /** @param joinAdded called when somebody has been added to {@code joins} */
    Admission(PendingJoins joins, MembershipListener listener, Runnable joinAdded) {
        this.joins = joins;
        this.listener = listener;
        this.joinAdded = joinAdded;
    }

    /**
     * Answers a JOIN, whose type has been read, now or later.
     *
     * @param topology in force; null when this node is no member, and cannot let anybody in
     */
    void request(ReplyPath from, MessageReader body, @Nullable Topology topology) {
        long id = body.readLong();
        JoinMessage message = JoinMessage.read(body);
        if (topology == null) {
            answer(from, id, new JoinMessage.Answer.Later());
            return;
        }
        String objection = objection(from, message, topology);
        if (objection != null) {
            listener.refusedAnother(from.memberId(), objection);
            answer(from, id, new JoinMessage.Answer.Refused(objection));
            return;
        }
        int known = topology.indexOf(message.member().id());
        if (known >= 0 && topology.members().get(known).equals(message.member())) {
            answer(from, id, new JoinMessage.Answer.Welcome(topology));
        } else if (joins.add(message.member(), decided -> answer(
                from, id, decided == null ? new JoinMessage.Answer.Later() : new JoinMessage.Answer.Welcome(decided)))) {
            joinAdded.run();
        } else {
            answer(from, id, new JoinMessage.Answer.Later());
        }
    }

    private static @Nullable String objection(ReplyPath from, JoinMessage message, Topology topology) {
        if (!message.isUnderstood()) {
            return "protocol version " + message.protocolVersion() + ", this cluster speaks " + JoinMessage.PROTOCOL_VERSION;
        }
        if (!message.clusterName().equals(topology.clusterName())) {
            return "this is the cluster '" + topology.clusterName() + "', not '" + message.clusterName() + "'";
        }
        if (message.clusterId() != 0 && message.clusterId() != topology.clusterId()) {
            return "this is another cluster of the same name, with the id %016x, not %016x"
                    .formatted(topology.clusterId(), message.clusterId());
        }
        if (message.member().id() != from.memberId()) {
            return "node %012x speaks for node %012x".formatted(from.memberId(), message.member().id());
        }
        boolean isMember = topology.indexOf(message.member().id()) >= 0;
        return isMember || message.isEmpty()
                ? null
                : "a node that holds data of its own cannot join: start it with an empty data directory";
    }

    private void answer(ReplyPath to, long id, JoinMessage.Answer answer) {
        Calls.beginReply(writer, MessageType.JOIN_REPLY, id);
        answer.write(writer);
        to.send(writer.bytes(), 0, writer.size());
    }
}
