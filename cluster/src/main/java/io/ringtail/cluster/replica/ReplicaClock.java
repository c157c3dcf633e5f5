package io.ringtail.cluster.replica;

/** A node's time, as those who merge and version records need it. Safe for concurrent use. */
public interface ReplicaClock {
    /** The wall clock, in milliseconds since 1970. */
    long nowMillis();

    /** A new version's time, above every one given out or observed here. */
    long tick();

    /** A new version's time, above {@code hlc} as well. */
    long tickAbove(long hlc);

    /** The greatest time given out or observed here. */
    long nowHlc();

    /** Takes note of a peer's time, unless it is so far ahead that following it would do harm. */
    void observe(long hlc);

    /** Whether a time is so far ahead of this node's clock that nothing of that time is taken. */
    boolean isTooFarAhead(long hlc);

    /** The greatest time, unsigned, that {@link #isTooFarAhead} does not say so of now: for who has many to ask about. */
    long greatestTaken();
}
