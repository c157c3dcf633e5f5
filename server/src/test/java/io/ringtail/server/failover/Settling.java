package io.ringtail.server.failover;

import static org.awaitility.Awaitility.await;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.WireClient;
import java.time.Duration;

/** What must be there when everything is well again. Pure but for what it asks the cluster. */
final class Settling {
    /** Keys whose reads ask one replica and mend nothing: each replica answers with what it has itself. */
    static final String ONE = "one: read-consistency ONE";

    static final String SLOPPY = "sloppy: quorum sloppy read-consistency ONE";

    private static final Duration TIMEOUT = Duration.ofSeconds(40);

    private Settling() {}

    /** Waits until every partition is with whom it is to be: a cluster that has just been started hands some over yet, and keys of those need replicas of before and after. */
    static void awaitSettled(ClusterProcesses cluster) {
        await("every partition is where it is to be").atMost(TIMEOUT).untilAsserted(() -> {
            for (int node = 0; node < cluster.size(); node++) {
                try (WireClient wire = cluster.connect(node)) {
                    if (!wire.call("RT.TRANSFERS").toString().contains("settled")) {
                        throw new AssertionError("node " + node + " hands over or takes over");
                    }
                }
            }
        });
    }

    /** Reads all keys of a load at some nodes; each must be right at once. */
    static void check(ClusterProcesses cluster, ClusterLoad load, int... nodes) throws Exception {
        for (int node : nodes) {
            try (WireClient wire = cluster.connect(node)) {
                load.check(key -> {
                    String found = wire.text("GET", key);
                    return found.equals("(nil)") ? null : found;
                });
            }
        }
    }

    /**
     * Reads all keys of a load from all replicas; each must be right at once, and every replica has it then. For after a fault that ended replicas together with those
     * who wrote to them: what was still on its way has left no hint, and comes with a read.
     */
    static void mend(ClusterProcesses cluster, ClusterLoad load) throws Exception {
        try (WireClient wire = cluster.connect(0)) {
            if (!wire.text("RT.CONSISTENCY", "READ", "ALL").equals("OK")) {
                throw new AssertionError("no reads from all replicas");
            }
            load.check(key -> {
                String found = wire.text("GET", key);
                return found.equals("(nil)") ? null : found;
            });
        }
    }

    /** Waits until every node answers with what was acknowledged last: for keys read from one replica, when hints have brought each what it missed. */
    static void awaitReplicasRight(ClusterProcesses cluster, ClusterLoad load) {
        await("replicas that all have what was acknowledged").atMost(TIMEOUT).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            for (int node = 0; node < cluster.size(); node++) {
                check(cluster, load, node);
            }
        });
    }
}
