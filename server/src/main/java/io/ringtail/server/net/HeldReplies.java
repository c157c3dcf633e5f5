package io.ringtail.server.net;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one connection that are on their way, a turn's each, in the order in which they have to go: and what they occupy meanwhile.
 *
 * <p>Made with the connection. Confined to its event loop.
 *
 * <p>Invariant: {@link #bytes} is the sum of what those in it occupy.
 */
final class HeldReplies {
    /** Turns whose replies wait for other nodes before the connection is no longer read. */
    private static final int MANY = 128;

    private final ArrayDeque<HeldReply> replies = new ArrayDeque<>(0);
    private long bytes;

    void add(HeldReply held) {
        replies.add(held);
        bytes += held.bytes();
    }

    boolean isEmpty() {
        return replies.isEmpty();
    }

    boolean areMany() {
        return replies.size() > MANY;
    }

    long bytes() {
        return bytes;
    }

    /** One of them occupies more than it did. */
    void grew(int by) {
        bytes += by;
    }

    /** The one that has to go first; null when there are none. */
    @Nullable HeldReply first() {
        return replies.peek();
    }

    /** Takes the one that has to go first, if it can; null when it cannot, or there is none. */
    @Nullable HeldReply takeReady() {
        HeldReply first = replies.peek();
        if (first == null || !first.isReady()) {
            return null;
        }
        replies.remove();
        bytes -= first.bytes();
        return first;
    }

    /** Nobody is there to be sent them. */
    void drop() {
        for (HeldReply held : replies) {
            held.drop();
        }
        replies.clear();
        bytes = 0;
    }
}
