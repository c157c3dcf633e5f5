package io.ringtail.bench.changes;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Clients that send one command after the other at a fixed pace, every other one a SET, the rest GETs whose answers are checked, whatever becomes of the cluster.
 *
 * <p>A command's time counts from when it was due, not from when it was sent: a server that stalls makes all that waited for it late, as it does for users. A client whose
 * connection ends goes to the next node, as client libraries do.
 *
 * <p>Started by one thread, which takes what was measured since the last time ({@link #take}); closed by it too.
 */
final class PacedClients implements AutoCloseable {
    private static final long LATENCY_LIMIT_NANOS = 120_000_000_000L;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Dataset dataset;
    private final long periodNanos;
    private final List<Integer> ports;
    private final List<Client> clients = new ArrayList<>();
    private volatile boolean stopping;

    /**
     * What clients felt during some time.
     *
     * @param latencies in nanoseconds, of commands that were answered
     * @param refused error replies
     * @param lost connections that ended or did not answer for 10 s, with a command unanswered
     * @param wrong answers that were not a value of the key
     * @param lastError the last error of any kind, empty when there was none
     */
    record Felt(Histogram latencies, long refused, long lost, long wrong, String lastError) {}

    /**
     * Starts them.
     *
     * @param perSecond commands of all clients together
     * @param ports of the nodes that clients connect to in turns
     */
    PacedClients(Dataset dataset, int count, int perSecond, List<Integer> ports) {
        this.dataset = dataset;
        this.periodNanos = TimeUnit.SECONDS.toNanos(count) / perSecond;
        this.ports = List.copyOf(ports);
        for (int i = 0; i < count; i++) {
            clients.add(new Client(i));
        }
        clients.forEach(client -> client.thread.start());
    }

    /** What has been measured since this was called last. */
    Felt take() {
        Histogram all = new Histogram(LATENCY_LIMIT_NANOS, 3);
        long refused = 0;
        long lost = 0;
        long wrong = 0;
        String lastError = "";
        for (Client client : clients) {
            Felt felt = client.take();
            all.add(felt.latencies);
            refused += felt.refused;
            lost += felt.lost;
            wrong += felt.wrong;
            lastError = felt.lastError.isEmpty() ? lastError : felt.lastError;
        }
        return new Felt(all, refused, lost, wrong, lastError);
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        for (Client client : clients) {
            LockSupport.unpark(client.thread);
            try {
                client.thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private final class Client implements Runnable {
        final Thread thread;
        private final SplittableRandom random;
        private int node;
        private @Nullable Socket socket;
        private @Nullable DataInputStream in;
        private Histogram latencies = new Histogram(LATENCY_LIMIT_NANOS, 3);
        private long refused;
        private long lost;
        private long wrong;
        private String lastError = "";

        Client(int number) {
            this.node = number;
            this.random = new SplittableRandom(number);
            this.thread = Thread.ofPlatform().daemon().name("client-" + number).unstarted(this);
        }

        synchronized Felt take() {
            Felt felt = new Felt(latencies, refused, lost, wrong, lastError);
            latencies = new Histogram(LATENCY_LIMIT_NANOS, 3);
            refused = 0;
            lost = 0;
            wrong = 0;
            lastError = "";
            return felt;
        }

        @Override
        public void run() {
            // Not all at the same moment.
            long dueNanos = System.nanoTime() + random.nextLong(periodNanos);
            for (boolean writes = false; !stopping; writes = !writes) {
                for (long left = dueNanos - System.nanoTime(); left > 0 && !stopping; left = dueNanos - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                try {
                    boolean right = command(random.nextInt(dataset.keys()), writes);
                    answered(System.nanoTime() - dueNanos, right);
                } catch (Commands.Refused e) {
                    refused(String.valueOf(e.getMessage()));
                } catch (IOException e) {
                    lost("127.0.0.1:" + port() + ": " + e);
                    disconnect();
                    node++;
                }
                dueNanos += periodNanos;
            }
            disconnect();
        }

        private int port() {
            return ports.get(node % ports.size());
        }

        private boolean command(int key, boolean writes) throws IOException {
            Socket connected = socket;
            DataInputStream replies = in;
            if (connected == null || replies == null) {
                connected = new Socket();
                socket = connected;
                connected.setTcpNoDelay(true);
                connected.setSoTimeout(TIMEOUT_MILLIS);
                connected.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), TIMEOUT_MILLIS);
                replies = new DataInputStream(new BufferedInputStream(connected.getInputStream()));
                in = replies;
            }
            Commands commands = new Commands();
            if (writes) {
                commands.set(Dataset.key(key), dataset.value(key)).writeTo(connected.getOutputStream());
                Commands.readOk(replies);
                return true;
            }
            commands.get(Dataset.key(key)).writeTo(connected.getOutputStream());
            byte[] value = Commands.readBulk(replies);
            return value != null && dataset.isValue(key, value);
        }

        private synchronized void answered(long nanos, boolean right) {
            latencies.recordValue(Math.clamp(nanos, 0, LATENCY_LIMIT_NANOS));
            if (!right) {
                wrong++;
                lastError = "a GET was answered with what was never written there";
            }
        }

        private synchronized void refused(String error) {
            refused++;
            lastError = error;
        }

        private synchronized void lost(String why) {
            lost++;
            lastError = why;
        }

        private void disconnect() {
            Socket connected = socket;
            socket = null;
            in = null;
            if (connected != null) {
                try {
                    connected.close();
                } catch (IOException e) {
                    lost("closing: " + e);
                }
            }
        }
    }
}
