package io.ringtail.server.process;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/**
 * A cluster of real servers, each a process of its own, numbered from 0, with what can befall them: killed, stopped, cut off, started again. They are on the loopback
 * interface, where links are cut by the nodes themselves, or each in a network namespace of its own, where links are cut by the kernel.
 *
 * <p>Made by tests, which close it; closing kills what is left. Confined to the test's thread; what answers a question is safe for concurrent use.
 */
public final class ClusterProcesses implements AutoCloseable {
    /** Below the ports that the system gives to clients, which would take one while its node is down. */
    private static final int LOWEST_PORT = 20_000;

    private static final int HIGHEST_PORT = 32_000;
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(60);
    /** So many that each node is a replica of some of them. */
    private static final int KEYS_ASKED_FOR = 64;

    private final Path directory;
    private final String[] options;
    private final int[] ports;
    private final int[] nodePorts;
    private final String[] ids;
    private final @Nullable ServerProcess[] servers;
    private final Map<Integer, Map<String, String>> environments = new HashMap<>();
    private final Map<Integer, Path> dataDirectories = new HashMap<>();
    private final Set<Integer> paused = new HashSet<>();
    private @Nullable Namespaces network;

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

    /** Where the nodes are to be, if not on the loopback interface; the caller's to close, after the cluster. */
    public ClusterProcesses network(@Nullable Namespaces namespaces) {
        network = namespaces;
        return this;
    }

    /** The plan of one more node, which joins the cluster that is there when it is started; the caller's to close, before the cluster. */
    public ServerProcess launchAnother(int port, int nodePort, String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "--node-port", Integer.toString(nodePort),
                "--memory-limit", "64mb",
                "--loglevel", "notice",
                "--join", host(0) + ":" + nodePorts[0] + "," + host(1) + ":" + nodePorts[1]));
        all.addAll(Arrays.asList(options));
        all.addAll(Arrays.asList(more));
        return ServerProcess.launchAt(port, Map.of(), List.of(), directory.resolve("node-at-" + port), all.toArray(new String[0]));
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
            awaitAllReachable();
            return this;
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts a node that has ended again, on its data and port, without waiting for it. */
    public void relaunch(int node) throws IOException {
        server(node).close();
        servers[node] = launch(node);
    }

    private ServerProcess launch(int node) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                "--node-port", Integer.toString(nodePorts[node]),
                "--memory-limit", "64mb",
                "--loglevel", "notice"));
        if (node > 0) {
            all.addAll(List.of("--join", host(0) + ":" + nodePorts[0]));
        }
        List<String> prefix = List.of();
        if (network != null) {
            all.addAll(List.of("--bind", host(node), "--protected-mode", "no"));
            prefix = network.prefix(node);
        }
        all.addAll(Arrays.asList(options));
        Path data = dataDirectories.getOrDefault(node, directory.resolve("node-" + node));
        return ServerProcess.launchAt(
                ports[node], environments.getOrDefault(node, Map.of()), prefix, data, all.toArray(new String[0]));
    }

    private void awaitReady(int node) throws IOException {
        if (!server(node).awaitReady()) {
            throw new IOException("node " + node + " ended instead of serving: " + server(node).output());
        }
    }

    public int size() {
        return ports.length;
    }

    private String host(int node) {
        return network == null ? "127.0.0.1" : network.address(node);
    }

    /** Where a node takes clients. */
    public HostAndPort address(int node) {
        return new HostAndPort(host(node), ports[node]);
    }

    /** Where all nodes but some take clients. */
    public List<HostAndPort> addressesBut(Integer... nodes) {
        return addressesBut(List.of(nodes));
    }

    /** Where all nodes but some take clients. */
    public List<HostAndPort> addressesBut(Collection<Integer> nodes) {
        return IntStream.range(0, ports.length).filter(node -> !nodes.contains(node)).mapToObj(this::address).toList();
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
        return new WireClient(host(node), ports[node]);
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
        paused.remove(node);
    }

    /** SIGTERM: it ends as it does when it is shut down. */
    public void terminate(int node) {
        int code = server(node).terminate();
        if (code != 0) {
            throw new IllegalStateException("node " + node + " ended with " + code + ": " + server(node).output());
        }
    }

    /** SIGSTOP: connections stay, nothing is answered. */
    public void pause(int node) throws IOException {
        server(node).signal("STOP");
        paused.add(node);
    }

    /** SIGCONT. */
    public void resume(int node) throws IOException {
        server(node).signal("CONT");
        paused.remove(node);
    }

    /** Starts nodes that have ended again, on their data and ports, and waits until they serve. */
    public void restart(Integer... nodes) throws IOException {
        for (int node : nodes) {
            relaunch(node);
        }
        for (int node : nodes) {
            awaitReady(node);
        }
    }

    /** Whatever has befallen it: all nodes run, reach each other and know it. */
    public void mend() throws IOException {
        for (int node : List.copyOf(paused)) {
            resume(node);
        }
        if (network != null) {
            network.heal();
        }
        restart(IntStream.range(0, ports.length).filter(node -> !server(node).isAlive()).boxed().toArray(Integer[]::new));
        heal();
        awaitAllReachable();
    }

    /** Cuts every link between two groups of nodes. */
    public void cut(List<Integer> some, List<Integer> others) throws IOException {
        for (int one : some) {
            for (int other : others) {
                if (network != null) {
                    network.drop(one, other);
                    network.drop(other, one);
                } else {
                    fault(one, "CUT", other);
                    fault(other, "CUT", one);
                }
            }
        }
    }

    /** Loses what one node sends to another, and only that. */
    public void cutOneWay(int from, int to) throws IOException {
        if (network != null) {
            network.drop(from, to);
        } else {
            fault(from, "DROP-TO", to);
            fault(to, "DROP-FROM", from);
        }
    }

    private void fault(int node, String what, int other) throws IOException {
        String said = text(node, "DEBUG", "PEER", what, id(other));
        if (!said.equals("OK")) {
            throw new IOException("DEBUG PEER on node " + node + ": " + said);
        }
    }

    /** Heals every cut. */
    public void heal() throws IOException {
        if (network != null) {
            network.heal();
            return;
        }
        for (int node = 0; node < ports.length; node++) {
            String said = text(node, "DEBUG", "PEER", "HEAL", "ALL");
            if (!said.equals("OK")) {
                throw new IOException("DEBUG PEER on node " + node + ": " + said);
            }
        }
    }

    // ---- what is waited for

    /**
     * Waits until every node reaches every other, so that each may be asked: none takes another for down, and all replicas of many keys answer it. After a cut the second
     * takes longer, by the time until connections are made again.
     */
    public void awaitAllReachable() {
        await("all reached by all").atMost(SETTLE_TIMEOUT).pollInterval(Duration.ofMillis(100)).ignoreExceptionsInstanceOf(IOException.class).until(() -> {
            for (int node = 0; node < ports.length; node++) {
                if (!reachesAll(node)) {
                    return false;
                }
            }
            return true;
        });
    }

    private boolean reachesAll(int node) throws IOException {
        try (WireClient wire = connect(node)) {
            if (wire.text("CLUSTER", "NODES").contains("fail") || !wire.text("RT.CONSISTENCY", "READ", "ALL").equals("OK")) {
                return false;
            }
            for (int key = 0; key < KEYS_ASKED_FOR; key++) {
                if (!wire.text("GET", "reached:" + key).equals("(nil)")) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Waits until no node keeps writes for another any more; none of them may have been given up. */
    public void awaitHintsDelivered() {
        await("hints delivered").atMost(SETTLE_TIMEOUT).pollInterval(Duration.ofMillis(100)).untilAsserted(() -> {
            for (int node = 0; node < ports.length; node++) {
                assertThat(text(node, "INFO").lines().filter(line -> line.startsWith("hints_")))
                        .as("hints of node " + node)
                        .contains("hints_waiting:0", "hints_refused:0", "hints_dropped:0");
            }
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
                text.append("node ").append(node).append(", ").append(address(node)).append('\n');
                lines.stream().skip(Math.max(0, lines.size() - 25)).forEach(line -> text.append("  ").append(line).append('\n'));
            }
        }
        return text.toString();
    }

    /** Ports that nobody listens at, below those that the system gives to clients. */
    public static int[] freePorts(int count) throws IOException {
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
