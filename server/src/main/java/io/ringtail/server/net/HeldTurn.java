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

    HeldTurn(long position) {
        this.position = position;
    }

    void add(ConnectionHandler connection, ByteBuf reply) {
        connections.add(connection);
        replies.add(reply);
    }

    void release() {
        for (int i = 0; i < replies.size(); i++) {
            connections.get(i).sendHeld(replies.get(i));
        }
    }
}
