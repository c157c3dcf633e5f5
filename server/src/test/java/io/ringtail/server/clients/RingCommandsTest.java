package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.record.Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code RT.…}, {@code DEBUG PEER} and {@code INFO cluster}, asked of a cluster of four nodes in RESP3. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RingCommandsTest {
    private static final int NODES = 4;

    private LocalCluster cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = LocalCluster.start(directory, NODES, "partitions", "32");
    }

    @AfterAll
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private RespClient connect(int node) throws IOException {
        RespClient client = new RespClient(cluster.port(node));
        assertThat(client.ask("HELLO 3")).isInstanceOf(Map.class);
        return client;
    }

    private Object ask(int node, String command) throws IOException {
        try (RespClient client = connect(node)) {
            return client.ask(command);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object reply) {
        assertThat(reply).isInstanceOf(List.class);
        return (List<Object>) reply;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object reply) {
        assertThat(reply).isInstanceOf(Map.class);
        return (Map<String, Object>) reply;
    }

    /** The nodes of a key in order of preference, as indexes: three replicas and a fallback. */
    private int[] nodesOf(String key) {
        var ring = cluster.node(0).ring();
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        int[] preference = ring.preferenceOf(ring.topology().partitionOf(new Key().set(0, bytes, 0, bytes.length).token()));
        int[] nodes = new int[preference.length];
        for (int i = 0; i < nodes.length; i++) {
            String id = ring.topology().members().get(preference[i]).name();
            for (int node = 0; node < NODES; node++) {
                nodes[i] = cluster.id(node).equals(id) ? node : nodes[i];
            }
        }
        return nodes;
    }

    @Test
    void consistencyIsTheConnectionsOwn() throws Exception {
        try (RespClient client = connect(0)) {
            assertThat(client.ask("RT.CONSISTENCY READ one WRITE all")).isEqualTo(RespClient.OK);
            assertThat(map(client.ask("RT.CONSISTENCY"))).containsEntry("read", "ONE").containsEntry("write", "ALL");
            assertThat(client.ask("RT.CONSISTENCY WRITE DEFAULT")).isEqualTo(RespClient.OK);
            assertThat(map(client.ask("RT.CONSISTENCY"))).containsEntry("read", "ONE").containsEntry("write", "DEFAULT");
            assertThat(client.ask("RT.CONSISTENCY READ 2 WRITE most")).asString().contains("ERR no consistency level: MOST");
            assertThat(map(client.ask("RT.CONSISTENCY"))).containsEntry("read", "ONE");
            assertThat(client.ask("RT.CONSISTENCY DEFAULT")).isEqualTo(RespClient.OK);
            assertThat(map(client.ask("RT.CONSISTENCY"))).containsEntry("read", "DEFAULT");
            client.ask("RT.CONSISTENCY READ 3");
            assertThat(client.ask("RESET")).isEqualTo(new RespClient.Simple("RESET"));
            List<Object> pairs = list(client.ask("RT.CONSISTENCY"));
            assertThat(pairs.subList(0, 4)).containsExactly("read", "DEFAULT", "write", "DEFAULT");
            assertThat(ask(1, "RT.CONSISTENCY READ")).asString().contains("ERR syntax error");
        }
    }

    @Test
    void aWriteToAllNeedsAll() throws Exception {
        String key = "all";
        int[] nodes = nodesOf(key);
        try (RespClient client = connect(nodes[0])) {
            assertThat(client.ask("RT.CONSISTENCY WRITE 4")).isEqualTo(RespClient.OK);
            assertThat(client.ask("SET " + key + " v")).asString().contains("NOREPLICAS").contains("4");
            assertThat(client.ask("RT.CONSISTENCY WRITE ALL")).isEqualTo(RespClient.OK);
            assertThat(client.ask("SET " + key + " v")).isEqualTo(RespClient.OK);
        }
    }

    @Test
    void waitAndWaitaofCountTheOthersThatHaveWhatWasWritten() throws Exception {
        String key = "counted";
        int[] nodes = nodesOf(key);
        for (int node : new int[] {nodes[0], nodes[1], nodes[3]}) {
            try (RespClient client = connect(node)) {
                // Carried out by the first of its replicas, whichever node is asked.
                assertThat(client.ask("INCR " + key)).isInstanceOf(Long.class);
                assertThat(client.ask("WAIT 2 20000")).as("asked at %d", node).isEqualTo(2L);
                assertThat(client.ask("SET blind v")).isEqualTo(RespClient.OK);
                assertThat(client.ask("INCR " + key)).isInstanceOf(Long.class);
                assertThat(list(client.ask("WAITAOF 1 2 20000"))).containsExactly(1L, 2L);
                assertThat(client.ask("WAIT 3 50")).as("there are three replicas").isEqualTo(2L);
            }
        }
    }

    @Test
    void ownersAreTheRingsInItsOrder() throws Exception {
        int[] nodes = nodesOf("some:key");
        Map<String, Object> answer = map(ask(3, "RT.OWNERS some:key"));
        assertThat(answer).containsEntry("slot", ask(0, "CLUSTER KEYSLOT some:key")).containsEntry("keyspace", "")
                .containsEntry("write-replicas-needed", 2L);
        List<Object> owners = list(answer.get("nodes"));
        assertThat(owners).hasSize(NODES);
        for (int i = 0; i < NODES; i++) {
            assertThat(map(owners.get(i)))
                    .containsEntry("id", cluster.id(nodes[i]))
                    .containsEntry("address", "127.0.0.1:" + cluster.port(nodes[i]))
                    .containsEntry("role", i < 3 ? "replica" : "fallback");
        }
    }

    @Test
    void ringNodesAndTopologyAgree() throws Exception {
        Map<String, Object> topology = map(ask(1, "RT.TOPOLOGY"));
        assertThat(topology).containsEntry("cluster-name", "ringtail").containsEntry("member", true)
                .containsEntry("frozen", false).containsEntry("partitions", 32L);
        assertThat(list(topology.get("members"))).hasSize(NODES);
        Map<String, Object> ring = map(ask(2, "RT.RING"));
        assertThat(ring.get("partitions")).isEqualTo(32L);
        long next = 0;
        for (Object each : list(ring.get("ranges"))) {
            assertThat(list(each)).hasSize(5).startsWith(next);
            next = (Long) list(each).get(1) + 1;
        }
        assertThat(next).isEqualTo(16384);
        Set<Object> ids = new HashSet<>();
        double owned = 0;
        double held = 0;
        for (Object each : list(ask(0, "RT.NODES"))) {
            Map<String, Object> node = map(each);
            ids.add(node.get("id"));
            owned += Double.parseDouble((String) node.get("owns-percent"));
            held += Double.parseDouble((String) node.get("holds-percent"));
            assertThat(node).containsEntry("self", node.get("id").equals(cluster.id(0)));
        }
        assertThat(ids).hasSize(NODES);
        // Each is rounded to a tenth.
        assertThat(owned).isBetween(99.7, 100.3);
        assertThat(held).isBetween(299.7, 300.3);
    }

    @Test
    void everyNodeKnowsHowBusyEachIs() throws Exception {
        for (int i = 0; i < NODES; i++) {
            int node = i;
            org.awaitility.Awaitility.await("loads of all at node " + i)
                    .until(() -> list(ask(node, "RT.NODES")).stream().allMatch(each -> (long) map(each).get("disk-total-bytes") > 0));
            for (Object each : list(ask(i, "RT.NODES"))) {
                Map<String, Object> told = map(each);
                assertThat(told).containsEntry("protocol-version", (long) ProtocolVersion.LATEST).containsEntry("hints-here", 0L);
                assertThat(Double.parseDouble((String) told.get("cpu-percent"))).isBetween(0.0, 100.0);
                assertThat(Double.parseDouble((String) told.get("loop-busy-percent"))).isBetween(0.0, 100.0);
                assertThat((long) told.get("disk-free-bytes")).isPositive().isLessThanOrEqualTo((long) told.get("disk-total-bytes"));
                assertThat((long) told.get("memory-bytes")).isGreaterThan(1 << 20);
                assertThat((long) told.get("repair-age-seconds")).isNotNegative();
            }
        }
        assertThat(ask(0, "INFO cluster")).asString()
                .contains("cluster_share_imbalance_percent:0.0", "cluster_partitions_moving:0", "cluster_protocol_version:" + ProtocolVersion.LATEST)
                .containsPattern("repair_last_cycle_age:[0-9]+");
        assertThat(ask(0, "INFO persistence")).asString().containsPattern("disk_used_bytes:[1-9]").containsPattern("disk_free_bytes:[1-9]");
    }

    @Test
    void aKeyspaceIsTheWholeClusters() throws Exception {
        assertThat(ask(0, "SET something there")).isEqualTo(RespClient.OK);
        assertThat(ask(0, "RT.KEYSPACE SET cart: replication-factor 2 quorum sloppy"))
                .asString().contains("another number of replicas").contains("FORCE");
        assertThat(ask(1, "RT.KEYSPACE SET \"\" replication-factor 4")).asString().contains("another number of replicas");
        assertThat(ask(0, "RT.KEYSPACE SET cart: replication-factor 2 quorum sloppy FORCE")).isEqualTo(RespClient.OK);
        assertThat(ask(0, "RT.KEYSPACE SET cart: read-consistency ONE")).isEqualTo(RespClient.OK);
        for (int i = 0; i < NODES; i++) {
            int node = i;
            cluster.await("node " + i + " to know", () -> cluster.node(node).ring().epoch() == cluster.node(0).ring().epoch());
            assertThat(list(ask(i, "RT.KEYSPACE")))
                    .anyMatch(each -> map(each).get("prefix").equals("cart:")
                            && map(each).get("replication-factor").equals(2L)
                            && map(each).get("quorum").equals("sloppy")
                            && map(each).get("read-consistency").equals("ONE"));
        }
        assertThat(map(ask(2, "RT.OWNERS cart:1"))).containsEntry("keyspace", "cart:").containsEntry("read-replicas-needed", 1L);
        assertThat(ask(3, "RT.KEYSPACE DEL cart:")).asString().contains("another number of replicas");
        assertThat(ask(3, "RT.KEYSPACE DEL cart: FORCE")).isEqualTo(RespClient.OK);
        assertThat(ask(3, "RT.KEYSPACE DEL cart:")).asString().contains("ERR there is no keyspace 'cart:'");
        assertThat(ask(3, "RT.KEYSPACE SET cart: replication-factor 99")).asString().contains("must be 1 to 15");
    }

    @Test
    void latencyIsToldOfEachPeer() throws Exception {
        try (RespClient client = connect(0)) {
            for (int i = 0; i < 40; i++) {
                assertThat(client.ask("SET latency:" + i + " v")).isEqualTo(RespClient.OK);
                assertThat(client.ask("GET latency:" + i)).isEqualTo("v");
            }
            for (Object each : list(client.ask("RT.NODES"))) {
                Map<String, Object> node = map(each);
                boolean isSelf = node.get("id").equals(cluster.id(0));
                assertThat((long) node.get("write-micros")).as("%s", node).matches(micros -> isSelf ? micros == 0 : micros > 0);
            }
            assertThat(client.ask("INFO cluster")).asString()
                    .containsPattern("peer0:id=[0-9a-f]+,read_usec=[0-9]+,write_usec=[1-9][0-9]*")
                    .contains("peer" + (NODES - 2) + ":id=");
        }
    }

    @Test
    void theClustersSecretIsNotShown() throws Exception {
        assertThat(map(ask(0, "CONFIG GET cluster-*"))).containsKey("cluster-name").doesNotContainKey("cluster-secret");
        assertThat(map(ask(0, "CONFIG GET cluster-secret"))).isEmpty();
    }

    @Test
    void bitopWritesItsDestinationAndOnlyReadsItsSources() throws Exception {
        try (RespClient client = connect(0)) {
            assertThat(client.ask("SET source:1 abc")).isEqualTo(RespClient.OK);
            assertThat(client.ask("RT.KEYSPACE SET source: write-consistency 7")).isEqualTo(RespClient.OK);
            assertThat(client.ask("SET source:1 xyz")).asString().contains("NOREPLICAS");
            assertThat(client.ask("BITOP OR destination source:1 source:2")).isEqualTo(3L);
            assertThat(client.ask("BITOP OR source:2 destination source:1")).asString().contains("NOREPLICAS");
            assertThat(client.ask("RT.KEYSPACE DEL source:")).isEqualTo(RespClient.OK);
        }
    }

    private static List<String> steps(Object trace, String id) {
        return list(map(trace).get("steps")).stream()
                .map(RingCommandsTest::list)
                .filter(step -> step.get(1).equals(id))
                .map(step -> (String) step.get(2))
                .toList();
    }

    @Test
    void aTraceShowsWhoWasWrittenToAndWhoWasRead() throws Exception {
        String key = "traced";
        int[] nodes = nodesOf(key);
        int outside = nodes[3];
        try (RespClient client = connect(outside)) {
            List<Object> set = list(client.ask("RT.TRACE SET " + key + " v1"));
            assertThat(set.get(0)).isEqualTo(RespClient.OK);
            assertThat(map(set.get(1))).containsEntry("coordinator", cluster.id(outside)).containsEntry("lost-steps", 0L);
            for (int i = 0; i < 3; i++) {
                assertThat(steps(set.get(1), cluster.id(nodes[i]))).contains("send");
            }
            assertThat(steps(set.get(1), "")).containsExactly("write ended");

            List<Object> get = list(client.ask("RT.TRACE GET " + key));
            assertThat(get.get(0)).isEqualTo("v1");
            List<String> all = list(map(get.get(1)).get("steps")).stream().map(step -> (String) list(step).get(2)).toList();
            assertThat(all).contains("ask record", "ask version", "record", "version").endsWith("read ended");

            List<Object> incremented = list(client.ask("RT.TRACE INCR traced:count"));
            assertThat(incremented.get(0)).isEqualTo(1L);
            // Behind a trace the connection goes on as it was.
            assertThat(client.pipeline("RT.TRACE GET " + key, "GET " + key, "PING"))
                    .satisfies(replies -> assertThat(replies.get(1)).isEqualTo("v1"))
                    .satisfies(replies -> assertThat(replies.get(2)).isEqualTo(new RespClient.Simple("PONG")));
            assertThat(client.ask("RT.TRACE PING")).asString().contains("ERR ping cannot be traced");
            assertThat(client.ask("RT.TRACE NOSUCH a")).asString().contains("ERR unknown command 'NOSUCH'");
            assertThat(client.ask("RT.TRACE GET")).asString().contains("wrong number of arguments for 'get'");
        }
    }

    @Test
    void aReadModifyWriteOfAnothersKeyIsForwarded() throws Exception {
        String key = "forwarded:count";
        int[] nodes = nodesOf(key);
        List<Object> traced = list(ask(nodes[3], "RT.TRACE INCR " + key));
        assertThat(traced.get(0)).isEqualTo(1L);
        assertThat(steps(traced.get(1), cluster.id(nodes[0]))).containsExactly("forward");
    }

    @Test
    void whatACutNodeMissesIsHintedAndBroughtWhenItHeals() throws Exception {
        String key = "hinted";
        int[] nodes = nodesOf(key);
        int here = nodes[0];
        int cut = nodes[1];
        String id = cluster.id(cut);
        assertThat(ask(here, "DEBUG PEER CUT " + cluster.id(here))).asString().contains("ERR a node has no link to itself");
        assertThat(ask(here, "DEBUG PEER CUT xyz")).asString().contains("is no node id");
        assertThat(ask(here, "DEBUG PEER DROP-TO " + id)).isEqualTo(RespClient.OK);
        assertThat(map(ask(here, "DEBUG PEER LIST"))).containsExactly(Map.entry(id, "DROP-TO"));
        assertThat(ask(here, "DEBUG PEER CUT " + id)).isEqualTo(RespClient.OK);
        assertThat(map(ask(here, "DEBUG PEER LIST"))).containsExactly(Map.entry(id, "CUT"));
        try {
            cluster.await("a hint", () -> {
                try {
                    return steps(list(ask(here, "RT.TRACE SET " + key + " v")).get(1), id).contains("hint");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            Map<String, Object> hints = map(ask(here, "RT.HINTS"));
            assertThat((Long) hints.get("waiting")).isPositive();
            assertThat(list(hints.get("targets"))).anyMatch(target -> map(target).get("id").equals(id));
            assertThat(ask(here, "INFO cluster")).asString().containsPattern("hints_waiting:[1-9]");
        } finally {
            assertThat(ask(here, "DEBUG PEER HEAL ALL")).isEqualTo(RespClient.OK);
        }
        assertThat(map(ask(here, "DEBUG PEER LIST"))).isEmpty();
        cluster.await("the hints to be delivered", () -> cluster.node(here).hints().count() == 0);
        assertThat((Long) map(ask(here, "RT.HINTS")).get("delivered")).isPositive();
    }

    @Test
    void infoTellsOfTheCluster() throws Exception {
        assertThat(ask(0, "INFO cluster")).asString()
                .contains("cluster_enabled:1", "cluster_members:4", "reads_repaired:", "pending_writes:0")
                .containsPattern("peer_bytes_out:[1-9]");
        assertThat(ask(0, "INFO replication")).asString().contains("role:master", "connected_slaves:0");
    }

    @Test
    void aNodeThatIsNotLetInSaysSo(@TempDir Path directory) throws Exception {
        try (LocalCluster lonely = new LocalCluster(directory)) {
            lonely.add("join", "127.0.0.1:1");
            try (RespClient client = new RespClient(lonely.port(0))) {
                assertThat(client.ask("GET x")).asString().contains("CLUSTERDOWN");
                assertThat(client.ask("PING")).isEqualTo(new RespClient.Simple("PONG"));
                assertThat(client.ask("CLUSTER INFO")).asString().contains("cluster_state:fail", "cluster_slots_assigned:0");
                assertThat(client.ask("CLUSTER SLOTS")).isEqualTo(List.of());
                assertThat(client.ask("CLUSTER NODES")).asString().containsPattern("^[0-9a-f]{40} [^ ]+ myself,master - 0 0 0 connected\n$");
                assertThat(client.ask("RT.OWNERS x")).asString().contains("CLUSTERDOWN");
                assertThat(client.ask("RT.TRACE GET x")).asString().contains("CLUSTERDOWN");
                assertThat(list(client.ask("RT.TOPOLOGY"))).contains("member", 0L);
                assertThat(client.ask("CLUSTER MEET 127.0.0.1 7000 17001")).asString().contains("ERR this node is not a member of a cluster");
            }
        }
    }

    @Test
    void aMemberThatOwnsNothingIsListedAndCanBeForgotten(@TempDir Path directory) throws Exception {
        try (LocalCluster grown = new LocalCluster(directory)) {
            grown.add();
            grown.await("the first", () -> grown.node(0).isMember());
            try (RespClient client = new RespClient(grown.port(0))) {
                assertThat(client.ask("SET x v")).isEqualTo(RespClient.OK);
                // Where there are data a newcomer owns nothing.
                grown.add();
                grown.await("the second", () -> grown.node(1).isMember() && grown.node(0).ring().topology().members().size() == 2);
                String id = "0".repeat(28) + grown.id(1);
                Topology ofTwo = grown.node(0).ring().topology();
                int removedNodePort = ofTwo.members().get(ofTwo.indexOf(grown.node(1).selfId())).nodePort();
                assertThat(client.ask("CLUSTER NODES")).asString()
                        .containsPattern(id + " [^ ]+ master - 0 0 [0-9]+ connected\n")
                        .contains(" connected 0-16383\n");
                assertThat(client.ask("CLUSTER INFO")).asString().contains("cluster_known_nodes:2", "cluster_size:1");
                assertThat(client.ask("CLUSTER FORGET " + "0".repeat(28) + grown.id(0))).asString().contains("can't forget myself");
                assertThat(client.ask("CLUSTER FORGET " + id)).isEqualTo(RespClient.OK);
                assertThat(grown.node(0).ring().topology().members()).hasSize(1);
                grown.await("the removed one to know", () -> !grown.node(1).isMember());
                try (RespClient removed = new RespClient(grown.port(1))) {
                    for (String command : new String[] {"GET x", "SET x w", "INCR n", "DBSIZE", "RT.OWNERS x"}) {
                        assertThat(removed.ask(command)).as(command).asString().contains("CLUSTERDOWN", "not a member").contains("any more");
                    }
                    assertThat(removed.ask("INFO cluster")).asString().contains("cluster_member:0");
                }
                assertThat(client.ask("CLUSTER MEET 127.0.0.1 " + grown.port(1) + " " + removedNodePort)).asString()
                        .contains("was removed from this cluster: start it with an empty data directory");
                assertThat(client.ask("GET x")).isEqualTo("v");
            }
        }
    }
}
