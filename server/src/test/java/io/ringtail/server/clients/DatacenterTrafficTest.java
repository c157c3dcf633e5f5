package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.server.process.WireClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes from one data center to the other, over real sockets: three nodes in each. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DatacenterTrafficTest {
    private static final int NODES = 6;
    private static final int VALUE_SIZE = 10_000;
    private static final int WRITES = 50;
    private static final Pattern SENT = Pattern.compile("peer_bytes_out_other_datacenters:(\\d+)");

    @Test
    void aValueCrossesOnceForThreeReplicas(@TempDir Path directory) throws Exception {
        try (LocalCluster cluster = new LocalCluster(directory)) {
            for (int i = 0; i < NODES; i++) {
                cluster.add("datacenter", i % 2 == 0 ? "dc1" : "dc2", "partitions", "64", "repair-interval", "0");
            }
            cluster.await("all to be members", () -> IntStream.range(0, NODES)
                    .allMatch(i -> cluster.node(i).isMember() && cluster.node(i).ring().topology().members().size() == NODES));
            try (WireClient client = new WireClient(cluster.port(0))) {
                // Refused until every member has said that it holds nothing: a link may still be on its way up.
                await("its keys have three replicas in each").atMost(Duration.ofSeconds(60)).until(
                        () -> client.text("RT.KEYSPACE", "SET", "", "replication-factor", "dc1:3,dc2:3").equals("OK"));
                cluster.await("every key to have its replicas", () -> IntStream.range(0, NODES)
                        .allMatch(i -> cluster.node(i).ring().epoch() == cluster.node(0).ring().epoch() && isPlaced(cluster.node(i).ring())));
                assertThat(client.text("RT.CONSISTENCY", "WRITE", "ALL", "READ", "LOCAL_ONE")).isEqualTo("OK");
                String value = "v".repeat(VALUE_SIZE);
                assertThat(client.text("SET", "first", value)).isEqualTo("OK");

                long before = sent(cluster, 0);
                long others = sent(cluster, 2, 4);
                for (int i = 0; i < WRITES; i++) {
                    assertThat(client.text("SET", "key" + i, value)).isEqualTo("OK");
                }
                long crossed = sent(cluster, 0) - before;
                // Beside the values there is gossip, and pings.
                assertThat(crossed).as("bytes that %d writes of %d bytes have sent", WRITES, VALUE_SIZE)
                        .isBetween((long) WRITES * VALUE_SIZE, (long) (1.3 * WRITES * VALUE_SIZE));
                assertThat(sent(cluster, 2, 4) - others).as("nothing is passed on over the distance").isLessThan(WRITES * VALUE_SIZE / 4);
                String info = client.text("INFO", "cluster");
                assertThat(info).contains("writes_relayed:" + (WRITES + 1), "relays_failed:0", "datacenter=dc2,bytes_out=");
                for (int i = 1; i < NODES; i += 2) {
                    try (WireClient far = new WireClient(cluster.port(i))) {
                        assertThat(far.text("RT.CONSISTENCY", "READ", "LOCAL_ONE")).isEqualTo("OK");
                        assertThat(far.text("GET", "key" + (WRITES - 1))).isEqualTo(value);
                    }
                }
            }
        }
    }

    private static boolean isPlaced(Ring ring) {
        Keyspace keyspace = ring.topology().keyspaces().getFirst();
        return IntStream.range(0, ring.topology().partitions()).mapToObj(partition -> ring.replicasOf(keyspace, partition))
                .allMatch(replicas -> replicas.countBefore() == NODES && replicas.count() == NODES);
    }

    private static long sent(LocalCluster cluster, Integer... nodes) throws Exception {
        long sum = 0;
        for (int node : List.of(nodes)) {
            try (WireClient client = new WireClient(cluster.port(node))) {
                Matcher found = SENT.matcher(client.text("INFO", "cluster"));
                assertThat(found.find()).isTrue();
                sum += Long.parseLong(found.group(1));
            }
        }
        return sum;
    }
}
