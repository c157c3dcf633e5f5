package io.ringtail.cluster.ring;

/**
 * What those who serve requests need of membership: the ring as it is, and somebody to tell of peers that know better or worse. Safe for concurrent use.
 */
public interface RingView {
    /** The ring of the newest epoch this node has adopted. Costs one volatile read. */
    Ring ring();

    /**
     * Whether this node has accepted an epoch in which others own its data, and does not know yet whether it came about: until it does, data requests of
     * the present epoch are refused.
     */
    boolean isFrozen();

    /** A peer has shown that it is at {@code epoch}, which is not the ring's: whoever is behind will be told. */
    void heardOfEpoch(long memberId, long epoch);
}
