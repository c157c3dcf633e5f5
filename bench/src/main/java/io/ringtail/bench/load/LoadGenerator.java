package io.ringtail.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The driver of our own: one thread, one selector, requests encoded beforehand, replies counted in place, so that one
 * core can ask more than a server on another can answer.
 *
 * <p>A closed loop, as redis-benchmark's: each connection sends a batch, waits for all its replies, sends the next.
 * The latency of a reply is the time from the sending of its batch to the reading of its bytes. Confined to the
 * thread that calls {@link #run}, at whose end all connections are closed.
 */
public final class LoadGenerator implements Driver {
    private static final long SELECT_MILLIS = 200;
    private static final long SILENCE_LIMIT_NANOS = 20_000_000_000L;
    private static final int MIN_READ_BYTES = 16 << 10;
    private static final int MAX_READ_BYTES = 256 << 10;
    private static final long LATENCY_LIMIT_NANOS = 60_000_000_000L;

    @Override
    public LoadResult run(int[] ports, Load load) throws IOException {
        try (Selector selector = Selector.open()) {
            return new Run(load, selector).run(ports);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** One load while it lasts. */
    private static final class Run {
        private final Load load;
        private final Selector selector;
        private final Histogram latencies = new Histogram(LATENCY_LIMIT_NANOS, 3);
        private final List<Connection> connections = new ArrayList<>();
        private int active;
        private long unsent;
        private long answered;
        private long stopNanos;
        private long lastReplyNanos;

        Run(Load load, Selector selector) {
            this.load = load;
            this.selector = selector;
            this.unsent = load.requestsMax();
        }

        LoadResult run(int[] ports) throws IOException {
            try {
                for (int i = 0; i < load.clients(); i++) {
                    InetSocketAddress address =
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), ports[i % ports.length]);
                    connections.add(new Connection(this, address, i));
                }
                long startCpuNanos = cpuNanos();
                long startNanos = System.nanoTime();
                stopNanos = startNanos + (long) (Math.min(load.secondsMax(), 1e6) * 1e9);
                lastReplyNanos = startNanos;
                active = connections.size();
                for (Connection connection : connections) {
                    connection.send(System.nanoTime());
                }
                while (active > 0) {
                    selector.select(Run::ready, SELECT_MILLIS);
                    if (System.nanoTime() - lastReplyNanos > SILENCE_LIMIT_NANOS) {
                        throw new IOException("no reply for " + SILENCE_LIMIT_NANOS / 1_000_000_000 + " s, "
                                + active + " connections wait");
                    }
                }
                return result(startNanos, cpuNanos() - startCpuNanos);
            } finally {
                for (Connection connection : connections) {
                    connection.channel.close();
                }
            }
        }

        /** CPU time of this thread. */
        private static long cpuNanos() {
            return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }

        private LoadResult result(long startNanos, long spentCpuNanos) {
            long missing = 0;
            for (Connection connection : connections) {
                missing += connection.replies.missing();
            }
            return new LoadResult(
                    answered,
                    (lastReplyNanos - startNanos) / 1e9,
                    latencies.getValueAtPercentile(50) / 1e3,
                    latencies.getValueAtPercentile(99) / 1e3,
                    missing,
                    (double) spentCpuNanos / Math.max(1, lastReplyNanos - startNanos));
        }

        private static void ready(SelectionKey key) {
            try {
                ((Connection) key.attachment()).ready();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** How many requests a connection may send now. */
        private int take(long nowNanos) {
            if (nowNanos - stopNanos >= 0) {
                return 0;
            }
            int count = (int) Math.min(load.pipeline(), unsent);
            unsent -= count;
            return count;
        }

        private void answered(int count, long nanos, long nowNanos) {
            answered += count;
            lastReplyNanos = nowNanos;
            latencies.recordValueWithCount(Math.min(nanos, LATENCY_LIMIT_NANOS), count);
        }
    }

    /** One client: it either has a batch to finish writing, or replies to wait for. */
    private static final class Connection {
        private final Run run;
        private final SocketChannel channel;
        private final SelectionKey key;
        private final RequestBatch batch;
        private final ReplyScanner replies;
        private final ByteBuffer in;
        private ByteBuffer out = ByteBuffer.allocate(0);
        private int awaited;
        private long sentNanos;

        Connection(Run run, InetSocketAddress address, int index) throws IOException {
            Load load = run.load;
            this.run = run;
            this.batch = new RequestBatch(load, index + 1, index);
            this.replies = new ReplyScanner(load);
            int replyBytes = load.valueBytes() + 32;
            this.in = ByteBuffer.allocateDirect(Math.max(
                    replyBytes, Math.clamp((long) load.pipeline() * replyBytes, MIN_READ_BYTES, MAX_READ_BYTES)));
            this.channel = SocketChannel.open();
            try {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.socket().connect(address, 5_000);
                channel.configureBlocking(false);
                this.key = channel.register(run.selector, SelectionKey.OP_READ, this);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }

        /** Sends the next batch, or ends this client when there is none. */
        void send(long nowNanos) throws IOException {
            int count = run.take(nowNanos);
            if (count == 0) {
                channel.close();
                run.active--;
                return;
            }
            out = batch.next(count, run.load.clients());
            awaited = count;
            sentNanos = nowNanos;
            write();
        }

        private void write() throws IOException {
            channel.write(out);
            int interest = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
            if (key.interestOps() != interest) {
                key.interestOps(interest);
            }
        }

        void ready() throws IOException {
            if (key.isWritable()) {
                write();
            }
            if (!key.isReadable()) {
                return;
            }
            if (channel.read(in) < 0) {
                throw new IOException("the server closed a connection with " + awaited + " replies missing");
            }
            in.flip();
            int count = replies.scan(in, awaited);
            if (in.hasRemaining()) {
                in.compact();
            } else {
                in.clear();
            }
            if (count == 0) {
                return;
            }
            long nowNanos = System.nanoTime();
            run.answered(count, nowNanos - sentNanos, nowNanos);
            awaited -= count;
            if (awaited == 0) {
                send(nowNanos);
            }
        }
    }
}
