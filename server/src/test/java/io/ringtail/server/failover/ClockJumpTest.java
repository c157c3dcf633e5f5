package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Clocks of single nodes jump by two minutes, ahead and back, while clients write: nothing that was acknowledged is lost or hidden, nothing read goes back.
 */
@Execution(ExecutionMode.CONCURRENT)
final class ClockJumpTest {
    private static final int ROUNDS = 4 * Integer.getInteger("ringtail.cluster.rounds", 1);
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());
    private static final int CLIENTS = 4;
    private static final int[] JUMPS = {120, -120, 0};

    @TempDir
    Path directory;

    @Test
    void nothingIsLostOrHiddenWhenClocksJump() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        try (ClusterProcesses cluster = new ClusterProcesses(directory, 5, "--keyspace", Settling.ONE)) {
            FakeClocks clocks = FakeClocks.of(cluster, directory);
            cluster.start();
            StringBuilder history = new StringBuilder("-Dringtail.seed=" + SEED);
            try (ClusterLoad load = new ClusterLoad("clock:", 3_000, true);
                    ClusterLoad hinted = new ClusterLoad("one:", 3_000, false)) {
                load.start(CLIENTS, cluster.addressesBut());
                hinted.start(CLIENTS / 2, cluster.addressesBut(4));
                load.awaitMore(200);
                for (int round = 0; round < ROUNDS; round++) {
                    int node = random.nextInt(5);
                    int jump = JUMPS[random.nextInt(JUMPS.length)];
                    history.append(", node ").append(node).append(' ').append(jump);
                    clocks.set(node, jump);
                    load.awaitMore(300);
                    ClusterLoad.goOn(Duration.ofMillis(300));
                }
                // Also through the end of a process, whose clock's greatest time must not be forgotten.
                clocks.set(3, 0);
                clocks.set(4, 120);
                load.awaitMore(300);
                assertThat(clockOf(cluster, 4) - clockOf(cluster, 3)).as("the library does what it is to do").isGreaterThan(100);
                cluster.kill(4);
                clocks.set(4, -120);
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

    /** Seconds, as the node sees them. */
    private static long clockOf(ClusterProcesses cluster, int node) throws Exception {
        String info = cluster.text(node, "INFO", "server");
        return Long.parseLong(info.replaceAll("(?s).*server_time_usec:(\\d+).*", "$1")) / 1_000_000;
    }
}
