package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/**
 * Clients that write without pause, half of them with Jedis and half with Lettuce, each to keys of its own, and remember what was acknowledged.
 *
 * <p>A key's values are numbers that grow, and only one client writes it, one value after the other. When a write's outcome is unknown the client goes on with another
 * key: so afterwards a key holds its last acknowledged value, or the one that was left open, and nothing else. A write refused with {@code NOREPLICAS} was not carried out,
 * and its key goes on. A client whose node does not answer goes to the next of its list.
 *
 * <p>Made by a test, which starts, stops and then checks; {@link #errors} may be asked by any thread.
 */
final class ClusterLoad implements AutoCloseable {
    private static final int KEYS_AT_A_TIME = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LAST_SHOWN = 4;
    private static final long PAUSE_AFTER_ERROR_NANOS = 50_000_000;

    /** Something that a client was told, or was not. */
    record Failure(long nanos, HostAndPort node, boolean refused, String text, long tookMillis) {
        @Override
        public String toString() {
            return node + " after " + tookMillis + " ms: " + text;
        }
    }

    /** One key and what is known of it. */
    static final class Written {
        final String key;
        long acknowledged;
        /** Sent, with an outcome nobody knows; 0 when there is none. */
        long open;

        Written(String key) {
            this.key = key;
        }

        boolean allows(@Nullable String value) {
            long found = value == null ? 0 : Long.parseLong(value);
            return found == acknowledged || (open != 0 && found == open);
        }

        @Override
        public String toString() {
            return key + " acknowledged " + acknowledged + (open == 0 ? "" : " open " + open);
        }
    }

    private final String prefix;
    private final int timeoutMillis;
    private final boolean readsToo;
    private final ClientResources resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
    private final List<Writer> writers = new ArrayList<>();
    private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private volatile boolean stopping;

    /**
     * @param prefix of all keys
     * @param timeoutMillis after which a client gives a node up
     * @param readsToo whether clients read what they have written, which must be what they wrote last
     */
    ClusterLoad(String prefix, int timeoutMillis, boolean readsToo) {
        this.prefix = prefix;
        this.timeoutMillis = timeoutMillis;
        this.readsToo = readsToo;
    }

    /** Starts so many clients, each connected to one node, the n-th to the n-th of them. */
    ClusterLoad start(int clients, List<HostAndPort> nodes) {
        return start(clients, nodes, false);
    }

    /** Starts so many clients that know of clusters: they ask one of these nodes who there is, and go where each key is. */
    ClusterLoad startRouted(int clients, List<HostAndPort> seeds) {
        return start(clients, seeds, true);
    }

    private ClusterLoad start(int clients, List<HostAndPort> nodes, boolean routed) {
        for (int i = 0; i < clients; i++) {
            List<HostAndPort> order = new ArrayList<>(nodes);
            Collections.rotate(order, -i);
            writers.add(new Writer(writers.size(), order, routed));
        }
        writers.stream().filter(writer -> !writer.thread.isAlive()).forEach(writer -> writer.thread.start());
        return this;
    }

    private final class Writer implements Runnable {
        final int number;
        final List<HostAndPort> nodes;
        final boolean routed;
        final List<Written> all = new ArrayList<>();
        final List<Written> current = new ArrayList<>();
        final Thread thread;
        private @Nullable LoadClient client;
        private int at;

        Writer(int number, List<HostAndPort> nodes, boolean routed) {
            this.number = number;
            this.nodes = nodes;
            this.routed = routed;
            this.thread = Thread.ofPlatform().name("writer-" + number).unstarted(this);
        }

        private Written next() {
            Written made = new Written(prefix + number + ":" + all.size());
            all.add(made);
            return made;
        }

        private HostAndPort node() {
            return nodes.get(at % nodes.size());
        }

        @Override
        public void run() {
            for (int i = 0; i < KEYS_AT_A_TIME; i++) {
                current.add(next());
            }
            for (int turn = 0; !stopping; turn++) {
                int index = turn % KEYS_AT_A_TIME;
                Written key = current.get(index);
                long began = System.nanoTime();
                boolean sent = false;
                boolean reading = readsToo && turn % 3 == 2;
                try {
                    LoadClient connected = client();
                    sent = !reading;
                    if (reading) {
                        String found = connected.get(key.key);
                        if (!key.allows(found)) {
                            violations.add(key + " read as " + found + " at " + node());
                        }
                    } else {
                        connected.set(key.key, Long.toString(key.acknowledged + 1));
                        key.acknowledged++;
                    }
                    acknowledged.incrementAndGet();
                } catch (LoadClient.Refused e) {
                    failed(began, true, String.valueOf(e.getMessage()));
                    if (sent && !String.valueOf(e.getMessage()).startsWith("NOREPLICAS")) {
                        leave(index, key);
                    }
                } catch (LoadClient.Lost e) {
                    failed(began, false, String.valueOf(e.getMessage()));
                    if (sent) {
                        leave(index, key);
                    }
                    if (!routed || client == null) {
                        disconnect();
                        at++;
                    }
                }
            }
            disconnect();
        }

        private void leave(int index, Written key) {
            key.open = key.acknowledged + 1;
            current.set(index, next());
        }

        private void failed(long began, boolean refused, String text) {
            long now = System.nanoTime();
            failures.add(new Failure(now, node(), refused, text, TimeUnit.NANOSECONDS.toMillis(now - began)));
            LockSupport.parkNanos(PAUSE_AFTER_ERROR_NANOS);
        }

        private LoadClient client() throws LoadClient.Lost {
            LoadClient connected = client;
            if (connected == null) {
                connected = connect(number % 2 == 0);
                client = connected;
            }
            return connected;
        }

        private LoadClient connect(boolean jedis) throws LoadClient.Lost {
            if (routed) {
                return jedis
                        ? LoadClient.jedisCluster(node(), timeoutMillis)
                        : LoadClient.lettuceCluster(resources, node(), timeoutMillis);
            }
            return jedis ? LoadClient.jedis(node(), timeoutMillis) : LoadClient.lettuce(resources, node(), timeoutMillis);
        }

        private void disconnect() {
            LoadClient connected = client;
            client = null;
            if (connected != null) {
                connected.close();
            }
        }
    }

    /** How many commands went well so far. */
    long acknowledged() {
        return acknowledged.get();
    }

    /** Waits until so many more have. */
    void awaitMore(long count) {
        long wanted = acknowledged() + count;
        await("commands that go well").atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).untilAsserted(() -> assertThat(acknowledged())
                .as("commands that went well on " + prefix + "…; what went wrong last: " + last(LAST_SHOWN))
                .isGreaterThanOrEqualTo(wanted));
    }

    /** The last failures; fewer when there are fewer. */
    private List<Failure> last(int count) {
        List<Failure> all = errors();
        return all.subList(Math.max(0, all.size() - count), all.size());
    }

    /** Lets the load go on for so long, whatever becomes of it. */
    static void goOn(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** All that went wrong from one moment to another, by {@link System#nanoTime}. */
    List<Failure> errors(long fromNanos, long toNanos) {
        return failures.stream().filter(each -> each.nanos - fromNanos >= 0 && each.nanos - toNanos < 0).toList();
    }

    List<Failure> errors() {
        return List.copyOf(failures);
    }

    /** Ends all clients; nothing read may have been wrong. */
    void stop() throws InterruptedException {
        stopping = true;
        for (Writer writer : writers) {
            writer.thread.join();
        }
        assertThat(violations).as("reads that were not what this client had written last").isEmpty();
    }

    /** Reads every key at a node, with a connection that the caller may have set up. */
    void check(Reader reader) throws Exception {
        assertThat(acknowledged()).as("commands that went well").isPositive();
        List<String> wrong = new ArrayList<>();
        for (Writer writer : writers) {
            for (Written key : writer.all) {
                String found = reader.read(key.key);
                if (found != null && found.startsWith("-")) {
                    wrong.add(key + " not read: " + found);
                } else if (!key.allows(found)) {
                    wrong.add(key + " found " + found);
                }
            }
        }
        assertThat(wrong).as("keys that hold neither what was acknowledged last nor what was left open").isEmpty();
    }

    /** How {@link #check} reads: a value, null for none, or an error that begins with "-". */
    @FunctionalInterface
    interface Reader {
        @Nullable String read(String key) throws Exception;
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        for (Writer writer : writers) {
            writer.thread.join();
        }
        boolean ignored = resources.shutdown(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
    }
}
