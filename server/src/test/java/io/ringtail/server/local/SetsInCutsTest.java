package io.ringtail.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Three real processes, cut into one and two while clients change the same sets on both sides, in a keyspace where of strings the last writer wins. */
final class SetsInCutsTest {
    private static final int PORT = 19_380;
    private static final int NODES = 3;

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

    /** What a node itself holds. */
    private Set<String> held(int node, String key) {
        try (Jedis jedis = cluster.clientOfItAlone(node)) {
            return jedis.smembers(key);
        }
    }

    private void awaitEverywhere(String what, String key, String... members) {
        SteppedCluster.awaitEverywhere(what, NODES, node -> held(node, key).equals(Set.of(members)));
    }

    @Test
    void bothSidesOfACutAreMergedMemberByMember() throws IOException {
        cluster.up(NODES, "--quorum", "sloppy");
        try (Jedis alone = cluster.client(1); Jedis others = cluster.client(2)) {
            alone.sadd("cart", "bread", "milk", "eggs");
            alone.sadd("deleted", "old", "older");
            alone.sadd("overwritten", "old");
            alone.sadd("emptied", "one", "two");
            alone.sadd("ends", "old");
            awaitEverywhere("before the cut", "cart", "bread", "milk", "eggs");
            awaitEverywhere("before the cut", "ends", "old");
            cluster.cut(List.of(1), List.of(2, 3));
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
            cluster.heal();

            awaitEverywhere("both sides", "cart", "milk", "eggs", "butter", "jam");
            awaitEverywhere("what was added while others deleted", "deleted", "new");
            awaitEverywhere("both have taken one out", "emptied");
            awaitEverywhere("both", "ends", "old", "new");
            for (int number = 1; number <= NODES; number++) {
                try (Jedis any = cluster.client(number)) {
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
        cluster.run(running -> running.down(true));
    }
}
