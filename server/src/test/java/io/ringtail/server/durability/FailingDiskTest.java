package io.ringtail.server.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A disk that fails, or lies, under a running server. */
@Execution(ExecutionMode.CONCURRENT)
final class FailingDiskTest {
    @TempDir
    Path directory;

    private FaultyFiles faults;
    private Path data;

    @BeforeEach
    void prepare() throws Exception {
        faults = new FaultyFiles(directory);
        data = directory.resolve("store");
    }

    private ServerProcess start(String policy) throws Exception {
        return ServerProcess.start(
                faults.environment(), List.of(), data, "--appendfsync", policy, "--memory-limit", "64mb");
    }

    @Test
    void afterAFailedSyncTheStoreIsReadOnlyAndSaysSo() throws Exception {
        try (ServerProcess server = start("always");
                WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("SET", "before", "1")).isEqualTo("OK");
            faults.set("sync", "EIO", "/log/");
            try (WireClient victim = new WireClient(server.port())) {
                victim.add("SET", "during", "2");
                victim.flush();
                assertThat(neverOk(victim)).as("a write whose sync fails").startsWith("-MISCONF");
            }
            await().atMost(Duration.ofSeconds(20)).untilAsserted(
                    () -> assertThat(wire.text("SET", "after", "3")).startsWith("-MISCONF").contains("read-only"));
            assertThat(wire.text("GET", "before")).isEqualTo("1");
            faults.none();
            assertThat(wire.text("SET", "later", "4")).as("the kernel may have dropped the bytes").startsWith("-MISCONF");
            assertThat(server.output()).anyMatch(line -> line.contains("writes are refused") && line.contains("read-only"));
            server.kill();
        }
        try (ServerProcess server = start("always");
                WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("GET", "before")).isEqualTo("1");
            assertThat(wire.text("SET", "later", "5")).isEqualTo("OK");
        }
    }

    /** The answer; or what stands for it when the connection was closed. */
    private static String neverOk(WireClient wire) throws Exception {
        try {
            return WireClient.text(wire.receive());
        } catch (java.io.EOFException e) {
            return "closed";
        }
    }

    @Test
    void aFailedSyncInTheBackgroundIsToldToTheNextWriter() throws Exception {
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("SET", "before", "1")).isEqualTo("OK");
            faults.set("sync", "EIO", "/log/");
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(wire.text("SET", "k", "v")).startsWith("-MISCONF"));
            assertThat(wire.text("GET", "before")).isEqualTo("1");
        }
    }

    @Test
    void whileASyncIsLateNoMoreIsAcknowledgedThanTwoSecondsWorth() throws Exception {
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port());
                WireClient reader = new WireClient(server.port())) {
            faults.set("sync", "SLOW", "/log/");
            long startNanos = System.nanoTime();
            long longestMillis = 0;
            for (int i = 0; System.nanoTime() - startNanos < 5_000_000_000L; i++) {
                long sentNanos = System.nanoTime();
                assertThat(wire.text("SET", "k", "v" + i)).isEqualTo("OK");
                longestMillis = Math.max(longestMillis, (System.nanoTime() - sentNanos) / 1_000_000);
            }
            assertThat(longestMillis).as("the longest a write waited for a sync of four seconds").isGreaterThan(1_000);
            assertThat(reader.text("GET", "k")).startsWith("v");
            faults.none();
        }
    }

    @Test
    void writesGoOnWhenTheLogCanBeWrittenAgain() throws Exception {
        List<String> kinds = List.of("ENOSPC", "EIO", "HALF");
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port())) {
            for (String kind : kinds) {
                assertThat(wire.text("SET", "before-" + kind, "1")).isEqualTo("OK");
                faults.set("write", kind, "/log/");
                if (!kind.equals("HALF")) {
                    assertThat(wire.text("SET", "during-" + kind, "2")).startsWith("-MISCONF");
                    assertThat(wire.text("SET", "during-" + kind, "3")).startsWith("-MISCONF").contains("commit log");
                    assertThat(wire.text("GET", "before-" + kind)).isEqualTo("1");
                    faults.none();
                }
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertThat(wire.text("SET", "after-" + kind, "4")).isEqualTo("OK"));
            }
            server.kill();
        }
        faults.none();
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port())) {
            for (String kind : kinds) {
                assertThat(wire.text("GET", "before-" + kind)).isEqualTo("1");
                assertThat(wire.text("GET", "after-" + kind)).isEqualTo("4");
                assertThat(wire.text("GET", "during-" + kind)).as("a write whose outcome was unknown").isIn("(nil)", "2");
            }
        }
    }

    @Test
    void aFlushThatFailsLosesNothingAndIsDoneLater() throws Exception {
        String value = "x".repeat(100_000);
        int written = 0;
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port())) {
            faults.set("write", "EIO", "/tables/");
            String answer = "OK";
            while (answer.equals("OK")) {
                assertThat(written).as("values of 100 kB taken with 64 MB of memory and no way to flush").isLessThan(2_000);
                answer = wire.text("SET", "k" + written, value);
                if (answer.equals("OK")) {
                    written++;
                }
            }
            assertThat(answer).startsWith("-MISCONF writes are refused until memory can be written out");
            assertThat(wire.text("GET", "k0")).isEqualTo(value);
            faults.none();
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(wire.text("SET", "after", "4")).isEqualTo("OK"));
            server.kill();
        }
        try (ServerProcess server = start("everysec");
                WireClient wire = new WireClient(server.port())) {
            for (int i = 0; i < written; i++) {
                assertThat(wire.text("STRLEN", "k" + i)).isEqualTo("100000");
            }
            assertThat(wire.text("GET", "after")).isEqualTo("4");
        }
    }

    @Test
    void syncsThatOnlyPretendDoNoHarmToAKilledProcess() throws Exception {
        try (ServerProcess server = start("always");
                WireClient wire = new WireClient(server.port())) {
            faults.set("sync", "LIE", "/");
            for (int i = 0; i < 100; i++) {
                assertThat(wire.text("SET", "k" + i, "v" + i)).isEqualTo("OK");
            }
            server.kill();
        }
        try (ServerProcess server = start("always");
                WireClient wire = new WireClient(server.port())) {
            for (int i = 0; i < 100; i++) {
                assertThat(wire.text("GET", "k" + i)).isEqualTo("v" + i);
            }
        }
    }
}
