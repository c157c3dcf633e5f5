package io.ringtail.server.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;

/** Two data centers of three real processes each, a long way apart: odd nodes are in one, even ones in the other. */
final class DatacentersTest {
    private static final int PORT = 19_340;
    private static final List<Integer> NEAR = List.of(1, 3, 5);
    private static final List<Integer> FAR = List.of(2, 4, 6);

    @TempDir
    Path directory;

    /** A step of a command, as {@code RT.TRACE} tells it. */
    private record Step(String node, String what, String more) {}

    private SteppedCluster cluster;

    @BeforeEach
    void prepare() {
        cluster = new SteppedCluster(directory, PORT);
    }

    private String run(SteppedCluster.Step step) throws IOException {
        return cluster.run(step);
    }

    @AfterEach
    void nothingIsLeftRunning() throws IOException {
        cluster.close();
    }

    private static NodeClient client(int node) throws IOException {
        return new NodeClient(PORT + node - 1, 10_000);
    }

    private static String text(int node, String... command) throws IOException {
        try (NodeClient client = client(node)) {
            return client.text(command);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Of a command at LOCAL_QUORUM. */
    private static List<Step> trace(int node, String... command) throws IOException {
        try (NodeClient client = client(node)) {
            assertThat(client.text("RT.CONSISTENCY", "READ", "LOCAL_QUORUM", "WRITE", "LOCAL_QUORUM")).isEqualTo("OK");
            List<String> words = new ArrayList<>(List.of("RT.TRACE"));
            words.addAll(List.of(command));
            Reply reply = client.call(words.toArray(String[]::new));
            assertThat(reply).as(String.join(" ", words)).isInstanceOf(Reply.Array.class);
            Reply.Array told = (Reply.Array) ((Reply.Array) reply).elements().get(1);
            List<Step> steps = new ArrayList<>();
            for (Reply step : ((Reply.Array) told.elements().getLast()).elements()) {
                List<Reply> parts = ((Reply.Array) step).elements();
                steps.add(new Step(bulk(parts.get(1)), bulk(parts.get(2)), bulk(parts.get(3))));
            }
            return steps;
        }
    }

    private static String bulk(Reply reply) {
        return ((Reply.Bulk) reply).text();
    }

    private static boolean writesToAll(int node) throws IOException {
        try (NodeClient client = client(node)) {
            return client.text("RT.CONSISTENCY", "WRITE", "ALL").equals("OK") && client.text("SET", "to all", "there").equals("OK");
        }
    }

    private static Set<String> ids(Path directory, List<Integer> nodes) throws IOException {
        Set<String> ids = new HashSet<>();
        for (int node : nodes) {
            ids.add(Files.readString(directory.resolve("node-" + node).resolve("id")).trim());
        }
        return ids;
    }

    /** A client of one node that writes and reads at LOCAL_QUORUM, one thing after another, until it is stopped or told of an error. */
    private static final class SteadyClient implements Runnable {
        private final int node;
        private final Thread thread = new Thread(this, "steady client");
        private volatile boolean stopped;
        private volatile int written;
        private volatile String error = "";

        SteadyClient(int node) {
            this.node = node;
            thread.start();
        }

        static String key(int number) {
            return "steady" + number % 100;
        }

        @Override
        public void run() {
            try (NodeClient client = client(node)) {
                expect("OK", client.text("RT.CONSISTENCY", "READ", "LOCAL_QUORUM", "WRITE", "LOCAL_QUORUM"));
                while (!stopped && error.isEmpty()) {
                    int next = written;
                    expect("OK", client.text("SET", key(next), "value " + next));
                    written = next + 1;
                    expect("value " + next, client.text("GET", key(next)));
                }
            } catch (IOException e) {
                error = String.valueOf(e.getMessage());
            }
        }

        private void expect(String expected, String answer) {
            if (!answer.equals(expected)) {
                error = "number " + written + ": " + answer;
            }
        }

        /** How many it has written by now, and was told of no error. */
        int written() {
            assertThat(error).isEmpty();
            return written;
        }

        int stop() throws InterruptedException {
            stopped = true;
            thread.join();
            return written();
        }
    }

    /** The states in which replicas of a key are, compared with a node's. */
    private static boolean areEqual(int node, String key) throws IOException {
        try (NodeClient client = client(node)) {
            String told = client.call("RT.MERKLE", "KEY", key).toString();
            return told.contains("equal") && !told.contains("differs") && !told.contains("unknown");
        }
    }

    @Test
    void oneDatacenterServesWithoutWaitingForTheOtherAndGoesOnWhenItIsLost() throws Exception {
        assertThat(run(cluster -> cluster.up(null, PORT, null, 2, 50, List.of("--memory-limit", "64mb", "--repair-interval", "5"))))
                .contains("6 nodes", "in 2 data centers that are 50 ms apart");
        Set<String> near = ids(directory, NEAR);
        Set<String> far = ids(directory, FAR);
        for (String id : far) {
            assertThat(text(1, "DEBUG", "PEER", "LIST")).contains(id, "DELAY 50");
        }
        for (int node : NEAR) {
            await("node " + node + " reaches all").atMost(Duration.ofSeconds(60)).until(() -> writesToAll(node));
        }
        for (int i = 0; i < 20; i++) {
            List<Step> set = trace(1, "SET", "key" + i, "v" + i);
            assertThat(set).filteredOn(step -> step.what().equals("send")).extracting(Step::node).containsAll(far);
            int end = indexOf(set, "write ended");
            assertThat(set.get(end).more()).isEqualTo("2 accepted, 2 needed");
            assertThat(set.subList(0, end)).filteredOn(step -> step.what().equals("accepted")).extracting(Step::node).isSubsetOf(near);
            assertThat(trace(3, "GET", "key" + i)).extracting(Step::node).doesNotContainAnyElementsOf(far);
            assertThat(trace(5, "INCR", "count")).filteredOn(step -> !step.what().equals("send") && !step.what().equals("accepted"))
                    .extracting(Step::node)
                    .doesNotContainAnyElementsOf(far);
        }
        await("it comes there, too").atMost(Duration.ofSeconds(20)).until(() -> text(2, "GET", "key19").equals("v19"));

        keepsWhatBothWriteWhileTheyAreCutApart();

        SteadyClient steady = new SteadyClient(3);
        for (int node : FAR) {
            run(cluster -> cluster.kill(node));
        }
        int writtenWhenAllWereDead = steady.written();
        for (int i = 0; i < 20; i++) {
            int number = i;
            int node = NEAR.get(i % NEAR.size());
            assertThat(indexOf(trace(node, "SET", "key" + number, "while it is lost"), "write ended")).isNotNegative();
        }
        await("its death is known").atMost(Duration.ofSeconds(20)).until(() -> text(1, "SET", "key0", "at four of six").contains("NOREPLICAS 4 of 6"));
        await("the other goes on").atMost(Duration.ofSeconds(20)).until(() -> steady.written() > writtenWhenAllWereDead + 100);
        for (int node : FAR) {
            run(cluster -> cluster.restart(node));
        }
        int written = steady.stop();
        assertThat(text(2, "DEBUG", "PEER", "LIST")).contains("DELAY 50");
        for (int i = 0; i < 20; i++) {
            String key = "key" + i;
            await("equal again").atMost(Duration.ofSeconds(60)).until(() -> areEqual(FAR.getFirst(), key));
        }
        for (int node : FAR) {
            try (Jedis own = cluster.clientOfItAlone(node)) {
                for (int number = written - 100; number < written; number++) {
                    String last = "value " + number;
                    String key = SteadyClient.key(number);
                    if (!last.equals(own.get(key))) {
                        await("each has the last by itself").atMost(Duration.ofSeconds(60)).until(() -> last.equals(own.get(key)));
                    }
                }
            }
        }
        assertThat(trace(2, "GET", "key7")).extracting(Step::node).doesNotContainAnyElementsOf(near);
        try (NodeClient client = client(2)) {
            assertThat(client.text("RT.CONSISTENCY", "READ", "LOCAL_QUORUM")).isEqualTo("OK");
            assertThat(client.text("GET", "key7")).isEqualTo("while it is lost");
        }
        assertThat(run(cluster -> cluster.down(true))).contains("deleted");
    }

    /** The clients of each data center change a cart, a counter and a set at LOCAL_QUORUM while no node reaches one of the other; then one writes what both wanted. */
    private void keepsWhatBothWriteWhileTheyAreCutApart() throws IOException {
        assertThat(text(1, "RT.KEYSPACE", "SET", "cart:", "conflict", "siblings")).isEqualTo("OK");
        try (Jedis near = jedis(NEAR.getFirst()); Jedis far = jedis(FAR.getFirst())) {
            await("siblings are kept").atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> context(near, "cart:1") != null && context(far, "cart:1") != null);
            near.incrBy("cart:count", 100);
            near.sadd("shelf", "bread", "milk", "eggs");
            await("before the cut").atMost(Duration.ofSeconds(20))
                    .until(() -> "100".equals(far.get("cart:count")) && far.smembers("shelf").equals(Set.of("bread", "milk", "eggs")));
            cluster.cut(NEAR, FAR);
            for (Jedis client : List.of(near, far)) {
                String name = client == near ? "near" : "far";
                String seen = Objects.requireNonNull(context(client, "cart:1"));
                client.sendCommand(SteppedCluster.word("RT.SET"), "cart:1", name, "CONTEXT", seen);
                for (int i = 0; i < 10; i++) {
                    client.incrBy("cart:count", client == near ? 1 : 2);
                }
            }
            // Taken out in one; in the other one of the two is put in again.
            assertThat(near.srem("shelf", "bread", "milk")).isEqualTo(2);
            assertThat(near.sadd("shelf", "butter")).isEqualTo(1);
            assertThat(far.sadd("shelf", "milk", "jam")).isEqualTo(1);
            assertThat(near.smembers("shelf")).isEqualTo(Set.of("eggs", "butter"));
            assertThat(far.smembers("shelf")).isEqualTo(Set.of("bread", "milk", "eggs", "jam"));
            assertThat(near.get("cart:count")).isEqualTo("110");
            assertThat(far.get("cart:count")).isEqualTo("120");
            cluster.heal();
            for (int node = 1; node <= 6; node++) {
                try (Jedis own = cluster.clientOfItAlone(node)) {
                    await("both at node " + node).atMost(Duration.ofSeconds(60)).until(() -> siblings(own, "cart:1").equals(Set.of("near", "far")));
                    await("the members at node " + node).atMost(Duration.ofSeconds(60))
                            .until(() -> own.smembers("shelf").equals(Set.of("milk", "eggs", "butter", "jam")));
                    await("the sum at node " + node).atMost(Duration.ofSeconds(60)).until(() -> "130".equals(own.get("cart:count")));
                }
            }
            far.sendCommand(SteppedCluster.word("RT.SET"), "cart:1", "near and far", "CONTEXT", Objects.requireNonNull(context(far, "cart:1")));
            await("one value in both").atMost(Duration.ofSeconds(60)).until(() -> siblings(near, "cart:1").equals(Set.of("near and far")));
        }
    }

    private Jedis jedis(int node) {
        Jedis jedis = cluster.client(node);
        jedis.sendCommand(SteppedCluster.word("RT.CONSISTENCY"), "READ", "LOCAL_QUORUM", "WRITE", "LOCAL_QUORUM");
        return jedis;
    }

    /** What there is to be seen of a key; null where it does not keep siblings. */
    private static @Nullable String context(Jedis client, String key) {
        List<?> clock = (List<?>) client.sendCommand(SteppedCluster.word("RT.CLOCK"), key);
        return new String((byte[]) clock.get(1), StandardCharsets.US_ASCII);
    }

    private static Set<String> siblings(Jedis client, String key) {
        List<?> reply = (List<?>) client.sendCommand(SteppedCluster.word("RT.GET"), key);
        Set<String> values = new HashSet<>();
        for (int i = 1; reply != null && i < reply.size(); i++) {
            values.add(new String((byte[]) reply.get(i), StandardCharsets.UTF_8));
        }
        return values;
    }

    private static int indexOf(List<Step> steps, String what) {
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).what().equals(what)) {
                return i;
            }
        }
        throw new AssertionError("no '" + what + "' in " + steps);
    }
}
