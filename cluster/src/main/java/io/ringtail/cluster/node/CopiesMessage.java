package io.ringtail.cluster.node;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.topology.Topology;

/** What {@code WAIT} and {@code WAITAOF} ask the members that carried out commands of their client, and what these answer. Specified in {@code node-protocol.md}. */
final class CopiesMessage {
    private CopiesMessage() {}

    /**
     * Who has what the receiver has written for a client.
     *
     * @param client by the name that the sender has given it
     * @param sync whether the receiver is to sync its log first
     */
    record Question(long client, boolean sync) {
        static Question read(MessageReader body) {
            Question question = new Question(body.readLong(), body.readBoolean());
            body.finish();
            return question;
        }

        MessageWriter write(MessageWriter message) {
            return message.writeLong(client).writeBoolean(sync);
        }
    }

    /**
     * @param synced whether the log was synced
     * @param copies the fewest nodes that have something of it; 0 when nothing is known of the client
     * @param settled whether all replicas have all of it
     * @param acceptors the members that have accepted any of it
     */
    record Answer(boolean synced, int copies, boolean settled, MemberSet acceptors) {
        static Answer read(MessageReader body) {
            boolean synced = body.readBoolean();
            int copies = body.readByte();
            boolean settled = body.readBoolean();
            MemberSet acceptors = new MemberSet();
            int count = body.readVarint(Topology.MAX_MEMBERS);
            for (int i = 0; i < count; i++) {
                acceptors.add(body.readLong());
            }
            body.finish();
            return new Answer(synced, copies, settled, acceptors);
        }

        MessageWriter write(MessageWriter message) {
            message.writeBoolean(synced).writeByte(copies).writeBoolean(settled).writeVarint(acceptors.count());
            for (int i = 0; i < acceptors.count(); i++) {
                message.writeLong(acceptors.id(i));
            }
            return message;
        }
    }
}
