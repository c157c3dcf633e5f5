package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ClusterProcesses;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.HostAndPort;

/**
 * A sixth node joins five that hold data and are written to, and leaves again; in the middle a node is killed and comes back: clients of the others are told of no error beyond
 * what was in flight, the change goes on, and nothing that was acknowledged is lost.
 *
 * <p>{@code ./ringtail test} does one round, in which the newcomer dies; {@code ./ringtail soak moving ROUNDS} does more, each with another victim at another moment.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GrowingTest {
    private static final Logger LOG = LoggerFactory.getLogger(GrowingTest.class);
    private static final int CLIENT_TIMEOUT_MILLIS = 5_000;
    private static final int KEYS = 20_000;
    private static final int ROUNDS = Integer.getInteger("ringtail.rounds", 1);
    private static final long SEED = Long.getLong("ringtail.seed", ROUNDS == 1 ? 1 : System.nanoTime());
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final SplittableRandom random = new SplittableRandom(SEED);
    private ClusterProcesses cluster;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        cluster = new ClusterProcesses(data, 5).start();
    }

    @AfterAll
    void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Who dies, and in the middle of what. */
    private enum Victim {
        NEWCOMER_WHILE_JOINING,
        SOURCE_WHILE_JOINING,
        ACTING_WHILE_JOINING,
        TARGET_WHILE_LEAVING,
        ACTING_WHILE_LEAVING;

        boolean isWhileJoining() {
            return compareTo(TARGET_WHILE_LEAVING) < 0;
        }

        boolean isNewcomer() {
            return this == NEWCOMER_WHILE_JOINING;
        }
    }

    @Test
    void aNodeJoinsAndLeavesAndOneDiesMeanwhileAndNobodyIsToldOfMoreThanWasInFlight() throws Exception {
        LOG.info("growing: -Dringtail.seed={} -Dringtail.rounds={}", SEED, ROUNDS);
        fill();
        // Who came last of the five may have come when there were data: what it is handed over is none of what follows.
        await("each has its fifth").atMost(TIMEOUT).untilAsserted(
                () -> assertThat(owned()).hasSize(5).allMatch(each -> each > 19 && each < 21));
        awaitTransfers("settled");
        for (int round = 0; round < ROUNDS; round++) {
            Victim victim = Victim.values()[round % Victim.values().length];
            try {
                round(round, victim);
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "round " + round + ", " + victim + ", -Dringtail.seed=" + SEED + ": " + e.getMessage() + "\n" + cluster.said(), e);
            }
        }
        checkFilled();
    }

    private void round(int round, Victim victim) throws Exception {
        int[] ports = ClusterProcesses.freePorts(2);
        int killed = victim.isNewcomer() ? -1 : node(victim);
        List<HostAndPort> others = victim.isNewcomer() ? cluster.addressesBut() : cluster.addressesBut(killed);
        try (ClusterLoad plain = new ClusterLoad("plain" + round + ":", CLIENT_TIMEOUT_MILLIS, true);
                ClusterLoad routed = new ClusterLoad("routed" + round + ":", CLIENT_TIMEOUT_MILLIS, true)) {
            plain.start(4, others);
            routed.startRouted(2, others);
            plain.awaitMore(200);
            routed.awaitMore(200);
            ServerProcess sixth = launch(ports);
            try {
                assertThat(sixth.awaitReady()).isTrue();
                awaitMembers(6);
                awaitTransfers("moving");
                if (victim.isWhileJoining()) {
                    sixth = strike(victim, killed, sixth, ports, round, plain);
                }
                awaitTransfers("settled");
                List<Double> owned = owned();
                LOG.info("percent owned by each of six: {}", owned);
                assertThat(owned).hasSize(6).allMatch(each -> each > 16 && each < 17.4);
                plain.awaitMore(200);
                routed.awaitMore(200);
                LOG.info("after joining: {} and {}", plain.errors(), routed.errors());
                try (WireClient wire = new WireClient("127.0.0.1", ports[0])) {
                    assertThat(wire.text("DBSIZE")).isNotEqualTo("0");
                }

                // By a signal: what it says meanwhile is to be read.
                sixth.signal("TERM");
                if (!victim.isWhileJoining()) {
                    awaitTransfers("moving");
                    sixth = strike(victim, killed, sixth, ports, round, plain);
                }
                assertThat(sixth.awaitExit()).isZero();
                assertThat(sixth.output()).contains("Left.");
                awaitMembers(5);
                awaitTransfers("settled");
                plain.awaitMore(200);
                routed.awaitMore(200);
                LOG.info("after leaving: {} and {}", plain.errors(), routed.errors());
                if (victim.isNewcomer()) {
                    assertThat(plain.errors()).as("plain clients of the five").isEmpty();
                }
            } finally {
                sixth.close();
            }
            plain.stop();
            routed.stop();
            Settling.check(cluster, plain, 0, 3);
            Settling.check(cluster, routed, 1);
        }
        LOG.info("round {}: {} killed, all well", round, victim);
    }

    private ServerProcess launch(int[] ports) throws IOException {
        return cluster.launchAnother(ports[0], ports[1], "--stream-rate", "500kb", "--leave-on-shutdown", "yes");
    }

    /** Which of the five it is. */
    private int node(Victim victim) {
        if (victim == Victim.ACTING_WHILE_JOINING || victim == Victim.ACTING_WHILE_LEAVING) {
            // The member with the smallest id acts; should the newcomer have a smaller one, this one acted before it came.
            return IntStream.range(0, cluster.size()).boxed().min(Comparator.comparing(cluster::id)).orElseThrow();
        }
        return random.nextInt(cluster.size());
    }

    /** Kills the victim in a moment, and starts it again; the newcomer's process, which may be another then. */
    private ServerProcess strike(Victim victim, int killed, ServerProcess newcomer, int[] ports, int round, ClusterLoad load) throws IOException {
        ClusterLoad.goOn(Duration.ofMillis(round == 0 ? 0 : random.nextInt(3_000)));
        long struckNanos = System.nanoTime();
        ServerProcess sixth = newcomer;
        if (victim.isNewcomer()) {
            sixth.kill();
            ClusterLoad.goOn(Duration.ofSeconds(1));
            sixth.close();
            sixth = launch(ports);
            assertThat(sixth.awaitReady()).isTrue();
        } else {
            cluster.kill(killed);
            ClusterLoad.goOn(Duration.ofSeconds(1));
            cluster.restart(killed);
            cluster.awaitAllReachable();
            long noticedNanos = struckNanos + TimeUnit.SECONDS.toNanos(3);
            List<ClusterLoad.Failure> errors = load.errors();
            assertThat(errors).as("clients of the others: refused, not left unanswered").allMatch(ClusterLoad.Failure::refused);
            assertThat(errors).as("clients of the others: of what was in flight alone").allMatch(each ->
                    each.nanos() - struckNanos >= 0 && each.nanos() - noticedNanos < 0);
        }
        return sixth;
    }

    private void fill() throws IOException {
        try (WireClient wire = cluster.connect(0)) {
            for (int key = 0; key < KEYS; key += 100) {
                String[] command = new String[201];
                command[0] = "MSET";
                for (int i = 0; i < 100; i++) {
                    command[1 + 2 * i] = "filled:" + (key + i);
                    command[2 + 2 * i] = "value-" + (key + i);
                }
                assertThat(wire.text(command)).isEqualTo("OK");
            }
        }
    }

    private void checkFilled() throws IOException {
        try (WireClient wire = cluster.connect(2)) {
            for (int key = 0; key < KEYS; key++) {
                assertThat(wire.text("GET", "filled:" + key)).isEqualTo("value-" + key);
            }
        }
    }

    private void awaitTransfers(String state) {
        await(state).atMost(TIMEOUT).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
            for (int node = 0; node < cluster.size(); node++) {
                assertThat(transfers(node)).as("node " + node).contains("state", state);
            }
        });
    }

    private List<String> transfers(int node) throws IOException {
        return words(node, "RT.TRANSFERS");
    }

    /** All that an answer says, one after the other. */
    private List<String> words(int node, String... command) throws IOException {
        try (WireClient wire = cluster.connect(node)) {
            List<String> words = new ArrayList<>();
            collect(wire.call(command), words);
            return words;
        }
    }

    private static void collect(Reply reply, List<String> into) {
        if (reply instanceof Reply.Array array) {
            array.elements().forEach(element -> collect(element, into));
        } else {
            into.add(WireClient.text(reply));
        }
    }

    private void awaitMembers(int count) {
        await(count + " members").atMost(TIMEOUT).pollInterval(Duration.ofMillis(100)).untilAsserted(() -> assertThat(
                        cluster.text(0, "CLUSTER", "INFO"))
                .contains("cluster_known_nodes:" + count + "\r\n"));
    }

    /** Of each node the part of the partitions that it owns, in percent. */
    private List<Double> owned() throws IOException {
        List<String> words = words(0, "RT.NODES");
        return IntStream.range(1, words.size())
                .filter(i -> words.get(i - 1).equals("owns-percent"))
                .mapToObj(i -> Double.parseDouble(words.get(i)))
                .toList();
    }
}
