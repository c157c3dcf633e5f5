package io.ringtail.server.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A network of this machine's own kernel: a namespace for each node, numbered from 0, with one interface, all of them on a bridge on which the test is too. Packets are
 * lost by iptables at the receiver, and a cable is pulled by setting the bridge's end of it down; what connections make of that is the kernel's affair.
 *
 * <p>Made by tests, which close it; closing takes it away, and so does the end of the JVM. Confined to the test's thread. It takes root,
 * {@code ip} and {@code iptables}.
 */
public final class Namespaces implements AutoCloseable {
    /** Addresses for tests of networks (RFC 2544), which no real network has. */
    private static final String SUBNET_FORMAT = "198.18.%d.";

    private static final int BRIDGE_HOST = 254;

    private final String name;
    private final String subnet;
    private final int count;
    private final Thread atExit = new Thread(this::remove, "remove network namespaces");

    private Namespaces(int count) {
        long pid = ProcessHandle.current().pid();
        // Names of interfaces have at most 15 characters.
        this.name = "rt" + Long.toHexString(pid);
        this.subnet = String.format(Locale.ROOT, SUBNET_FORMAT, pid % 256);
        this.count = count;
    }

    /** Makes a network of so many nodes; null, after saying why, where that cannot be done. */
    public static @Nullable Namespaces createIfPossible(int count) throws IOException {
        Namespaces made = new Namespaces(count);
        String missing = made.whatIsMissing();
        if (!missing.isEmpty()) {
            System.err.println("No network namespaces here, so nodes lose their messages themselves: " + missing);
            return null;
        }
        Runtime.getRuntime().addShutdownHook(made.atExit);
        try {
            made.build();
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** Why networks cannot be made here; empty where they can. */
    private String whatIsMissing() {
        try {
            String probe = name + "-p";
            run("ip", "netns", "add", probe);
            try {
                run("ip", "netns", "exec", probe, "iptables", "-w", "-A", "INPUT", "-s", address(0), "-j", "DROP");
            } finally {
                run("ip", "netns", "del", probe);
            }
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void build() throws IOException {
        run("ip", "link", "add", name, "type", "bridge");
        run("ip", "addr", "add", subnet + BRIDGE_HOST + "/24", "dev", name);
        run("ip", "link", "set", name, "up");
        for (int node = 0; node < count; node++) {
            run("ip", "netns", "add", namespace(node));
            run("ip", "link", "add", cable(node), "type", "veth", "peer", "name", "eth0", "netns", namespace(node));
            run("ip", "link", "set", cable(node), "master", name, "up");
            run("ip", "-n", namespace(node), "addr", "add", address(node) + "/24", "dev", "eth0");
            run("ip", "-n", namespace(node), "link", "set", "eth0", "up");
            run("ip", "-n", namespace(node), "link", "set", "lo", "up");
        }
    }

    private String namespace(int node) {
        return name + "-" + node;
    }

    private String cable(int node) {
        return name + "v" + node;
    }

    public int count() {
        return count;
    }

    /** Where a node is, for the other nodes and for the test. */
    public String address(int node) {
        return subnet + (node + 1);
    }

    /** What goes before a command so that it runs in a node's namespace; the process is the command's own. */
    public List<String> prefix(int node) {
        return List.of("ip", "netns", "exec", namespace(node));
    }

    /** Loses every packet from one node to another, silently, and none of the other direction. */
    public void drop(int from, int to) throws IOException {
        List<String> command = new ArrayList<>(prefix(to));
        command.addAll(List.of("iptables", "-w", "-A", "INPUT", "-s", address(from), "-j", "DROP"));
        run(command.toArray(new String[0]));
    }

    /** Pulls a node's cable: nobody reaches it, the test included, and nothing that it sends gets out, not even the end of its connections when it dies. */
    public void unplug(int node) throws IOException {
        run("ip", "link", "set", cable(node), "down");
    }

    /** No packet is lost any more, and all cables are plugged in. */
    public void heal() throws IOException {
        for (int node = 0; node < count; node++) {
            List<String> command = new ArrayList<>(prefix(node));
            command.addAll(List.of("iptables", "-w", "-F", "INPUT"));
            run(command.toArray(new String[0]));
            run("ip", "link", "set", cable(node), "up");
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("'" + String.join(" ", command) + "' ended with " + code + ": " + output);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Takes away what there is of it. */
    private void remove() {
        for (int node = 0; node < count; node++) {
            // The pair of interfaces goes with either end: with the namespace's, but only when its last process and socket are gone.
            attempt("ip", "link", "del", cable(node));
            attempt("ip", "netns", "del", namespace(node));
        }
        attempt("ip", "link", "del", name);
    }

    private static void attempt(String... command) {
        try {
            run(command);
        } catch (IOException e) {
            System.err.println("not taken away: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        remove();
        boolean ignored = Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
