package io.ringtail.server.local;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.ProtocolCommand;

/** Three real processes, cut into one and two while clients write on both sides: what each side was told is kept is kept. */
final class ConflictsTest {
    private static final int PORT = 19_360;
    private static final List<Integer> NODES = List.of(1, 2, 3);

    /** Commands that Jedis has no method for. */
    private enum Ringtail implements ProtocolCommand {
        GET,
        SET,
        SIBLINGS,
        CONSISTENCY;

        @Override
        public byte[] getRaw() {
            return ("RT." + name()).getBytes(StandardCharsets.US_ASCII);
        }
    }

    @TempDir
    Path directory;

    private interface Action {
        void run(LocalCluster cluster) throws IOException;
    }

    private void run(Action action) throws IOException {
        try (LocalCluster cluster = new LocalCluster(directory, new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8))) {
            action.run(cluster);
        }
    }

    @AfterEach
    void nothingIsLeftRunning() throws IOException {
        for (int number : NODES) {
            if (Files.exists(directory.resolve("node-" + number))) {
                NodeProcess process = NodeProcess.load(directory.resolve("node-" + number).resolve("pid"));
                if (process != null) {
                    process.signal("KILL");
                }
            }
        }
    }

    private static Jedis node(int number) {
        return new Jedis("127.0.0.1", PORT + number - 1, 10_000);
    }

    private static List<String> strings(Object reply) {
        List<String> strings = new ArrayList<>();
        for (Object each : (List<?>) reply) {
            strings.add(each instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(each));
        }
        return strings;
    }

    /** What a node itself holds: the context, then all values. */
    private static List<String> held(int node, String key) {
        try (Jedis jedis = node(node)) {
            jedis.sendCommand(Ringtail.CONSISTENCY, "READ", "LOCAL_ONE");
            Object reply = jedis.sendCommand(Ringtail.GET, key);
            return reply == null ? List.of() : strings(reply);
        }
    }

    private static List<String> values(int node, String key) {
        List<String> held = held(node, key);
        return held.isEmpty() ? held : held.subList(1, held.size());
    }

    private static void awaitEverywhere(String what, String key, String... values) {
        for (int node : NODES) {
            await(what + " at node " + node).atMost(Duration.ofSeconds(60)).until(() -> {
                List<String> held = values(node, key);
                return held.size() == values.length && held.containsAll(List.of(values));
            });
        }
    }

    @Test
    void bothSidesOfACutAreKept() throws IOException {
        run(cluster -> cluster.up(
                3, PORT, null, null, null,
                List.of("--memory-limit", "64mb", "--repair-interval", "5", "--quorum", "sloppy", "--keyspace", "cart: conflict siblings")));
        try (Jedis alone = node(1); Jedis others = node(2)) {
            alone.set("cart:1", "bread");
            assertThat(others.incrBy("cart:count", 100)).isEqualTo(100);
            awaitEverywhere("before the cut", "cart:1", "bread");
            awaitEverywhere("before the cut", "cart:count", "100");
            run(cluster -> {
                cluster.cut(1, 2, false);
                cluster.cut(1, 3, false);
            });
            String seenAlone = held(1, "cart:1").getFirst();
            String seenByOthers = held(2, "cart:1").getFirst();
            await("one writes for itself").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> alone.set("cart:other", "x").equals("OK"));
            await("so do two").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> others.set("cart:other", "y").equals("OK"));
            alone.sendCommand(Ringtail.SET, "cart:1", "bread,milk", "CONTEXT", seenAlone);
            others.sendCommand(Ringtail.SET, "cart:1", "bread,eggs", "CONTEXT", seenByOthers);
            for (int i = 0; i < 20; i++) {
                alone.incr("cart:count");
                others.incrBy("cart:count", 2);
            }
            assertThat(alone.get("cart:count")).isEqualTo("120");
            assertThat(others.get("cart:count")).isEqualTo("140");
            run(LocalCluster::heal);

            // While replicas still differ a read at a majority has what all of it hold, and brings it to those that lack it.
            for (int node : NODES) {
                try (Jedis any = node(node)) {
                    await("both are read at node " + node).atMost(Duration.ofSeconds(60)).until(() -> {
                        List<String> read = strings(any.sendCommand(Ringtail.GET, "cart:1"));
                        return read.contains("bread,milk") && read.contains("bread,eggs");
                    });
                }
            }
            awaitEverywhere("both", "cart:1", "bread,milk", "bread,eggs");
            awaitEverywhere("the sum", "cart:count", "160");
            awaitEverywhere("both of those that saw nothing", "cart:other", "x", "y");
            assertThat((List<?>) alone.sendCommand(Ringtail.SIBLINGS, "cart:1")).hasSize(2);
            others.sendCommand(Ringtail.SET, "cart:1", "bread,eggs,milk", "CONTEXT", held(3, "cart:1").getFirst());
            awaitEverywhere("the union", "cart:1", "bread,eggs,milk");
            assertThat((List<?>) alone.sendCommand(Ringtail.SIBLINGS, "cart:1")).hasSize(1);
        }
        run(cluster -> cluster.down(true));
    }
}
