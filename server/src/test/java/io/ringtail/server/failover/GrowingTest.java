package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sixth node joins five that hold data and are written to, dies in the middle and comes back, is given more, and leaves again: no client of the others is told of an error,
 * and nothing that was acknowledged is lost.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GrowingTest {
    private static final Logger LOG = LoggerFactory.getLogger(GrowingTest.class);
    private static final int CLIENT_TIMEOUT_MILLIS = 5_000;
    private static final int KEYS = 20_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private ClusterProcesses cluster;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        cluster = new ClusterProcesses(data, 5).start();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aNodeJoinsDiesComesBackAndLeavesAndNobodyIsToldOfAnError() throws Exception {
        fill();
        int[] ports = ClusterProcesses.freePorts(2);
        String[] slowly = {"--stream-rate", "500kb", "--leave-on-shutdown", "yes"};
        try (ClusterLoad plain = new ClusterLoad("plain:", CLIENT_TIMEOUT_MILLIS, true);
                ClusterLoad routed = new ClusterLoad("routed:", CLIENT_TIMEOUT_MILLIS, true)) {
            plain.start(4, cluster.addressesBut());
            routed.startRouted(2, cluster.addressesBut());
            plain.awaitMore(200);
            routed.awaitMore(200);

            ServerProcess sixth = cluster.launchAnother(ports[0], ports[1], slowly);
            try {
                assertThat(sixth.awaitReady()).isTrue();
                awaitTransfers("moving");
                sixth.kill();
                ClusterLoad.goOn(Duration.ofSeconds(1));
                sixth.close();
                sixth = cluster.launchAnother(ports[0], ports[1], slowly);
                assertThat(sixth.awaitReady()).isTrue();
                awaitTransfers("settled");
                List<Double> owned = owned();
                LOG.info("percent owned by each of six: {}", owned);
                assertThat(owned).hasSize(6).allMatch(each -> each > 16 && each < 17.4);
                plain.awaitMore(200);
                routed.awaitMore(200);
                LOG.info("after joining: {} and {}", plain.errors(), routed.errors());
                assertThat(plain.errors()).as("plain clients of the five").isEmpty();

                try (WireClient wire = new WireClient("127.0.0.1", ports[0])) {
                    assertThat(wire.text("DBSIZE")).isNotEqualTo("0");
                }
                // By a signal: what it says meanwhile is to be read.
                sixth.signal("TERM");
                assertThat(sixth.awaitExit()).isZero();
                assertThat(sixth.output()).contains("Left.");
                awaitMembers(5);
                awaitTransfers("settled");
                plain.awaitMore(200);
                LOG.info("after leaving: {} and {}", plain.errors(), routed.errors());
                assertThat(plain.errors()).as("plain clients of the five").isEmpty();
            } finally {
                sixth.close();
            }
            plain.stop();
            routed.stop();
            Settling.check(cluster, plain, 0, 3);
            Settling.check(cluster, routed, 1);
        }
        checkFilled();
    }

    private void fill() throws IOException {
        try (WireClient wire = cluster.connect(0)) {
            for (int key = 0; key < KEYS; key += 100) {
                String[] command = new String[201];
                command[0] = "MSET";
                for (int i = 0; i < 100; i++) {
                    command[1 + 2 * i] = "filled:" + (key + i);
                    command[2 + 2 * i] = "value-" + (key + i);
                }
                assertThat(wire.text(command)).isEqualTo("OK");
            }
        }
    }

    private void checkFilled() throws IOException {
        try (WireClient wire = cluster.connect(2)) {
            for (int key = 0; key < KEYS; key++) {
                assertThat(wire.text("GET", "filled:" + key)).isEqualTo("value-" + key);
            }
        }
    }

    private void awaitTransfers(String state) {
        await(state).atMost(TIMEOUT).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
            for (int node = 0; node < cluster.size(); node++) {
                assertThat(transfers(node)).as("node " + node).contains("state", state);
            }
        });
    }

    private List<String> transfers(int node) throws IOException {
        return words(node, "RT.TRANSFERS");
    }

    /** All that an answer says, one after the other. */
    private List<String> words(int node, String... command) throws IOException {
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

    private void awaitMembers(int count) {
        await(count + " members").atMost(TIMEOUT).pollInterval(Duration.ofMillis(100)).untilAsserted(() -> assertThat(
                        cluster.text(0, "CLUSTER", "INFO"))
                .contains("cluster_known_nodes:" + count + "\r\n"));
    }

    /** Of each node the part of the partitions that it owns, in percent. */
    private List<Double> owned() throws IOException {
        List<String> words = words(0, "RT.NODES");
        return IntStream.range(1, words.size())
                .filter(i -> words.get(i - 1).equals("owns-percent"))
                .mapToObj(i -> Double.parseDouble(words.get(i)))
                .toList();
    }
}
