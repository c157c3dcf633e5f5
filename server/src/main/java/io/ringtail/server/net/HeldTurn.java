package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The replies of one turn that wait until the log is durable up to {@code position}. Confined to the event loop; owns the buffers until
 * they are sent or dropped.
 */
final class HeldTurn {
    final long position;
    private final List<ConnectionHandler> connections = new ArrayList<>();
    private final List<ByteBuf> replies = new ArrayList<>();
    private final List<Integer> replyCounts = new ArrayList<>();

    HeldTurn(long position) {
        this.position = position;
    }

    /** Keeps what a connection is to be sent: so many replies. */
    void add(ConnectionHandler connection, ByteBuf reply, int replyCount) {
        connections.add(connection);
        replies.add(reply);
        replyCounts.add(replyCount);
    }

    /** Sends an error in the place of each reply: the log will not become durable. */
    void refuse(String error) {
        for (int i = 0; i < replies.size(); i++) {
            connections.get(i).refuseHeld(replies.get(i), replyCounts.get(i), error);
        }
    }

    void release() {
        for (int i = 0; i < replies.size(); i++) {
            connections.get(i).sendHeld(replies.get(i));
        }
    }
}
