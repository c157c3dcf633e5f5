package io.ringtail.cluster.transport;

import io.ringtail.cluster.message.ProtocolVersion;

/**
 * One loop's links to the other members. Every loop of a node has its own, so that requests and their answers never change threads. Confined to the loop.
 *
 * <p>Messages of one link arrive in the order they were sent, each whole and once, or the link breaks; after it broke, nothing that was sent on it and not answered
 * ever will be ({@link TransportListener#linkDown}). What is queued for a peer is bounded in bytes.
 */
public interface Transport {
    /**
     * Queues a message for a member; it goes out with all others of the loop's turn when the turn ends. The bytes are copied.
     *
     * @return false when the link is not up or has too much queued: the message is not sent, now or later
     */
    boolean send(long memberId, byte[] message, int offset, int size);

    /** Sends what is queued so far, when there is a reason not to wait for the turn's end. The turn goes on. One that sends at once has nothing to do. */
    default void flush() {}

    /** Whether a message to the member would be taken, and the member has been heard of within the time in which a live one answers. */
    boolean isResponsive(long memberId);

    /** The version of the protocol that the two speak on the link; that of the last one while there is none, 0 before the first. */
    default int version(long memberId) {
        return ProtocolVersion.NEWEST;
    }
}
