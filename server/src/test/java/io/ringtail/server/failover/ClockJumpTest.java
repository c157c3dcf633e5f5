package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clocks of single nodes jump by two minutes, ahead and back, while clients write: nothing that was acknowledged is lost or hidden, nothing read goes back.
 *
 * <p>Needs libfaketime, at its usual place or where {@code -Dringtail.faketime=FILE} says; without it the test is skipped.
 */
final class ClockJumpTest {
    private static final Path LIBRARY = Path.of(
            System.getProperty("ringtail.faketime", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"));
    private static final int ROUNDS = 4 * Integer.getInteger("ringtail.cluster.rounds", 1);
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());
    private static final int CLIENTS = 4;
    private static final String[] JUMPS = {"+120", "-120", "+0"};

    @TempDir
    Path directory;

    @Test
    void nothingIsLostOrHiddenWhenClocksJump() throws Exception {
        Assumptions.assumeTrue(Files.exists(LIBRARY), "libfaketime is not installed: " + LIBRARY);
        SplittableRandom random = new SplittableRandom(SEED);
        try (ClusterProcesses cluster = new ClusterProcesses(directory, 5, "--keyspace", Settling.ONE)) {
            for (int node = 0; node < cluster.size(); node++) {
                Files.writeString(clock(node), "+0\n");
                cluster.environment(node, Map.of(
                        "LD_PRELOAD", LIBRARY.toString(),
                        "FAKETIME_TIMESTAMP_FILE", clock(node).toString(),
                        "FAKETIME_NO_CACHE", "1",
                        // Otherwise every wait with a timeout of the JVM returns at once, and its threads spin.
                        "FAKETIME_FORCE_MONOTONIC_FIX", "0",
                        "FAKETIME_DONT_FAKE_MONOTONIC", "1"));
            }
            cluster.start();
            StringBuilder history = new StringBuilder("-Dringtail.seed=" + SEED);
            try (ClusterLoad load = new ClusterLoad("clock:", 3_000, true);
                    ClusterLoad hinted = new ClusterLoad("one:", 3_000, false)) {
                load.start(CLIENTS, cluster.portsBut());
                hinted.start(CLIENTS / 2, cluster.portsBut(4));
                load.awaitMore(200);
                for (int round = 0; round < ROUNDS; round++) {
                    int node = random.nextInt(5);
                    String jump = JUMPS[random.nextInt(JUMPS.length)];
                    history.append(", node ").append(node).append(' ').append(jump);
                    Files.writeString(clock(node), jump + "\n");
                    load.awaitMore(300);
                    ClusterLoad.goOn(Duration.ofMillis(300));
                }
                // Also through the end of a process, whose clock's greatest time must not be forgotten.
                Files.writeString(clock(3), "+0\n");
                Files.writeString(clock(4), "+120\n");
                load.awaitMore(300);
                assertThat(clockOf(cluster, 4) - clockOf(cluster, 3)).as("the library does what it is to do").isGreaterThan(100);
                cluster.kill(4);
                Files.writeString(clock(4), "-120\n");
                cluster.restart(4);
                load.awaitMore(300);
                load.stop();
                hinted.stop();
                assertThat(load.errors()).as(history.toString()).allMatch(failure -> !failure.refused());
                Settling.check(cluster, load, 0, 1, 2, 3, 4);
                Settling.awaitReplicasRight(cluster, hinted);
            }
        }
    }

    private Path clock(int node) {
        return directory.resolve("clock-" + node);
    }

    /** Seconds, as the node sees them. */
    private static long clockOf(ClusterProcesses cluster, int node) throws Exception {
        String info = cluster.text(node, "INFO", "server");
        return Long.parseLong(info.replaceAll("(?s).*server_time_usec:(\\d+).*", "$1")) / 1_000_000;
    }
}
