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
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.ProtocolCommand;

/** Three real processes, cut into one and two while clients change the same sets on both sides, in a keyspace where of strings the last writer wins. */
final class SetsInCutsTest {
    private static final int PORT = 19_380;
    private static final List<Integer> NODES = List.of(1, 2, 3);
    private static final ProtocolCommand CONSISTENCY = () -> "RT.CONSISTENCY".getBytes(StandardCharsets.US_ASCII);

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

    /** What a node itself holds. */
    private static Set<String> held(int node, String key) {
        try (Jedis jedis = node(node)) {
            jedis.sendCommand(CONSISTENCY, "READ", "LOCAL_ONE");
            return jedis.smembers(key);
        }
    }

    private static void awaitEverywhere(String what, String key, String... members) {
        for (int node : NODES) {
            await(what + " at node " + node).atMost(Duration.ofSeconds(60)).until(() -> held(node, key).equals(Set.of(members)));
        }
    }

    @Test
    void bothSidesOfACutAreMergedMemberByMember() throws IOException {
        run(cluster -> cluster.up(3, PORT, null, null, null,
                List.of("--memory-limit", "64mb", "--repair-interval", "5", "--quorum", "sloppy")));
        try (Jedis alone = node(1); Jedis others = node(2)) {
            alone.sadd("cart", "bread", "milk", "eggs");
            alone.sadd("deleted", "old", "older");
            alone.sadd("overwritten", "old");
            alone.sadd("emptied", "one", "two");
            alone.sadd("ends", "old");
            awaitEverywhere("before the cut", "cart", "bread", "milk", "eggs");
            awaitEverywhere("before the cut", "ends", "old");
            run(cluster -> {
                cluster.cut(1, 2, false);
                cluster.cut(1, 3, false);
            });
            await("one writes for itself").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> alone.sadd("cart", "butter") == 1);
            await("so do two").atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> others.sadd("cart", "jam") == 1);
            // Taken out on one side; on the other one of the two is put in again.
            assertThat(alone.srem("cart", "bread", "milk")).isEqualTo(2);
            assertThat(others.sadd("cart", "milk")).isEqualTo(0);
            assertThat(alone.del("deleted")).isEqualTo(1);
            assertThat(others.sadd("deleted", "new")).isEqualTo(1);
            assertThat(alone.sadd("overwritten", "lost")).isEqualTo(1);
            others.set("overwritten", "string");
            assertThat(alone.srem("emptied", "one")).isEqualTo(1);
            assertThat(others.srem("emptied", "two")).isEqualTo(1);
            assertThat(alone.exists("emptied")).isTrue();
            assertThat(alone.pexpire("ends", 600_000)).isEqualTo(1);
            assertThat(others.sadd("ends", "new")).isEqualTo(1);
            run(LocalCluster::heal);

            awaitEverywhere("both sides", "cart", "milk", "eggs", "butter", "jam");
            awaitEverywhere("what was added while others deleted", "deleted", "new");
            awaitEverywhere("both have taken one out", "emptied");
            awaitEverywhere("both", "ends", "old", "new");
            for (int number : NODES) {
                try (Jedis any = node(number)) {
                    await("a later string").atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> "string".equals(any.get("overwritten")));
                    assertThat(any.type("emptied")).isEqualTo("none");
                    assertThat(any.type("cart")).isEqualTo("set");
                    assertThat(any.scard("cart")).isEqualTo(4);
                    assertThat(any.keys("*")).containsExactlyInAnyOrder("cart", "deleted", "overwritten", "ends");
                    assertThat(any.pttl("ends")).isBetween(1L, 600_000L);
                    assertThat(any.ttl("deleted")).isEqualTo(-1);
                }
            }
        }
        run(cluster -> cluster.down(true));
    }
}
