package io.ringtail.cluster.quorum;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * By how many nodes one client's writes have been accepted, beyond what they needed: what {@code WAIT} tells.
 *
 * <p>Counts how many writes have how many acceptances, so that a write costs it a few additions and no memory. It is about the writes since the client last asked:
 * the first one after that begins anew. Confined to the loop.
 *
 * <p>Invariant: the counts add up to the writes begun in this round; a write of an earlier round is told by its round's number and not counted.
 */
public final class Acceptances {
    /** A write that has more counts as one that has so many; no keyspace has as many replicas. */
    private static final int MAX = 16;

    private final int[] writesWith = new int[MAX + 1];
    private int round;
    private boolean isToldOf;
    private int wanted;
    private @Nullable Runnable whenReached;

    /** Notes a write that nobody has accepted yet; the round it belongs to. */
    public int began() {
        if (isToldOf) {
            isToldOf = false;
            round++;
            Arrays.fill(writesWith, 0);
        }
        writesWith[0]++;
        return round;
    }

    /** A write that {@code from} had accepted is now accepted by {@code to}, which may be fewer when it has been sent anew. */
    public void changed(int ofRound, int from, int to) {
        if (ofRound != round) {
            return;
        }
        writesWith[Math.min(from, MAX)]--;
        writesWith[Math.min(to, MAX)]++;
        Runnable listener = whenReached;
        if (listener != null && copies() >= wanted) {
            whenReached = null;
            listener.run();
        }
    }

    /** The fewest nodes that have accepted one of the writes; the most there can be when there was none. */
    public int copies() {
        for (int count = 0; count < MAX; count++) {
            if (writesWith[count] > 0) {
                return count;
            }
        }
        return MAX;
    }

    /** The client has been told: with its next write it begins anew. */
    public void told() {
        isToldOf = true;
        whenReached = null;
    }

    /** Has {@code listener} called, once, when all of the writes have so many acceptances. In place of any set before. */
    public void whenReached(int copies, Runnable listener) {
        wanted = Math.min(copies, MAX);
        whenReached = listener;
    }

    /** Nobody waits any more. */
    public void forget() {
        whenReached = null;
    }
}
