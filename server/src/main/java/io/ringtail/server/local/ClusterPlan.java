package io.ringtail.server.local;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a local cluster consists of, as it was asked for when it was made. Immutable.
 *
 * @param nodes the greatest number of a node; they are numbered from 1
 * @param removed numbers of nodes that have left; they are not given again
 * @param port of node 1; the others follow it
 * @param racks the nodes, or those of each data center, are spread over, in turn; 0 when they are in none
 * @param datacenters the nodes are in, in turn, {@code dc1} and so on; 0 when they are in none
 * @param delayMillis by which messages between data centers are late, in each direction
 * @param options every server gets beside those that follow from this
 */
record ClusterPlan(
        int nodes, SortedSet<Integer> removed, int port, int racks, int datacenters, int delayMillis, List<String> options) {
    static final int MAX_NODES = 99;
    static final int NODE_PORT_DISTANCE = 10_000;
    /** With more, not each could have three replicas. */
    static final int MAX_DATACENTERS = 5;

    private static final int REPLICAS_EACH = 3;
    /** What {@code DEBUG PEER DELAY} takes. */
    private static final int MAX_DELAY_MILLIS = 10_000;

    private static final String DEFAULT_MEMORY = "128mb";

    ClusterPlan {
        if (nodes < 1 || nodes > MAX_NODES) {
            throw new IllegalArgumentException(nodes + " nodes, can be 1 to " + MAX_NODES);
        }
        if (port < 1 || port + nodes - 1 + NODE_PORT_DISTANCE > 65535) {
            throw new IllegalArgumentException("port " + port + ": it and those of the other nodes must leave room for "
                    + NODE_PORT_DISTANCE + " more each");
        }
        if (racks < 0) {
            throw new IllegalArgumentException(racks + " racks");
        }
        if (datacenters < 0 || datacenters > MAX_DATACENTERS) {
            throw new IllegalArgumentException(datacenters + " data centers, can be 0 to " + MAX_DATACENTERS);
        }
        if (delayMillis < 0 || delayMillis > MAX_DELAY_MILLIS || (delayMillis > 0 && datacenters < 2)) {
            throw new IllegalArgumentException("a delay of " + delayMillis + " ms between " + datacenters + " data centers, can be 0 to "
                    + MAX_DELAY_MILLIS + " between several");
        }
        options = List.copyOf(options);
        removed = Collections.unmodifiableSortedSet(new TreeSet<>(removed));
        if (!removed.isEmpty() && (removed.first() < 1 || removed.last() > nodes || removed.size() >= nodes)) {
            throw new IllegalArgumentException("removed are " + removed + " of " + nodes);
        }
    }

    /** One that has all its nodes. */
    ClusterPlan(int nodes, int port, int racks, int datacenters, int delayMillis, List<String> options) {
        this(nodes, new TreeSet<>(), port, racks, datacenters, delayMillis, options);
    }

    /** Numbers of the nodes that there are, in order. */
    List<Integer> numbers() {
        return IntStream.rangeClosed(1, nodes).filter(number -> !removed.contains(number)).boxed().toList();
    }

    ClusterPlan withOneMore() {
        return new ClusterPlan(nodes + 1, removed, port, racks, datacenters, delayMillis, options);
    }

    ClusterPlan without(int number) {
        SortedSet<Integer> all = new TreeSet<>(removed);
        all.add(number);
        return new ClusterPlan(nodes, all, port, racks, datacenters, delayMillis, options);
    }

    static ClusterPlan load(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no cluster in " + file.getParent() + "; 'ringtail cluster up' makes one", e);
        }
        List<String> options = new ArrayList<>();
        for (int i = 1; properties.containsKey("option." + i); i++) {
            options.add(properties.getProperty("option." + i));
        }
        try {
            SortedSet<Integer> removed = new TreeSet<>();
            for (String word : properties.getProperty("removed", "").split(" ", -1)) {
                if (!word.isEmpty()) {
                    removed.add(Integer.parseInt(word));
                }
            }
            return new ClusterPlan(
                    number(properties, "nodes"),
                    removed,
                    number(properties, "port"),
                    number(properties, "racks"),
                    properties.containsKey("datacenters") ? number(properties, "datacenters") : 0,
                    properties.containsKey("delay-millis") ? number(properties, "delay-millis") : 0,
                    options);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static int number(Properties properties, String name) {
        return Integer.parseInt(properties.getProperty(name, "none"));
    }

    void save(Path file) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("nodes", Integer.toString(nodes));
        properties.setProperty("removed", removed.stream().map(String::valueOf).collect(Collectors.joining(" ")));
        properties.setProperty("port", Integer.toString(port));
        properties.setProperty("racks", Integer.toString(racks));
        properties.setProperty("datacenters", Integer.toString(datacenters));
        properties.setProperty("delay-millis", Integer.toString(delayMillis));
        for (int i = 0; i < options.size(); i++) {
            properties.setProperty("option." + (i + 1), options.get(i));
        }
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, "a cluster on this machine, made by 'ringtail cluster up'");
        }
    }

    int port(int node) {
        return port + node - 1;
    }

    int nodePort(int node) {
        return port(node) + NODE_PORT_DISTANCE;
    }

    /** What the server of a node is started with. */
    List<String> serverOptions(int node, Path dataDirectory) {
        List<String> all = new ArrayList<>(List.of(
                "--port", Integer.toString(port(node)),
                "--node-port", Integer.toString(nodePort(node)),
                "--data-dir", dataDirectory.toString()));
        // The first begins the cluster; whoever comes later asks all who are there, since any of them may be dead.
        String seeds = numbers().stream().filter(other -> other < node).map(other -> "127.0.0.1:" + nodePort(other)).collect(Collectors.joining(","));
        if (!seeds.isEmpty()) {
            all.addAll(List.of("--join", seeds));
        }
        if (racks > 0) {
            all.addAll(List.of("--rack", "rack-" + ((node - 1) / Math.max(1, datacenters) % racks + 1)));
        }
        if (datacenters > 0) {
            all.addAll(List.of("--datacenter", datacenter(node)));
            if (!has("--replication-factor")) {
                all.addAll(List.of("--replication-factor", replication()));
            }
        }
        if (!has("--memory-limit")) {
            all.addAll(List.of("--memory-limit", DEFAULT_MEMORY));
        }
        all.addAll(options);
        return all;
    }

    /** The data center that a node is in; empty when there are none. */
    String datacenter(int node) {
        return datacenters == 0 ? "" : "dc" + ((node - 1) % datacenters + 1);
    }

    /** Three replicas in each data center. */
    private String replication() {
        return IntStream.rangeClosed(1, datacenters).mapToObj(each -> "dc" + each + ":" + REPLICAS_EACH).collect(Collectors.joining(","));
    }

    private boolean has(String name) {
        return options.stream().anyMatch(option -> option.equals(name) || option.startsWith(name + "="));
    }

    /** What a server is given for its data, as the option says it. */
    String memoryLimit() {
        String value = DEFAULT_MEMORY;
        for (int i = 0; i < options.size(); i++) {
            if (options.get(i).equals("--memory-limit") && i + 1 < options.size()) {
                value = options.get(i + 1);
            } else if (options.get(i).startsWith("--memory-limit=")) {
                value = options.get(i).substring("--memory-limit=".length());
            }
        }
        return value;
    }
}
