package io.ringtail.server.net;

import java.util.ArrayList;
import java.util.List;

/** The replies of one turn that wait until the log is durable up to {@code position}. Confined to the event loop. */
final class HeldTurn {
    final long position;
    private final List<HeldReply> replies = new ArrayList<>();

    HeldTurn(long position) {
        this.position = position;
    }

    /** Keeps what a client is to be sent. */
    void add(HeldReply reply) {
        reply.awaitDisk();
        replies.add(reply);
    }

    /** Answers with an error in the place of each reply: the log will not become durable. */
    void refuse(String error) {
        for (int i = 0; i < replies.size(); i++) {
            replies.get(i).refuse(error);
        }
    }

    void release() {
        for (int i = 0; i < replies.size(); i++) {
            replies.get(i).durable();
        }
    }
}
