package io.ringtail.server.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One node of a local cluster: its directory {@code node-N} with {@code data}, {@code log} (what the server says), {@code pid} and {@code id}, and the process that may
 * run on it. Confined to one thread; several programs at once on one directory are told apart by the server's own lock on its data.
 */
final class LocalNode {
    private static final long STOP_TIMEOUT_MILLIS = 20_000;
    private static final long KILL_TIMEOUT_MILLIS = 10_000;
    private static final int ASK_TIMEOUT_MILLIS = 2_000;
    private static final int LOG_LINES_SHOWN = 5;

    private final int number;
    private final ClusterPlan plan;
    private final Path directory;

    LocalNode(int number, ClusterPlan plan, Path clusterDirectory) {
        this.number = number;
        this.plan = plan;
        this.directory = clusterDirectory.resolve("node-" + number);
    }

    int number() {
        return number;
    }

    int port() {
        return plan.port(number);
    }

    private Path pidFile() {
        return directory.resolve("pid");
    }

    Path log() {
        return directory.resolve("log");
    }

    /** The process that was started last, alive or not; null when there was none. */
    @Nullable NodeProcess process() throws IOException {
        return NodeProcess.load(pidFile());
    }

    NodeProcess.State state() throws IOException {
        NodeProcess process = process();
        return process == null ? NodeProcess.State.DEAD : process.state();
    }

    /** Starts the server; it may take a moment until it serves. */
    void start() throws IOException {
        Files.createDirectories(directory);
        List<String> command = ServerJvm.command(plan.memoryLimit(), plan.serverOptions(number, directory.resolve("data")));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
        NodeProcess.of(process.pid()).save(pidFile());
    }

    /** SIGTERM, and SIGKILL when that has not helped in time; returns when the process is gone. */
    void stop() throws IOException {
        signalStop();
        awaitStop();
    }

    /** Asks the process to end. */
    void signalStop() throws IOException {
        NodeProcess process = process();
        if (process != null) {
            process.signal("TERM");
            // A stopped process gets it when it goes on.
            process.signal("CONT");
        }
    }

    /** Waits for the end that was asked for, and brings it about in the end. True when it went by itself. */
    boolean awaitStop() throws IOException {
        NodeProcess process = process();
        if (process == null || process.await(NodeProcess.State.DEAD, STOP_TIMEOUT_MILLIS)) {
            return true;
        }
        kill();
        return false;
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() throws IOException {
        NodeProcess process = process();
        if (process == null) {
            return;
        }
        process.signal("KILL");
        if (!process.await(NodeProcess.State.DEAD, KILL_TIMEOUT_MILLIS)) {
            throw new IOException("process " + process.pid() + " of node " + number + " does not end");
        }
    }

    void pause() throws IOException {
        signal("STOP", NodeProcess.State.PAUSED);
    }

    void resume() throws IOException {
        signal("CONT", NodeProcess.State.RUNNING);
    }

    private void signal(String name, NodeProcess.State wanted) throws IOException {
        NodeProcess process = process();
        if (process == null || process.state() == NodeProcess.State.DEAD) {
            throw new IOException("node " + number + " is dead; 'ringtail cluster restart " + number + "' starts it");
        }
        process.signal(name);
        if (!process.await(wanted, KILL_TIMEOUT_MILLIS)) {
            throw new IOException("node " + number + " is " + name(process.state()) + " in spite of SIG" + name);
        }
    }

    static String name(NodeProcess.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** A connection to its client port. */
    NodeClient connect() throws IOException {
        return new NodeClient(port(), ASK_TIMEOUT_MILLIS);
    }

    /** The id it has in the cluster, as it said itself once; null when it has not yet. */
    @Nullable String id() throws IOException {
        try {
            return Files.readString(directory.resolve("id")).trim();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Keeps its id, so that others can be told whom to cut off while it does not answer. */
    void remember(String id) throws IOException {
        if (!id.equals(id())) {
            Files.writeString(directory.resolve("id"), id + "\n");
        }
    }

    /** What it said last, for one who asks why it is dead. */
    String lastWords() throws IOException {
        try {
            List<String> lines = Files.readString(log(), StandardCharsets.UTF_8).lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
        } catch (NoSuchFileException e) {
            return "(nothing)";
        }
    }

    /** Deletes all there is of it. */
    void wipe() throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
