package io.ringtail.server.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests no honest client sends. After each test the server serves another connection, and what was stored before is there.
 *
 * <p>{@code -Dringtail.seed=N} repeats a run's random choices.
 */
final class HostileRequestsTest {
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());

    @TempDir
    static Path directory;

    private static ServerProcess server;

    @BeforeAll
    static void start() throws IOException {
        server = ServerProcess.start(directory.resolve("store"), "--memory-limit", "1024mb");
        try (WireClient wire = new WireClient(server.port())) {
            for (int i = 0; i < 100; i++) {
                assertThat(wire.text("SET", "kept:" + i, "value " + i)).isEqualTo("OK");
            }
        }
    }

    @AfterAll
    static void stop() {
        assertThat(server.terminate()).isZero();
        server.close();
    }

    @AfterEach
    void stillServes() throws IOException {
        try (WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("PING")).isEqualTo("PONG");
            for (int i = 0; i < 100; i++) {
                assertThat(wire.text("GET", "kept:" + i)).isEqualTo("value " + i);
            }
        }
        assertThat(server.output()).noneMatch(line -> line.startsWith("\tat "));
    }

    /** What comes back for some bytes, until the server has nothing more to say and closes. */
    private static String answer(String bytes) throws IOException {
        try (WireClient wire = new WireClient(server.port())) {
            wire.raw(bytes);
            wire.flush();
            return new String(wire.readToEnd(1 << 16), StandardCharsets.ISO_8859_1);
        }
    }

    private static void assertProtocolError(String bytes, String error) throws IOException {
        assertThat(answer(bytes)).as(bytes).isEqualTo("-ERR Protocol error: " + error + "\r\n");
    }

    @Test
    void malformedLengthsEndTheConnectionWithAnError() throws Exception {
        for (String count : List.of("2147483647", "+3", "01", "1 ", "1a", "4294967297", "18446744073709551617", "-")) {
            assertProtocolError("*" + count + "\r\n", "invalid multibulk length");
        }
        for (String size : List.of(
                "-5", "+4", "01", "x", "2147483648", "4294967300", "18446744073709551620", "99999999999999999999999", "629145600")) {
            assertProtocolError("*1\r\n$" + size + "\r\nPING\r\n", "invalid bulk length");
        }
        assertProtocolError("*1\r\n$4\r\nPINGxx", "expected CRLF after bulk string");
        assertProtocolError("*1\r\n:4\r\n", "expected '$', got ':'");
        assertProtocolError("*" + "1".repeat(70_000), "too big mbulk count string");
        assertProtocolError("GET " + "x".repeat(70_000), "too big inline request");
        assertProtocolError("SET \"abc\r\n", "unbalanced quotes in request");
        assertProtocolError("SET 'abc\r\n", "unbalanced quotes in request");
    }

    @Test
    void aMillionNestedArraysAreAnErrorAtTheSecond() throws Exception {
        try (WireClient wire = new WireClient(server.port())) {
            wire.raw("*1\r\n".repeat(1_000_000));
            wire.flush();
            assertThat(new String(wire.readToEnd(1000), StandardCharsets.ISO_8859_1))
                    .isIn("-ERR Protocol error: expected '$', got '*'\r\n", "");
        } catch (SocketException e) {
            // Closed while most was still to be sent.
        }
    }

    @Test
    void requestsOfBrowsersAreNotServed() throws Exception {
        assertThat(answer("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET stolen 1\r\n")).isEmpty();
        assertThat(answer("Host: localhost\r\nSET stolen 1\r\n")).isEmpty();
        try (WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("EXISTS", "stolen")).isEqualTo("0");
        }
    }

    @Test
    void lineEndsInNamesNeverReachAReply() throws Exception {
        try (WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("no\r\n+OK\r\nsuch", "a\r\n+OK\r\nb")).startsWith("-ERR unknown command");
            assertThat(wire.text("CLIENT", "x\r\n+OK")).startsWith("-ERR unknown subcommand");
            assertThat(wire.text("CONFIG", "SET", "x\r\n+OK", "1")).startsWith("-ERR");
            assertThat(wire.text("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void randomBytesDoNoHarm() throws Exception {
        Random random = new Random(SEED);
        byte[] honest = "*3\r\n$3\r\nSET\r\n$6\r\nrandom\r\n$5\r\nvalue\r\n".getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < 200; round++) {
            byte[] bytes;
            if (random.nextBoolean()) {
                bytes = new byte[1 + random.nextInt(5000)];
                random.nextBytes(bytes);
            } else {
                bytes = honest.clone();
                for (int i = 0; i <= random.nextInt(3); i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            try (WireClient wire = new WireClient(server.port())) {
                wire.raw(bytes);
                wire.shutdownOutput();
                wire.readToEnd(1 << 16);
            } catch (SocketException e) {
                // Closed before all was sent.
            }
        }
    }

    @Test
    void everyCommandRefusesTooFewAndTooManyArguments() throws Exception {
        Set<String> names = new TreeSet<>();
        try (WireClient wire = new WireClient(server.port())) {
            for (Reply name : ((Reply.Array) wire.call("COMMAND", "LIST")).elements()) {
                names.add(WireClient.text(name));
                Reply described = ((Reply.Array) wire.call("COMMAND", "INFO", WireClient.text(name))).elements().getFirst();
                if (((Reply.Array) described).elements().get(9) instanceof Reply.Array subcommands) {
                    for (Reply subcommand : subcommands.elements()) {
                        names.add(WireClient.text(((Reply.Array) subcommand).elements().getFirst()));
                    }
                }
            }
        }
        assertThat(names).hasSizeGreaterThan(120);
        for (String name : names) {
            if (!Set.of("monitor", "quit", "shutdown").contains(name)) {
                refusesWrongCounts(name);
            }
        }
    }

    private static void refusesWrongCounts(String name) throws IOException {
        try (WireClient wire = new WireClient(server.port())) {
            Reply.Array described = (Reply.Array) ((Reply.Array) wire.call("COMMAND", "INFO", name)).elements().getFirst();
            int arity = (int) ((Reply.Int) described.elements().get(1)).value();
            String[] words = name.split("\\|");
            for (int count = words.length; count < Math.abs(arity); count++) {
                assertThat(wire.text(request(words, count))).as(name + " with " + count + " words")
                        .startsWith("-ERR wrong number of arguments for '" + name + "' command");
            }
            if (arity > 0) {
                assertThat(wire.text(request(words, arity + 1))).as(name + " with " + (arity + 1) + " words")
                        .startsWith("-ERR wrong number of arguments for '" + name + "' command");
            } else if (name.startsWith("flush")) {
                assertThat(wire.text(request(words, 3))).as(name).isEqualTo("-ERR syntax error");
            } else {
                for (int count : new int[] {-arity, -arity + 1, -arity + 7, 1000}) {
                    assertThat(wire.text(request(words, Math.max(words.length, count)))).as(name + " with " + count + " words")
                            .doesNotStartWith("-ERR internal");
                }
            }
        } catch (EOFException e) {
            throw new AssertionError(name + " closed the connection", e);
        }
    }

    private static String[] request(String[] words, int count) {
        String[] request = Arrays.copyOf(words, count);
        Arrays.fill(request, words.length, count, "junk");
        return request;
    }

    @Test
    void extremeNumbersAreAnswered() throws Exception {
        String least = Long.toString(Long.MIN_VALUE);
        String most = Long.toString(Long.MAX_VALUE);
        try (WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("SET", "number", least)).isEqualTo("OK");
            assertThat(wire.text("DECRBY", "number", least)).startsWith("-ERR");
            assertThat(wire.text("DECR", "number")).isEqualTo("-ERR increment or decrement would overflow");
            assertThat(wire.text("INCRBY", "number", least)).isEqualTo("-ERR increment or decrement would overflow");
            assertThat(wire.text("SET", "text", "hello")).isEqualTo("OK");
            for (String first : List.of(least, most, "0", "-1")) {
                for (String second : List.of(least, most, "0", "-1")) {
                    assertThat(wire.text("GETRANGE", "text", first, second)).doesNotStartWith("-");
                    assertThat(wire.text("BITCOUNT", "text", first, second)).doesNotStartWith("-");
                    assertThat(wire.text("BITCOUNT", "text", first, second, "BIT")).doesNotStartWith("-");
                    assertThat(wire.text("BITPOS", "text", "1", first, second)).doesNotStartWith("-ERR");
                }
                assertThat(wire.text("SETBIT", "text", first, "2")).startsWith("-ERR");
                assertThat(wire.text("SCAN", "0", "COUNT", first)).satisfiesAnyOf(
                        reply -> assertThat(reply).startsWith("-ERR"), reply -> assertThat(reply).startsWith("Array"));
            }
            assertThat(wire.text("EXPIRE", "text", least)).startsWith("-ERR invalid expire time");
            assertThat(wire.text("EXPIRE", "text", most)).startsWith("-ERR invalid expire time");
            assertThat(wire.text("PEXPIRE", "text", most)).startsWith("-ERR invalid expire time");
            assertThat(wire.text("PEXPIRE", "number", least)).as("long past").isEqualTo("1");
            assertThat(wire.text("EXISTS", "number")).isEqualTo("0");
            assertThat(wire.text("EXPIREAT", "text", most)).startsWith("-ERR invalid expire time");
            assertThat(wire.text("SET", "text", "x", "EX", least)).startsWith("-ERR invalid expire time");
            assertThat(wire.text("SETRANGE", "text", least, "x")).startsWith("-ERR offset is out of range");
            assertThat(wire.text("SETRANGE", "text", most, "x")).startsWith("-ERR string exceeds maximum allowed size");
            assertThat(wire.text("SETRANGE", "text", "536870912", "x")).startsWith("-ERR string exceeds maximum allowed size");
            assertThat(wire.text("SLOWLOG", "GET", least)).startsWith("-ERR");
            assertThat(wire.text("GET", "text")).isEqualTo("hello");
        }
    }

    @Test
    void aValueOfAHundredMebibytesIsStoredAndReadBack() throws Exception {
        byte[] value = new byte[100 << 20];
        new Random(SEED).nextBytes(value);
        try (WireClient wire = new WireClient(server.port())) {
            wire.raw("*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$" + value.length + "\r\n").flush();
            wire.socket().getOutputStream().write(value);
            wire.raw("\r\n").flush();
            assertThat(WireClient.text(wire.receive())).isEqualTo("OK");
            Reply reply = wire.call("GET", "large");
            assertThat(reply).isInstanceOf(Reply.Bulk.class);
            assertThat(Arrays.equals(((Reply.Bulk) reply).bytes(), value)).as("the value came back").isTrue();
            assertThat(wire.text("DEL", "large")).isEqualTo("1");
        }
    }

    @Test
    void keysBeyondTheLimitAreRefused() throws Exception {
        String longest = "k".repeat(64 << 10);
        try (WireClient wire = new WireClient(server.port())) {
            assertThat(wire.text("SET", longest, "1")).isEqualTo("OK");
            assertThat(wire.text("GET", longest)).isEqualTo("1");
            assertThat(wire.text("DEL", longest)).isEqualTo("1");
            for (String command : List.of("GET", "INCR", "EXISTS", "DEL")) {
                assertThat(wire.text(command, longest + "k")).as(command).startsWith("-ERR key is too long");
            }
            assertThat(wire.text("SET", longest + "k", "1")).startsWith("-ERR key is too long");
        }
    }

    @Test
    void patternsMadeToExplodeAreMatchedFast() throws Exception {
        try (WireClient wire = new WireClient(server.port())) {
            String key = "a".repeat(10_000);
            wire.text("SET", key, "1");
            long startNanos = System.nanoTime();
            assertThat(wire.call("KEYS", "*a".repeat(2_000) + "b")).isEqualTo(new Reply.Array(List.of()));
            assertThat(wire.call("KEYS", "a*".repeat(2_000) + "b")).isEqualTo(new Reply.Array(List.of()));
            assertThat(wire.call("KEYS", "[a-z]*".repeat(2_000) + "!")).isEqualTo(new Reply.Array(List.of()));
            assertThat(wire.text("CONFIG", "GET", "*a".repeat(2_000) + "?")).startsWith("Array");
            assertThat((System.nanoTime() - startNanos) / 1_000_000).as("milliseconds").isLessThan(10_000);
            wire.text("DEL", key);
        }
    }

    @Test
    void hundredsOfProtocolErrorsDoNotFloodTheLog() throws Exception {
        int before = server.output().size();
        long startNanos = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            assertProtocolError("*x\r\n", "invalid multibulk length");
        }
        long seconds = (System.nanoTime() - startNanos) / 1_000_000_000L + 1;
        assertThat(server.output().size() - before).as("lines logged in " + seconds + " s").isLessThanOrEqualTo((int) (seconds + 1) * 6);
    }
}
