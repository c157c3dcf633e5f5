package io.ringtail.bench.simulation.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What a loop has to tell its clients, kept until the log is as durable as the turn in which it came about asks for: a server's held replies. Confined to the loop.
 */
final class TurnReplies {
    private record Held(long position, List<Runnable> replies) {}

    private final Deque<Held> held = new ArrayDeque<>();
    private List<Runnable> ofTurn = new ArrayList<>();
    private long durablePosition;

    /** Has {@code reply} run when the turn has ended and all it saw is durable. */
    void add(Runnable reply) {
        ofTurn.add(reply);
    }

    /** Ends a turn that is durable once the log is up to {@code position}; 0 when it is. */
    void endTurn(long position) {
        if (!ofTurn.isEmpty()) {
            held.add(new Held(position, ofTurn));
            ofTurn = new ArrayList<>();
        }
        release();
    }

    void durable(long position) {
        durablePosition = Math.max(durablePosition, position);
        release();
    }

    private void release() {
        while (!held.isEmpty() && held.element().position <= durablePosition) {
            held.remove().replies.forEach(Runnable::run);
        }
    }

    int heldCount() {
        return held.size();
    }
}
