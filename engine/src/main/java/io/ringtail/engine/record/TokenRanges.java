package io.ringtail.engine.record;

import java.util.ArrayList;
import java.util.List;

/** Stretches of the ring that do not overlap, ascending. Tokens are unsigned, both ends of a stretch included. Immutable. */
public final class TokenRanges {
    public static final TokenRanges NONE = new TokenRanges(new long[0], new long[0]);

    private final long[] firsts;
    private final long[] lasts;

    private TokenRanges(long[] firsts, long[] lasts) {
        this.firsts = firsts;
        this.lasts = lasts;
    }

    /** Collects stretches in ascending order; such as touch become one. Confined to one thread. */
    public static final class Builder {
        private final List<Long> firsts = new ArrayList<>();
        private final List<Long> lasts = new ArrayList<>();

        /** Adds a stretch behind all others. */
        public Builder add(long first, long last) {
            if (Long.compareUnsigned(first, last) > 0 || !lasts.isEmpty() && Long.compareUnsigned(first, lasts.getLast()) <= 0) {
                throw new IllegalArgumentException("tokens from " + Long.toHexString(first) + " through " + Long.toHexString(last) + " out of order");
            }
            if (!lasts.isEmpty() && lasts.getLast() + 1 == first) {
                lasts.set(lasts.size() - 1, last);
            } else {
                firsts.add(first);
                lasts.add(last);
            }
            return this;
        }

        public TokenRanges build() {
            return firsts.isEmpty()
                    ? NONE
                    : new TokenRanges(
                            firsts.stream().mapToLong(Long::longValue).toArray(), lasts.stream().mapToLong(Long::longValue).toArray());
        }
    }

    public boolean isEmpty() {
        return firsts.length == 0;
    }

    public int count() {
        return firsts.length;
    }

    public long first(int index) {
        return firsts[index];
    }

    public long last(int index) {
        return lasts[index];
    }

    public boolean contains(long token) {
        int low = 0;
        int high = firsts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(token, firsts[middle]) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(token, lasts[middle]) > 0) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("TokenRanges");
        for (int i = 0; i < firsts.length; i++) {
            text.append(' ').append(Long.toHexString(firsts[i])).append('-').append(Long.toHexString(lasts[i]));
        }
        return text.toString();
    }
}
