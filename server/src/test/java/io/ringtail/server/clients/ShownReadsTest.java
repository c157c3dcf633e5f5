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

    /** A key whose first replica is another than the writer: what reads and then writes it is not sent there. */
    private String keyNotFirstAtWriter(String prefix) {
        Ring ring = cluster.node(BEHIND).ring();
        int writerIndex = ring.topology().indexOf(cluster.node(WRITER).selfId());
        for (int i = 0; ; i++) {
            String key = prefix + i;
            if (ring.preference(new Key().set(0, key.getBytes(StandardCharsets.UTF_8)).token())[0] != writerIndex) {
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
        String r2 = keyNotFirstAtWriter("r2.");
        String r3 = keyNotFirstAtWriter("r3.");
        assertThat(writer.text("MSET", "r1", "old", r2, "old", r3, "old")).isEqualTo("OK");
        assertThat(pipeline("GET r1", "GET " + r2, "GET " + r3)).containsExactly("old", "old", "old");
        cut();
        assertThat(writer.text("MSET", "r1", "new", r2, "7", r3, "new")).isEqualTo("OK");
        assertThat(pipeline(
                        "GET r1", "SET r1 mine", "GET r1", "GET " + r2, "INCR " + r2, "GET " + r2, "GET " + r3, "MULTI", "APPEND " + r3 + " !", "EXEC",
                        "GET " + r3, "GET r1", "FLUSHALL", "GET r1"))
                .containsExactly(
                        "new", "OK", "mine", "7", "8", "8", "new", "OK", "QUEUED", "[4]", "new!", "mine", "OK", "(nil)");
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
