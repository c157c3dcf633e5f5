package io.ringtail.bench.example;

import io.ringtail.server.local.LocalCluster;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The shopping cart of the Dynamo paper: three nodes are cut into one and two, a client on each side puts something into the same cart, the cut heals, and both carts become one. Every step is told. Confined
 * to one thread.
 */
final class CartStory {
    private static final List<Integer> NODES = List.of(1, 2, 3);
    private static final List<String> OPTIONS = List.of("--memory-limit", "64mb", "--quorum", "sloppy", "--keyspace", "cart: conflict siblings");
    private static final String CART = "cart:7";
    private static final ProtocolCommand CONSISTENCY = () -> "RT.CONSISTENCY".getBytes(StandardCharsets.US_ASCII);
    private static final JedisClientConfig CONNECTION =
            DefaultJedisClientConfig.builder().timeoutMillis(10_000).autoNegotiateProtocol(false).build();
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_EVERY_MILLIS = 50;

    private final LocalCluster cluster;
    private final int port;
    private final PrintWriter out;

    /**
     * @param cluster that is not there yet; it is left running
     * @param port of its first node
     */
    CartStory(LocalCluster cluster, int port, PrintWriter out) {
        this.cluster = cluster;
        this.port = port;
        this.out = out;
    }

    /** @throws IOException when something does not come about, or a node fails */
    void tell() throws IOException {
        try {
            tellOf();
        } catch (JedisException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void tellOf() throws IOException {
        say("Three nodes start, on ports " + port + " to " + (port + 2) + ": quorum sloppy, keyspace cart: conflict siblings");
        cluster.up(NODES.size(), port, null, null, null, OPTIONS);
        try (Jedis annsConnection = connect(1); Jedis bobsConnection = connect(3)) {
            ShoppingCart anns = new ShoppingCart(annsConnection, CART);
            ShoppingCart bobs = new ShoppingCart(bobsConnection, CART);
            add("Ann, at node 1,", anns, "bread");
            await("each node has the cart", () -> NODES.stream().allMatch(node -> siblingsHeldBy(node) == 1));
            show("Bob, at node 3,", bobs.read());

            say("", "The network is cut: node 1 is alone, nodes 2 and 3 reach each other.");
            cluster.cut(1, 2, false);
            cluster.cut(1, 3, false);
            add("Ann, at node 1,", anns, "milk");
            add("Bob, at node 3,", bobs, "eggs");
            show("Ann, at node 1,", anns.read());
            show("Bob, at node 3,", bobs.read());

            say("", "The cut heals: hints bring each side's write to the other.");
            cluster.heal();
            await("each node has both carts", () -> NODES.stream().allMatch(node -> siblingsHeldBy(node) == 2));
            ShoppingCart.Contents both = bobs.read();
            show("Bob, at node 3,", both);

            say("", "Bob writes their union, with the context, which says that he has seen both:");
            say("  RT.SET " + CART + " " + String.join(",", both.union()) + " CONTEXT " + both.context());
            bobs.write(both, both.union());
            await("each node has one cart", () -> NODES.stream().allMatch(node -> siblingsHeldBy(node) == 1));
            for (int node : NODES) {
                try (Jedis connection = connect(node)) {
                    show("Node " + node, new ShoppingCart(connection, CART).read());
                }
            }
        }
    }

    /** How many carts a node has by itself, whoever else has more. */
    private int siblingsHeldBy(int node) {
        try (Jedis connection = connect(node)) {
            connection.sendCommand(CONSISTENCY, "READ", "LOCAL_ONE");
            return new ShoppingCart(connection, CART).read().siblings().size();
        }
    }

    /** While a cut is new nodes wait for each other, and clients may be told that this took too long: they do it again, and read again what they have left. */
    private void add(String who, ShoppingCart cart, String item) throws IOException {
        await(who + " adds " + item, () -> {
            cart.add(item);
            return true;
        });
        say(who + " adds " + item);
    }

    private void show(String who, ShoppingCart.Contents contents) {
        say(who + " reads " + CART + ": " + String.join(" | ", contents.siblings()));
    }

    private static void await(String what, BooleanSupplier condition) throws IOException {
        long began = System.nanoTime();
        while (true) {
            String last = "";
            try {
                if (condition.getAsBoolean()) {
                    return;
                }
            } catch (JedisDataException e) {
                last = ": " + e.getMessage();
            }
            if (System.nanoTime() - began > PATIENCE_NANOS) {
                throw new IOException("has not come about in a minute: " + what + last);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }

    private Jedis connect(int node) {
        return new Jedis(new HostAndPort("127.0.0.1", port + node - 1), CONNECTION);
    }

    private void say(String... lines) {
        for (String line : lines) {
            out.println(line);
        }
        out.flush();
    }
}
