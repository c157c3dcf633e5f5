package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code RT.REPAIR}, {@code RT.MERKLE} and repair unasked, in a cluster of three real nodes that keep no hints. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RepairCommandsTest {
    private LocalCluster cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = LocalCluster.start(
                directory, 3, "partitions", "32", "hint-bytes-max", "0", "repair-interval", "0", "repair-rate", "100mb");
    }

    @AfterAll
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private Object ask(int node, String command) throws IOException {
        try (RespClient client = new RespClient(cluster.port(node))) {
            assertThat(client.ask("HELLO 3")).isInstanceOf(Map.class);
            return client.ask(command);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object reply) {
        assertThat(reply).isInstanceOf(Map.class);
        return (Map<String, Object>) reply;
    }

    private Object askQuietly(int node, String command) {
        try {
            return ask(node, command);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** How the replicas that a node compares itself with do. */
    private List<Object> states(int node, String key) throws IOException {
        return ((List<?>) map(ask(node, "RT.MERKLE KEY " + key)).get("replicas")).stream().map(each -> map(each).get("state")).toList();
    }

    /** Has the third node miss writes of keys with this prefix, of which nobody keeps a hint. */
    private void miss(String prefix) throws IOException {
        String third = cluster.id(2);
        for (int node = 0; node < 2; node++) {
            assertThat(ask(node, "DEBUG PEER CUT " + third)).isEqualTo(RespClient.OK);
        }
        for (int i = 0; i < 100; i++) {
            String key = prefix + i;
            cluster.await("a write by two", () -> RespClient.OK.equals(askQuietly(0, "SET " + key + " v")));
        }
        for (int node = 0; node < 2; node++) {
            assertThat(ask(node, "DEBUG PEER HEAL ALL")).isEqualTo(RespClient.OK);
        }
        // Each end makes its links anew by itself: one may be ahead of the other.
        for (int node = 0; node < 3; node++) {
            int asked = node;
            cluster.await("the links to work again", () -> {
                try {
                    return !states(asked, prefix + 1).contains("unknown");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
        }
    }

    @Test
    void whatAReplicaHasMissedIsFoundAndMendedWhenAskedFor() throws Exception {
        miss("asked");
        assertThat(states(2, "asked1")).containsExactly("differs", "differs");
        assertThat(states(0, "asked1")).containsExactlyInAnyOrder("equal", "differs");
        Map<String, Object> one = map(ask(2, "RT.REPAIR KEY asked1"));
        assertThat(one).containsEntry("compared", 2L).containsEntry("failed", 0L).containsEntry("failure", "");
        assertThat((Long) one.get("records-received")).isPositive();
        assertThat(states(2, "asked1")).containsExactly("equal", "equal");
        Map<String, Object> all = map(ask(2, "RT.REPAIR"));
        assertThat(all).containsEntry("compared", 64L).containsEntry("failed", 0L);
        assertThat((Long) one.get("records-received") + (Long) all.get("records-received")).isEqualTo(100);
        assertThat(map(ask(0, "RT.REPAIR"))).containsEntry("leaves-differing", 0L).containsEntry("records-sent", 0L);
        assertThat(ask(2, "INFO cluster")).asString()
                .containsPattern("repair_records_received:[1-9]")
                .containsPattern("repair_bytes:[1-9]")
                .contains("repair_cycles:");
    }

    @Test
    void withAnIntervalItIsMendedUnasked() throws Exception {
        miss("unasked");
        assertThat(ask(2, "CONFIG SET repair-interval 1")).isEqualTo(RespClient.OK);
        try {
            cluster.await("all to be equal", () -> {
                try {
                    return states(2, "unasked1").equals(List.of("equal", "equal"))
                            && states(2, "unasked99").equals(List.of("equal", "equal"));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            cluster.await("a whole cycle", () -> cluster.node(2).antiEntropy().counters().lastCycleMillis() > 0);
        } finally {
            assertThat(ask(2, "CONFIG SET repair-interval 0")).isEqualTo(RespClient.OK);
        }
    }

    @Test
    void whatIsNotUnderstoodIsRefused() throws Exception {
        assertThat(ask(0, "RT.REPAIR KEY")).asString().contains("ERR syntax error");
        assertThat(ask(0, "RT.REPAIR SLOT 1")).asString().contains("ERR syntax error");
        assertThat(ask(0, "RT.REPAIR PARTITION 32")).asString().contains("ERR there is no partition 32");
        assertThat(ask(0, "RT.MERKLE PARTITION -1")).asString().contains("ERR there is no partition -1");
        assertThat(map(ask(0, "RT.MERKLE PARTITION 31")).get("root")).asString().matches("[0-9a-f]{16}");
    }
}
