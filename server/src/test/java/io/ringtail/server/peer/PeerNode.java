package io.ringtail.server.peer;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.TransportListener;
import io.ringtail.server.loop.ControlLoop;
import io.ringtail.server.loop.OffloadPool;
import io.ringtail.server.loop.Sockets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A node that is nothing but its links: every loop answers a request with the request's text and writes down what it is told. A message is a type, 2 for a request and 3 for an
 * answer, and text.
 */
final class PeerNode implements AutoCloseable {
    /** One loop's links and what they said, {@code up 2}, {@code down 2}, {@code 2: text} for answers, in the order it came. */
    static final class Desk implements TransportListener {
        final LoopLinks links;
        final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
        final AtomicInteger answers = new AtomicInteger();
        volatile boolean answering = true;
        volatile UnaryOperator<String> answer = text -> text;
        volatile String threads = "";

        Desk(LoopLinks links) {
            this.links = links;
            links.listener(this);
        }

        @Override
        public void request(ReplyPath from, byte[] message, int offset, int size) {
            threads = Thread.currentThread().getName();
            if (!answering) {
                return;
            }
            String text = new String(message, offset + 1, size - 1, StandardCharsets.UTF_8);
            if (text.length() < 100) {
                requests.add(from.memberId() + ": " + text);
            }
            byte[] reply = message(3, answer.apply(text));
            from.send(reply, 0, reply.length);
        }

        @Override
        public void reply(long memberId, byte[] message, int offset, int size) {
            answers.incrementAndGet();
            if (size < 100) {
                events.add(memberId + ": " + new String(message, offset + 1, size - 1, StandardCharsets.UTF_8));
            }
        }

        @Override
        public void linkUp(long memberId) {
            events.add("up " + memberId);
        }

        @Override
        public void linkDown(long memberId) {
            events.add("down " + memberId);
        }

        /** Sends texts in one turn; returns how many were taken. */
        int ask(long memberId, String... texts) {
            return on(() -> {
                int taken = 0;
                for (String text : texts) {
                    byte[] request = message(2, text);
                    taken += links.send(memberId, request, 0, request.length) ? 1 : 0;
                }
                return taken;
            });
        }

        boolean isResponsive(long memberId) {
            return on(() -> links.isResponsive(memberId));
        }

        boolean isUp(long memberId) {
            String last = "";
            for (String event : events) {
                if (event.equals("up " + memberId) || event.equals("down " + memberId)) {
                    last = event;
                }
            }
            return last.startsWith("up");
        }

        long count(String event) {
            return events.stream().filter(event::equals).count();
        }

        <T> T on(java.util.concurrent.Callable<T> task) {
            try {
                return links.eventLoop().submit(task).get(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    final long id;
    final PeerNetwork network;
    final List<Desk> data = new ArrayList<>();
    final Desk control;
    final int port;
    private final OffloadPool pool = new OffloadPool(1);
    private final ControlLoop controlLoop;
    private final EventLoopGroup eventLoops;

    PeerNode(long id, int loopCount) {
        this(options(id), loopCount);
    }

    PeerNode(PeerOptions options, int loopCount) {
        this(options, loopCount, Sockets.best());
    }

    PeerNode(PeerOptions options, int loopCount, Sockets sockets) {
        this.id = options.nodeId();
        controlLoop = new ControlLoop(sockets, pool);
        AtomicInteger number = new AtomicInteger();
        ThreadFactory threads = task -> new FastThreadLocalThread(task, "loop-" + id + "-" + number.incrementAndGet());
        eventLoops = new MultiThreadIoEventLoopGroup(loopCount, threads, sockets.ioHandlers());
        network = new PeerNetwork(options, sockets, controlLoop.loop(), pool, new PeerFaults(), new PeerMetrics());
        control = new Desk(network.control());
        for (int i = 0; i < loopCount; i++) {
            data.add(new Desk(network.addLoop((EventLoop) eventLoops.next())));
        }
        try {
            port = network.open();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static PeerOptions options(long id) {
        return options(id, "test", "");
    }

    static PeerOptions options(long id, String clusterName, String secret) {
        return new PeerOptions(
                id, 1, clusterName, secret, List.of("127.0.0.1"), 0, 500, 5000, 3000, 2000, 60_000, 64 << 20, 600 << 20);
    }

    /** With quicker ends and smaller queues than in life. */
    static PeerOptions impatient(long id, int closeAfterMillis, int handshakeMillis, long queueBytes) {
        return new PeerOptions(
                id,
                1,
                "test",
                "",
                List.of("127.0.0.1"),
                0,
                500,
                closeAfterMillis,
                handshakeMillis,
                2000,
                60_000,
                queueBytes,
                600 << 20);
    }

    static byte[] message(int type, String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        byte[] message = new byte[encoded.length + 1];
        message[0] = (byte) type;
        System.arraycopy(encoded, 0, message, 1, encoded.length);
        return message;
    }

    Member member() {
        return new Member(id, "127.0.0.1", port, 1, 1, "");
    }

    /** Tells each of them of all. */
    static void introduce(PeerNode... nodes) {
        List<Member> members = new ArrayList<>();
        for (PeerNode node : nodes) {
            members.add(node.member());
        }
        for (PeerNode node : nodes) {
            node.network.members(members);
        }
    }

    PeerMetrics.Link counts(long memberId) {
        return network.metrics().link(memberId);
    }

    @Override
    public void close() {
        network.close(5000);
        controlLoop.close(5000);
        eventLoops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(5000);
        try {
            pool.close(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
