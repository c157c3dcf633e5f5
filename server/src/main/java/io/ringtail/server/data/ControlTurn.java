package io.ringtail.server.data;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.ringtail.server.peer.LoopLinks;

/** The turns of the control loop: what one iteration has queued for other nodes goes out when it ends. Confined to the loop. */
final class ControlTurn implements Runnable {
    private final SingleThreadEventLoop loop;
    private final LoopLinks links;
    private boolean inTurn;

    ControlTurn(EventLoop loop, LoopLinks links) {
        this.loop = (SingleThreadEventLoop) loop;
        this.links = links;
    }

    /** Begins a turn, unless one has begun. */
    @Override
    public void run() {
        if (!inTurn) {
            inTurn = true;
            loop.executeAfterEventLoopIteration(this::end);
        }
    }

    private void end() {
        inTurn = false;
        links.endTurn();
    }
}
