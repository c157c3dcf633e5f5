package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.MemberSet;

/** Takes a client's command to the member that carries it out, and asks members what became of it. Confined to the loop. */
public interface Forwarding {
    /** A name for a client, by which other nodes know whose commands they carry out. */
    long newClientName();

    /**
     * @param client whose command it is
     * @param listener told how it ended, not from within this call
     * @return false when it was not sent
     */
    boolean forward(long memberId, long client, byte[] bytes, int offset, int size, ForwardListener listener);

    /**
     * Asks a member, which may be this one, how many nodes have what it has written for a client.
     *
     * @param sync whether the member is to sync its log first, whatever its policy
     * @param listener told once, not from within this call
     */
    void ask(long memberId, long client, boolean sync, CopiesListener listener);

    /** Told what a member has said of a client's writes. */
    interface CopiesListener {
        /**
         * @param synced whether its log was synced after it was asked
         * @param copies the fewest nodes that have one of the writes; 0 when the member knows nothing of the client
         * @param settled whether all replicas have all of it
         * @param acceptors who have accepted any of it, valid until this returns
         */
        void told(boolean synced, int copies, boolean settled, MemberSet acceptors);

        /** It could not be asked, or did not answer in time. */
        void failed();
    }
}
