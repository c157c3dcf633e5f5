package io.ringtail.cluster.transport;

/** What a loop is told by its links. Called on the loop; the bytes are the caller's again when the call returns. */
public interface TransportListener {
    /** A member asks. */
    void request(ReplyPath from, byte[] message, int offset, int size);

    /** A member answers. */
    void reply(long memberId, byte[] message, int offset, int size);

    /** Messages to the member are taken from now on. */
    void linkUp(long memberId);

    /** No answer will come any more to what was sent before. */
    void linkDown(long memberId);
}
