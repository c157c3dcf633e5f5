package io.ringtail.bench.load;

import io.ringtail.protocol.client.Reply;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What a comparison compares: one server, or several that keep replicas of the same data. Its CPU time and its memory are those of all its processes.
 *
 * <p>Started by a comparison, which closes it; {@link #close} closes all servers. Confined to one thread.
 */
public final class SystemUnderTest implements Closeable {
    private static final long READY_LIMIT_NANOS = 30_000_000_000L;
    private static final long READY_CHECK_NANOS = 20_000_000;
    private static final String REDIS = "Redis";
    private static final String RINGTAIL = "Ringtail";

    /** Whether a server sees all the others that it needs. */
    private interface Readiness {
        boolean isReady(ServerUnderTest server) throws IOException;
    }

    private final String name;
    private final List<ServerUnderTest> servers;
    private final int[] ports;
    private final int replicasAwaited;
    private final Readiness readiness;

    private SystemUnderTest(
            String name, List<ServerUnderTest> servers, boolean isSpread, int replicasAwaited, Readiness readiness) {
        this.name = name;
        this.servers = List.copyOf(servers);
        this.ports = servers.stream().limit(isSpread ? servers.size() : 1).mapToInt(ServerUnderTest::port).toArray();
        this.replicasAwaited = replicasAwaited;
        this.readiness = readiness;
    }

    /** One server on its own, which it owns from now on. */
    public static SystemUnderTest of(String name, ServerUnderTest server) {
        return new SystemUnderTest(name, List.of(server), false, 0, ready -> true);
    }

    /**
     * A Ringtail cluster whose members all have all keys' replicas, or as many as {@code replication-factor} is.
     *
     * @param nodes how many
     * @param isSpread whether clients connect to all nodes, or all to the first
     * @param options for each of them
     */
    public static SystemUnderTest ringtailCluster(
            String mainClass, int nodes, boolean isSpread, int core, int memoryLimitMegabytes, List<String> options)
            throws IOException {
        List<ServerUnderTest> servers = new ArrayList<>();
        try {
            int firstNodePort = ServerUnderTest.freePort();
            for (int i = 0; i < nodes; i++) {
                List<String> all = new ArrayList<>(List.of(
                        "--node-port", Integer.toString(i == 0 ? firstNodePort : ServerUnderTest.freePort())));
                if (i > 0) {
                    all.addAll(List.of("--join", "127.0.0.1:" + firstNodePort));
                }
                all.addAll(options);
                servers.add(ServerUnderTest.ringtail(mainClass, core, memoryLimitMegabytes, all));
            }
            SystemUnderTest cluster = new SystemUnderTest(
                    RINGTAIL + " x" + nodes, servers, isSpread, 0, server -> seesCluster(server, nodes));
            cluster.awaitReady();
            return cluster;
        } catch (IOException e) {
            throw closing(servers, e);
        }
    }

    /** A Redis master with replicas, for one of which each batch of writes waits. */
    public static SystemUnderTest redisWithReplicas(int replicas, int core, List<String> options) throws IOException {
        List<ServerUnderTest> servers = new ArrayList<>();
        // Replicas begin at once, and outlive the others' turns, in which they are stopped.
        List<String> shared = new ArrayList<>(List.of("--repl-diskless-sync-delay", "0", "--repl-timeout", "3600"));
        shared.addAll(options);
        try {
            servers.add(ServerUnderTest.redis(core, shared));
            for (int i = 0; i < replicas; i++) {
                List<String> all = new ArrayList<>(shared);
                all.addAll(List.of(
                        "--replicaof", "127.0.0.1", Integer.toString(servers.getFirst().port())));
                servers.add(ServerUnderTest.redis(core, all));
            }
            SystemUnderTest system = new SystemUnderTest(
                    REDIS + " x" + (replicas + 1) + " WAIT 1", servers, false, 1, server -> hasReplicas(server, replicas));
            system.awaitReady();
            return system;
        } catch (IOException e) {
            throw closing(servers, e);
        }
    }

    private static IOException closing(List<ServerUnderTest> servers, IOException why) {
        for (ServerUnderTest server : servers) {
            try {
                server.close();
            } catch (IOException e) {
                why.addSuppressed(e);
            }
        }
        return why;
    }

    /** Every member owns a share, and this one can write to all of them now. */
    private static boolean seesCluster(ServerUnderTest server, int nodes) throws IOException {
        String info = text(server.request("CLUSTER", "INFO"));
        if (!info.contains("cluster_known_nodes:" + nodes + "\r") || !info.contains("cluster_size:" + nodes + "\r")) {
            return false;
        }
        List<Reply> replies = server.requests(List.of(
                new String[] {"RT.CONSISTENCY", "WRITE", "ALL"}, new String[] {"SET", "bench:ready", "1"}));
        return replies.stream().noneMatch(reply -> reply instanceof Reply.Failure);
    }

    private static boolean hasReplicas(ServerUnderTest server, int replicas) throws IOException {
        String info = text(server.request("INFO", "replication"));
        return info.contains("role:slave")
                ? info.contains("master_link_status:up")
                : info.split("state=online", -1).length - 1 == replicas;
    }

    private static String text(Reply reply) {
        return reply instanceof Reply.Bulk bulk ? new String(bulk.bytes(), StandardCharsets.UTF_8) : "";
    }

    /** Waits until each of its servers sees the others, as after a start and a pause. */
    private void awaitReady() throws IOException {
        long startNanos = System.nanoTime();
        for (ServerUnderTest server : servers) {
            while (!readiness.isReady(server)) {
                if (System.nanoTime() - startNanos > READY_LIMIT_NANOS) {
                    throw new IOException("the servers of " + name + " do not find each other: " + server.lastOutput());
                }
                LockSupport.parkNanos(READY_CHECK_NANOS);
            }
        }
    }

    public String name() {
        return name;
    }

    /** Where clients connect, in turns. */
    int[] ports() {
        return ports;
    }

    /** Replicas that its clients have to wait for by a command of their own, for a write to be as safe as elsewhere. */
    int replicasAwaited() {
        return replicasAwaited;
    }

    /** {@code CONFIG SET} on each of its servers. */
    void configure(String setting, String value) throws IOException {
        for (ServerUnderTest server : servers) {
            server.configure(setting, value);
        }
    }

    double cpuSeconds() throws IOException {
        double sum = 0;
        for (ServerUnderTest server : servers) {
            sum += server.cpuSeconds();
        }
        return sum;
    }

    double residentMegabytes() throws IOException {
        double sum = 0;
        for (ServerUnderTest server : servers) {
            sum += server.residentMegabytes();
        }
        return sum;
    }

    /** Stops all its processes where they are, until {@link #resume}. */
    void pause() throws IOException {
        for (ServerUnderTest server : servers) {
            server.pause();
        }
    }

    /** Goes on, and waits until its servers have found each other again. */
    void resume() throws IOException {
        for (ServerUnderTest server : servers) {
            server.resume();
        }
        awaitReady();
    }

    /** Kills all its servers, waits for their ends, deletes their data. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (ServerUnderTest server : servers) {
            try {
                server.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
