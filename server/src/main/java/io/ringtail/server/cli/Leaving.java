package io.ringtail.server.cli;

import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.server.command.ClusterView;
import io.ringtail.server.command.CommandException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Leaving the cluster before a stop, for {@code leave-on-shutdown}: the node says that it is to go and waits until the others have all that it owned, serving meanwhile.
 */
final class Leaving {
    private Leaving() {}

    /**
     * Leaves, if there is anybody to leave. Blocks.
     *
     * @return whether the node is no member any more, or is the only one that is left; false when it did not come to that in time: then its place stays its own
     */
    static boolean leave(ClusterView cluster, Duration atMost) throws InterruptedException {
        ClusterNode node = cluster.node();
        if (!node.isMember() || node.ring().isAlone()) {
            return true;
        }
        CountDownLatch gone = new CountDownLatch(1);
        node.membership().whenRingChanged(ring -> {
            if (ring.topology().indexOf(node.selfId()) < 0 || ring.isAlone()) {
                gone.countDown();
            }
        });
        long until = System.nanoTime() + atMost.toNanos();
        // Without a majority the change cannot be made now, and may be a moment later.
        while (node.isMember() && System.nanoTime() - until < 0) {
            if (node.ring().isAlone()) {
                // All others have left, and it stays with what there is.
                return true;
            }
            try {
                ChangeOutcome ignored = cluster.onControlLoop(
                        answer -> node.membership().propose(now -> departing(now, node.selfId()), false, answer));
            } catch (CommandException e) {
                // It did not end in time; it is asked for again.
            }
            if (gone.await(Math.min(5_000, TimeUnit.NANOSECONDS.toMillis(Math.max(0, until - System.nanoTime()))), TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        if (node.isMember()) {
            // Nobody is to go on taking over what the node owns, and serves again when it is started again.
            ChangeOutcome ignored = cluster.onControlLoop(answer -> node.membership()
                    .propose(now -> now.next(now.transition().withoutDeparture(node.selfId())), false, answer));
            return false;
        }
        return true;
    }

    private static Topology departing(Topology now, long selfId) {
        boolean isMember = now.indexOf(selfId) >= 0;
        if (!isMember || now.transition().isLeaving(selfId)) {
            return now;
        }
        Topology next = now.next(now.transition().withDeparture(selfId, 0));
        // Of a cluster that is shut down as a whole somebody has to keep what there is.
        boolean somebodyStays = next.members().stream().anyMatch(member -> !next.transition().isLeaving(member.id()));
        return somebodyStays ? next : now;
    }
}
