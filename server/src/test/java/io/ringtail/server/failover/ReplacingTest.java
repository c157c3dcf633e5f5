package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node of four dies for good, its disk with it, and another takes its place, while clients of the others write: they are told of no error beyond what was in flight when it died, the new node owns just what
 * the dead one did, the others what they did, and nothing that was acknowledged is lost, be it read from the new node alone.
 */
final class ReplacingTest {
    private static final int CLIENT_TIMEOUT_MILLIS = 5_000;
    private static final int KEYS = 2_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int DEAD = 3;

    @Test
    void aNewNodeTakesThePlaceOfOneThatIsDeadForGood(@TempDir Path data) throws Exception {
        int[] ports = ClusterProcesses.freePorts(2);
        try (ClusterProcesses cluster = new ClusterProcesses(data, 4).start();
                ClusterLoad load = new ClusterLoad("load:", CLIENT_TIMEOUT_MILLIS, true)) {
            Settling.awaitSettled(cluster);
            fill(cluster);
            load.start(2, cluster.addressesBut(DEAD));
            load.awaitMore(200);
            Map<String, String> before = slots(cluster);
            assertThat(before).hasSize(4);

            long killedNanos = System.nanoTime();
            cluster.kill(DEAD);
            load.awaitMore(200);
            // Else the newcomer is given a part of everybody's before it is told whose place it takes.
            assertThat(cluster.text(0, "RT.TRANSFERS", "PAUSE")).isEqualTo("OK");
            try (ServerProcess another = cluster.launchAnother(ports[0], ports[1])) {
                assertThat(another.awaitReady()).isTrue();
                String id;
                try (WireClient wire = new WireClient("127.0.0.1", ports[0])) {
                    id = wire.text("CLUSTER", "MYID").substring(28);
                }
                await("a member").atMost(TIMEOUT).untilAsserted(() -> assertThat(slots(cluster)).containsEntry(id, ""));
                // What the newcomer is, gossip tells a moment after it has joined.
                await("told").atMost(TIMEOUT).untilAsserted(() -> assertThat(cluster.text(1, "RT.REPLACE", cluster.id(DEAD), id)).isEqualTo("OK"));
                assertThat(cluster.text(0, "RT.TRANSFERS", "RESUME")).isEqualTo("OK");
                await("the dead one has left").atMost(TIMEOUT).pollInterval(Duration.ofMillis(100)).untilAsserted(
                        () -> assertThat(slots(cluster)).hasSize(4).doesNotContainKey(cluster.id(DEAD)));
                Map<String, String> expected = new TreeMap<>(before);
                expected.put(id, expected.remove(cluster.id(DEAD)));
                assertThat(slots(cluster)).as("each owns what it did, and the new one what the dead one did").isEqualTo(expected);

                load.awaitMore(200);
                load.stop();
                assertThat(load.errors()).as("refused, not left unanswered, and of what was in flight alone")
                        .allMatch(each -> each.refused() && each.nanos() - killedNanos < TimeUnit.SECONDS.toNanos(3));
                check(cluster, load, ports[0]);
            }
        }
    }

    private static void fill(ClusterProcesses cluster) throws IOException {
        try (WireClient wire = cluster.connect(0)) {
            for (int key = 0; key < KEYS; key++) {
                assertThat(wire.text("SET", "filled:" + key, "value-" + key)).isEqualTo("OK");
            }
        }
    }

    /** By id of the member, the slots that it is first in. */
    private static Map<String, String> slots(ClusterProcesses cluster) throws IOException {
        Map<String, String> slots = new TreeMap<>();
        for (String line : cluster.text(0, "CLUSTER", "NODES").split("\n")) {
            String[] words = line.split(" ", 9);
            slots.put(words[0].substring(28), words.length > 8 ? words[8] : "");
        }
        return slots;
    }

    /** By way of a node that stayed; and at the new one from one replica, which it is itself of three keys in four. */
    private static void check(ClusterProcesses cluster, ClusterLoad load, int newPort) throws Exception {
        Settling.check(cluster, load, 0);
        try (WireClient wire = cluster.connect(1);
                WireClient there = new WireClient("127.0.0.1", newPort)) {
            assertThat(there.text("RT.CONSISTENCY", "READ", "ONE")).isEqualTo("OK");
            for (int key = 0; key < KEYS; key++) {
                assertThat(wire.text("GET", "filled:" + key)).isEqualTo("value-" + key);
                assertThat(there.text("GET", "filled:" + key)).as("of one replica, key %d", key).isEqualTo("value-" + key);
            }
        }
    }
}
