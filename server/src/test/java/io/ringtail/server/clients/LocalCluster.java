package io.ringtail.server.clients;

import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.topology.Member;
import io.ringtail.server.Server;
import io.ringtail.server.command.ClusterView;
import io.ringtail.server.command.DataCommands;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.data.ClusterDataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A cluster of several nodes in this process, on free ports of the loopback interface and real sockets between them. Made by tests, which close it; confined to one thread.
 */
public final class LocalCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final List<ClusterDataSource> data = new ArrayList<>();
    private final List<Server> servers = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    LocalCluster(Path directory) {
        this.directory = directory;
    }

    /** Starts {@code count} nodes that share the partitions. */
    public static LocalCluster start(Path directory, int count, String... settings) throws IOException {
        LocalCluster cluster = new LocalCluster(directory);
        try {
            for (int i = 0; i < count; i++) {
                cluster.add(settings);
            }
            cluster.await("every node to own something and to know of it", () -> cluster.isShared(count));
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Starts one more, which joins by the first. */
    public void add(String... settings) throws IOException {
        Configuration configuration = new Configuration();
        configuration.start("port", "0");
        configuration.start("node-port", "0");
        configuration.start("bind", "127.0.0.1");
        configuration.start("io-threads", "1");
        configuration.start("memory-limit", "64mb");
        configuration.start("data-dir", directory.resolve("node" + servers.size()).toString());
        if (!servers.isEmpty()) {
            await("the first node's port", () -> node(0).isMember());
            configuration.start("join", "127.0.0.1:" + member(0).nodePort());
        }
        for (int i = 0; i < settings.length; i += 2) {
            configuration.start(settings[i], settings[i + 1]);
        }
        ClusterDataSource source = ClusterDataSource.open(configuration);
        Server server = new Server(configuration, source, DataCommands::register);
        data.add(source);
        servers.add(server);
        ports.add(server.open());
    }

    private boolean isShared(int count) {
        for (int i = 0; i < count; i++) {
            ClusterNode node = node(i);
            if (!node.isMember() || node.ring().epoch() != node(0).ring().epoch() || node.liveness().states().size() < count) {
                return false;
            }
            Set<Integer> owners = new HashSet<>();
            for (int owner : node.ring().topology().owners()) {
                owners.add(owner);
            }
            if (owners.size() < count) {
                return false;
            }
        }
        return true;
    }

    /** Waits for what comes by itself. */
    public void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("waited in vain for " + what);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    public ClusterView view(int index) {
        return Objects.requireNonNull(data.get(index).cluster());
    }

    public ClusterNode node(int index) {
        return view(index).node();
    }

    private Member member(int index) {
        ClusterNode node = node(index);
        return node.ring().topology().members().get(node.ring().topology().indexOf(node.selfId()));
    }

    public String id(int index) {
        return member(index).name();
    }

    public int port(int index) {
        return ports.get(index);
    }

    List<Integer> ports() {
        return List.copyOf(ports);
    }

    /** Stops one; the others find out. */
    void stop(int index) throws IOException {
        servers.get(index).close();
    }

    @Override
    public void close() throws IOException {
        for (Server server : servers) {
            server.close();
        }
    }
}
