package io.ringtail.server.local;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of processes on this machine, found by its directory: {@code cluster} says what it consists of, {@code node-N} holds what is a node's.
 *
 * <p>Made by the command line, for one command; it keeps a lock on the directory until it is closed, so that two commands do not start the same node twice. Confined to one thread.
 */
public final class LocalCluster implements AutoCloseable {
    private static final long START_TIMEOUT_MILLIS = 120_000;
    private static final long REPLACE_TIMEOUT_MILLIS = 10_000;

    private final Path directory;
    private final PrintStream out;
    private final FileChannel lockFile;
    private final FileLock lock;

    /**
     * @param directory made when it is missing
     * @param out told what is done
     */
    public LocalCluster(Path directory, PrintStream out) throws IOException {
        this.directory = directory.toAbsolutePath().normalize();
        this.out = out;
        Files.createDirectories(this.directory);
        lockFile = FileChannel.open(this.directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock = lockFile.lock();
    }

    private Path planFile() {
        return directory.resolve("cluster");
    }

    private ClusterPlan plan() throws IOException {
        return ClusterPlan.load(planFile());
    }

    private List<LocalNode> nodes(ClusterPlan plan) {
        List<LocalNode> nodes = new ArrayList<>();
        for (int number : plan.numbers()) {
            nodes.add(new LocalNode(number, plan, directory));
        }
        return nodes;
    }

    private LocalNode node(int number) throws IOException {
        ClusterPlan plan = plan();
        if (!plan.numbers().contains(number)) {
            throw new IOException("there is no node " + number + ": the cluster has nodes "
                    + (plan.removed().isEmpty() ? "1 to " + plan.nodes() : plan.numbers()));
        }
        return new LocalNode(number, plan, directory);
    }

    // ---- all nodes

    /**
     * Starts what does not run, and waits until every node is a member and serves. What is given is for a cluster that is not there yet; one that is there is as it was made.
     *
     * @param nodes how many, or null for 3, in each data center if there are any, or what there is
     * @param port of the first, or null for 7001 or what there is
     * @param racks or null for none or what there is
     * @param datacenters or null for none or what there is
     * @param delayMillis between data centers, in each direction, or null for none or what there is
     * @param options for every server
     */
    public void up(
            @Nullable Integer nodes,
            @Nullable Integer port,
            @Nullable Integer racks,
            @Nullable Integer datacenters,
            @Nullable Integer delayMillis,
            List<String> options)
            throws IOException {
        boolean known = Files.exists(planFile());
        ClusterPlan plan;
        try {
            plan = known
                    ? plan()
                    : new ClusterPlan(
                            Objects.requireNonNullElse(nodes, 3 * Math.max(1, Objects.requireNonNullElse(datacenters, 1))),
                            Objects.requireNonNullElse(port, 7001),
                            Objects.requireNonNullElse(racks, 0),
                            Objects.requireNonNullElse(datacenters, 0),
                            Objects.requireNonNullElse(delayMillis, 0),
                            options);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (known
                && ((nodes != null && nodes != plan.numbers().size())
                        || (port != null && port != plan.port())
                        || (racks != null && racks != plan.racks())
                        || (datacenters != null && datacenters != plan.datacenters())
                        || (delayMillis != null && delayMillis != plan.delayMillis())
                        || (!options.isEmpty() && !options.equals(plan.options())))) {
            throw new IOException("the cluster in " + directory + " was made in another way: " + describe(plan)
                    + "; 'ringtail cluster down --wipe' makes room for a new one");
        }
        plan.save(planFile());
        List<LocalNode> all = nodes(plan);
        for (LocalNode node : all) {
            if (node.state() == NodeProcess.State.PAUSED) {
                node.resume();
            } else if (node.state() == NodeProcess.State.DEAD) {
                node.start();
            }
        }
        for (LocalNode node : all) {
            awaitMember(node, plan.numbers().size());
        }
        for (LocalNode node : all) {
            delayToOthers(plan, node);
        }
        if (!known) {
            // What each is given goes from hand to hand first; that needs no data.
            Leave.awaitSettled(all, START_TIMEOUT_MILLIS);
        }
        out.println(describe(plan) + ", all of them up; any of them answers for every key:");
        for (LocalNode node : all) {
            out.println("  redis-cli -p " + node.port());
        }
    }

    private static String describe(ClusterPlan plan) {
        return plan.numbers().size() + " nodes on ports "
                + (plan.removed().isEmpty()
                        ? plan.port(1) + " to " + plan.port(plan.nodes())
                        : plan.numbers().stream().map(number -> Integer.toString(plan.port(number))).collect(Collectors.joining(", ")))
                + (plan.racks() == 0 ? "" : " in " + plan.racks() + " racks")
                + (plan.datacenters() == 0 ? "" : " in " + plan.datacenters() + " data centers")
                + (plan.delayMillis() == 0 ? "" : " that are " + plan.delayMillis() + " ms apart")
                + (plan.options().isEmpty() ? "" : " with " + String.join(" ", plan.options()));
    }

    /** Waits until a node serves and knows as many members as there are nodes. */
    private void awaitMember(LocalNode node, int members) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_TIMEOUT_MILLIS);
        String last = "nothing";
        while (true) {
            NodeReport report = NodeReport.of(node);
            if (report.state() == NodeProcess.State.DEAD) {
                throw new IOException("node " + node.number() + " has ended; the end of " + node.log() + ":\n" + node.lastWords());
            }
            if (report.members() >= members) {
                return;
            }
            last = report.toString();
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("node " + node.number() + " is no member yet of a cluster of " + members + ": " + last);
            }
            Polling.pause();
        }
    }

    /** One line for each node. */
    public void status() throws IOException {
        ClusterPlan plan = plan();
        List<NodeReport> reports = new ArrayList<>();
        for (LocalNode node : nodes(plan)) {
            reports.add(NodeReport.of(node));
        }
        NodeReport.print(reports, out);
    }

    /** How busy each node is: one line each, for scripts. */
    public void load() throws IOException {
        NodeLoads.print(nodes(plan()), out);
    }

    /** Stops all nodes; with {@code wipe} deletes them too. */
    public void down(boolean wipe) throws IOException {
        List<LocalNode> all = nodes(plan());
        for (LocalNode node : all) {
            node.signalStop();
        }
        for (LocalNode node : all) {
            if (!node.awaitStop()) {
                out.println("node " + node.number() + " did not stop by itself, and was killed");
            }
        }
        if (wipe) {
            for (LocalNode node : all) {
                node.wipe();
            }
            Files.delete(planFile());
        }
        out.println(wipe ? "all nodes are stopped and deleted" : "all nodes are stopped; 'ringtail cluster up' starts them again");
    }

    // ---- more nodes, fewer nodes

    /**
     * Starts one more node, which joins, and returns when it is a member and serves. It is handed its share in the background, while the others go on.
     *
     * @return its number
     */
    public int add() throws IOException {
        ClusterPlan before = plan();
        ClusterPlan plan;
        try {
            plan = before.withOneMore();
        } catch (IllegalArgumentException e) {
            throw new IOException("no more nodes: " + e.getMessage(), e);
        }
        plan.save(planFile());
        LocalNode node = new LocalNode(plan.nodes(), plan, directory);
        node.start();
        awaitMember(node, 2);
        out.println("node " + node.number() + " has joined; redis-cli -p " + node.port());
        return node.number();
    }

    /**
     * Has a node hand over all it owns and leave, then stops it and deletes it. Of a dead one the others take over what it owned.
     *
     * @param forced whether fewer nodes may be left than there are replicas of some key
     * @param timeoutSeconds how long it may take; after that it goes on by itself, and nothing is stopped
     */
    public void remove(int number, boolean forced, long timeoutSeconds) throws IOException {
        LocalNode node = node(number);
        ClusterPlan plan = plan();
        List<LocalNode> others = nodes(plan).stream().filter(other -> other.number() != number).toList();
        LocalNode asked = Leave.askable(others);
        if (!forced) {
            Leave.throwIfTooFewWouldBeLeft(asked, others.size());
        }
        Leave leave = new Leave(node, asked);
        leave.begin();
        out.println("node " + number + " hands over what it owns ...");
        leave.await(timeoutSeconds);
        stopAndDelete(node);
        out.println("node " + number + " has left");
    }

    private void stopAndDelete(LocalNode left) throws IOException {
        if (left.state() == NodeProcess.State.PAUSED) {
            left.kill();
        }
        left.stop();
        plan().without(left.number()).save(planFile());
        left.wipe();
    }

    /**
     * Starts one more node and has it take over all that another one owns, dead or alive, which then leaves, is stopped and deleted.
     *
     * @param timeoutSeconds how long the handing over may take
     * @return the new one's number
     */
    public int replace(int number, long timeoutSeconds) throws IOException {
        LocalNode old = node(number);
        int successor = add();
        String successorId = id(node(successor));
        // Not the newcomer: it may not have heard yet of a node that is dead.
        LocalNode asked = Leave.askable(nodes(plan()).stream()
                .filter(other -> other.number() != number && other.number() != successor)
                .toList());
        Leave leave = new Leave(old, asked);
        tellToReplace(asked, old, successorId);
        out.println("node " + successor + " takes over from node " + number + " ...");
        leave.await(timeoutSeconds);
        stopAndDelete(old);
        out.println("node " + number + " has been replaced by node " + successor);
        return successor;
    }

    /** Says it again for a while: what the newcomer is, gossip tells a moment after it has joined. */
    private static void tellToReplace(LocalNode asked, LocalNode old, String successorId) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REPLACE_TIMEOUT_MILLIS);
        String oldId = id(old);
        while (true) {
            try (NodeClient client = asked.connect()) {
                String ignored = client.text("RT.REPLACE", oldId, successorId);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("node " + old.number() + " cannot be replaced: " + e.getMessage(), e);
                }
            }
            Polling.pause();
        }
    }

    /** The ports at which nodes serve clients, by their numbers. */
    public SortedMap<Integer, Integer> ports() throws IOException {
        SortedMap<Integer, Integer> ports = new TreeMap<>();
        for (LocalNode node : nodes(plan())) {
            ports.put(node.number(), node.port());
        }
        return ports;
    }

    /** Waits until no partition is handed over, nor waits for that, as every node that runs has it. */
    public void settle() throws IOException {
        Leave.awaitSettled(nodes(plan()), Long.MAX_VALUE);
        out.println("all partitions are where they should be");
    }

    // ---- one node

    /** SIGKILL. */
    public void kill(int number) throws IOException {
        LocalNode node = node(number);
        node.kill();
        out.println("node " + number + " is dead");
    }

    /** SIGSTOP: the process keeps its connections and answers nothing. */
    public void pause(int number) throws IOException {
        node(number).pause();
        out.println("node " + number + " is paused");
    }

    /** SIGCONT. */
    public void resume(int number) throws IOException {
        node(number).resume();
        out.println("node " + number + " goes on");
    }

    /** Stops a node if it runs, starts it, and waits until it is a member and serves. */
    public void restart(int number) throws IOException {
        LocalNode node = node(number);
        if (node.state() == NodeProcess.State.PAUSED) {
            // Whoever waits for it has given it up; what it is in the middle of is not worth finishing.
            node.kill();
        }
        node.stop();
        node.start();
        awaitMember(node, 1);
        delayToOthers(plan(), node);
        out.println("node " + number + " is up again");
    }

    // ---- links

    /** Has what a node sends to other data centers leave late: until its process ends, so it is said to each that was started. */
    private void delayToOthers(ClusterPlan plan, LocalNode node) throws IOException {
        if (plan.delayMillis() == 0) {
            return;
        }
        for (LocalNode other : nodes(plan)) {
            String id = other.id();
            if (id != null && !plan.datacenter(other.number()).equals(plan.datacenter(node.number()))) {
                fault(node, "DELAY", id, Integer.toString(plan.delayMillis()));
            }
        }
    }

    /**
     * Cuts the link between two nodes.
     *
     * @param oneWay only what goes from {@code first} to {@code second} is lost
     */
    public void cut(int first, int second, boolean oneWay) throws IOException {
        if (first == second) {
            throw new IOException("a node has no link to itself");
        }
        LocalNode from = node(first);
        LocalNode to = node(second);
        // Either of them alone loses what it sends and what it gets; both, so that it stays cut when one is started again.
        boolean told = false;
        if (from.state() == NodeProcess.State.RUNNING) {
            fault(from, oneWay ? "DROP-TO" : "CUT", id(to));
            told = true;
        }
        if (to.state() == NodeProcess.State.RUNNING) {
            fault(to, oneWay ? "DROP-FROM" : "CUT", id(from));
            told = true;
        }
        if (!told) {
            throw new IOException("neither node " + first + " nor node " + second + " runs");
        }
        out.println(oneWay
                ? "nothing from node " + first + " reaches node " + second
                : "nodes " + first + " and " + second + " do not reach each other");
    }

    /** Heals every cut. Those of nodes that do not answer end with them, or wait for another heal. */
    public void heal() throws IOException {
        List<String> unhealed = new ArrayList<>();
        for (LocalNode node : nodes(plan())) {
            if (node.state() == NodeProcess.State.RUNNING) {
                fault(node, "HEAL", "ALL");
            } else if (node.state() == NodeProcess.State.PAUSED) {
                unhealed.add(Integer.toString(node.number()));
            }
        }
        out.println(unhealed.isEmpty()
                ? "all links are whole"
                : "all links are whole but those of nodes that are paused: " + String.join(", ", unhealed));
    }

    private static void fault(LocalNode node, String what, String... more) throws IOException {
        try (NodeClient client = node.connect()) {
            String ignored = client.text(Stream.concat(Stream.of("DEBUG", "PEER", what), Stream.of(more)).toArray(String[]::new));
        } catch (IOException e) {
            throw new IOException("node " + node.number() + " cannot be told: " + e.getMessage(), e);
        }
    }

    private static String id(LocalNode node) throws IOException {
        String id = NodeReport.of(node).id();
        if (id.isEmpty()) {
            throw new IOException("the id of node " + node.number() + " is not known: it has not been up yet");
        }
        return id;
    }

    @Override
    public void close() throws IOException {
        try (FileChannel closing = lockFile) {
            lock.release();
        }
    }
}
