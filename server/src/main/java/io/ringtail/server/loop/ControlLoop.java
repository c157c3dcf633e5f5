package io.ringtail.server.loop;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The one thread, {@code cluster-control}, that carries gossip, the topology's consensus, joining, the delivery of hints, and the handshakes of nodes that connect.
 * Made and closed by the server.
 */
public final class ControlLoop {
    private final EventLoopGroup group;
    private final EventLoopLoop loop;

    public ControlLoop(Sockets sockets, OffloadPool pool) {
        ThreadFactory threads = task -> new FastThreadLocalThread(task, "cluster-control");
        group = new MultiThreadIoEventLoopGroup(1, threads, sockets.ioHandlers());
        loop = new EventLoopLoop(group.next(), pool);
    }

    public EventLoopLoop loop() {
        return loop;
    }

    /** Ends the thread after what it has begun. */
    public void close(long timeoutMillis) {
        group.shutdownGracefully(0, timeoutMillis, TimeUnit.MILLISECONDS).awaitUninterruptibly(timeoutMillis);
    }
}
