package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.ringtail.engine.record.HashSlot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;

/** Clients that know of clusters, and those that do not, with a cluster of several nodes. The last test stops one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClusterClientsTest {
    private static final int NODES = 4;

    private LocalCluster cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = LocalCluster.start(directory, NODES, "partitions", "64");
    }

    @AfterAll
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private Object ask(int node, String command) throws IOException {
        try (RespClient client = new RespClient(cluster.port(node))) {
            return client.ask(command);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object reply) {
        return (List<Object>) reply;
    }

    @Test
    @Order(1)
    void slotsAreThereOnceWithTheirReplicasInOrderOfPreference() throws Exception {
        for (int node = 0; node < NODES; node++) {
            int next = 0;
            for (Object each : list(ask(node, "CLUSTER SLOTS"))) {
                List<Object> range = list(each);
                assertThat(range.get(0)).isEqualTo((long) next);
                long token = (long) next << 50;
                next = (int) (long) range.get(1) + 1;
                var ring = cluster.node(0).ring();
                int[] preference = ring.preferenceOf(ring.topology().partitionOf(token));
                assertThat(range).hasSize(2 + 3);
                for (int i = 0; i < 3; i++) {
                    var member = ring.topology().members().get(preference[i]);
                    assertThat(list(range.get(2 + i)))
                            .startsWith(member.host(), (long) member.clientPort(), "0".repeat(28) + member.name());
                }
            }
            assertThat(next).isEqualTo(HashSlot.COUNT);
        }
    }

    @Test
    @Order(1)
    void adjacentRangesDiffer() throws Exception {
        List<Object> ranges = list(ask(0, "CLUSTER SLOTS"));
        for (int i = 1; i < ranges.size(); i++) {
            List<Object> before = list(ranges.get(i - 1));
            List<Object> after = list(ranges.get(i));
            assertThat(after.subList(2, after.size())).isNotEqualTo(before.subList(2, before.size()));
        }
    }

    @Test
    @Order(1)
    void nodesHaveAMasterForEachSlotAndEveryNodeKnowsItself() throws Exception {
        for (int node = 0; node < NODES; node++) {
            String text = (String) ask(node, "CLUSTER NODES");
            assertThat(text).endsWith("\n");
            boolean[] seen = new boolean[HashSlot.COUNT];
            int own = 0;
            for (String line : text.split("\n", -1)) {
                if (line.isEmpty()) {
                    continue;
                }
                String[] fields = line.split(" ", -1);
                assertThat(fields.length).isGreaterThanOrEqualTo(9);
                assertThat(fields[0]).matches("[0-9a-f]{40}");
                assertThat(fields[7]).isEqualTo("connected");
                boolean isSelf = fields[2].equals("myself,master");
                if (isSelf) {
                    own++;
                    assertThat(fields[0]).isEqualTo(ask(node, "CLUSTER MYID"));
                    assertThat(fields[1]).startsWith("127.0.0.1:" + cluster.port(node) + "@");
                } else {
                    assertThat(fields[2]).isEqualTo("master");
                }
                for (int i = 8; i < fields.length; i++) {
                    String[] ends = fields[i].split("-", -1);
                    int first = Integer.parseInt(ends[0]);
                    int last = Integer.parseInt(ends[ends.length - 1]);
                    for (int slot = first; slot <= last; slot++) {
                        assertThat(seen[slot]).isFalse();
                        seen[slot] = true;
                    }
                }
            }
            assertThat(own).isEqualTo(1);
            assertThat(seen).doesNotContain(false);
        }
    }

    @Test
    @Order(1)
    void shardsAndInfoAgreeWithSlots() throws Exception {
        Set<Integer> seen = new HashSet<>();
        for (Object each : list(ask(1, "CLUSTER SHARDS"))) {
            List<Object> shard = list(each);
            List<Object> slots = list(shard.get(1));
            for (int i = 0; i < slots.size(); i += 2) {
                IntStream.rangeClosed((int) (long) slots.get(i), (int) (long) slots.get(i + 1)).forEach(seen::add);
            }
            List<Object> nodes = list(shard.get(3));
            assertThat(nodes).hasSize(3);
            assertThat(list(nodes.get(0))).contains("role", "master", "health", "online");
            assertThat(list(nodes.get(1))).contains("role", "replica");
        }
        assertThat(seen).hasSize(HashSlot.COUNT);
        assertThat((String) ask(2, "CLUSTER INFO"))
                .contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:4", "cluster_size:4")
                .doesNotContain("cluster_stats_messages_sent:0\r");
        assertThat(list(ask(0, "CLUSTER LINKS"))).hasSize(2 * (NODES - 1));
        String first = "0".repeat(28) + cluster.id(0);
        assertThat(list(ask(1, "CLUSTER REPLICAS " + first))).hasSizeBetween(2, 3).allMatch(line -> ((String) line).contains("slave " + first));
        assertThat(ask(1, "CLUSTER COUNT-FAILURE-REPORTS " + first)).isEqualTo(0L);
        assertThat(ask(1, "CLUSTER FORGET " + "0".repeat(28) + "000000000001")).asString().contains("ERR Unknown node");
        assertThat(ask(1, "CLUSTER FORGET " + first)).asString().contains("owns partitions");
        assertThat(ask(0, "CLUSTER MEET 127.0.0.1 " + cluster.port(1))).isEqualTo(RespClient.OK);
        assertThat(ask(0, "CLUSTER MEET 127.0.0.1 1 99999")).asString().contains("ERR Invalid node address");
        assertThat(ask(0, "CLUSTER ADDSLOTS 1 2")).asString().contains("ERR slots and replicas are not assigned by hand");
    }

    @Test
    @Order(1)
    void jedisRoutesToEveryNode() {
        try (var jedis = redis.clients.jedis.RedisClusterClient.create(new HostAndPort("127.0.0.1", cluster.port(2)))) {
            for (int i = 0; i < 200; i++) {
                assertThat(jedis.set("jedis:" + i, "v" + i)).isEqualTo("OK");
            }
            for (int i = 0; i < 200; i++) {
                assertThat(jedis.get("jedis:" + i)).isEqualTo("v" + i);
            }
            assertThat(jedis.incrBy("jedis:count", 7)).isEqualTo(7);
            assertThat(jedis.getClusterNodes())
                    .containsOnlyKeys(cluster.ports().stream().map(port -> "127.0.0.1:" + port).toArray(String[]::new));
        }
    }

    @Test
    @Order(1)
    void lettuceRoutesToEveryNode() throws Exception {
        ClientResources resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
        RedisClusterClient client = RedisClusterClient.create(
                resources, RedisURI.builder().withHost("127.0.0.1").withPort(cluster.port(0)).build());
        try (var connection = client.connect()) {
            assertThat(client.getPartitions()).hasSize(NODES).allMatch(node -> node.is(RedisClusterNode.NodeFlag.UPSTREAM));
            assertThat(client.getPartitions().stream().mapToInt(node -> node.getSlots().size()).sum()).isEqualTo(HashSlot.COUNT);
            var redis = connection.sync();
            for (int i = 0; i < 100; i++) {
                assertThat(redis.set("lettuce:" + i, "v" + i)).isEqualTo("OK");
            }
            String[] keys = IntStream.range(0, 100).mapToObj(i -> "lettuce:" + i).toArray(String[]::new);
            assertThat(redis.mget(keys)).hasSize(100).allMatch(KeyValue::hasValue);
            assertThat(redis.del(keys)).isEqualTo(100);
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
            resources.shutdown(0, 2, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
        }
    }

    @Test
    @Order(1)
    void aPlainClientIsNeverSentElsewhere() throws Exception {
        try (RespClient client = new RespClient(cluster.port(1))) {
            List<String> commands = new ArrayList<>(List.of("READONLY", "READWRITE", "ASKING"));
            for (int i = 0; i < 100; i++) {
                commands.add("SET plain:" + i + " v" + i);
                commands.add("GET plain:" + i);
                commands.add("INCR plain:count:" + i);
            }
            for (Object reply : client.pipeline(commands.toArray(String[]::new))) {
                assertThat(reply).isNotInstanceOf(RespClient.Failure.class);
            }
        }
    }

    @Test
    @Order(1)
    void redisCliFindsTheClusterInOrder() throws Exception {
        Program.assumeInstalled("redis-cli", "redis-tools");
        Program.Result check = Program.run(new byte[0], "redis-cli", "--cluster", "check", "127.0.0.1:" + cluster.port(0));
        assertThat(check.output())
                .contains("[OK] All nodes agree about slots configuration.", "[OK] All 16384 slots covered.")
                .doesNotContain("[ERR]");
        assertThat(check.exitCode()).as(check.output()).isZero();
        Program.Result info = Program.run(new byte[0], "redis-cli", "--cluster", "info", "127.0.0.1:" + cluster.port(1));
        assertThat(info.exitCode()).as(info.output()).isZero();
        assertThat(info.output()).contains("keys in " + NODES + " masters");
    }

    @Test
    @Order(1)
    void redisBenchmarkRunsInItsClusterMode() throws Exception {
        Program.assumeInstalled("redis-benchmark", "redis-tools");
        Program.Result result = Program.run(
                "".getBytes(StandardCharsets.UTF_8),
                "redis-benchmark", "--cluster", "-p", Integer.toString(cluster.port(0)), "-t", "set,get,incr", "-n", "1000", "-c", "8", "-q");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("Cluster has " + NODES + " master nodes", "SET: ", "GET: ", "INCR: ").doesNotContain("Error");
    }

    @Test
    @Order(2)
    void aNodeThatDiesIsFirstForNothing() throws Exception {
        String dead = "0".repeat(28) + cluster.id(3);
        cluster.stop(3);
        cluster.await("the others to know", () -> IntStream.range(0, 3).allMatch(i -> cluster.node(i).liveness().downCount() == 1));
        for (Object each : list(ask(0, "CLUSTER SLOTS"))) {
            assertThat(list(list(each).get(2)).get(2)).isNotEqualTo(dead);
        }
        String text = (String) ask(1, "CLUSTER NODES");
        assertThat(text).containsPattern(dead + " [^ ]+ master,fail - 0 0 [0-9]+ disconnected\n");
        assertThat((String) ask(1, "CLUSTER INFO")).contains("cluster_state:ok", "cluster_known_nodes:4", "cluster_size:4");
        // One alone may be mistaken: it takes two to call a node down, and the third says so soon.
        assertThat((Long) ask(1, "CLUSTER COUNT-FAILURE-REPORTS " + dead)).isBetween(2L, 3L);
        try (var jedis = redis.clients.jedis.RedisClusterClient.create(new HostAndPort("127.0.0.1", cluster.port(2)))) {
            for (int i = 0; i < 200; i++) {
                assertThat(jedis.set("jedis:" + i, "w" + i)).isEqualTo("OK");
                assertThat(jedis.get("jedis:" + i)).isEqualTo("w" + i);
            }
        }
    }
}
