package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.Namespaces;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One fault after the other, from a seed, on one cluster of five under load from plain clients and from clients that know of clusters. After each: nothing that was
 * acknowledged is lost, clients were told of errors only where and as long as they may be, all replicas are equal and all hints delivered. At the end everything that was
 * ever written is read again, after all nodes have been killed at once.
 *
 * <p>{@code ./ringtail test} does a few short ones; {@code ./ringtail soak MINUTES} goes on for that long, and stops nodes for 30 s. On network namespaces and with
 * clocks that jump where both are to be had; {@code -Dringtail.soak.network=loopback} does without the first. Keys are written one value after the other, so the load grows
 * only with the errors.
 */
final class SoakTest {
    private static final Logger LOG = LoggerFactory.getLogger(SoakTest.class);
    private static final int MINUTES = Integer.getInteger("ringtail.soak.minutes", 0);
    private static final int SHORT_ROUNDS = 2;
    /** Of the short rounds: all nodes killed at once, then one shut down. */
    private static final long SHORT_SEED = 9584410136056L;

    private static final long SEED = Long.getLong("ringtail.seed", MINUTES == 0 ? SHORT_SEED : System.nanoTime());
    private static final boolean LOOPBACK = System.getProperty("ringtail.soak.network", "").equals("loopback");
    private static final int NODES = 5;
    private static final int CLIENTS = 4;
    /** More than the 2 s that servers wait for replicas: a client that waits longer waited for a server that should have answered. */
    private static final int CLIENT_TIMEOUT_MILLIS = 5_000;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<ClusterLoad> past = new ArrayList<>();
    private final Map<Fault.Kind, Integer> counts = new HashMap<>();
    private long commands;

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLostWhateverHappens() throws Exception {
        LOG.info("soak: -Dringtail.seed={}", SEED);
        try (Namespaces network = LOOPBACK ? null : Namespaces.createIfPossible(NODES);
                ClusterProcesses cluster = new ClusterProcesses(
                                directory, NODES, "--keyspace", Settling.SLOPPY + "; " + Settling.ONE)
                        .network(network)) {
            FakeClocks clocks = FakeClocks.areAvailable() ? FakeClocks.of(cluster, Files.createDirectory(directory.resolve("clocks"))) : null;
            cluster.start();
            LOG.info("soak: {}, {}", network == null ? "on loopback" : "on network namespaces", clocks == null ? "without clocks" : "with clocks");
            try {
                run(cluster, clocks);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("-Dringtail.seed=" + SEED + ": " + e.getMessage() + "\n" + cluster.said(), e);
            }
        }
    }

    private void run(ClusterProcesses cluster, @Nullable FakeClocks clocks) throws Exception {
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        List<Fault.Kind> kinds = new ArrayList<>();
        for (int round = 1; MINUTES > 0 ? System.nanoTime() - until < 0 : round <= SHORT_ROUNDS; round++) {
            if (kinds.isEmpty()) {
                kinds.addAll(Fault.shuffled(random, clocks != null));
            }
            Fault.Kind kind = kinds.removeLast();
            Duration pause = Duration.ofSeconds(MINUTES > 0 ? 30 : 4);
            Duration lasting = Duration.ofMillis(MINUTES > 0 ? random.nextInt(4_000, 15_000) : 4_000);
            round(round, Fault.of(kind, random, NODES, clocks, pause, lasting), cluster);
            counts.merge(kind, 1, Integer::sum);
        }
        Fault last = Fault.of(Fault.Kind.ALL_KILLED, random, NODES, clocks, Duration.ZERO, Duration.ZERO);
        last.begin().run(cluster);
        last.end().run(cluster);
        cluster.awaitAllReachable();
        for (ClusterLoad load : past) {
            Settling.check(cluster, load, random.nextInt(NODES));
        }
        LOG.info("soak: {} commands acknowledged, faults {}", commands, counts);
    }

    private void round(int round, Fault fault, ClusterProcesses cluster) throws Exception {
        String context = "round " + round + ": " + fault.name();
        boolean othersGoOn = fault.struck().size() < NODES;
        List<Integer> apart = othersGoOn ? fault.struck() : List.of();
        try (ClusterLoad strict = new ClusterLoad("strict" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                ClusterLoad hinted = new ClusterLoad("one:" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                ClusterLoad sloppy = new ClusterLoad("sloppy:a" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                ClusterLoad struck = new ClusterLoad("sloppy:b" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                ClusterLoad struckStrict = new ClusterLoad("struck" + round + ":", CLIENT_TIMEOUT_MILLIS, false);
                ClusterLoad routed = new ClusterLoad("routed" + round + ":", CLIENT_TIMEOUT_MILLIS, true)) {
            List<ClusterLoad> loads = new ArrayList<>(List.of(
                    strict.start(CLIENTS, cluster.addressesBut(apart)),
                    hinted.start(2, cluster.addressesBut(apart)),
                    sloppy.start(2, cluster.addressesBut(apart)),
                    routed.startRouted(2, cluster.addressesBut())));
            if (!apart.isEmpty()) {
                List<Integer> rest = IntStream.range(0, NODES).filter(node -> !apart.contains(node)).boxed().toList();
                loads.add(struck.start(2, cluster.addressesBut(rest)));
                loads.add(struckStrict.start(2, cluster.addressesBut(rest)));
            }
            for (ClusterLoad load : loads) {
                load.awaitMore(100);
            }
            long began = System.nanoTime();
            fault.begin().run(cluster);
            ClusterLoad.goOn(fault.lasting());
            long ended = System.nanoTime();
            fault.end().run(cluster);
            for (ClusterLoad load : loads) {
                load.awaitMore(100);
            }
            for (ClusterLoad load : loads) {
                load.stop();
            }
            long stopped = System.nanoTime();
            LOG.info("{} for {} ms; errors of others: strict {}, one {}, sloppy {}; of the struck: sloppy {}, strict {}; of cluster clients {}",
                    context, (ended - began) / 1_000_000, summary(strict, began), summary(hinted, began), summary(sloppy, began),
                    summary(struck, began), summary(struckStrict, began), summary(routed, began));
            if (othersGoOn) {
                noErrorsButAllowed(context, fault, began, ended, stopped, strict, hinted, sloppy);
                if (fault.isCut()) {
                    assertThat(struck.errors(began + fault.noticed().toNanos(), ended)).as(context + ": sloppy keys on the other side").isEmpty();
                }
            }
            cluster.awaitAllReachable();
            for (ClusterLoad load : List.of(strict, routed, struckStrict)) {
                if (loads.contains(load)) {
                    Settling.check(cluster, load, IntStream.range(0, NODES).toArray());
                }
            }
            for (ClusterLoad load : List.of(hinted, sloppy, struck)) {
                if (loads.contains(load)) {
                    if (!othersGoOn) {
                        Settling.mend(cluster, load);
                    }
                    Settling.awaitReplicasRight(cluster, load);
                }
            }
            cluster.awaitHintsDelivered();
            commands += loads.stream().mapToLong(ClusterLoad::acknowledged).sum();
            past.addAll(loads);
            LOG.info("{}: all well {} ms after it had ended, {} commands so far", context, (System.nanoTime() - ended) / 1_000_000, commands);
        }
    }

    private static void noErrorsButAllowed(
            String context, Fault fault, long began, long ended, long stopped, ClusterLoad strict, ClusterLoad hinted, ClusterLoad sloppy) {
        long noticed = began + fault.noticed().toNanos();
        for (ClusterLoad load : List.of(strict, hinted, sloppy)) {
            assertThat(load.errors(began, stopped)).as(context + ": clients whom a node that was well did not answer").allMatch(ClusterLoad.Failure::refused);
            assertThat(load.errors(ended, stopped)).as(context + ": after it had ended").allMatch(failure -> fault.struck().size() > 1);
        }
        if (fault.struck().size() == 1 || !fault.isCut()) {
            assertThat(strict.errors(noticed, ended)).as(context + ": strict keys").isEmpty();
            assertThat(hinted.errors(noticed, ended)).as(context + ": keys read from one").isEmpty();
        }
        assertThat(sloppy.errors(noticed, ended)).as(context + ": sloppy keys").isEmpty();
        // Those whose command a node was carrying out, or had been passed on to it.
        assertThat(strict.errors(began, noticed)).as(context + ": in flight").hasSizeLessThanOrEqualTo(2 * CLIENTS * (1 + (int) fault.noticed().toSeconds()));
    }

    /** How many errors, when the last came, in milliseconds after the beginning, and an example. */
    private static String summary(ClusterLoad load, long began) {
        List<ClusterLoad.Failure> errors = load.errors();
        return errors.isEmpty()
                ? "0"
                : errors.size() + " (last at " + (errors.getLast().nanos() - began) / 1_000_000 + " ms: " + errors.getLast() + ")";
    }
}
