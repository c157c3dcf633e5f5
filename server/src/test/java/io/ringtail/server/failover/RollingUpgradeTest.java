package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Three nodes that speak the protocol of the version before are upgraded one by one under load. Clients of the other nodes are told of no error, nothing is lost, old and new work
 * beside each other, and what only the new ones understand waits for the last.
 *
 * <p>An old node is this program held to the older version: it offers that in its handshakes, writes messages of that version only, and refuses to read any of a newer one.
 */
@Execution(ExecutionMode.CONCURRENT)
final class RollingUpgradeTest {
    private static final Logger LOG = LoggerFactory.getLogger(RollingUpgradeTest.class);
    private static final String NEWEST = Integer.toString(ProtocolVersion.LATEST);
    private static final Map<String, String> OLD = Map.of("JAVA_TOOL_OPTIONS", "-Dringtail.protocol.version=1");
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int CLIENT_TIMEOUT_MILLIS = 5_000;

    @Test
    void nodesAreUpgradedOneByOneUnderLoadAndWhatIsNewWaitsForTheLast(@TempDir Path directory) throws Exception {
        List<ClusterLoad> loads = new ArrayList<>();
        try (ClusterProcesses cluster = new ClusterProcesses(directory, 3, "--keyspace", Settling.ONE)) {
            for (int node = 0; node < 3; node++) {
                cluster.environment(node, OLD);
            }
            cluster.start();
            for (int node = 0; node < 3; node++) {
                assertThat(column(cluster, node, "protocol-version").values()).as("as node %d has it", node).containsOnly("1");
            }
            loads.add(upgrade(cluster, 2));
            loads.add(upgrade(cluster, 1));
            oldAndNewWorkBesideEachOther(cluster);
            whatIsNewWaits(cluster);
            loads.add(upgrade(cluster, 0));
            whatIsNewIsDone(cluster);
            for (ClusterLoad load : loads) {
                Settling.check(cluster, load, 0, 1, 2);
            }
        } finally {
            for (ClusterLoad load : loads) {
                load.close();
            }
        }
    }

    /** Stops a node and starts it as a new one, under the load of clients of the others. */
    private static ClusterLoad upgrade(ClusterProcesses cluster, int node) throws Exception {
        ClusterLoad load = new ClusterLoad("while " + node + " is upgraded:", CLIENT_TIMEOUT_MILLIS, true);
        load.start(4, cluster.addressesBut(node));
        load.awaitMore(200);
        cluster.terminate(node);
        load.awaitMore(200);
        cluster.environment(node, Map.of());
        cluster.restart(node);
        load.awaitMore(200);
        cluster.awaitAllReachable();
        load.stop();
        LOG.info("upgrade of node {}: {} commands went well, errors: {}", node, load.acknowledged(), load.errors());
        assertThat(load.errors()).as("clients of the others while node %d was upgraded", node).isEmpty();
        return load;
    }

    /** Node 0 is old, 1 and 2 are new. */
    private static void oldAndNewWorkBesideEachOther(ClusterProcesses cluster) throws Exception {
        for (int node = 0; node < 3; node++) {
            assertThat(column(cluster, node, "protocol-version").values()).as("as node %d has it", node).containsExactlyInAnyOrder("1", NEWEST, NEWEST);
        }
        // Loads go between those that understand them.
        await("the load of node 2").atMost(TIMEOUT).untilAsserted(() -> assertThat(column(cluster, 1, "cpu-percent").get(cluster.id(2))).isNotEqualTo("-1"));
        assertThat(column(cluster, 1, "cpu-percent")).containsEntry(cluster.id(0), "-1");
        assertThat(column(cluster, 0, "cpu-percent")).containsEntry(cluster.id(2), "-1");
        assertThat(column(cluster, 0, "keys").values()).noneMatch("0"::equals);

        // Death is told by gossip, and what was missed by hints: to and from each kind.
        for (int victim : new int[] {0, 2}) {
            cluster.kill(victim);
            for (int through = 0; through < 3; through++) {
                if (through != victim) {
                    for (int key = 0; key < 50; key++) {
                        assertThat(cluster.text(through, "SET", "one:" + victim + ":" + through + ":" + key, "missed")).isEqualTo("OK");
                    }
                    cluster.awaitAnswer(through, TIMEOUT, nodes -> WireClient.text(nodes).contains("fail"), "CLUSTER", "NODES");
                }
            }
            cluster.restart(victim);
            cluster.awaitAllReachable();
            cluster.awaitHintsDelivered();
            for (int through = 0; through < 3; through++) {
                for (int key = 0; through != victim && key < 50; key++) {
                    assertThat(cluster.text(victim, "GET", "one:" + victim + ":" + through + ":" + key)).isEqualTo("missed");
                }
            }
        }
    }

    private static void whatIsNewWaits(ClusterProcesses cluster) throws IOException {
        String upgradeFirst = "-ERR this needs version 2 of the protocol between nodes, and node " + cluster.id(0) + " speaks 1: upgrade it first";
        assertThat(cluster.text(1, "RT.LEAVE")).isEqualTo(upgradeFirst);
        assertThat(cluster.text(2, "RT.TRANSFERS", "PAUSE")).isEqualTo(upgradeFirst);
        assertThat(cluster.text(0, "RT.LEAVE")).isEqualTo("-ERR this needs version 2 of the protocol between nodes, and this node speaks 1");
        // What is as old as the old node is done.
        assertThat(cluster.text(1, "RT.KEYSPACE", "SET", "new:", "read-consistency", "ONE", "FORCE")).isEqualTo("OK");
        assertThat(cluster.text(1, "RT.WEIGHT", cluster.id(2), "2")).isEqualTo("OK");
        assertThat(state(cluster, 1)).isEqualTo("waiting");
    }

    private static void whatIsNewIsDone(ClusterProcesses cluster) {
        await("partitions that are where the weights want them").atMost(TIMEOUT).pollInterval(Duration.ofMillis(100)).untilAsserted(() -> {
            assertThat(state(cluster, 0)).isEqualTo("settled");
            assertThat(column(cluster, 0, "owns-percent").get(cluster.id(2))).isEqualTo("50.0");
        });
        for (int node = 0; node < 3; node++) {
            int at = node;
            await("loads of all").atMost(TIMEOUT).untilAsserted(() -> {
                assertThat(column(cluster, at, "protocol-version").values()).containsOnly(NEWEST);
                assertThat(column(cluster, at, "disk-total-bytes").values()).noneMatch(each -> each.equals("-1") || each.equals("0"));
            });
        }
    }

    private static String state(ClusterProcesses cluster, int node) throws IOException {
        List<String> words = words(cluster, node, "RT.TRANSFERS");
        return words.get(words.indexOf("state") + 1);
    }

    /** One figure of each node as one of them has it, by id. */
    private static Map<String, String> column(ClusterProcesses cluster, int node, String name) throws IOException {
        Map<String, String> values = new TreeMap<>();
        String id = "";
        List<String> words = words(cluster, node, "RT.NODES");
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).equals("id")) {
                id = words.get(i + 1);
            } else if (words.get(i).equals(name)) {
                values.put(id, words.get(i + 1));
            }
        }
        return values;
    }

    private static List<String> words(ClusterProcesses cluster, int node, String... command) throws IOException {
        try (WireClient wire = cluster.connect(node)) {
            List<String> words = new ArrayList<>();
            collect(wire.call(command), words);
            return words;
        }
    }

    private static void collect(Reply reply, List<String> into) {
        if (reply instanceof Reply.Array array) {
            array.elements().forEach(element -> collect(element, into));
        } else {
            into.add(WireClient.text(reply));
        }
    }
}
