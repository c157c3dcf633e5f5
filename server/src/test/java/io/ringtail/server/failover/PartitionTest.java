package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.WireClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network between nodes is cut, in both directions or in one: strict keyspaces go on where there is a majority and refuse in time where there is none, sloppy ones go on
 * everywhere, and when it is healed hints make all replicas equal.
 */
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

    @TempDir
    Path directory;

    @Test
    void aNodeThatIsCutOffRefusesWhatIsStrictAndTakesWhatIsSloppy() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory, 5, OPTIONS).start()) {
            for (int round = 1; round <= ROUNDS; round++) {
                int alone = round % 5;
                List<Integer> others = java.util.stream.IntStream.range(0, 5).filter(node -> node != alone).boxed().toList();
                String context = "round " + round + ", node " + alone + " cut off";
                try (ClusterLoad strict = new ClusterLoad("strict" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                        ClusterLoad hinted = new ClusterLoad("one:" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                        ClusterLoad minority = new ClusterLoad("sloppy:a" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                        ClusterLoad majority = new ClusterLoad("sloppy:b" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                    strict.start(2, cluster.portsBut(alone));
                    hinted.start(2, cluster.portsBut(alone));
                    majority.start(2, cluster.portsBut(alone));
                    minority.start(2, List.of(cluster.port(alone)));
                    strict.awaitMore(200);
                    long cut = System.nanoTime();
                    cluster.cut(List.of(alone), others);
                    ClusterLoad.goOn(Duration.ofMillis(1_200));
                    refusesInTime(cluster, alone, context);
                    ClusterLoad.goOn(Duration.ofSeconds(1));
                    long after = cut + TimeUnit.MILLISECONDS.toNanos(1_000L + TIMEOUT_MILLIS);
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
                    cluster.awaitAllHeardOf();
                    Settling.check(cluster, strict, 0, 1, 4);
                    Settling.awaitReplicasRight(cluster, hinted);
                    Settling.awaitReplicasRight(cluster, minority);
                    Settling.awaitReplicasRight(cluster, majority);
                }
            }
        }
    }

    private static void refusesInTime(ClusterProcesses cluster, int alone, String context) throws Exception {
        try (WireClient wire = cluster.connect(alone)) {
            for (int i = 0; i < 20; i++) {
                for (String[] command : List.of(new String[] {"SET", "refused:" + i, "1"}, new String[] {"GET", "refused:" + i},
                        new String[] {"INCR", "refused:" + i})) {
                    long began = System.nanoTime();
                    String said = wire.text(command);
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                    assertThat(said).as(context + ": " + String.join(" ", command)).matches("-(NOREPLICAS|TIMEOUT) .*");
                    assertThat(millis).as(context + ": " + String.join(" ", command)).isLessThan(TIMEOUT_MILLIS + SLACK_MILLIS);
                }
            }
        }
    }

    @Test
    void linksThatLoseWhatIsSentOneWayLoseNothingThatWasAcknowledged() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory, 5, OPTIONS).start()) {
            for (int round = 1; round <= ROUNDS; round++) {
                int deaf = round % 5;
                String context = "round " + round + ", node " + deaf + " hears nothing";
                try (ClusterLoad strict = new ClusterLoad("oneway" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                        ClusterLoad hinted = new ClusterLoad("one:w" + round + ":", CLIENT_TIMEOUT_MILLIS, false)) {
                    strict.start(2, cluster.portsBut(deaf));
                    hinted.start(2, cluster.portsBut(deaf));
                    strict.awaitMore(200);
                    long cut = System.nanoTime();
                    for (int node = 0; node < cluster.size(); node++) {
                        if (node != deaf) {
                            cluster.cutOneWay(node, deaf);
                        }
                    }
                    ClusterLoad.goOn(Duration.ofSeconds(3));
                    long after = cut + TimeUnit.MILLISECONDS.toNanos(1_000L + TIMEOUT_MILLIS);
                    LOG.info("{}: {} {}", context, strict.errors(), hinted.errors());
                    assertThat(strict.errors(after, System.nanoTime())).as(context).isEmpty();
                    assertThat(hinted.errors(after, System.nanoTime())).as(context).isEmpty();
                    cluster.heal();
                    strict.awaitMore(200);
                    strict.stop();
                    hinted.stop();
                    cluster.awaitAllHeardOf();
                    Settling.check(cluster, strict, 0, 1, 4);
                    Settling.awaitReplicasRight(cluster, hinted);
                }
            }
        }
    }
}
