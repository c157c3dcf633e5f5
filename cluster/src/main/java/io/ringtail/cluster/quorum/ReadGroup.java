package io.ringtail.cluster.quorum;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one client's turn that have been answered with what this node holds, and whose replies wait until as many other replicas as their level asks for have
 * confirmed that they hold the same.
 *
 * <p>Told of each once, by {@link Confirmations}: confirmed, or doubtful. A doubtful one has to be repeated as a read of all those replicas; then the group is
 * settled. Reads of one key that the client made later have to be repeated with it, so that what it is told does not go back ({@link #doubtAlso}).
 *
 * <p>Confined to the loop.
 */
public final class ReadGroup {
    /** In the place of the reply's index. */
    private static final int CANCELLED = -1;

    /** A group is not used again, so that each step costs an array: pipelines have few requests or many. */
    private static final int GROWTH = 4;

    private int[] replyIndexes = new int[16];
    private long[] tokens = new long[16];
    private boolean[] doubtful = new boolean[16];
    private int count;
    private int cancelledCount;
    private int pending;
    private int doubtfulCount;
    private boolean repeated;
    private @Nullable Runnable whenDone;

    /** Adds a read; its number in the group. */
    int add(int replyIndex, long token, int confirmations) {
        if (count == tokens.length) {
            replyIndexes = Arrays.copyOf(replyIndexes, GROWTH * count);
            tokens = Arrays.copyOf(tokens, GROWTH * count);
            doubtful = Arrays.copyOf(doubtful, GROWTH * count);
        }
        replyIndexes[count] = replyIndex;
        tokens[count] = token;
        pending += confirmations;
        return count++;
    }

    /** So many of them are confirmed by one more replica each. */
    void confirmed(int reads) {
        ended(reads);
    }

    void doubted(int read) {
        doubt(read);
        ended(1);
    }

    private void doubt(int read) {
        if (!doubtful[read] && replyIndexes[read] != CANCELLED) {
            doubtful[read] = true;
            doubtfulCount++;
        }
    }

    private void ended(int reads) {
        pending -= reads;
        Runnable listener = whenDone;
        if (pending == 0 && listener != null) {
            whenDone = null;
            listener.run();
        }
    }

    /** Reads from number {@code first} on have no reply: the command was taken back, and will be run again. What becomes of them does not matter. */
    public void cancel(int first) {
        for (int i = first; i < count; i++) {
            cancelledCount += replyIndexes[i] == CANCELLED ? 0 : 1;
            replyIndexes[i] = CANCELLED;
        }
    }

    /** How many reads there are, cancelled ones among them. */
    public int count() {
        return count;
    }

    /** Whether no reply tells of any of them. */
    public boolean isCancelled() {
        return cancelledCount == count;
    }

    /** Whether all have been told of. */
    public boolean isDone() {
        return pending == 0;
    }

    /** Has {@code listener} called when all have been told of; not called when that is so already. */
    public void whenDone(Runnable listener) {
        whenDone = listener;
    }

    /** Whether a read has to be repeated. */
    public boolean isDoubtful() {
        return doubtfulCount > 0;
    }

    /** Indexes of the replies that tell of a read which has to be repeated. */
    public BitSet doubtfulReplies() {
        BitSet indexes = new BitSet();
        for (int i = 0; i < count; i++) {
            if (doubtful[i]) {
                indexes.set(replyIndexes[i]);
            }
        }
        return indexes;
    }

    /** Has reads of the keys that {@code earlier} has to repeat repeated here too, and those that follow them in {@code earlier} itself. */
    public void doubtAlso(ReadGroup earlier) {
        Set<Long> repeatedTokens = new HashSet<>();
        if (earlier != this) {
            for (int i = 0; i < earlier.count; i++) {
                if (earlier.doubtful[i]) {
                    repeatedTokens.add(earlier.tokens[i]);
                }
            }
        }
        for (int i = 0; i < count; i++) {
            if (earlier == this && doubtful[i]) {
                repeatedTokens.add(tokens[i]);
            } else if (repeatedTokens.contains(tokens[i])) {
                doubt(i);
            }
        }
    }

    /** Those that were doubtful have been read again. */
    public void repeated() {
        repeated = true;
    }

    /** Whether nothing can become of the replies any more but what they are. */
    public boolean isSettled() {
        return pending == 0 && (doubtfulCount == 0 || repeated);
    }

    /** Whether one of the reads is of a key with that token. */
    public boolean has(long token) {
        for (int i = 0; i < count; i++) {
            if (tokens[i] == token && replyIndexes[i] != CANCELLED) {
                return true;
            }
        }
        return false;
    }
}
