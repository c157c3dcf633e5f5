package io.ringtail.server.process;

import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of real servers, each a process of its own on the loopback interface, numbered from 0, with what can befall them: killed, stopped, cut off, started again.
 *
 * <p>Made by tests, which close it; closing kills what is left. Confined to the test's thread; what answers a question is safe for concurrent use.
 */
public final class ClusterProcesses implements AutoCloseable {
    /** Below the ports that the system gives to clients, which would take one while its node is down. */
    private static final int LOWEST_PORT = 20_000;

    private static final int HIGHEST_PORT = 32_000;
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(60);

    private final Path directory;
    private final String[] options;
    private final int[] ports;
    private final int[] nodePorts;
    private final String[] ids;
    private final @Nullable ServerProcess[] servers;
    private final Map<Integer, Map<String, String>> environments = new HashMap<>();
    private final Map<Integer, Path> dataDirectories = new HashMap<>();

    /** The plan of a cluster; {@link #start} starts it. */
    public ClusterProcesses(Path directory, int nodes, String... options) throws IOException {
        this.directory = directory;
        this.options = options;
        int[] all = freePorts(2 * nodes);
        ports = Arrays.copyOf(all, nodes);
        nodePorts = Arrays.copyOfRange(all, nodes, 2 * nodes);
        ids = new String[nodes];
        servers = new ServerProcess[nodes];
    }

    /** Environment variables of one node, from its next start on. */
    public void environment(int node, Map<String, String> variables) {
        environments.put(node, Map.copyOf(variables));
    }

    /** Where one node has its data, if not beside the others'. */
    public void dataDirectory(int node, Path data) {
        dataDirectories.put(node, data);
    }

    /** Starts all nodes and waits until they are members of one cluster and own their shares. */
    public ClusterProcesses start() throws IOException {
        try {
            for (int node = 0; node < ports.length; node++) {
                servers[node] = launch(node);
            }
            for (int node = 0; node < ports.length; node++) {
                awaitReady(node);
            }
            await("members of one cluster").atMost(JOIN_TIMEOUT).pollInterval(Duration.ofMillis(100)).until(() -> {
                Set<String> epochs = new HashSet<>();
                for (int node = 0; node < ports.length; node++) {
                    String info = text(node, "CLUSTER", "INFO");
                    if (!info.contains("cluster_known_nodes:" + ports.length + "\r\n")) {
                        return false;
                    }
                    epochs.add(info.replaceAll("(?s).*cluster_current_epoch:(\\d+).*", "$1"));
                }
                return epochs.size() == 1;
            });
            for (int node = 0; node < ports.length; node++) {
                String id = text(node, "CLUSTER", "MYID");
                ids[node] = id.substring(id.length() - 12);
            }
            awaitAllHeardOf();
            return this;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private ServerProcess launch(int node) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "--node-port", Integer.toString(nodePorts[node]),
                "--memory-limit", "64mb",
                "--loglevel", "notice"));
        if (node > 0) {
            all.addAll(List.of("--join", "127.0.0.1:" + nodePorts[0]));
        }
        all.addAll(Arrays.asList(options));
        Path data = dataDirectories.getOrDefault(node, directory.resolve("node-" + node));
        return ServerProcess.launchAt(
                ports[node], environments.getOrDefault(node, Map.of()), List.of(), data, all.toArray(new String[0]));
    }

    private void awaitReady(int node) throws IOException {
        if (!server(node).awaitReady()) {
            throw new IOException("node " + node + " ended instead of serving: " + server(node).output());
        }
    }

    public int size() {
        return ports.length;
    }

    public int port(int node) {
        return ports[node];
    }

    /** The ports of all nodes but some. */
    public List<Integer> portsBut(Integer... nodes) {
        List<Integer> left = new ArrayList<>();
        for (int node = 0; node < ports.length; node++) {
            if (!List.of(nodes).contains(node)) {
                left.add(ports[node]);
            }
        }
        return left;
    }

    /** As logs and {@code DEBUG PEER} have it. */
    public String id(int node) {
        return ids[node];
    }

    public ServerProcess server(int node) {
        ServerProcess server = servers[node];
        if (server == null) {
            throw new IllegalStateException("node " + node + " has not been started");
        }
        return server;
    }

    public WireClient connect(int node) throws IOException {
        return new WireClient(ports[node]);
    }

    /** One command to one node; an error comes as text that begins with "-". */
    public String text(int node, String... command) throws IOException {
        try (WireClient wire = connect(node)) {
            return WireClient.text(wire.call(command));
        }
    }

    // ---- what befalls them

    /** SIGKILL. */
    public void kill(int node) {
        server(node).kill();
    }

    /** SIGSTOP: connections stay, nothing is answered. */
    public void pause(int node) throws IOException {
        server(node).signal("STOP");
    }

    /** SIGCONT. */
    public void resume(int node) throws IOException {
        server(node).signal("CONT");
    }

    /** Starts a node that was killed again, on its data and ports, and waits until it serves. */
    public void restart(int node) throws IOException {
        server(node).close();
        servers[node] = launch(node);
        awaitReady(node);
    }

    /** Cuts every link between two groups of nodes. */
    public void cut(List<Integer> some, List<Integer> others) throws IOException {
        for (int one : some) {
            for (int other : others) {
                fault(one, "CUT", other);
                fault(other, "CUT", one);
            }
        }
    }

    /** Loses what one node sends to another, and only that. */
    public void cutOneWay(int from, int to) throws IOException {
        fault(from, "DROP-TO", to);
        fault(to, "DROP-FROM", from);
    }

    private void fault(int node, String what, int other) throws IOException {
        String said = text(node, "DEBUG", "PEER", what, id(other));
        if (!said.equals("OK")) {
            throw new IOException("DEBUG PEER on node " + node + ": " + said);
        }
    }

    /** Heals every cut. */
    public void heal() throws IOException {
        for (int node = 0; node < ports.length; node++) {
            String said = text(node, "DEBUG", "PEER", "HEAL", "ALL");
            if (!said.equals("OK")) {
                throw new IOException("DEBUG PEER on node " + node + ": " + said);
            }
        }
    }

    // ---- what is waited for

    /** Waits until no node takes another for down, so that each may be asked. */
    public void awaitAllHeardOf() {
        await("all heard of by all").atMost(SETTLE_TIMEOUT).pollInterval(Duration.ofMillis(100)).until(() -> {
            for (int node = 0; node < ports.length; node++) {
                if (text(node, "CLUSTER", "NODES").contains("fail")) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Waits until a condition of one node's answer holds. */
    public void awaitAnswer(int node, Duration atMost, java.util.function.Predicate<Reply> condition, String... command) {
        await(String.join(" ", command)).atMost(atMost).pollInterval(Duration.ofMillis(50)).until(() -> {
            try (WireClient wire = connect(node)) {
                return condition.test(wire.call(command));
            }
        });
    }

    /** What the servers have said, for a failed test. */
    public String said() {
        StringBuilder text = new StringBuilder();
        for (int node = 0; node < servers.length; node++) {
            ServerProcess server = servers[node];
            if (server != null) {
                List<String> lines = server.output();
                text.append("node ").append(node).append(", port ").append(ports[node]).append('\n');
                lines.stream().skip(Math.max(0, lines.size() - 25)).forEach(line -> text.append("  ").append(line).append('\n'));
            }
        }
        return text.toString();
    }

    private static int[] freePorts(int count) throws IOException {
        SplittableRandom random = new SplittableRandom(ThreadLocalRandom.current().nextLong());
        Set<Integer> found = new HashSet<>();
        while (found.size() < count) {
            int port = random.nextInt(LOWEST_PORT, HIGHEST_PORT);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                found.add(port);
            } catch (java.net.BindException e) {
                // Taken: another one is tried.
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public void close() {
        Stream.of(servers).filter(server -> server != null).forEach(ServerProcess::close);
    }
}
