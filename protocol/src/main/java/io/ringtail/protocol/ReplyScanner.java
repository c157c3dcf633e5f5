package io.ringtail.protocol;

/** Finds where replies end, in bytes that this server itself has written: for taking one of several back. Pure. */
public final class ReplyScanner {
    private ReplyScanner() {}

    /**
     * The end of the reply that begins at {@code offset}.
     *
     * @throws IllegalArgumentException when there is no whole reply
     */
    public static int end(byte[] replies, int offset) {
        int at = offset;
        // Elements still to come, of this reply and of those it is part of.
        long missing = 1;
        while (missing > 0) {
            if (at >= replies.length) {
                throw new IllegalArgumentException("a reply that does not end");
            }
            byte type = replies[at];
            int line = lineEnd(replies, at + 1);
            missing--;
            switch (type) {
                case '$', '=', '!' -> {
                    long size = number(replies, at + 1, line);
                    at = line + 2;
                    if (size >= 0) {
                        at += (int) size + 2;
                    }
                }
                case '*', '~', '>' -> {
                    missing += Math.max(0, number(replies, at + 1, line));
                    at = line + 2;
                }
                case '%' -> {
                    missing += 2 * number(replies, at + 1, line);
                    at = line + 2;
                }
                case '|' -> {
                    // What it is about follows it.
                    missing += 2 * number(replies, at + 1, line) + 1;
                    at = line + 2;
                }
                default -> at = line + 2;
            }
        }
        return at;
    }

    private static int lineEnd(byte[] replies, int from) {
        for (int i = from; i + 1 < replies.length; i++) {
            if (replies[i] == '\r' && replies[i + 1] == '\n') {
                return i;
            }
        }
        throw new IllegalArgumentException("a line that does not end");
    }

    private static long number(byte[] replies, int from, int to) {
        return Long.parseLong(new String(replies, from, to - from, java.nio.charset.StandardCharsets.US_ASCII));
    }
}
