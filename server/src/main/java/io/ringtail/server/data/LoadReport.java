package io.ringtail.server.data;

import io.ringtail.cluster.gossip.NodeLoad;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.engine.StoreStatistics;
import io.ringtail.server.loop.ControlLoop;
import io.ringtail.server.metrics.DecayingRate;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.metrics.NodeUse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node says of itself to others. Confined to the control loop, but for the system's answers, which another thread fetches every {@value #LOOK_MILLIS} ms: a disk may
 * keep who asks it waiting.
 */
final class LoadReport {
    private static final int LOOK_MILLIS = 2_000;

    private final Path directory;
    private final DecayingRate operations;
    private final long startNanos = System.nanoTime();
    private volatile @Nullable Metrics metrics;
    private volatile NodeUse.Disk disk = new NodeUse.Disk(0, 0);
    private volatile long residentBytes;
    private volatile boolean stopped;

    LoadReport(Path directory) {
        this.directory = directory;
        this.operations = new DecayingRate(0, startNanos);
    }

    /** Whose commands and loops are told of. */
    void metrics(Metrics counted) {
        metrics = counted;
    }

    /** Begins to ask the system; from any thread. */
    void start(ControlLoop control) {
        look(control);
    }

    void stop() {
        stopped = true;
    }

    private void look(ControlLoop control) {
        if (!stopped) {
            control.loop().schedule(() -> look(control), LOOK_MILLIS);
            // Where too many wait already, what was found last goes on standing.
            boolean ignored = control.loop().offload(() -> {
                disk = NodeUse.Disk.of(directory);
                residentBytes = NodeUse.residentBytes();
            });
        }
    }

    /** As of now. @param hints that are kept for others */
    SelfReport of(ClusterNode node, StoreStatistics store, LongSupplier hints, boolean refusesWrites) {
        long changes = node.local().readHits() + node.local().readMisses() + node.clock().changes();
        return new SelfReport(
                node.isMember() ? node.ring().epoch() : 0,
                store.memtableEntries() + store.tableEntries(),
                store.tableBytes() + store.logBytes(),
                hints.getAsLong(),
                Math.round(operations.update(changes, System.nanoTime())),
                refusesWrites,
                load(node));
    }

    private NodeLoad load(ClusterNode node) {
        Metrics counted = metrics;
        NodeUse.Disk now = disk;
        return new NodeLoad(
                ProtocolVersion.NEWEST,
                counted == null ? 0 : counted.cpuPermille(),
                counted == null ? 0 : counted.busyPermille(),
                residentBytes,
                now.freeBytes(),
                now.totalBytes(),
                repairAgeSeconds(node));
    }

    /** Since everything was last compared with all replicas, or since the start. */
    private long repairAgeSeconds(ClusterNode node) {
        long lastMillis = node.antiEntropy().counters().lastCycleMillis();
        return lastMillis == 0
                ? TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos)
                : Math.max(0, System.currentTimeMillis() - lastMillis) / 1000;
    }
}
