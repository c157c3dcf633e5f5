package io.ringtail.cluster.transport;

import io.ringtail.cluster.message.ProtocolVersion;

/** The link a request came in on, where its answer goes. Confined to the loop. */
public interface ReplyPath {
    /** Who asks. */
    long memberId();

    /** The version of the protocol that the two speak on the link. */
    default int version() {
        return ProtocolVersion.NEWEST;
    }

    /** Queues an answer for the end of the turn; dropped when the link has broken meanwhile. The bytes are copied. */
    void send(byte[] message, int offset, int size);
}
