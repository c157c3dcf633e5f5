package io.ringtail.cluster.coordinator;

import java.util.Arrays;

/** Tokens of keys to be told from others; beyond a bound all are taken for members. Allocates nothing until there are any. Confined to one thread. */
final class FewTokens {
    private static final int MAX = 1024;

    private long[] tokens = new long[0];
    private int count;

    void add(long token) {
        if (count < MAX) {
            if (count == tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(8, 2 * count));
            }
            tokens[count++] = token;
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Whether {@code token} is among them; true for any when they have become too many. */
    boolean mayHave(long token) {
        if (count == MAX) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            if (tokens[i] == token) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        count = 0;
    }
}
