package io.ringtail.cluster.transport;

/** The link a request came in on, where its answer goes. Confined to the loop. */
public interface ReplyPath {
    /** Who asks. */
    long memberId();

    /** Queues an answer for the end of the turn; dropped when the link has broken meanwhile. The bytes are copied. */
    void send(byte[] message, int offset, int size);
}
