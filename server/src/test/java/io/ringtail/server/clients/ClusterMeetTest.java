package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** Real servers that were started by themselves, each the only one of its cluster, and are told to meet, by the clients that people use. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClusterMeetTest {
    private static final int KEYS = 200;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final List<ServerProcess> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(ServerProcess::close);
    }

    /** Where clients that name no node port take it to be. */
    private void start(int count) throws IOException {
        for (int port : ClusterProcesses.freePorts(count)) {
            servers.add(ServerProcess.launchAt(
                    port, Map.of(), List.of(), directory.resolve("node-" + port), "--node-port", Integer.toString(port + 10_000), "--memory-limit", "64mb"));
        }
        for (ServerProcess server : servers) {
            assertThat(server.awaitReady()).isTrue();
        }
    }

    private int port(int node) {
        return servers.get(node).port();
    }

    private String text(int node, String... command) throws IOException {
        try (WireClient wire = new WireClient(port(node))) {
            return wire.text(command);
        }
    }

    private void awaitSettled(int... nodes) {
        await("one cluster that has nothing to hand over").atMost(TIMEOUT).untilAsserted(() -> {
            for (int node : nodes) {
                assertThat(text(node, "CLUSTER", "INFO")).contains("cluster_state:ok", "cluster_known_nodes:" + nodes.length + "\r\n", "cluster_size:" + nodes.length + "\r\n");
                assertThat(text(node, "RT.TRANSFERS")).contains("settled");
            }
        });
    }

    @Test
    void nodesThatRunBecomeOneClusterByJedisAndByRedisCli() throws Exception {
        Program.assumeInstalled("redis-cli", "redis-tools");
        start(3);
        try (Jedis jedis = new Jedis("127.0.0.1", port(0))) {
            assertThat(jedis.clusterMeet("127.0.0.1", port(1))).isEqualTo("OK");
        }
        Program.Result result = Program.run(
                new byte[0], "redis-cli", "-p", Integer.toString(port(2)), "CLUSTER", "MEET", "127.0.0.1", Integer.toString(port(1)), Integer.toString(port(1) + 10_000));
        assertThat(result.output()).isEqualTo("OK\n");
        awaitSettled(0, 1, 2);
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(key % 3, "SET", "key:" + key, "value")).isEqualTo("OK");
            assertThat(text((key + 1) % 3, "GET", "key:" + key)).isEqualTo("value");
        }
        assertThat(text(0, "CLUSTER", "MEET", "127.0.0.1", Integer.toString(port(2)))).as("members already").isEqualTo("OK");

        // It is one for good.
        servers.get(2).kill();
        servers.set(2, ServerProcess.launchAt(
                port(2), Map.of(), List.of(), directory.resolve("node-" + port(2)), "--node-port", Integer.toString(port(2) + 10_000), "--memory-limit", "64mb"));
        assertThat(servers.get(2).awaitReady()).isTrue();
        awaitSettled(0, 1, 2);
        assertThat(text(2, "GET", "key:0")).isEqualTo("value");
    }

    @Test
    void whoHasDataInvitesWhoHasNoneAndTwoWithDataAreRefused() throws Exception {
        start(3);
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(0, "SET", "key:" + key, "value")).isEqualTo("OK");
        }
        assertThat(text(1, "SET", "other", "value")).isEqualTo("OK");
        try (Jedis jedis = new Jedis("127.0.0.1", port(0))) {
            assertThatThrownBy(() -> jedis.clusterMeet("127.0.0.1", port(1)))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessageContaining("ERR this node cannot join the one at 127.0.0.1:" + (port(1) + 10_000) + ": it holds data")
                    .hasMessageContaining("that one cannot join this cluster: it holds data");
            assertThat(text(1, "SET", "other", "again")).as("it goes on").isEqualTo("OK");
            assertThat(jedis.clusterMeet("127.0.0.1", port(2))).isEqualTo("OK");
        }
        awaitSettled(0, 2);
        try (WireClient wire = new WireClient(port(2))) {
            for (int key = 0; key < KEYS; key++) {
                assertThat(wire.text("GET", "key:" + key)).isEqualTo("value");
            }
        }
        assertThat(text(1, "GET", "other")).isEqualTo("again");
        assertThat(text(1, "CLUSTER", "INFO")).contains("cluster_known_nodes:1\r\n");
    }

    /** Clients write while their node is given another cluster: what is acknowledged is there afterwards, be it that the node does not join then. */
    @Test
    void nothingAcknowledgedIsLostOnTheWay() throws Exception {
        start(2);
        int acknowledged = 0;
        try (WireClient writer = new WireClient(port(1));
                WireClient meeting = new WireClient(port(1))) {
            meeting.add("CLUSTER", "MEET", "127.0.0.1", Integer.toString(port(0))).flush();
            String answer = "";
            for (int key = 0; key < KEYS; key++) {
                answer = writer.text("SET", "key:" + key, "value");
                if (!answer.equals("OK")) {
                    break;
                }
                acknowledged++;
            }
            assertThat(WireClient.text(meeting.receive())).as("after %d writes, the last one: %s", acknowledged, answer).isEqualTo("OK");
        }
        awaitSettled(0, 1);
        for (int key = 0; key < acknowledged; key++) {
            assertThat(text(0, "GET", "key:" + key)).as("key %d of %d", key, acknowledged).isEqualTo("value");
        }
    }

    /** It proposes who is to have which slots, and finds that they are shared already. */
    @Test
    void redisCliCreatesACluster() throws Exception {
        Program.assumeInstalled("redis-cli", "redis-tools");
        start(3);
        Program.Result result = Program.run(
                new byte[0], "redis-cli", "--cluster", "create", "127.0.0.1:" + port(0), "127.0.0.1:" + port(1), "127.0.0.1:" + port(2), "--cluster-yes");
        assertThat(result.output()).contains("[OK] All nodes agree about slots configuration", "[OK] All 16384 slots covered");
        assertThat(result.exitCode()).isZero();
        awaitSettled(0, 1, 2);
        assertThat(text(0, "CLUSTER", "ADDSLOTS", "1", "2")).contains("ERR slots and replicas are not assigned by hand");
    }
}
