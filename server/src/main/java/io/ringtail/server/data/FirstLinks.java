package io.ringtail.server.data;

import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.node.DataLoop;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait of a member that was started again until every event loop could serve every key: its clients would be told {@code NOREPLICAS} before, for the tenth of a second that
 * links take. Bounded: where too few of the others live, it is for clients to be told so.
 *
 * <p>A node alone has nobody to wait for; one that is no member yet may be let in at any time, and says {@code CLUSTERDOWN} until then.
 */
final class FirstLinks {
    private static final Logger LOG = LoggerFactory.getLogger(FirstLinks.class);
    private static final long WAIT_MILLIS_MAX = 5_000;
    private static final long LOOK_MILLIS = 10;

    private FirstLinks() {}

    /** Returns when clients can be served, or the time is up. Blocks; not on a loop. */
    static void await(ClusterNode node) {
        if (!node.isMember() || node.ring().isAlone()) {
            return;
        }
        LOG.info("clients wait until enough of the other {} members are reached, at most {} s", node.ring().topology().members().size() - 1,
                WAIT_MILLIS_MAX / 1000);
        List<DataLoop> loops = node.dataLoops();
        CountDownLatch waiting = new CountDownLatch(loops.size());
        AtomicBoolean over = new AtomicBoolean();
        long began = System.nanoTime();
        for (DataLoop loop : loops) {
            loop.loop().execute(() -> look(loop, waiting, over));
        }
        try {
            boolean reached = waiting.await(WAIT_MILLIS_MAX, TimeUnit.MILLISECONDS);
            if (reached) {
                LOG.info("reached after {} ms; clients are served", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            } else {
                LOG.warn("too few of the other members are reached; clients are served all the same, as far as that goes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            over.set(true);
        }
    }

    private static void look(DataLoop loop, CountDownLatch waiting, AtomicBoolean over) {
        if (loop.canServeAll()) {
            waiting.countDown();
        } else if (!over.get()) {
            loop.loop().schedule(() -> look(loop, waiting, over), LOOK_MILLIS);
        }
    }
}
