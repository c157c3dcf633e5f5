package io.ringtail.server.durability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Makes a server's file operations fail at a test's word, by {@code src/test/c/faults.c} preloaded into it.
 *
 * <p>Made by a test, in a directory of the test's own. Where there is no C compiler, or no Linux, the test is skipped with the reason.
 */
final class FaultyFiles {
    private final Path library;
    private final Path faults;

    FaultyFiles(Path directory) throws IOException, InterruptedException {
        Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"), "preloading a library needs Linux");
        library = directory.resolve("faults.so");
        faults = directory.resolve("faults.txt");
        Path source = Path.of("src", "test", "c", "faults.c");
        if (!Files.exists(source)) {
            source = Path.of("server").resolve(source);
        }
        try {
            Process compiler = new ProcessBuilder(
                            "gcc", "-O1", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .inheritIO()
                    .start();
            if (!compiler.waitFor(60, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
                throw new AssertionError(source + " does not compile");
            }
        } catch (IOException e) {
            Assumptions.abort("no gcc to compile " + source + ": " + e.getMessage());
        }
        none();
    }

    /** The environment of a server that is to fail. */
    Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library.toString(), "RINGTAIL_FAULTS", faults.toString());
    }

    /** From now on the operation on files whose path contains {@code part} fails so; in place of what failed before. */
    void set(String operation, String fault, String part) throws IOException {
        Path next = faults.resolveSibling("faults.next");
        Files.writeString(next, operation + " " + fault + " " + part + "\n");
        Files.move(next, faults, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    /** Nothing fails any more. */
    void none() throws IOException {
        set("nothing", "EIO", "/");
    }
}
