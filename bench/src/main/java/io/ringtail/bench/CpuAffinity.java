package io.ringtail.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Pins processes to cores by {@code taskset}, where there is one: what is compared has to run on the same core, and
 * its driver on another. Stateless; what it starts has ended when it returns.
 */
public final class CpuAffinity {
    private CpuAffinity() {}

    /** Whether {@code taskset} is on the path. */
    public static boolean available() {
        return onPath("taskset");
    }

    /** Why driver and servers cannot be kept apart here; empty when they can. */
    public static String obstacle() {
        return !available()
                ? "there is no taskset"
                : Runtime.getRuntime().availableProcessors() < 2 ? "there is one core only" : "";
    }

    static String name(int core) {
        return core < 0 ? "any core" : "core " + core;
    }

    /** Whether a program is on the path. */
    public static boolean onPath(String program) {
        String path = System.getenv("PATH");
        if (path == null) {
            return false;
        }
        for (String directory : path.split(java.io.File.pathSeparator, -1)) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    /** What to put before a command so that it runs on {@code core}; nothing when it is negative. */
    public static List<String> prefix(int core) {
        return core < 0 ? List.of() : List.of("taskset", "-c", Integer.toString(core));
    }

    /** Moves all threads of this process to {@code core}; those they start later stay there too. */
    public static void pinThisProcess(int core) throws IOException {
        run(List.of("taskset", "-a", "-p", "-c", Integer.toString(core), Long.toString(ProcessHandle.current().pid())));
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("no end of " + command);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + command, e);
        }
        if (process.exitValue() != 0) {
            throw new IOException(command + " failed with exit code " + process.exitValue());
        }
    }
}
