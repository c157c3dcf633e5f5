package io.ringtail.server.clients;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that a test runs: given its input at once, watched for its output, and killed when it takes too long.
 *
 * <p>Made by tests, which close it. Safe for concurrent use: two threads of its own feed it and read it.
 */
final class Program implements AutoCloseable {
    /** What one that ended has left: its exit code, and all it has printed, errors included. */
    record Result(int exitCode, String output) {
        List<String> lines() {
            return output.lines().toList();
        }
    }

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final List<String> command;
    private final Process process;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread reader;

    private Program(Path directory, byte[] input, List<String> command) throws IOException {
        this.command = command;
        this.process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        this.reader = Thread.ofVirtual().start(this::read);
        Thread.ofVirtual().start(() -> feed(input));
    }

    /** Starts one and returns at once. */
    static Program start(byte[] input, String... command) throws IOException {
        return new Program(Path.of("."), input, List.of(command));
    }

    /** Runs one to its end. */
    static Result run(byte[] input, String... command) throws IOException, InterruptedException {
        return run(Path.of("."), input, command);
    }

    /** As {@link #run(byte[], String...)}, in a directory. */
    static Result run(Path directory, byte[] input, String... command) throws IOException, InterruptedException {
        try (Program program = new Program(directory, input, List.of(command))) {
            return program.awaitEnd();
        }
    }

    /** Skips the test that calls this, and says why, where a program is not installed. */
    static void assumeInstalled(String program, String packageName) {
        List<String> directories = new ArrayList<>(List.of(System.getenv("PATH").split(":", -1)));
        boolean found = directories.stream().anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
        if (!found) {
            System.err.println("SKIPPED: " + program + " is not on the PATH; it comes with " + packageName);
        }
        assumeTrue(found, program + " is not on the PATH; it comes with " + packageName);
    }

    private void read() {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
                synchronized (output) {
                    output.write(buffer, 0, size);
                    output.notifyAll();
                }
            }
        } catch (IOException e) {
            // Killed: what came before is what there is.
        }
    }

    private void feed(byte[] input) {
        try (OutputStream out = process.getOutputStream()) {
            out.write(input);
        } catch (IOException e) {
            // Ended before it has read everything: its exit code tells.
        }
    }

    private String output() {
        synchronized (output) {
            return output.toString(StandardCharsets.UTF_8);
        }
    }

    /** Waits until it has printed {@code text}; returns all it has printed by then. */
    String awaitOutput(String text) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + TIMEOUT.toNanos();
        synchronized (output) {
            while (!output().contains(text)) {
                long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
                if (leftMillis <= 0) {
                    throw new AssertionError(command + " did not print '" + text + "' but: " + output());
                }
                output.wait(Math.min(leftMillis, 1000));
            }
            return output();
        }
    }

    Result awaitEnd() throws InterruptedException {
        if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(command + " has not ended after " + TIMEOUT + ", having printed: " + output());
        }
        reader.join(TIMEOUT);
        return new Result(process.exitValue(), output());
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            reader.join(TIMEOUT);
            process.getOutputStream().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
