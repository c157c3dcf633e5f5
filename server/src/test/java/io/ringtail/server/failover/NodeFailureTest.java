package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of five nodes dies, or stops without dying, while clients write at a quorum: a second later nobody notices any more, and when it is back it has what it missed.
 *
 * <p>{@code mvn verify} does one round of each; {@code -Dtest=NodeFailureTest -Dringtail.cluster.rounds=100} does that many, and {@code -Dringtail.pause.seconds=30} stops
 * a node for longer.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NodeFailureTest {
    private static final Logger LOG = LoggerFactory.getLogger(NodeFailureTest.class);
    private static final int ROUNDS = Integer.getInteger("ringtail.cluster.rounds", 1);
    private static final int PAUSE_SECONDS = Integer.getInteger("ringtail.pause.seconds", 4);
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());
    private static final int CLIENTS = 4;
    private static final int CLIENT_TIMEOUT_MILLIS = 3_000;

    private ClusterProcesses cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = new ClusterProcesses(directory, 5, "--keyspace", Settling.ONE).start();
    }

    @BeforeEach
    void allIsWell() throws IOException {
        cluster.mend();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void countersAreExactThroughAnyNodeAsLongAsNoneFails() throws Exception {
        Counting.check(cluster, SEED);
    }

    @Test
    void aKilledNodeIsNotMissedASecondLater() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 1; round <= ROUNDS; round++) {
            int victim = random.nextInt(5);
            String context = "kill, round " + round + ", node " + victim + ", -Dringtail.seed=" + SEED;
            try (ClusterLoad load = new ClusterLoad("kill" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                    ClusterLoad hinted = new ClusterLoad("one:" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                load.start(CLIENTS, cluster.addressesBut());
                hinted.start(CLIENTS / 2, cluster.addressesBut(victim));
                load.awaitMore(500);
                long killed = System.nanoTime();
                cluster.kill(victim);
                ClusterLoad.goOn(Duration.ofSeconds(3));
                long second = killed + TimeUnit.SECONDS.toNanos(1);
                LOG.info("{}: {}; of the clients at other nodes {}", context, load.errors(), hinted.errors());
                // Those that were connected to the node, and those whose command it was carrying out.
                assertThat(load.errors(killed, second)).as(context + ": in flight").hasSizeLessThanOrEqualTo(2 * CLIENTS);
                assertThat(load.errors(second, System.nanoTime())).as(context + ": a second later").isEmpty();
                assertThat(hinted.errors()).as(context + ": of plain writes through others").isEmpty();
                cluster.restart(victim);
                load.awaitMore(500);
                // The one that was started again is asked, too: it has to have made its links.
                cluster.awaitAllReachable();
                stopAndCheck(load, hinted);
            }
        }
    }

    @Test
    void aNodeThatStopsAnsweringIsNotMissedEither() throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 1; round <= ROUNDS; round++) {
            int victim = random.nextInt(5);
            String context = "pause, round " + round + ", node " + victim + ", -Dringtail.seed=" + SEED;
            try (ClusterLoad load = new ClusterLoad("pause" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                    ClusterLoad hinted = new ClusterLoad("one:" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                load.start(CLIENTS, cluster.addressesBut(victim));
                hinted.start(CLIENTS / 2, cluster.addressesBut(victim));
                load.awaitMore(500);
                cluster.pause(victim);
                ClusterLoad.goOn(Duration.ofSeconds(PAUSE_SECONDS));
                cluster.resume(victim);
                load.awaitMore(500);
                LOG.info("{}: {} and {} commands", context, load.acknowledged(), hinted.acknowledged());
                assertThat(load.errors()).as(context + ": nobody waits for a node that is stopped").isEmpty();
                assertThat(hinted.errors()).as(context + ": nobody waits for a node that is stopped").isEmpty();
                stopAndCheck(load, hinted);
            }
        }
    }

    private void stopAndCheck(ClusterLoad load, ClusterLoad hinted) throws Exception {
        load.stop();
        hinted.stop();
        Settling.check(cluster, load, 0, 3);
        Settling.awaitReplicasRight(cluster, hinted);
        cluster.awaitHintsDelivered();
    }
}
