package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.transport.ReplyPath;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop has of the data: the session of its clients' commands and, where there are other nodes, its part in every turn. Confined to the loop.
 */
public interface LoopData {
    DataSession session();

    /** Sends other nodes what this turn has for them; before the turn is handed to the log. */
    default void sendRequests() {}

    /**
     * Ends the turn: answers other nodes once the log is durable up to {@code position} (0: as it is).
     *
     * @param failure why the log did not take the turn; null when it did
     */
    default void endTurn(long position, @Nullable String failure) {}

    /** The log is durable up to {@code position}. */
    default void durable(long position) {}

    /** The log will not become durable any more. */
    default void durableNoMore(String failure) {}

    /** Answers a command that another node has forwarded. */
    default void answerForwarded(ReplyPath to, long id, byte[] reply, int offset, int size) {
        throw new IllegalStateException("there are no other nodes");
    }

    /** Closes the session and gives back what else the loop holds. */
    default void close() {
        session().close();
    }
}
