package io.ringtail.cluster.gossip;

import java.util.Arrays;
import java.util.List;

/**
 * Who was down and suspected at one moment, and the newest state of each member: what other threads see of gossip.
 * Immutable.
 */
public final class Liveness {
    /** Nothing has been heard yet: nobody is down. */
    public static final Liveness NOTHING_HEARD = new Liveness(new long[0], new long[0], List.of());

    private final long[] down;
    private final long[] suspected;
    private final List<MemberState> states;

    /** Takes the arrays, which are ascending, as they are. */
    Liveness(long[] down, long[] suspected, List<MemberState> states) {
        this.down = down;
        this.suspected = suspected;
        this.states = states;
    }

    public boolean isDown(long memberId) {
        return Arrays.binarySearch(down, memberId) >= 0;
    }

    public boolean isSuspected(long memberId) {
        return Arrays.binarySearch(suspected, memberId) >= 0;
    }

    public int downCount() {
        return down.length;
    }

    public int suspectedCount() {
        return suspected.length;
    }

    /** Of each member that has been heard of, this node included, ascending by id. */
    public List<MemberState> states() {
        return states;
    }

    @Override
    public String toString() {
        return "Liveness[down=" + Arrays.toString(down) + " suspected=" + Arrays.toString(suspected)
                + " states=" + states.size() + "]";
    }
}
