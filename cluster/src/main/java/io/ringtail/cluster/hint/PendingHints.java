package io.ringtail.cluster.hint;

/**
 * What waits for one member. Immutable.
 *
 * @param count hints
 * @param bytes of them, with their keys
 * @param oldestMillis none is older, since 1970; 0 when there are none
 */
public record PendingHints(long count, long bytes, long oldestMillis) {
    public static final PendingHints NONE = new PendingHints(0, 0, 0);
}
