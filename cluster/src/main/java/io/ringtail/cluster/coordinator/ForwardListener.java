package io.ringtail.cluster.coordinator;

/** Told, once and on the loop, what became of a command that was forwarded. */
public interface ForwardListener {
    /** What the other node answered, valid until this returns. */
    void replied(byte[] array, int offset, int size);

    /** @param error an error reply: the outcome is unknown */
    void failed(String error);
}
