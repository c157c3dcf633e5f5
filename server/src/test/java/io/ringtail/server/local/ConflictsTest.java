package io.ringtail.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.ProtocolCommand;

/** Three real processes, cut into one and two while clients write on both sides: what each side was told is kept is kept. */
final class ConflictsTest {
    private static final int PORT = 19_360;
    private static final int NODES = 3;

    private static final ProtocolCommand RT_GET = SteppedCluster.word("RT.GET");
    private static final ProtocolCommand RT_SET = SteppedCluster.word("RT.SET");
    private static final ProtocolCommand RT_SIBLINGS = SteppedCluster.word("RT.SIBLINGS");

    @TempDir
    Path directory;

    private SteppedCluster cluster;

    @BeforeEach
    void prepare() {
        cluster = new SteppedCluster(directory, PORT);
    }

    @AfterEach
    void nothingIsLeftRunning() throws IOException {
        cluster.close();
    }

    private static List<String> strings(Object reply) {
        List<String> strings = new ArrayList<>();
        for (Object each : (List<?>) reply) {
            strings.add(each instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(each));
        }
        return strings;
    }

    /** What a node itself holds: the context, then all values. */
    private List<String> held(int node, String key) {
        try (Jedis jedis = cluster.clientOfItAlone(node)) {
            Object reply = jedis.sendCommand(RT_GET, key);
            return reply == null ? List.of() : strings(reply);
        }
    }

    private List<String> values(int node, String key) {
        List<String> held = held(node, key);
        return held.isEmpty() ? held : held.subList(1, held.size());
    }

    private void awaitEverywhere(String what, String key, String... values) {
        SteppedCluster.awaitEverywhere(what, NODES, node -> {
            List<String> held = values(node, key);
            return held.size() == values.length && held.containsAll(List.of(values));
        });
    }

    @Test
    void bothSidesOfACutAreKept() throws IOException {
        cluster.up(NODES, "--quorum", "sloppy", "--keyspace", "cart: conflict siblings");
        try (Jedis alone = cluster.client(1); Jedis others = cluster.client(2)) {
            alone.set("cart:1", "bread");
            assertThat(others.incrBy("cart:count", 100)).isEqualTo(100);
            awaitEverywhere("before the cut", "cart:1", "bread");
            awaitEverywhere("before the cut", "cart:count", "100");
            cluster.cut(List.of(1), List.of(2, 3));
            String seenAlone = held(1, "cart:1").getFirst();
            String seenByOthers = held(2, "cart:1").getFirst();
            await("one writes for itself").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> alone.set("cart:other", "x").equals("OK"));
            await("so do two").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> others.set("cart:other", "y").equals("OK"));
            alone.sendCommand(RT_SET, "cart:1", "bread,milk", "CONTEXT", seenAlone);
            others.sendCommand(RT_SET, "cart:1", "bread,eggs", "CONTEXT", seenByOthers);
            for (int i = 0; i < 20; i++) {
                alone.incr("cart:count");
                others.incrBy("cart:count", 2);
            }
            assertThat(alone.get("cart:count")).isEqualTo("120");
            assertThat(others.get("cart:count")).isEqualTo("140");
            cluster.heal();

            // While replicas still differ a read at a majority has what all of it hold, and brings it to those that lack it.
            for (int node = 1; node <= NODES; node++) {
                try (Jedis any = cluster.client(node)) {
                    await("both are read at node " + node).atMost(Duration.ofSeconds(60)).until(() -> {
                        List<String> read = strings(any.sendCommand(RT_GET, "cart:1"));
                        return read.contains("bread,milk") && read.contains("bread,eggs");
                    });
                }
            }
            awaitEverywhere("both", "cart:1", "bread,milk", "bread,eggs");
            awaitEverywhere("the sum", "cart:count", "160");
            awaitEverywhere("both of those that saw nothing", "cart:other", "x", "y");
            assertThat((List<?>) alone.sendCommand(RT_SIBLINGS, "cart:1")).hasSize(2);
            others.sendCommand(RT_SET, "cart:1", "bread,eggs,milk", "CONTEXT", held(3, "cart:1").getFirst());
            awaitEverywhere("the union", "cart:1", "bread,eggs,milk");
            assertThat((List<?>) alone.sendCommand(RT_SIBLINGS, "cart:1")).hasSize(1);
        }
        cluster.run(running -> running.down(true));
    }
}
