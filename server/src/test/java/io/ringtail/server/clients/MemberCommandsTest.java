package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The commands by which a cluster grows and shrinks, on nodes in one process with data in them. */
@Execution(ExecutionMode.CONCURRENT)
class MemberCommandsTest {
    private static final int KEYS = 300;

    private LocalCluster cluster;

    private void start(Path directory, int nodes) throws IOException {
        cluster = LocalCluster.start(directory, nodes, "partitions", "32");
        try (RespClient client = new RespClient(cluster.port(0))) {
            for (int i = 0; i < KEYS; i++) {
                assertThat(client.ask("SET key" + i + " value" + i)).isEqualTo(RespClient.OK);
            }
        }
    }

    @AfterEach
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private Object ask(int node, String command) throws IOException {
        try (RespClient client = new RespClient(cluster.port(node))) {
            client.ask("HELLO 3");
            return client.ask(command);
        }
    }

    private Topology topology() {
        return cluster.node(0).ring().topology();
    }

    private int owned(String id) {
        int count = 0;
        for (int owner : topology().owners()) {
            count += topology().members().get(owner).name().equals(id) ? 1 : 0;
        }
        return count;
    }

    private String state(int node) {
        try {
            return String.valueOf(((Map<?, ?>) ask(node, "RT.TRANSFERS")).get("state"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void allKeysAreThere(int node) throws IOException {
        try (RespClient client = new RespClient(cluster.port(node))) {
            for (int i = 0; i < KEYS; i++) {
                assertThat(client.ask("GET key" + i)).isEqualTo("value" + i);
            }
        }
    }

    @Test
    void aWeightMovesPartitionsAndAPauseKeepsThem(@TempDir Path directory) throws Exception {
        start(directory, 3);
        String heavy = cluster.id(2);
        assertThat(ask(0, "RT.TRANSFERS PAUSE")).isEqualTo(RespClient.OK);
        assertThat(ask(1, "RT.WEIGHT " + heavy + " 2")).isEqualTo(RespClient.OK);
        assertThat(state(1)).isEqualTo("paused");
        assertThat(owned(heavy)).isLessThanOrEqualTo(11);
        // Whether it has heard of the pause yet or not.
        assertThat(ask(2, "RT.TRANSFERS RESUME")).isEqualTo(RespClient.OK);
        cluster.await("half of the partitions", () -> owned(heavy) == 16 && state(0).equals("settled"));
        allKeysAreThere(1);
        assertThat(ask(0, "RT.WEIGHT " + heavy + " 0")).asString().contains("ERR a weight is 1 to 1000");
        assertThat(ask(0, "RT.WEIGHT 0000000000ff 2")).asString().contains("ERR there is no member 0000000000ff");
        assertThat(ask(0, "RT.TRANSFERS STOP")).asString().contains("ERR syntax error");
    }

    @Test
    void aDeadNodeIsReplacedByAnother(@TempDir Path directory) throws Exception {
        start(directory, 4);
        String dead = cluster.id(3);
        int share = owned(dead);
        cluster.stop(3);
        cluster.add("partitions", "32");
        cluster.await("the fifth", () -> cluster.node(4).isMember() && topology().members().size() == 5);
        assertThat(ask(0, "RT.REPLACE " + dead + " " + cluster.id(4))).isEqualTo(RespClient.OK);
        cluster.await("the fourth gone", () -> topology().members().size() == 4 && state(0).equals("settled"));
        assertThat(owned(cluster.id(4))).isEqualTo(share);
        allKeysAreThere(4);
    }

    @Test
    void aNodeLeavesAndTheLastOneMayNot(@TempDir Path directory) throws Exception {
        start(directory, 2);
        assertThat(ask(1, "RT.LEAVE CANCEL")).isEqualTo(RespClient.OK);
        assertThat(ask(1, "RT.LEAVE")).isEqualTo(RespClient.OK);
        assertThat(ask(0, "RT.REMOVE " + cluster.id(0))).asString().contains("ERR nobody would be left");
        cluster.await("the second gone", () -> topology().members().size() == 1);
        allKeysAreThere(0);
        cluster.await("it to know", () -> !cluster.node(1).isMember());
        assertThat(ask(1, "GET key1")).asString().contains("CLUSTERDOWN");
        assertThat(ask(0, "RT.LEAVE")).asString().contains("ERR nobody would be left");
    }
}
