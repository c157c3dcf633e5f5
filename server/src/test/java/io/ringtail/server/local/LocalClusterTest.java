package io.ringtail.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What {@code ringtail cluster} does: each step by an object of its own, as each command line has one, so that only files connect them. */
@Execution(ExecutionMode.CONCURRENT)
final class LocalClusterTest {
    private static final int PORT = 19_370;
    private static final int KEYS = 300;
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    Path directory;

    private SteppedCluster cluster;

    @BeforeEach
    void prepare() {
        cluster = new SteppedCluster(directory, PORT);
    }

    private String run(SteppedCluster.Step step) throws IOException {
        return cluster.run(step);
    }

    @AfterEach
    void nothingIsLeftRunning() throws IOException {
        cluster.close();
    }

    private static String text(int node, String... command) throws IOException {
        try (WireClient wire = new WireClient(PORT + node - 1)) {
            return WireClient.text(wire.call(command));
        }
    }

    /** A node's line of the status, its columns separated by one blank. */
    private String line(int node) throws IOException {
        return run(LocalCluster::status).lines().toList().get(node).replaceAll(" +", " ");
    }

    @Test
    void aClusterIsStartedBrokenMendedAndStopped() throws Exception {
        List<String> options = List.of("--memory-limit", "64mb");
        assertThat(run(cluster -> cluster.up(3, PORT, 2, null, null, options))).contains("3 nodes on ports 19370 to 19372 in 2 racks");
        assertThat(text(1, "SET", "key", "before")).isEqualTo("OK");
        assertThat(line(2)).matches("2 running 127.0.0.1:19371 \\d+ [0-9a-f]{12} \\d+ 3 - 0");

        run(cluster -> cluster.kill(2));
        assertThat(text(3, "SET", "key", "while node 2 is dead")).isEqualTo("OK");
        assertThat(line(2)).matches("2 dead 127.0.0.1:19371 - [0-9a-f]{12} - - - -");
        await("its death is known").atMost(Duration.ofSeconds(20)).until(() -> line(1).matches(".* 3 2 \\d+"));
        run(cluster -> cluster.restart(2));
        assertThat(text(2, "GET", "key")).isEqualTo("while node 2 is dead");
        await("hints are delivered").atMost(Duration.ofSeconds(20)).until(() -> line(1).endsWith(" 3 - 0") && line(3).endsWith(" 3 - 0"));

        run(cluster -> cluster.pause(3));
        assertThat(line(3)).startsWith("3 paused ");
        assertThat(text(1, "SET", "key", "while node 3 is paused")).isEqualTo("OK");
        run(cluster -> cluster.resume(3));
        assertThat(text(3, "GET", "key")).isEqualTo("while node 3 is paused");

        run(cluster -> cluster.cut(1, 2, false));
        run(cluster -> cluster.cut(1, 3, false));
        await("alone").atMost(Duration.ofSeconds(10)).until(() -> text(1, "SET", "key", "alone").startsWith("-NOREPLICAS"));
        assertThat(text(2, "SET", "key", "of two")).isEqualTo("OK");
        run(LocalCluster::heal);
        await("healed").atMost(Duration.ofSeconds(10)).until(() -> text(1, "GET", "key").equals("of two"));

        assertThat(run(cluster -> cluster.down(false))).doesNotContain("killed");
        assertThat(line(1)).startsWith("1 dead ");
        run(cluster -> cluster.up(null, null, null, null, null, List.of()));
        assertThat(text(3, "GET", "key")).isEqualTo("of two");
        assertThatThrownBy(() -> run(cluster -> cluster.up(4, null, null, null, null, List.of()))).hasMessageContaining("made in another way");
        assertThatThrownBy(() -> run(cluster -> cluster.kill(4))).hasMessageContaining("nodes 1 to 3");
        run(cluster -> cluster.down(true));
        assertThat(directory.resolve("node-1")).doesNotExist();
        assertThatThrownBy(() -> run(LocalCluster::status)).hasMessageContaining("there is no cluster in");
    }

    @Test
    void nodesAreAddedAndRemovedAliveAndDead() throws Exception {
        run(cluster -> cluster.up(3, PORT + 20, null, null, null, List.of("--memory-limit", "64mb")));
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(21, "SET", "key:" + key, "value")).isEqualTo("OK");
        }
        assertThatThrownBy(() -> run(cluster -> cluster.remove(3, false, PATIENCE_SECONDS))).hasMessageContaining("2 nodes would be left, fewer than the 3 replicas");
        assertThat(run(LocalCluster::add)).contains("node 4 has joined");
        assertThat(run(LocalCluster::settle)).contains("where they should be");
        assertThat(load(4)).as("node 4 has its share").matches("4 running \\S+ \\S+ \\S+ 25\\.0 \\d+ 0\\.0 0 \\d+ settled");

        // The first one too, which the others have joined.
        assertThat(run(cluster -> cluster.remove(1, false, PATIENCE_SECONDS))).contains("node 1 has left");
        assertThat(directory.resolve("node-1")).doesNotExist();
        assertThatThrownBy(() -> run(cluster -> cluster.kill(1))).hasMessageContaining("[2, 3, 4]");
        assertThat(run(LocalCluster::add)).contains("node 5 has joined");
        run(LocalCluster::settle);

        run(cluster -> cluster.kill(3));
        assertThat(run(cluster -> cluster.remove(3, false, PATIENCE_SECONDS))).contains("node 3 has left");
        assertThat(run(LocalCluster::status).lines().map(line -> line.split(" +", -1)[0])).containsExactly("node", "2", "4", "5");
        run(cluster -> cluster.down(false));
        assertThat(run(cluster -> cluster.up(null, null, null, null, null, List.of()))).contains("3 nodes on ports 19391, 19393, 19394");
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(25, "GET", "key:" + key)).isEqualTo("value");
        }
    }

    @Test
    void aDeadNodeIsReplaced() throws Exception {
        run(cluster -> cluster.up(3, PORT + 30, null, null, null, List.of("--memory-limit", "64mb")));
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(31, "SET", "key:" + key, "value")).isEqualTo("OK");
        }
        run(cluster -> cluster.kill(2));
        assertThat(run(cluster -> cluster.replace(2, PATIENCE_SECONDS))).contains("node 2 has been replaced by node 4");
        assertThat(directory.resolve("node-2")).doesNotExist();
        assertThat(run(LocalCluster::status).lines().map(line -> line.split(" +", -1)[0])).containsExactly("node", "1", "3", "4");
        run(LocalCluster::settle);
        assertThat(load(4)).as("it owns a third").matches("4 running \\S+ \\S+ \\S+ 33\\.[34] \\d+ 0\\.0 0 \\d+ settled");
        assertThat(text(34, "RT.CONSISTENCY", "READ", "ONE")).isEqualTo("OK");
        for (int key = 0; key < KEYS; key++) {
            assertThat(text(34, "GET", "key:" + key)).as("key %d", key).isEqualTo("value");
        }
    }

    /** A node's line of what they say of their load, its columns separated by one blank. */
    private String load(int node) throws IOException {
        return run(LocalCluster::load).lines().filter(line -> line.startsWith(node + " ")).findFirst().orElse("").replaceAll(" +", " ");
    }

    @Test
    void aServerThatDoesNotStartSaysWhy() {
        assertThatThrownBy(() -> run(cluster -> cluster.up(1, PORT + 10, null, null, null, List.of("--bogus", "1"))))
                .hasMessageContaining("node 1 has ended")
                .hasMessageContaining("--bogus");
    }

    @Test
    void aProcessThatHasTheNumberOfAnotherIsLeftAlone() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            NodeProcess real = NodeProcess.of(other.pid());
            assertThat(real.state()).isEqualTo(NodeProcess.State.RUNNING);
            NodeProcess past = new NodeProcess(real.pid(), real.startTicks() - 1);
            assertThat(past.state()).isEqualTo(NodeProcess.State.DEAD);
            past.signal("KILL");
            assertThat(other.isAlive()).isTrue();
            real.signal("STOP");
            assertThat(real.await(NodeProcess.State.PAUSED, 5_000)).isTrue();
            real.signal("KILL");
            assertThat(real.await(NodeProcess.State.DEAD, 5_000)).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }
}
