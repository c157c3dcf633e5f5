package io.ringtail.cluster.quorum;

import java.util.Arrays;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * By how many nodes one client's writes have been accepted: what {@code WAIT} tells.
 *
 * <p>Counts how many writes have how many acceptances, so that a write costs it a few additions and no memory. It is about all writes of the client, but for those that all
 * their replicas had accepted when the client was last told, and those that the client was told have failed.
 *
 * <p>What a replica did not take and a hint is to bring is counted as accepted once no hint waits for that replica any more. Where the hint was lost nobody will know, and
 * the write counts for ever as what it had. Confined to the loop.
 *
 * <p>Invariant: the counts add up to the writes that are neither left to hints nor failed; {@code incomplete} of them lack a replica.
 */
public final class Acceptances {
    /** A write that has more counts as one that has so many; no keyspace has as many replicas. */
    private static final int MAX = 16;

    private final long[] writesWith = new long[MAX + 1];
    private final MemberSet acceptors = new MemberSet();
    private long incomplete;
    private boolean isToldOf;

    /** The fewest acceptances, and the fewest replicas, of what was left to hints; {@link #MAX} when nothing was. */
    private int owedCopies = MAX;

    private int owedReplicas = MAX;
    private final MemberSet owed = new MemberSet();
    private boolean lost;
    /** The fewest replicas of what hints have brought. */
    private int broughtCopies = MAX;

    private int wanted;
    private @Nullable Runnable whenReached;

    /** A write that nobody has accepted yet. */
    public void began() {
        if (isToldOf) {
            isToldOf = false;
            Arrays.fill(writesWith, 0);
            acceptors.clear();
            broughtCopies = MAX;
        }
        writesWith[0]++;
        incomplete++;
    }

    /** A write that {@code from} had accepted is now accepted by {@code to}, which may be fewer when it has been sent anew. */
    public void changed(int from, int to) {
        writesWith[Math.min(from, MAX)]--;
        writesWith[Math.min(to, MAX)]++;
        Runnable listener = whenReached;
        if (listener != null && fewest() >= wanted) {
            whenReached = null;
            listener.run();
        }
    }

    /** A member is one of those who have accepted something. */
    public void acceptedBy(long memberId) {
        acceptors.add(memberId);
    }

    /** All replicas of a write have it, or something later. */
    public void completed() {
        incomplete--;
    }

    /** The client is told that a write has failed, which so many had accepted: nothing is said of it any more. */
    public void failed(int copies, boolean wasComplete) {
        writesWith[Math.min(copies, MAX)]--;
        incomplete -= wasComplete ? 0 : 1;
    }

    /** A hint is kept here for a member. */
    public void owedTo(long memberId) {
        owed.add(memberId);
    }

    /** Nobody is asked any more to accept a write that some replicas lack: hints are to bring it there, unless one was not kept. */
    public void leftToHints(int copies, int replicas, boolean hintLost) {
        writesWith[Math.min(copies, MAX)]--;
        incomplete--;
        owedCopies = Math.min(owedCopies, copies);
        owedReplicas = Math.min(owedReplicas, replicas);
        lost |= hintLost;
    }

    /**
     * The fewest nodes that have one of the writes; the most there can be when there was none.
     *
     * @param isBrought whether all hints for a member have come to it
     */
    public int copies(LongPredicate isBrought) {
        if (owedCopies < MAX && !lost) {
            boolean all = true;
            for (int i = 0; i < owed.count(); i++) {
                all &= isBrought.test(owed.id(i));
            }
            if (all) {
                broughtCopies = Math.min(broughtCopies, owedReplicas);
                owedCopies = MAX;
                owedReplicas = MAX;
                if (incomplete == 0) {
                    owed.clear();
                }
            }
        }
        return fewest();
    }

    private int fewest() {
        int most = Math.min(owedCopies, broughtCopies);
        for (int count = 0; count < most; count++) {
            if (writesWith[count] > 0) {
                return count;
            }
        }
        return most;
    }

    /** Whether every replica of everything has it, as far as is known. */
    public boolean isSettled() {
        return incomplete == 0 && owedCopies == MAX;
    }

    /** Who has accepted any of it. */
    public MemberSet acceptors() {
        return acceptors;
    }

    /** The client has been told: if all replicas have all that it has written, that is forgotten with its next write. */
    public void told() {
        isToldOf = isSettled();
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
