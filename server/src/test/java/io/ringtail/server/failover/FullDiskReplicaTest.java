package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.SmallDisk;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The disk of one replica is full: that node takes no writes and says so, the others go on, and when there is room again it gets what it missed. */
@Execution(ExecutionMode.CONCURRENT)
final class FullDiskReplicaTest {
    private static final int FULL = 2;
    private static final int VALUE_BYTES = 40_000;
    private static final int WRITES_MAX = 5_000;

    @TempDir
    Path directory;

    @Test
    void theClusterGoesOnWithoutTheNodeWhoseDiskIsFull() throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("disk"), "size=96m");
                ClusterProcesses cluster = new ClusterProcesses(directory, 3, "--keyspace", Settling.ONE)) {
            cluster.dataDirectory(FULL, disk.path().resolve("store"));
            cluster.start();
            Path filler = disk.path().resolve("filler");
            fill(filler);
            try (ClusterLoad load = new ClusterLoad("full:", 5_000, true);
                    ClusterLoad hinted = new ClusterLoad("one:", 5_000, false)) {
                load.start(2, cluster.addressesBut(FULL));
                hinted.start(2, cluster.addressesBut(FULL));
                writeUntilRefused(cluster);
                load.awaitMore(300);
                hinted.awaitMore(300);
                assertThat(load.errors()).as("through the other nodes").isEmpty();
                assertThat(hinted.errors()).as("through the other nodes").isEmpty();
                assertThat(cluster.server(FULL).output())
                        .as("what the node says")
                        .anyMatch(line -> line.contains("writes are refused") && line.toLowerCase(java.util.Locale.ROOT).contains("no space"));
                assertThat(cluster.text(FULL, "GET", "big:0")).as("a read through the node itself").hasSize(VALUE_BYTES);
                Files.delete(filler);
                await("room").atMost(Duration.ofSeconds(30)).until(() -> !isRefusing(cluster));
                load.awaitMore(300);
                load.stop();
                hinted.stop();
                Settling.check(cluster, load, 0, 1, 2);
                Settling.awaitReplicasRight(cluster, hinted);
            }
        }
    }

    /** Takes all the room there is. */
    private static void fill(Path filler) throws IOException {
        byte[] block = new byte[64 << 10];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void writeUntilRefused(ClusterProcesses cluster) throws Exception {
        Random random = new Random(1);
        byte[] value = new byte[VALUE_BYTES];
        try (WireClient wire = cluster.connect(0)) {
            for (int i = 0; i < WRITES_MAX; i++) {
                for (int at = 0; at < VALUE_BYTES; at++) {
                    value[at] = (byte) ('!' + random.nextInt(90));
                }
                wire.add("SET".getBytes(), ("big:" + i % 50).getBytes(), value);
                wire.flush();
                assertThat(WireClient.text(wire.receive())).as("write " + i).isEqualTo("OK");
                if (i % 20 == 0 && isRefusing(cluster)) {
                    return;
                }
            }
        }
        throw new AssertionError("the disk is not full after all; " + List.of(WRITES_MAX, VALUE_BYTES));
    }

    private static boolean isRefusing(ClusterProcesses cluster) throws IOException {
        return cluster.text(FULL, "INFO", "persistence").contains("aof_last_write_status:err");
    }
}
