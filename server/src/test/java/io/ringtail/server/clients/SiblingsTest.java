package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.local.Answer;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Keys whose conflicts are kept, over real sockets: in a cluster of four, of which three have each key, and in one of a single node. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SiblingsTest {
    private static final int NODES = 4;

    private LocalCluster cluster;
    private LocalCluster single;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = LocalCluster.start(directory.resolve("four"), NODES, "partitions", "32", "keyspace", "cart: conflict siblings");
        single = LocalCluster.start(directory.resolve("one"), 1, "keyspace", "cart: conflict siblings");
    }

    @AfterAll
    void stop() throws IOException {
        cluster.close();
        single.close();
    }

    /** To each node of a cluster a client, and to a single one. */
    private interface WithClients {
        void run(List<WireClient> clients) throws IOException;
    }

    /** The same with the four, through any of which any key is changed, and with the one. */
    private void everywhere(WithClients test) throws IOException {
        for (LocalCluster each : List.of(cluster, single)) {
            List<WireClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < NODES; i++) {
                    clients.add(new WireClient(each.port(each == single ? 0 : i)));
                }
                test.run(clients);
            } finally {
                for (WireClient client : clients) {
                    client.close();
                }
            }
        }
    }

    private static List<String> texts(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Array.class);
        List<String> texts = new ArrayList<>();
        ((Reply.Array) reply).elements().forEach(each -> texts.add(WireClient.text(each)));
        return texts;
    }

    /** All values of a key, in any order. */
    private static List<String> values(WireClient client, String key) throws IOException {
        List<String> told = texts(client.call("RT.GET", key));
        return told.subList(1, told.size());
    }

    private static String context(WireClient client, String key) throws IOException {
        return texts(client.call("RT.GET", key)).getFirst();
    }

    @Test
    void whatWasNotSeenStaysAndWhatWasSeenGoes() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("SET", "cart:a", "first")).isEqualTo("OK");
            String seen = context(clients.get(1), "cart:a");
            assertThat(clients.get(1).text("RT.SET", "cart:a", "milk", "CONTEXT", seen)).isEqualTo("OK");
            assertThat(clients.get(2).text("RT.SET", "cart:a", "eggs", "CONTEXT", seen)).isEqualTo("OK");
            assertThat(values(clients.get(3), "cart:a")).containsExactlyInAnyOrder("milk", "eggs");
            assertThat(clients.get(0).text("GET", "cart:a")).as("a plain reader gets the last one").isEqualTo("eggs");
            List<String> sizes = Answer.all(clients.get(0).call("RT.SIBLINGS", "cart:a"), "size");
            assertThat(sizes).containsExactly("4", "4");

            assertThat(clients.get(3).text("RT.SET", "cart:a", "both", "CONTEXT", context(clients.get(0), "cart:a"))).isEqualTo("OK");
            assertThat(values(clients.get(1), "cart:a")).containsExactly("both");
        });
    }

    @Test
    void plainClientsNeverMakeSiblings() throws IOException {
        everywhere(clients -> {
            for (int i = 0; i < 300; i++) {
                assertThat(clients.get(i % NODES).text("SET", "cart:plain", "value " + i)).isEqualTo("OK");
            }
            assertThat(values(clients.get(0), "cart:plain")).containsExactly("value 299");
            assertThat(texts(clients.get(0).call("RT.CLOCK", "cart:plain"))).hasSize(6);
            assertThat(clients.get(0).text("APPEND", "cart:plain", "!")).isEqualTo("10");
            assertThat(clients.get(1).text("GETSET", "cart:plain", "new")).isEqualTo("value 299!");
            assertThat(clients.get(2).text("SETNX", "cart:plain", "no")).isEqualTo("0");
            assertThat(clients.get(3).text("GETDEL", "cart:plain")).isEqualTo("new");
            assertThat(clients.get(0).call("RT.GET", "cart:plain")).isInstanceOf(Reply.Nil.class);
            assertThat(Answer.all(clients.get(0).call("RT.SIBLINGS", "cart:plain"), "deleted")).containsExactly("1");
        });
    }

    @Test
    void whoDeletesDeletesWhatItSaw() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("SET", "cart:d", "old")).isEqualTo("OK");
            String seen = context(clients.get(0), "cart:d");
            assertThat(clients.get(1).text("RT.SET", "cart:d", "new", "CONTEXT", seen)).isEqualTo("OK");
            assertThat(clients.get(2).text("RT.DEL", "cart:d", "CONTEXT", seen)).isEqualTo("1");
            assertThat(values(clients.get(3), "cart:d")).as("it had not seen the new one").containsExactly("new");
            assertThat(clients.get(2).text("RT.DEL", "cart:d")).isEqualTo("1");
            assertThat(clients.get(3).call("GET", "cart:d")).isInstanceOf(Reply.Nil.class);
            assertThat(clients.get(2).text("RT.DEL", "cart:d")).isEqualTo("0");
        });
    }

    @Test
    void countersCountThroughAnyNode() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("INCR", "cart:n")).isEqualTo("1");
            assertThat(clients.get(1).text("INCRBY", "cart:n", "10")).isEqualTo("11");
            assertThat(clients.get(2).text("DECR", "cart:n")).isEqualTo("10");
            assertThat(clients.get(3).text("EXPIRE", "cart:n", "100")).isEqualTo("1");
            assertThat(clients.get(0).text("DECRBY", "cart:n", "4")).isEqualTo("6");
            assertThat(clients.get(1).text("TTL", "cart:n")).as("counting does not change when it ends").isIn("99", "100");
            assertThat(values(clients.get(2), "cart:n")).containsExactly("6");
            assertThat(clients.get(3).text("SET", "cart:n", "9223372036854775807")).isEqualTo("OK");
            assertThat(clients.get(0).text("INCR", "cart:n")).contains("would overflow");
            assertThat(clients.get(0).text("SET", "cart:n", "text")).isEqualTo("OK");
            assertThat(clients.get(1).text("INCR", "cart:n")).contains("not an integer");
            assertThat(clients.get(1).text("INCRBYFLOAT", "cart:n", "0.5")).contains("fractions are not counted");
        });
    }

    @Test
    void whenItEndsIsKeptBesideTheValue() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("RT.SET", "cart:e", "short", "PX", "40")).isEqualTo("OK");
            await("it has ended").atMost(Duration.ofSeconds(10)).until(() -> clients.get(1).call("GET", "cart:e") instanceof Reply.Nil);
            assertThat(clients.get(1).text("INCR", "cart:e")).as("it begins anew").isEqualTo("1");
            assertThat(clients.get(2).text("SET", "cart:e", "x", "EX", "100")).isEqualTo("OK");
            assertThat(clients.get(3).text("PERSIST", "cart:e")).isEqualTo("1");
            assertThat(clients.get(0).text("TTL", "cart:e")).isEqualTo("-1");
            assertThat(clients.get(0).text("RT.SET", "cart:e", "x", "EX", "0")).contains("invalid expire time");
        });
    }

    @Test
    void transactionsChangeThemTogether() throws IOException {
        everywhere(clients -> {
            WireClient client = clients.get(1);
            assertThat(client.text("MULTI")).isEqualTo("OK");
            for (String[] queued : List.of(
                    new String[] {"SET", "cart:{t}1", "a"},
                    new String[] {"INCR", "cart:{t}2"},
                    new String[] {"INCR", "cart:{t}2"},
                    new String[] {"SET", "cart:{t}1", "b"})) {
                assertThat(client.text(queued)).isEqualTo("QUEUED");
            }
            assertThat(texts(client.call("EXEC"))).containsExactly("OK", "1", "2", "OK");
            assertThat(values(clients.get(2), "cart:{t}1")).containsExactly("b");
            assertThat(clients.get(3).text("GET", "cart:{t}2")).isEqualTo("2");
            assertThat(client.text("MSET", "cart:{t}1", "c", "cart:{t}3", "d")).isEqualTo("OK");
            assertThat(client.text("DEL", "cart:{t}1", "cart:{t}3", "cart:{t}4")).isEqualTo("2");
        });
    }

    @Test
    void manyClientsLoseNoCount() throws Exception {
        for (LocalCluster each : List.of(cluster, single)) {
            int clients = 8;
            int increments = 100;
            List<Thread> threads = IntStream.range(0, clients)
                    .mapToObj(i -> Thread.ofPlatform().start(() -> {
                        try (WireClient client = new WireClient(each.port(each == single ? 0 : i % NODES))) {
                            for (int n = 0; n < increments; n++) {
                                assertThat(client.call("INCR", "cart:many")).isInstanceOf(Reply.Int.class);
                            }
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    }))
                    .toList();
            for (Thread thread : threads) {
                thread.join();
            }
            try (WireClient client = new WireClient(each.port(0))) {
                assertThat(client.text("GET", "cart:many")).isEqualTo(Integer.toString(clients * increments));
            }
        }
    }

    @Test
    void siblingsAreBoundedAndNoneIsLost() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("SET", "cart:b", "first")).isEqualTo("OK");
            String seen = context(clients.get(0), "cart:b");
            for (int i = 0; i < 128; i++) {
                assertThat(clients.get(i % NODES).text("RT.SET", "cart:b", "value " + i, "CONTEXT", seen)).isEqualTo("OK");
            }
            assertThat(clients.get(0).text("RT.SET", "cart:b", "one too many", "CONTEXT", seen)).contains("128 siblings, which is the most");
            assertThat(values(clients.get(1), "cart:b")).hasSize(128);
            assertThat(clients.get(1).text("RT.SET", "cart:b", "all", "CONTEXT", context(clients.get(1), "cart:b"))).isEqualTo("OK");
            assertThat(values(clients.get(2), "cart:b")).containsExactly("all");
            assertThat(clients.get(0).text("INFO", "cluster")).contains("siblings_refused:");
        });
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        everywhere(clients -> {
            WireClient client = clients.get(0);
            assertThat(client.text("SET", "cart:w", "x")).isEqualTo("OK");
            assertThat(client.text("RT.SET", "cart:w", "y", "CONTEXT", "made-up")).contains("no context");
            assertThat(client.text("RT.SET", "cart:w", "y", "CONTEXT", context(client, "cart:w"), "CONTEXT", "z")).contains("syntax error");
            assertThat(client.text("RT.SET", "cart:w", "y", "CONTEXT")).contains("syntax error");
            assertThat(client.text("RT.DEL", "cart:w", "CONTEXT")).contains("syntax error");
            assertThat(client.text("RT.SET", "other", "y")).contains("the last writer wins");
            assertThat(client.text("RT.DEL", "other")).contains("the last writer wins");
            assertThat(client.text("SET", "other", "y")).isEqualTo("OK");
            assertThat(values(client, "other")).as("reading is for every key").containsExactly("y");
            assertThat(client.call("RT.GET", "nothing here")).isInstanceOf(Reply.Nil.class);
            assertThat(texts(client.call("RT.SIBLINGS", "nothing here"))).isEmpty();
        });
        try (WireClient client = new WireClient(cluster.port(0))) {
            assertThat(client.text("MSET", "cart:1", "a", "cart:2", "b")).startsWith("-CROSSSLOT");
            assertThat(client.text("SET", "cart:{r}1", "a")).isEqualTo("OK");
            assertThat(client.text("RENAME", "cart:{r}1", "cart:2")).startsWith("-CROSSSLOT");
            assertThat(client.text("RENAME", "cart:{r}1", "cart:{r}2")).isEqualTo("OK");
            assertThat(client.text("GET", "cart:{r}2")).isEqualTo("a");
            assertThat(client.text("SET", "plain", "b")).isEqualTo("OK");
            assertThat(client.text("BITOP", "AND", "cart:3", "plain", "cart:{r}2")).as("only the first is written").isEqualTo("1");
        }
    }

    @Test
    void thePolicyCanChangeWhileKeysAreThere() throws IOException {
        everywhere(clients -> {
            assertThat(clients.get(0).text("SET", "later:1", "old")).isEqualTo("OK");
            assertThat(clients.get(0).text("RT.KEYSPACE", "SET", "later:", "conflict", "siblings")).isEqualTo("OK");
            for (WireClient client : clients) {
                await("all to know").atMost(Duration.ofSeconds(20)).until(() -> Answer.all(client.call("RT.KEYSPACE"), "conflict").contains("siblings")
                        && !client.text("RT.DEL", "later:2").startsWith("-"));
            }
            String seen = context(clients.get(1), "later:1");
            assertThat(clients.get(2).text("RT.SET", "later:1", "a", "CONTEXT", seen)).isEqualTo("OK");
            assertThat(clients.get(3).text("RT.SET", "later:1", "b", "CONTEXT", seen)).isEqualTo("OK");
            assertThat(values(clients.get(0), "later:1")).containsExactlyInAnyOrder("a", "b");
            assertThat(clients.get(0).text("RT.KEYSPACE", "SET", "later:", "conflict", "lww")).isEqualTo("OK");
            for (WireClient client : clients) {
                await("all to know").atMost(Duration.ofSeconds(20)).until(() -> client.text("RT.DEL", "later:2").startsWith("-ERR of this key"));
            }
            assertThat(values(clients.get(2), "later:1")).as("they stay until somebody writes").containsExactlyInAnyOrder("a", "b");
            assertThat(clients.get(1).text("SET", "later:1", "last")).isEqualTo("OK");
            assertThat(values(clients.get(3), "later:1")).containsExactly("last");
        });
    }
}
