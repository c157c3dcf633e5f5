package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines and transactions of one connection to a cluster, at nodes that carry the commands out and at nodes that forward them: as with one node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClusterPipelinesTest {
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

    /** Sends requests, one a line, at once to a node, and checks that each is answered so. */
    private void check(int node, String... requestsAndReplies) throws IOException {
        try (WireClient client = new WireClient(cluster.port(node))) {
            for (int i = 0; i < requestsAndReplies.length; i += 2) {
                client.add(requestsAndReplies[i].split(" "));
            }
            client.flush();
            for (int i = 0; i < requestsAndReplies.length; i += 2) {
                assertThat(WireClient.text(client.receive()))
                        .as("%s at node %d", requestsAndReplies[i], node)
                        .isEqualTo(requestsAndReplies[i + 1]);
            }
        }
    }

    @Test
    void aPipelineSeesWhatItHasWritten() throws IOException {
        for (int node = 0; node < NODES; node++) {
            String k = "p" + node;
            check(node,
                    "GET " + k, "(nil)", "SET " + k + " 1", "OK", "GET " + k, "1", "INCR " + k, "2", "GET " + k, "2",
                    "DEL " + k + " " + k, "1", "GET " + k, "(nil)", "SETNX " + k + " 7", "1", "GETSET " + k + " 8", "7",
                    "APPEND " + k + " 9", "2", "GET " + k, "89", "NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: ",
                    "INCR " + k, "90", "GET " + k, "90");
        }
    }

    @Test
    void whatReadsAndThenWritesDoesNotGetAheadOfAWriteBeforeIt() throws IOException {
        for (int node = 0; node < NODES; node++) {
            for (int i = 0; i < 25; i++) {
                String k = "order" + node + "." + i;
                check(node,
                        "SET " + k + " 10", "OK", "INCR " + k, "11", "SET " + k + " 20", "OK", "INCR " + k, "21",
                        "GET " + k, "21");
            }
        }
    }

    @Test
    void aClearedDatabaseIsEmptyForTheRestOfThePipeline() throws IOException {
        for (int node = 0; node < NODES; node++) {
            check(node,
                    "SELECT 5", "OK", "SET a 1", "OK", "GET a", "1", "GET a", "1", "FLUSHDB", "OK", "GET a", "(nil)",
                    "SET a 2", "OK", "GET a", "2");
        }
    }

    @Test
    void aKeyIsMovedAndCopiedToAnotherDatabase() throws IOException {
        for (int node = 0; node < NODES; node++) {
            String k = "m" + node;
            String copy = "{" + k + "}copy";
            check(node,
                    "SET " + k + " v", "OK", "GET " + k, "v", "MOVE " + k + " 2", "1", "GET " + k, "(nil)", "SELECT 2", "OK", "GET " + k, "v",
                    "MOVE " + k + " 2", "-ERR source and destination objects are the same",
                    "COPY " + k + " " + copy + " DB 3", "1", "COPY " + k + " " + copy + " DB 3", "0", "GET " + copy, "(nil)",
                    "SELECT 3", "OK", "GET " + copy, "v");
        }
    }

    @Test
    void aDatabaseSelectedInATransactionStaysSelected() throws IOException {
        for (int node = 0; node < NODES; node++) {
            String k = "s" + node;
            try (WireClient client = new WireClient(cluster.port(node))) {
                assertThat(client.text("SET", k, "zero")).isEqualTo("OK");
                assertThat(client.text("MULTI")).isEqualTo("OK");
                assertThat(client.text("GET", k)).isEqualTo("QUEUED");
                assertThat(client.text("SELECT", "4")).isEqualTo("QUEUED");
                assertThat(client.text("SET", k, "four")).isEqualTo("QUEUED");
                assertThat(client.text("MOVE", k, "6")).isEqualTo("QUEUED");
                assertThat(client.text("SET", k, "4")).isEqualTo("QUEUED");
                client.call("EXEC");
                assertThat(client.text("GET", k)).as("at node %d", node).isEqualTo("4");
                assertThat(client.text("SELECT", "6")).isEqualTo("OK");
                assertThat(client.text("GET", k)).as("at node %d", node).isEqualTo("four");
            }
        }
    }

    @Test
    void aTransactionThatSelectsADatabaseThatIsNotThereGoesOnInItsOwn() throws IOException {
        for (int node = 0; node < NODES; node++) {
            String k = "d" + node;
            try (WireClient client = new WireClient(cluster.port(node))) {
                assertThat(client.text("SET", k, "1")).isEqualTo("OK");
                assertThat(client.text("MULTI")).isEqualTo("OK");
                assertThat(client.text("SELECT", "99")).isEqualTo("QUEUED");
                assertThat(client.text("INCR", k)).isEqualTo("QUEUED");
                assertThat(client.text("GET", k)).isEqualTo("QUEUED");
                assertThat(client.call("EXEC").toString()).as("at node %d", node).contains("DB index is out of range", "value=2");
                assertThat(client.text("GET", k)).isEqualTo("2");
            }
        }
    }

    @Test
    void whatIsAboutTheConnectionIsRefusedInATransactionThatAnotherNodeMayCarryOut() throws IOException {
        check(0,
                "MULTI", "OK", "CLIENT SETNAME x", "-ERR client|setname is not allowed in a transaction of a cluster",
                "RT.CONSISTENCY READ ONE", "-ERR rt.consistency is not allowed in a transaction of a cluster",
                "EXEC", "-EXECABORT Transaction discarded because of previous errors.", "CLIENT SETNAME x", "OK");
    }

    @Test
    void aCommandThatWaitedForItsRecordsIsNotHeldBackByAPause() throws IOException {
        try (WireClient client = new WireClient(cluster.port(0))) {
            assertThat(client.text("SET", "paused", "1")).isEqualTo("OK");
            client.add("INCR", "paused").add("CLIENT", "PAUSE", "50").add("INCR", "paused").flush();
            assertThat(WireClient.text(client.receive())).isEqualTo("2");
            assertThat(WireClient.text(client.receive())).isEqualTo("OK");
            assertThat(WireClient.text(client.receive())).isEqualTo("3");
        }
        for (int node = 0; node < NODES; node++) {
            int at = node;
            cluster.await("no slot is locked", () -> cluster.node(at).lockedSlots() == 0);
        }
    }
}
