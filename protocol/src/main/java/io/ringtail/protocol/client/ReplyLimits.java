package io.ringtail.protocol.client;

/**
 * How much one reply may bring. Immutable.
 *
 * @param maxDepth aggregates within aggregates
 * @param maxLineBytes bytes of a line: a simple string, an error, a number, a length
 * @param maxBulkBytes bytes of one bulk string
 * @param maxReplyBytes bytes of a whole reply
 */
public record ReplyLimits(int maxDepth, int maxLineBytes, int maxBulkBytes, long maxReplyBytes) {
    public static final ReplyLimits DEFAULT = new ReplyLimits(128, 64 * 1024, 512 * 1024 * 1024, 1L << 30);

    public ReplyLimits {
        if (maxDepth < 0 || maxLineBytes < 1 || maxBulkBytes < 0 || maxReplyBytes < 1) {
            throw new IllegalArgumentException("limits must be positive: depth " + maxDepth + ", " + maxLineBytes
                    + " line bytes, " + maxBulkBytes + " bulk bytes, " + maxReplyBytes + " reply bytes");
        }
    }
}
