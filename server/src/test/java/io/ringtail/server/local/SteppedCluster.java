package io.ringtail.server.local;

import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.ProtocolCommand;

/**
 * A cluster of processes that a test takes step by step: each by an object of its own, as each command line has one, so that only files connect them. Made for a test, and closed by it, which
 * kills what still runs. Confined to its thread.
 */
final class SteppedCluster implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Path directory;
    private final int port;

    /** One command line. */
    @FunctionalInterface
    interface Step {
        void run(LocalCluster cluster) throws IOException;
    }

    /** @param port of the first node; the others follow it */
    SteppedCluster(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /** What it says. */
    String run(Step step) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (LocalCluster cluster = new LocalCluster(directory, new PrintStream(said, true, StandardCharsets.UTF_8))) {
            step.run(cluster);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    /** A new cluster with little memory, whose replicas compare every few seconds. */
    void up(int nodes, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("--memory-limit", "64mb", "--repair-interval", "5"));
        all.addAll(List.of(options));
        run(cluster -> cluster.up(nodes, port, null, null, null, all));
    }

    /** Nothing goes between nodes of the one side and nodes of the other. */
    void cut(List<Integer> side, List<Integer> other) throws IOException {
        run(cluster -> {
            for (int one : side) {
                for (int two : other) {
                    cluster.cut(one, two, false);
                }
            }
        });
    }

    void heal() throws IOException {
        run(LocalCluster::heal);
    }

    /** @param node its number, from 1 */
    Jedis client(int node) {
        return new Jedis("127.0.0.1", port + node - 1, TIMEOUT_MILLIS);
    }

    /** A client that is answered from what the node itself holds. */
    Jedis clientOfItAlone(int node) {
        Jedis jedis = client(node);
        jedis.sendCommand(word("RT.CONSISTENCY"), "READ", "LOCAL_ONE");
        return jedis;
    }

    /** A command that Jedis has no method for. */
    static ProtocolCommand word(String name) {
        return () -> name.getBytes(StandardCharsets.US_ASCII);
    }

    /** Waits until it is so at each of the nodes from 1 on. */
    static void awaitEverywhere(String what, int nodes, IntPredicate isSo) {
        for (int node = 1; node <= nodes; node++) {
            int number = node;
            await(what + " at node " + node).atMost(Duration.ofSeconds(60)).until(() -> isSo.test(number));
        }
    }

    @Override
    public void close() throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (var nodes = Files.newDirectoryStream(directory, "node-*")) {
            for (Path node : nodes) {
                NodeProcess process = NodeProcess.load(node.resolve("pid"));
                if (process != null) {
                    process.signal("KILL");
                }
            }
        }
    }
}
