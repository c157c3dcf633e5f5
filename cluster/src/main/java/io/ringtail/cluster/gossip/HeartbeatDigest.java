package io.ringtail.cluster.gossip;

/**
 * What one node knows of another's heartbeat, in five bytes instead of the twenty-four that id, incarnation and
 * heartbeat take. Pure functions on a {@code long}.
 *
 * <pre>
 *   tag of the incarnation (1) · heartbeat's low bits (3)
 *   how far behind the heartbeat the known state is (1): 255 for that or more
 * </pre>
 *
 * <p>The receiver completes it from what it knows itself: two heartbeats of the same incarnation are compared as
 * serial numbers, right as long as they are less than 2^23 apart, nineteen days at the default period. What is
 * misjudged (a wrap, two incarnations of the same tag: one in 256) is put right by the exchange itself: states carry
 * whole versions, whoever is sent an older one answers with the newer, and a node that hears of a heartbeat of its
 * own from the future goes on from there.
 */
final class HeartbeatDigest {
    static final int SIZE = 5;
    /** Nothing is known. */
    static final long UNKNOWN = 0xFF;

    private static final int MAX_LAG = 0xFF;
    private static final int HEARTBEAT_BITS = 24;

    private HeartbeatDigest() {}

    static long of(MemberState state, long heartbeat) {
        return (long) tag(state.incarnation()) << 32
                | (heartbeat & (1 << HEARTBEAT_BITS) - 1) << 8
                | Math.min(heartbeat - state.heartbeat(), MAX_LAG);
    }

    static int tag(long incarnation) {
        return (int) (incarnation * 0x9E3779B97F4A7C15L >>> 56);
    }

    static boolean isOf(long digest, long incarnation) {
        return (int) (digest >>> 32) == tag(incarnation);
    }

    /** How far the digest's heartbeat is ahead of another of the same incarnation; negative when it is behind. */
    static int ahead(long digest, long heartbeat) {
        int unused = Integer.SIZE - HEARTBEAT_BITS;
        return (int) (digest >>> 8) - (int) heartbeat << unused >> unused;
    }

    static int lag(long digest) {
        return (int) digest & MAX_LAG;
    }
}
