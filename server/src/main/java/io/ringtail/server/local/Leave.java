package io.ringtail.server.local;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A node's way out of its cluster, seen from outside: the others are told that it is to go, and take over what it owns, be it dead or alive. Blocks; confined to one thread.
 *
 * <p>It goes on without whoever began it: whoever begins it again waits for the same end.
 */
final class Leave {
    private final LocalNode node;
    private final LocalNode asked;
    private final String id;

    /** @param asked the node that is told and asked, which stays */
    Leave(LocalNode node, LocalNode asked) throws IOException {
        this.node = node;
        this.asked = asked;
        this.id = NodeReport.of(node).id();
        if (id.isEmpty()) {
            throw new IOException("the id of node " + node.number() + " is not known: it has not been up yet");
        }
    }

    /** One of some nodes that runs and is a member. */
    static LocalNode askable(List<LocalNode> nodes) throws IOException {
        for (LocalNode node : nodes) {
            if (NodeReport.of(node).members() > 0) {
                return node;
            }
        }
        throw new IOException("no other node is up");
    }

    /** @param left how many nodes there will be */
    static void throwIfTooFewWouldBeLeft(LocalNode asked, int left) throws IOException {
        try (NodeClient client = asked.connect()) {
            int most = Answer.all(client.call("RT.KEYSPACE"), "replication-factor").stream().mapToInt(Integer::parseInt).max().orElse(1);
            if (left < most) {
                throw new IOException(left + " nodes would be left, fewer than the " + most + " replicas that keys have; --force removes it all the same");
            }
        }
    }

    void begin() throws IOException {
        if (isMember()) {
            try (NodeClient client = asked.connect()) {
                String ignored = client.text("RT.REMOVE", id);
            } catch (IOException e) {
                throw new IOException("node " + node.number() + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Returns when the node is no member any more.
     *
     * @throws IOException also when that takes longer; then it goes on all the same
     */
    void await(long timeoutSeconds) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
        while (isMember()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("node " + node.number() + " has not left within " + timeoutSeconds
                        + " s; what it owns is handed over further, and 'remove " + node.number() + "' waits for it again");
            }
            Polling.pause();
        }
    }

    private boolean isMember() throws IOException {
        try (NodeClient client = asked.connect()) {
            return Answer.all(client.call("RT.NODES"), "id").contains(id);
        }
    }

    /**
     * Returns when all nodes that run say that every partition is where it should be. Asked twice: what has just changed is noticed a moment later.
     *
     * @throws IOException also when that takes longer
     */
    static void awaitSettled(List<LocalNode> nodes, long timeoutMillis) throws IOException {
        long begun = System.nanoTime();
        for (int settled = 0; settled < 2; Polling.pause()) {
            settled = isSettled(nodes) ? settled + 1 : 0;
            if (System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(timeoutMillis)) {
                throw new IOException("partitions are still handed over after " + timeoutMillis / 1000 + " s; 'settle' waits for them, too");
            }
        }
    }

    private static boolean isSettled(List<LocalNode> nodes) throws IOException {
        boolean asked = false;
        for (LocalNode node : nodes) {
            if (node.state() == NodeProcess.State.RUNNING) {
                try (NodeClient client = node.connect()) {
                    List<String> states = Answer.all(client.call("RT.TRANSFERS"), "state");
                    if (!states.contains("settled")) {
                        return false;
                    }
                    asked = true;
                }
            }
        }
        if (!asked) {
            throw new IOException("no node is up");
        }
        return true;
    }
}
