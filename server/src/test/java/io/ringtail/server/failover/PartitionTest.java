package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.Namespaces;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network between nodes is cut, in both directions or in one: strict keyspaces go on where there is a majority and refuse in time where there is none, sloppy ones go on
 * everywhere, and when it is healed hints make all replicas equal.
 *
 * <p>Where that can be made the network is one of the kernel's, with a namespace for each node, and really loses packets: connections are half open, and what is sent is
 * retransmitted and backs off. Elsewhere the nodes themselves lose what they send and get.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PartitionTest {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionTest.class);
    private static final int ROUNDS = Integer.getInteger("ringtail.cluster.rounds", 1);
    private static final int CLIENT_TIMEOUT_MILLIS = 4_000;
    private static final int TIMEOUT_MILLIS = 1_000;
    private static final int SLACK_MILLIS = 1_000;
    private static final String[] OPTIONS = {
        "--keyspace", Settling.SLOPPY + "; " + Settling.ONE,
        "--write-timeout", Integer.toString(TIMEOUT_MILLIS),
        "--read-timeout", Integer.toString(TIMEOUT_MILLIS)
    };

    /** In which a cut is noticed, and what waited for the other side has run into its timeout. */
    private static final long NOTICED_NANOS = TimeUnit.MILLISECONDS.toNanos(1_000L + TIMEOUT_MILLIS);

    private static final int KEYS = 60;

    private @Nullable Namespaces network;
    private ClusterProcesses cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        network = Namespaces.createIfPossible(5);
        cluster = new ClusterProcesses(directory, 5, OPTIONS).network(network).start();
        Settling.awaitSettled(cluster);
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
        if (network != null) {
            network.close();
        }
    }

    @Test
    void aNodeThatIsCutOffRefusesWhatIsStrictAndTakesWhatIsSloppy() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            int alone = round % 5;
            List<Integer> others = java.util.stream.IntStream.range(0, 5).filter(node -> node != alone).boxed().toList();
            String context = "round " + round + ", node " + alone + " cut off";
            try (ClusterLoad strict = new ClusterLoad("strict" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                    ClusterLoad hinted = new ClusterLoad("one:" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                    ClusterLoad minority = new ClusterLoad("sloppy:a" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                    ClusterLoad majority = new ClusterLoad("sloppy:b" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                strict.start(2, cluster.addressesBut(alone));
                hinted.start(2, cluster.addressesBut(alone));
                majority.start(2, cluster.addressesBut(alone));
                minority.start(2, List.of(cluster.address(alone)));
                strict.awaitMore(200);
                long cut = System.nanoTime();
                cluster.cut(List.of(alone), others);
                ClusterLoad.goOn(Duration.ofMillis(1_200));
                refusesInTime(alone, context);
                ClusterLoad.goOn(Duration.ofSeconds(1));
                long after = cut + NOTICED_NANOS;
                LOG.info("{}: strict {} sloppy there {} sloppy here {}", context, strict.errors(), majority.errors(), minority.errors());
                assertThat(strict.errors(after, System.nanoTime())).as(context + ": strict, majority").isEmpty();
                assertThat(majority.errors(after, System.nanoTime())).as(context + ": sloppy, majority").isEmpty();
                assertThat(minority.errors(after, System.nanoTime())).as(context + ": sloppy, cut off").isEmpty();
                long before = minority.acknowledged();
                minority.awaitMore(100);
                assertThat(minority.acknowledged()).isGreaterThan(before);
                cluster.heal();
                strict.awaitMore(200);
                minority.awaitMore(200);
                for (ClusterLoad load : List.of(strict, hinted, minority, majority)) {
                    load.stop();
                }
                cluster.awaitAllReachable();
                Settling.check(cluster, strict, 0, 1, 4);
                Settling.awaitReplicasRight(cluster, hinted);
                Settling.awaitReplicasRight(cluster, minority);
                Settling.awaitReplicasRight(cluster, majority);
            }
        }
    }

    private void refusesInTime(int alone, String context) throws Exception {
        try (WireClient wire = cluster.connect(alone)) {
            for (int i = 0; i < 20; i++) {
                for (String[] command : List.of(new String[] {"SET", "refused:" + i, "1"}, new String[] {"GET", "refused:" + i},
                        new String[] {"INCR", "refused:" + i})) {
                    long began = System.nanoTime();
                    String said = wire.text(command);
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                    assertThat(said).as(context + ": " + String.join(" ", command)).matches("-(NOREPLICAS|TIMEOUT) .*");
                    // What reads and then writes may wait for either.
                    int timeouts = command[0].equals("INCR") ? 2 : 1;
                    assertThat(millis).as(context + ": " + String.join(" ", command)).isLessThan(timeouts * TIMEOUT_MILLIS + SLACK_MILLIS);
                }
            }
        }
    }

    @Test
    void linksThatLoseWhatIsSentOneWayLoseNothingThatWasAcknowledged() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            int deaf = round % 5;
            String context = "round " + round + ", node " + deaf + " hears nothing";
            try (ClusterLoad strict = new ClusterLoad("oneway" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                    ClusterLoad hinted = new ClusterLoad("one:w" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                strict.start(2, cluster.addressesBut(deaf));
                hinted.start(2, cluster.addressesBut(deaf));
                strict.awaitMore(200);
                long cut = System.nanoTime();
                for (int node = 0; node < cluster.size(); node++) {
                    if (node != deaf) {
                        cluster.cutOneWay(node, deaf);
                    }
                }
                ClusterLoad.goOn(Duration.ofSeconds(3));
                long after = cut + NOTICED_NANOS;
                LOG.info("{}: {} {}", context, strict.errors(), hinted.errors());
                assertThat(strict.errors(after, System.nanoTime())).as(context).isEmpty();
                assertThat(hinted.errors(after, System.nanoTime())).as(context).isEmpty();
                cluster.heal();
                strict.awaitMore(200);
                strict.stop();
                hinted.stop();
                cluster.awaitAllReachable();
                Settling.check(cluster, strict, 0, 1, 4);
                Settling.awaitReplicasRight(cluster, hinted);
            }
        }
    }

    @Test
    void ofTwoSidesOfACutTheOneWithAKeysQuorumTakesItsWritesAndSloppyKeysGoOnOnBoth() throws Exception {
        List<Integer> few = List.of(1, 3);
        List<Integer> many = List.of(0, 2, 4);
        try (ClusterLoad here = new ClusterLoad("sloppy:few:", CLIENT_TIMEOUT_MILLIS, false);
                ClusterLoad there = new ClusterLoad("sloppy:many:", CLIENT_TIMEOUT_MILLIS, false)) {
            here.start(2, cluster.addressesBut(many));
            there.start(2, cluster.addressesBut(few));
            here.awaitMore(100);
            long cut = System.nanoTime();
            cluster.cut(few, many);
            ClusterLoad.goOn(Duration.ofNanos(NOTICED_NANOS));
            Map<String, String> taken = new HashMap<>();
            for (int i = 0; i < KEYS; i++) {
                String first = said(few.get(i % few.size()), "SET", "strict:" + i, "few");
                String second = said(many.get(i % many.size()), "SET", "strict:" + i, "many");
                boolean byFew = first.equals("OK");
                String refused = byFew ? second : first;
                assertThat(byFew ? first : second).as("strict:" + i).isEqualTo("OK");
                assertThat(refused).as("strict:" + i).matches("-(NOREPLICAS|TIMEOUT) .*");
                if (refused.startsWith("-NOREPLICAS")) {
                    taken.put("strict:" + i, byFew ? "few" : "many");
                }
            }
            assertThat(taken.values()).as("sides that took writes which the other refused").contains("few", "many");
            here.awaitMore(100);
            there.awaitMore(100);
            long after = cut + NOTICED_NANOS;
            assertThat(here.errors(after, System.nanoTime())).as("sloppy, two nodes").isEmpty();
            assertThat(there.errors(after, System.nanoTime())).as("sloppy, three nodes").isEmpty();
            cluster.heal();
            cluster.awaitAllReachable();
            here.stop();
            there.stop();
            for (String key : taken.keySet()) {
                assertThat(cluster.text(0, "GET", key)).as(key).isEqualTo(taken.get(key));
            }
            Settling.awaitReplicasRight(cluster, here);
            Settling.awaitReplicasRight(cluster, there);
            cluster.awaitHintsDelivered();
        }
    }

    private String said(int node, String... command) throws IOException {
        try (WireClient wire = cluster.connect(node)) {
            return wire.text(command);
        }
    }

    @Test
    void aNodeThatDiesBehindAPulledCableLeavesConnectionsHalfOpenThatNobodyWaitsFor() throws Exception {
        Assumptions.assumeTrue(network != null, "cables are pulled on network namespaces only");
        int dying = 4;
        try (ClusterLoad strict = new ClusterLoad("cable:", CLIENT_TIMEOUT_MILLIS, true);
                ClusterLoad hinted = new ClusterLoad("one:cable:", CLIENT_TIMEOUT_MILLIS, false)) {
            strict.start(4, cluster.addressesBut(dying));
            hinted.start(2, cluster.addressesBut(dying));
            strict.awaitMore(200);
            long pulled = System.nanoTime();
            network.unplug(dying);
            // Its last words, that its connections are closed, reach nobody.
            cluster.kill(dying);
            ClusterLoad.goOn(Duration.ofNanos(NOTICED_NANOS).plusSeconds(1));
            strict.awaitMore(200);
            cluster.mend();
            strict.awaitMore(200);
            strict.stop();
            hinted.stop();
            assertThat(strict.errors(pulled + NOTICED_NANOS, System.nanoTime())).as("strict").isEmpty();
            assertThat(hinted.errors(pulled + NOTICED_NANOS, System.nanoTime())).as("read from one").isEmpty();
            Settling.check(cluster, strict, 0, 1, 4);
            Settling.awaitReplicasRight(cluster, hinted);
            cluster.awaitHintsDelivered();
        }
    }
}
