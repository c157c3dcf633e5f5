package io.ringtail.cluster.gossip;

import java.util.Arrays;
import java.util.List;

/** What gossip is said to have found out. */
public final class KnownLiveness {
    private KnownLiveness() {}

    /** These members are down, nobody else is. */
    public static Liveness down(long... members) {
        long[] sorted = members.clone();
        Arrays.sort(sorted);
        return new Liveness(sorted, new long[0], List.of());
    }
}
