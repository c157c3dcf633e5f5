package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told by a node of three that has just been started again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StartingAgainTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final String WAITS = "clients wait until";
    private static final int KEYS = 64;

    private ClusterProcesses cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = new ClusterProcesses(directory, 3, "--io-threads", "2").start();
    }

    @BeforeEach
    void allIsWell() throws IOException {
        cluster.mend();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void awaitSaid(ServerProcess server, String words) {
        await(words).atMost(TIMEOUT).pollInterval(Duration.ofMillis(10)).until(() -> server.output().stream().anyMatch(line -> line.contains(words)));
    }

    /** Were clients not made to wait, the first of these would be told that no replicas can be reached: until the others go on, none can. */
    @Test
    void clientsThatComeBeforeItsLinksWaitForThem() throws Exception {
        cluster.terminate(0);
        cluster.pause(1);
        cluster.pause(2);
        cluster.relaunch(0);
        awaitSaid(cluster.server(0), WAITS);
        try (WireClient one = cluster.connect(0);
                WireClient other = cluster.connect(0)) {
            cluster.resume(1);
            cluster.resume(2);
            for (int key = 0; key < KEYS; key++) {
                assertThat(one.text("SET", "key:" + key, "value")).isEqualTo("OK");
                assertThat(other.text("GET", "key:" + key)).isEqualTo("value");
            }
        }
        awaitSaid(cluster.server(0), "clients are served");
    }

    @Test
    void whereTheOthersAreDeadClientsAreToldSoInTheEnd() throws Exception {
        for (int node = 0; node < 3; node++) {
            cluster.terminate(node);
        }
        cluster.restart(0);
        assertThat(cluster.server(0).output()).anyMatch(line -> line.contains("too few of the other members are reached"));
        assertThat(cluster.text(0, "GET", "key")).startsWith("-NOREPLICAS");
        assertThat(cluster.text(0, "PING")).isEqualTo("PONG");
    }

    @Test
    void aNodeAloneWaitsForNobody(@TempDir Path data) throws Exception {
        try (ServerProcess first = ServerProcess.start(data)) {
            assertThat(first.terminate()).isZero();
        }
        try (ServerProcess again = ServerProcess.start(data)) {
            assertThat(again.output()).noneMatch(line -> line.contains(WAITS));
        }
    }
}
