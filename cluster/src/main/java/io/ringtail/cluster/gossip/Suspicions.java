package io.ringtail.cluster.gossip;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whom one node suspects and whom it takes for down, by the indexes of its {@link GossipView}. Pure: times are handed
 * in. Confined to one thread.
 *
 * <p>A member is suspected when its detector says so. It is down when this node suspects it and so does at least one
 * other that this node does not suspect; where no other is left (a cluster of two, a last survivor), this node's word
 * is enough. As soon as its heartbeat moves it is neither.
 *
 * <p>That this node has to be one of the two makes a returning member up at once, while what others said of it is
 * still about; and since heartbeats reach all, who is dead is soon silent to all.
 */
final class Suspicions {
    /** What a heartbeat that moved has changed. */
    enum Relief {
        NONE,
        /** It was suspected. */
        TRUSTED,
        /** It was down. */
        UP
    }

    private final GossipOptions options;
    private PhiAccrualDetector[] detectors = new PhiAccrualDetector[0];
    private boolean[] suspected = new boolean[0];
    private boolean[] down = new boolean[0];
    private int suspectedCount;
    private int downCount;

    Suspicions(GossipOptions options) {
        this.options = options;
    }

    /**
     * Other members: at each index, the index it had before, negative when it was none. The silence of new ones
     * counts from now on.
     */
    void rearrange(int[] oldIndexes, long nowNanos) {
        int count = oldIndexes.length;
        PhiAccrualDetector[] nextDetectors = new PhiAccrualDetector[count];
        boolean[] nextSuspected = new boolean[count];
        boolean[] nextDown = new boolean[count];
        suspectedCount = 0;
        downCount = 0;
        for (int i = 0; i < count; i++) {
            int old = oldIndexes[i];
            nextDetectors[i] = old >= 0 ? detectors[old] : new PhiAccrualDetector(options, nowNanos);
            nextSuspected[i] = old >= 0 && suspected[old];
            nextDown[i] = old >= 0 && down[old];
            suspectedCount += nextSuspected[i] ? 1 : 0;
            downCount += nextDown[i] ? 1 : 0;
        }
        detectors = nextDetectors;
        suspected = nextSuspected;
        down = nextDown;
    }

    /** For so long it was this node that did not listen. */
    void forgive(long nanos, long nowNanos) {
        for (PhiAccrualDetector detector : detectors) {
            detector.forgive(nanos, nowNanos);
        }
    }

    /** The member's heartbeat has moved, or a new incarnation of it has been heard of. */
    Relief heard(int index, boolean newIncarnation, long nowNanos) {
        if (newIncarnation) {
            detectors[index] = new PhiAccrualDetector(options, nowNanos);
        } else {
            detectors[index].heard(nowNanos);
        }
        if (!suspected[index]) {
            return Relief.NONE;
        }
        suspected[index] = false;
        suspectedCount--;
        if (!down[index]) {
            return Relief.TRUSTED;
        }
        down[index] = false;
        downCount--;
        return Relief.UP;
    }

    /** Suspects who has been silent for too long; returns whether somebody has. */
    boolean suspect(int selfIndex, long nowNanos) {
        int before = suspectedCount;
        for (int i = 0; i < detectors.length; i++) {
            if (i != selfIndex && !suspected[i] && detectors[i].isSuspected(nowNanos)) {
                suspected[i] = true;
                suspectedCount++;
            }
        }
        return suspectedCount > before;
    }

    /** Takes for down whom another suspects too; returns who was not before. */
    List<Integer> condemn(int selfIndex, GossipView view) {
        if (suspectedCount == downCount) {
            return List.of();
        }
        List<Integer> fallen = new ArrayList<>();
        for (int i = 0; i < down.length; i++) {
            if (suspected[i] && !down[i] && isSeconded(i, selfIndex, view)) {
                down[i] = true;
                downCount++;
                fallen.add(i);
            }
        }
        return fallen;
    }

    /** Whether a member that is not suspected itself suspects that one too, or none is left that could. */
    private boolean isSeconded(int index, int selfIndex, GossipView view) {
        boolean hasOthers = false;
        for (int i = 0; i < suspected.length; i++) {
            if (i != selfIndex && !suspected[i]) {
                @Nullable MemberState state = view.state(i);
                if (state != null && state.suspects().contains(view.id(index))) {
                    return true;
                }
                hasOthers = true;
            }
        }
        return !hasOthers;
    }

    boolean isSuspected(int index) {
        return suspected[index];
    }

    boolean isDown(int index) {
        return down[index];
    }

    int suspectedCount() {
        return suspectedCount;
    }

    /** The ids of the suspected, as many as a state may hold. */
    Set<Long> suspects(GossipView view) {
        if (suspectedCount == 0) {
            return Set.of();
        }
        Set<Long> ids = new HashSet<>();
        for (int i = 0; i < suspected.length && ids.size() < MemberState.MAX_SUSPECTS; i++) {
            if (suspected[i]) {
                ids.add(view.id(i));
            }
        }
        return ids;
    }

    /** What other threads get to see. */
    Liveness liveness(GossipView view) {
        return new Liveness(
                idsWhere(down, downCount, view), idsWhere(suspected, suspectedCount, view), view.states());
    }

    private static long[] idsWhere(boolean[] flags, int count, GossipView view) {
        long[] ids = new long[count];
        int at = 0;
        for (int i = 0; i < flags.length; i++) {
            if (flags[i]) {
                ids[at++] = view.id(i);
            }
        }
        return ids;
    }
}
