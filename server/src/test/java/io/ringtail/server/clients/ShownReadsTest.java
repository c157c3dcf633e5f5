package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.engine.record.Key;
import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads through a node that lacks what the others hold: it shows what it has, nobody confirms it, and the client gets what a quorum has, in the order in which it
 * has asked.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShownReadsTest {
    private static final int WRITER = 0;
    private static final int BEHIND = 2;

    private LocalCluster cluster;
    private WireClient writer;
    private WireClient reader;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        cluster = LocalCluster.start(directory, 3, "partitions", "64");
        writer = new WireClient(cluster.port(WRITER));
        reader = new WireClient(cluster.port(BEHIND));
        assertThat(writer.text("RT.KEYSPACE", "SET", "one:", "replication-factor", "1", "FORCE")).isEqualTo("OK");
        cluster.await("the keyspace to be known", () -> cluster.node(BEHIND).ring().topology().keyspaces().size() == 2);
    }

    @AfterAll
    void stop() throws IOException {
        writer.close();
        reader.close();
        cluster.close();
    }

    /** From now on the third node misses what is written through the first. */
    private void cut() throws IOException {
        cluster.await("no hints to be left", () -> cluster.node(WRITER).hints().count() == 0);
        assertThat(writer.text("DEBUG", "PEER", "CUT", cluster.id(BEHIND))).isEqualTo("OK");
        assertThat(reader.text("DEBUG", "PEER", "CUT", cluster.id(WRITER))).isEqualTo("OK");
    }

    @AfterEach
    void heal() throws IOException {
        assertThat(writer.text("DEBUG", "PEER", "HEAL", "ALL")).isEqualTo("OK");
        assertThat(reader.text("DEBUG", "PEER", "HEAL", "ALL")).isEqualTo("OK");
    }

    /** A key whose first replica is none of those two nodes: what reads and then writes it is not sent to them. */
    private String keyNotFirstAt(int node, int other, String prefix) {
        Ring ring = cluster.node(BEHIND).ring();
        for (int i = 0; ; i++) {
            String key = prefix + i;
            int first = ring.preferenceOf(ring.topology().partitionOf(new Key().set(0, key.getBytes(StandardCharsets.UTF_8)).token()))[0];
            if (first != ring.topology().indexOf(cluster.node(node).selfId())
                    && first != ring.topology().indexOf(cluster.node(other).selfId())) {
                return key;
            }
        }
    }

    private List<String> pipeline(String... requests) throws IOException {
        for (String request : requests) {
            reader.add(request.split(" "));
        }
        reader.flush();
        List<String> replies = new ArrayList<>();
        for (int i = 0; i < requests.length; i++) {
            replies.add(text(reader.receive()));
        }
        return replies;
    }

    private static String text(Reply reply) {
        return reply instanceof Reply.Array array
                ? array.elements().stream().map(ShownReadsTest::text).toList().toString()
                : WireClient.text(reply);
    }

    private long doubted() throws IOException {
        return info("reads_doubted");
    }

    private long info(String field) throws IOException {
        return reader.text("INFO", "cluster").lines()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(field.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aReadThatNobodyConfirmsShowsWhatAQuorumHas() throws IOException {
        assertThat(writer.text("MSET", "a", "old", "b", "same", "c", "old")).isEqualTo("OK");
        assertThat(pipeline("GET a", "GET b", "GET c")).containsExactly("old", "same", "old");
        cut();
        assertThat(writer.text("SET", "a", "new")).isEqualTo("OK");
        assertThat(writer.text("DEL", "c")).isEqualTo("1");
        long before = doubted();
        assertThat(pipeline("GET a", "GET b", "STRLEN a", "MGET b a c", "GET c", "EXISTS a c", "GET none", "GET a"))
                .containsExactly("new", "same", "3", "[same, new, (nil)]", "(nil)", "1", "(nil)", "new");
        assertThat(doubted()).isGreaterThan(before);
    }

    @Test
    void aWriteBehindAReadIsNotSeenByIt() throws IOException {
        String r2 = keyNotFirstAt(WRITER, WRITER, "r2.");
        String r3 = keyNotFirstAt(WRITER, WRITER, "r3.");
        assertThat(writer.text("MSET", "r1", "old", r2, "old", r3, "old")).isEqualTo("OK");
        assertThat(pipeline("GET r1", "GET " + r2, "GET " + r3)).containsExactly("old", "old", "old");
        cut();
        assertThat(writer.text("MSET", "r1", "new", r2, "7", r3, "new")).isEqualTo("OK");
        assertThat(pipeline(
                        "GET r1", "SET r1 mine", "GET r1", "GET " + r2, "INCR " + r2, "GET " + r2, "GET " + r3, "MULTI", "APPEND " + r3 + " !", "EXEC",
                        "GET " + r3, "GET r1"))
                .containsExactly(
                        "new", "OK", "mine", "7", "8", "8", "new", "OK", "QUEUED", "[4]", "new!", "mine");
    }

    @Test
    void eachReadIsRunAgainInItsDatabaseAndItsProtocol() throws IOException {
        for (String database : List.of("0", "3")) {
            assertThat(writer.text("SELECT", database)).isEqualTo("OK");
            assertThat(writer.text("SET", "where", "old" + database)).isEqualTo("OK");
        }
        assertThat(pipeline("SELECT 3", "GET where", "SELECT 0", "GET where")).containsExactly("OK", "old3", "OK", "old0");
        cut();
        for (String database : List.of("3", "0")) {
            assertThat(writer.text("SELECT", database)).isEqualTo("OK");
            assertThat(writer.text("SET", "where", "new" + database)).isEqualTo("OK");
        }
        assertThat(pipeline("GET where", "SELECT 3", "GET where", "GET nowhere", "SELECT 0", "GET where"))
                .containsExactly("new0", "OK", "new3", "(nil)", "OK", "new0");
    }

    /** The command shows one key, cannot show the other, and is taken back: what becomes of the first is of no concern to anybody. */
    @Test
    void aCommandOfWhichThisNodeHoldsOnlyAPartLeavesNothingBehind() throws IOException {
        String foreign = keyNotFirstAt(WRITER, BEHIND, "one:");
        assertThat(writer.text("MSET", "part", "old", foreign, "there")).isEqualTo("OK");
        assertThat(pipeline("MGET part " + foreign)).containsExactly("[old, there]");
        cut();
        assertThat(writer.text("SET", "part", "new")).isEqualTo("OK");
        assertThat(pipeline("MGET part " + foreign, "SET part mine", "GET part", "PING")).containsExactly("[new, there]", "OK", "mine", "PONG");
        assertThat(writer.text("SET", "part2", "new")).isEqualTo("OK");
        assertThat(pipeline("GET part", "MGET part2 " + foreign, "GET part2", "SET part2 x", "GET part2")).containsExactly("mine", "[new, there]", "new", "OK", "x");
    }

    @Test
    void manyReadsAreRunAgainSomeAtATime() throws IOException {
        int count = 500;
        for (int i = 0; i < count; i++) {
            writer.add("SET", "many" + i, "old");
        }
        writer.flush();
        for (int i = 0; i < count; i++) {
            assertThat(WireClient.text(writer.receive())).isEqualTo("OK");
        }
        cut();
        String[] reads = new String[count];
        for (int i = 0; i < count; i++) {
            writer.add("SET", "many" + i, "new" + i);
            reads[i] = "GET many" + i;
        }
        writer.flush();
        for (int i = 0; i < count; i++) {
            assertThat(WireClient.text(writer.receive())).isEqualTo("OK");
        }
        assertThat(pipeline(reads)).isEqualTo(IntStream.range(0, count).mapToObj(i -> "new" + i).toList());
    }

    @Test
    void aClientThatWantsNoRepliesGetsNone() throws IOException {
        assertThat(writer.text("SET", "quiet", "old")).isEqualTo("OK");
        cut();
        assertThat(writer.text("SET", "quiet", "new")).isEqualTo("OK");
        reader.add("CLIENT", "REPLY", "SKIP").add("GET", "quiet").add("CLIENT", "REPLY", "OFF").add("GET", "quiet")
                .add("CLIENT", "REPLY", "ON").add("GET", "quiet").flush();
        assertThat(WireClient.text(reader.receive())).isEqualTo("OK");
        assertThat(WireClient.text(reader.receive())).isEqualTo("new");
    }
}
