package io.ringtail.cluster.gossip;

/**
 * Told what gossip finds out, on the gossip's loop. {@link Gossiper#liveness} already says so when these are called.
 * They must not call {@link Gossiper#members} themselves, but have the loop do it afterwards.
 */
public interface GossipListener {
    /** At least two nodes, this one among them, have not heard of the member for too long. */
    void memberDown(long memberId);

    /** A member that was down has been heard of again. */
    void memberUp(long memberId);

    /**
     * A peer, that need not be a member known here, goes by a topology newer than this node's. Called each time it is
     * heard, until this node's is as new.
     */
    void epochHeard(long memberId, long epoch);
}
