package io.ringtail.server.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.SmallDisk;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The disk is full: writes are refused, reads go on, a restart works, and writes go on as soon as there is room. */
@Execution(ExecutionMode.CONCURRENT)
final class FullDiskTest {
    private static final int VALUE_BYTES = 20_000;

    @TempDir
    Path directory;

    /** The disk is full of log; or, with small memtables, of tables too, and a restart has more in its log than it may keep without writing it out. */
    @ParameterizedTest
    @CsvSource({"192mb, 64m", "64mb, 128m"})
    void writesAreRefusedWhileTheDiskIsFullAndGoOnAfterwards(String memoryLimit, String diskSize) throws Exception {
        String[] options = {"--memory-limit", memoryLimit};
        try (SmallDisk disk = new SmallDisk(directory.resolve("disk"), "size=" + diskSize)) {
            Path filler = disk.path().resolve("filler");
            Files.write(filler, new byte[24 << 20]);
            Path data = disk.path().resolve("store");
            int written;
            try (ServerProcess server = ServerProcess.start(data, options);
                    WireClient wire = new WireClient(server.port())) {
                written = fill(wire);
                assertThat(written).isPositive();
                check(wire, written);
                server.kill();
            }
            // Not a byte is left: somebody else has taken what the store had reserved.
            Path rest = disk.path().resolve("rest");
            takeAll(rest);
            try (ServerProcess server = ServerProcess.start(data, options);
                    WireClient wire = new WireClient(server.port())) {
                check(wire, written);
                assertThat(wire.text("DEL", "k0")).startsWith("-MISCONF");
                Files.delete(rest);
                Files.delete(filler);
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertThat(wire.text("SET", "after", "1")).isEqualTo("OK"));
                assertThat(wire.text("DEL", "k0")).isEqualTo("1");
                server.kill();
            }
            try (ServerProcess server = ServerProcess.start(data, options);
                    WireClient wire = new WireClient(server.port())) {
                assertThat(wire.text("GET", "k0")).isEqualTo("(nil)");
                assertThat(wire.text("GET", "after")).isEqualTo("1");
                assertThat(wire.call("GET", "k1")).isEqualTo(new io.ringtail.protocol.client.Reply.Bulk(value(1)));
                assertThat(server.terminate()).as(() -> server.output().toString()).isZero();
            }
        }
    }

    /** Writes until it is refused; returns how many writes were taken. What is being written out meanwhile may make room for more a moment later. */
    private static int fill(WireClient wire) throws Exception {
        int written = 0;
        while (true) {
            assertThat(written).as("values of 20 kB on a disk of 64 MB").isLessThan(20_000);
            wire.add("SET".getBytes(), ("k" + written).getBytes(), value(written));
            wire.flush();
            String answer = WireClient.text(wire.receive());
            if (!answer.equals("OK")) {
                assertThat(answer).startsWith("-MISCONF").containsIgnoringCase("no space left");
                return written;
            }
            written++;
        }
    }

    private static void check(WireClient wire, int written) throws Exception {
        for (int i = 0; i < written; i++) {
            assertThat(wire.call("GET", "k" + i)).isEqualTo(new io.ringtail.protocol.client.Reply.Bulk(value(i)));
        }
    }

    private static void takeAll(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    /** Nothing that compression could make smaller. */
    private static byte[] value(int seed) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(seed).nextBytes(value);
        return value;
    }
}
