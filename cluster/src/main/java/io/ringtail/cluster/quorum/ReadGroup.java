package io.ringtail.cluster.quorum;

import java.util.Arrays;
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
    private int[] replyIndexes = new int[16];
    private long[] tokens = new long[16];
    private boolean[] doubtful = new boolean[16];
    private int count;
    private int pending;
    private int doubtfulCount;
    private boolean repeated;
    private @Nullable Runnable whenDone;

    /** Adds a read; its number in the group. */
    int add(int replyIndex, long token, int confirmations) {
        if (count == tokens.length) {
            replyIndexes = Arrays.copyOf(replyIndexes, 2 * count);
            tokens = Arrays.copyOf(tokens, 2 * count);
            doubtful = Arrays.copyOf(doubtful, 2 * count);
        }
        replyIndexes[count] = replyIndex;
        tokens[count] = token;
        pending += confirmations;
        return count++;
    }

    void confirmed() {
        ended();
    }

    void doubted(int read) {
        doubt(read);
        ended();
    }

    private void doubt(int read) {
        if (!doubtful[read]) {
            doubtful[read] = true;
            doubtfulCount++;
        }
    }

    private void ended() {
        pending--;
        Runnable listener = whenDone;
        if (pending == 0 && listener != null) {
            whenDone = null;
            listener.run();
        }
    }

    /** How many reads there are. */
    public int count() {
        return count;
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

    /** Whether a read that reply {@code replyIndex} tells of has to be repeated. */
    public boolean isDoubtful(int replyIndex) {
        for (int i = 0; i < count; i++) {
            if (doubtful[i] && replyIndexes[i] == replyIndex) {
                return true;
            }
        }
        return false;
    }

    /** Has reads of the keys that {@code earlier} has to repeat repeated here too, and those that follow them in {@code earlier} itself. */
    public void doubtAlso(ReadGroup earlier) {
        for (int i = 0; i < earlier.count; i++) {
            if (earlier.doubtful[i]) {
                for (int j = earlier == this ? i + 1 : 0; j < count; j++) {
                    if (tokens[j] == earlier.tokens[i]) {
                        doubt(j);
                    }
                }
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
            if (tokens[i] == token) {
                return true;
            }
        }
        return false;
    }
}
