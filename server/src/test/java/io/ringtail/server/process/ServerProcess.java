package io.ringtail.server.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A real server in a process of its own, on the JDK and with the classes of the test that starts it, on a free port of the loopback interface.
 *
 * <p>Made by tests, which close it; closing kills what is left. Safe for concurrent use.
 */
public final class ServerProcess implements AutoCloseable {
    private static final long START_TIMEOUT_SECONDS = 120;

    private final Process process;
    private final int port;
    private final List<String> output = new ArrayList<>();
    private final Thread reader;
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();

    private ServerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
        reader = new Thread(this::readOutput, "output of server " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a server and returns when it serves. */
    public static ServerProcess start(Path dataDirectory, String... options) throws IOException {
        return start(Map.of(), List.of(), dataDirectory, options);
    }

    /** Starts a server on a port of the caller's choice, which another had before, and returns when it serves. */
    public static ServerProcess startAt(int port, Path dataDirectory, String... options) throws IOException {
        return awaitReady(launchAt(port, Map.of(), List.of(), dataDirectory, options));
    }

    /** As {@link #start(Path, String...)}, with environment variables and words before the command, such as {@code ip netns exec …}. */
    public static ServerProcess start(
            Map<String, String> environment, List<String> prefix, Path dataDirectory, String... options)
            throws IOException {
        return awaitReady(launch(environment, prefix, dataDirectory, options));
    }

    private static ServerProcess awaitReady(ServerProcess server) throws IOException {
        try {
            if (!server.ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                server.close();
                throw new IOException("the server ended instead of serving: " + server.output());
            }
            return server;
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            server.close();
            throw new IOException("the server does not serve: " + server.output(), e);
        }
    }

    /** Starts a server without waiting for it; for starts that are to fail. */
    public static ServerProcess launch(
            Map<String, String> environment, List<String> prefix, Path dataDirectory, String... options)
            throws IOException {
        return launchAt(freePort(), environment, prefix, dataDirectory, options);
    }

    /** As {@link #launch}, on a port of the caller's choice. */
    public static ServerProcess launchAt(
            int port, Map<String, String> environment, List<String> prefix, Path dataDirectory, String... options)
            throws IOException {
        ServerImage image = ServerImage.get();
        return launchAt(port, image, image.jvmOptions(), environment, prefix, dataDirectory, options);
    }

    /** Starts a server with further options of the JVM, without waiting for it. */
    static ServerProcess launch(ServerImage image, List<String> jvmOptions, Path dataDirectory) throws IOException {
        return launchAt(freePort(), image, jvmOptions, Map.of(), List.of(), dataDirectory, "--memory-limit", "64mb");
    }

    private static ServerProcess launchAt(
            int port,
            ServerImage image,
            List<String> jvmOptions,
            Map<String, String> environment,
            List<String> prefix,
            Path dataDirectory,
            String... options)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of(
                "-Xmx" + heapMegabytes(options) + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED"));
        command.addAll(List.of(
                "-cp", image.classPath(),
                "io.ringtail.server.cli.Main", "server",
                "--port", Integer.toString(port),
                "--data-dir", dataDirectory.toString()));
        if (!Arrays.asList(options).contains("--node-port")) {
            command.addAll(List.of("--node-port", "0"));
        }
        command.addAll(Arrays.asList(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new ServerProcess(builder.start(), port);
    }

    /** As {@code ./ringtail} has it: half of memory-limit, and 192 MB. */
    private static long heapMegabytes(String... options) {
        for (int i = 0; i + 1 < options.length; i++) {
            if (options[i].equals("--memory-limit") && options[i + 1].endsWith("mb")) {
                return Long.parseLong(options[i + 1].substring(0, options[i + 1].length() - 2)) / 2 + 192;
            }
        }
        return 512;
    }

    /** Bytes of anonymous memory the process occupies: all but mapped files, which are the page cache's. Linux only. */
    public long anonymousBytes() throws IOException {
        for (String line : java.nio.file.Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("no RssAnon for process " + pid());
    }

    /** Waits until a server that was launched serves; false when it ends instead. */
    public boolean awaitReady() throws IOException {
        try {
            return ready.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            throw new IOException("the server neither serves nor ends: " + output(), e);
        }
    }

    /** A port nobody listens on at the moment. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void readOutput() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (output) {
                    output.add(line);
                }
                if (line.startsWith("Ready.")) {
                    ready.complete(true);
                }
            }
        } catch (IOException e) {
            synchronized (output) {
                output.add("(output lost: " + e + ")");
            }
        }
        ready.complete(false);
    }

    public int port() {
        return port;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** What it has printed so far, log lines included. */
    public List<String> output() {
        synchronized (output) {
            return List.copyOf(output);
        }
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Sends a signal by the name that {@code kill} has for it. */
    public void signal(String name) throws IOException {
        try {
            int code = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid()).inheritIO().start().waitFor();
            if (code != 0) {
                throw new IOException("kill -" + name + " ended with " + code);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** SIGTERM; returns the exit code when the process is gone. */
    public int terminate() {
        process.destroy();
        return awaitExit();
    }

    /** Waits for the process to end by itself, and until all that it has written is read; returns its exit code. */
    public int awaitExit() {
        try {
            if (!process.waitFor(START_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the server does not end: " + output());
            }
            if (!reader.join(Duration.ofSeconds(START_TIMEOUT_SECONDS))) {
                throw new IllegalStateException("somebody else keeps the server's output open: " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            process.getInputStream().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
