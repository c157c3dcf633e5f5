package io.ringtail.server.failover;

import io.ringtail.server.process.ClusterProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * The wall clocks of a cluster's nodes, each of which can be set while its process runs: libfaketime stands before the C library and reads by how much from a file of each
 * node's. Clocks that count from an arbitrary start, by which the JVM waits, stay as they are. Confined to the test's thread.
 *
 * <p>The library is looked for at its usual place, or where {@code -Dringtail.faketime=FILE} says.
 */
final class FakeClocks {
    private static final Path LIBRARY = Path.of(
            System.getProperty("ringtail.faketime", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"));

    private final Path directory;

    private FakeClocks(Path directory) {
        this.directory = directory;
    }

    static boolean areAvailable() {
        return Files.exists(LIBRARY);
    }

    /** Gives a cluster that is not started yet such clocks, which are right at first; skips the test where there is no library. */
    static FakeClocks of(ClusterProcesses cluster, Path directory) throws IOException {
        if (!areAvailable()) {
            System.err.println("SKIPPED: libfaketime is not installed: no " + LIBRARY);
        }
        Assumptions.assumeTrue(areAvailable(), "libfaketime is not installed: no " + LIBRARY);
        FakeClocks clocks = new FakeClocks(directory);
        for (int node = 0; node < cluster.size(); node++) {
            clocks.set(node, 0);
            cluster.environment(node, Map.of(
                    "LD_PRELOAD", LIBRARY.toString(),
                    "FAKETIME_TIMESTAMP_FILE", clocks.file(node).toString(),
                    "FAKETIME_NO_CACHE", "1",
                    // Otherwise every wait with a timeout of the JVM returns at once, and its threads spin.
                    "FAKETIME_FORCE_MONOTONIC_FIX", "0",
                    "FAKETIME_DONT_FAKE_MONOTONIC", "1"));
        }
        return clocks;
    }

    private Path file(int node) {
        return directory.resolve("clock-" + node);
    }

    /** Lets a clock jump, to so many seconds ahead of the true time, or behind it. */
    void set(int node, int seconds) throws IOException {
        // In one step: a file that is empty for a moment would mean the true time.
        Path next = directory.resolve("clock-next");
        Files.writeString(next, (seconds < 0 ? "" : "+") + seconds + "\n");
        Files.move(next, file(node), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
