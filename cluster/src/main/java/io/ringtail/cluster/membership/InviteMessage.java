package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.TopologyCodec;

/**
 * The words of inviting. Immutable values, pure functions.
 *
 * <pre>
 *   INVITE        epoch (8) · member     that the cluster is in · the one who asks, and will let the other in
 *   INVITE_REPLY  text                   why the other cannot join; empty when it asks to be let in now
 * </pre>
 */
record InviteMessage(long epoch, Member by) {
    private static final int MAX_REASON_SIZE = 12 * Member.MAX_NAME_SIZE;

    void write(MessageWriter out) {
        TopologyCodec.writeMember(out.writeLong(epoch), by);
    }

    static InviteMessage read(MessageReader in) {
        InviteMessage message = new InviteMessage(in.readLong(), TopologyCodec.readMember(in));
        in.finish();
        return message;
    }

    /** The objection that answers one; empty for none. */
    static String readReply(MessageReader in) {
        String objection = in.readText(MAX_REASON_SIZE);
        in.finish();
        return objection;
    }
}
