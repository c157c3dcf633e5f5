package io.ringtail.cluster.coordinator;

/** Takes a client's command to the member that carries it out. Confined to the loop. */
public interface Forwarding {
    /**
     * @param listener told how it ended, not from within this call
     * @return false when it was not sent
     */
    boolean forward(long memberId, byte[] bytes, int offset, int size, ForwardListener listener);
}
