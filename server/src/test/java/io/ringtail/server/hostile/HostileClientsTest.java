package io.ringtail.server.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Clients that do not read, do not finish, or are too many: the server serves others meanwhile and its memory stays bounded. */
@Execution(ExecutionMode.CONCURRENT)
final class HostileClientsTest {
    private static final int IDLE_CLIENTS = Integer.getInteger("ringtail.idle.clients", 3_000);
    private static final long MEBIBYTE = 1 << 20;

    @TempDir
    Path directory;

    private ServerProcess server;
    private WireClient honest;

    @BeforeEach
    void start() throws IOException {
        server = ServerProcess.start(
                directory.resolve("store"), "--memory-limit", "64mb", "--maxclients", "20000", "--tcp-backlog", "4096");
        honest = new WireClient(server.port());
        assertThat(honest.text("SET", "kept", "1")).isEqualTo("OK");
        assertThat(honest.text("SET", "large", "x".repeat(1_000_000))).isEqualTo("OK");
    }

    @AfterEach
    void stop() throws IOException {
        assertThat(honest.text("PING")).isEqualTo("PONG");
        assertThat(honest.text("GET", "kept")).isEqualTo("1");
        assertThat(server.output()).noneMatch(line -> line.startsWith("\tat "));
        honest.close();
        assertThat(server.terminate()).isZero();
        server.close();
    }

    /** Sends until the server takes no more for a second, or has closed the connection; returns how many bytes it took. */
    private long pushUntilRefused(byte[] bytes, long maxBytes) throws Exception {
        try (SocketChannel channel = SocketChannel.open(honest.socket().getRemoteSocketAddress())) {
            channel.configureBlocking(false);
            long sent = 0;
            long idleSinceNanos = System.nanoTime();
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (sent < maxBytes && System.nanoTime() - idleSinceNanos < TimeUnit.SECONDS.toNanos(1)) {
                int written = channel.write(buffer);
                if (written > 0) {
                    sent += written;
                    idleSinceNanos = System.nanoTime();
                } else {
                    LockSupport.parkNanos(1_000_000);
                }
                if (!buffer.hasRemaining()) {
                    buffer.rewind();
                }
            }
            return sent;
        } catch (IOException e) {
            return -1; // closed
        }
    }

    @Test
    void aPipelineWhoseRepliesAreNeverReadIsStoppedAndCostsLittle() throws Exception {
        byte[] requests = "*2\r\n$3\r\nGET\r\n$5\r\nlarge\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        long before = server.anonymousBytes();
        long sent = pushUntilRefused(requests, 64 * MEBIBYTE);
        assertThat(sent).as("bytes of requests taken from a client that reads nothing").isLessThan(64 * MEBIBYTE);
        assertThat(server.anonymousBytes() - before).as("growth").isLessThan(160 * MEBIBYTE);
        assertThat(honest.text("PING")).isEqualTo("PONG");
    }

    @Test
    void aClientThatLeavesItsRepliesUnreadIsCutAtTheLimit() throws Exception {
        assertThat(honest.text("CONFIG", "SET", "client-output-buffer-limit", "normal 4mb 0 0")).isEqualTo("OK");
        try (WireClient silent = new WireClient(server.port())) {
            silent.add("MULTI");
            for (int i = 0; i < 30; i++) {
                silent.add("GET", "large");
            }
            silent.add("EXEC");
            silent.flush();
            assertThat(silent.readToEnd(40_000_000).length).as("bytes that came of 30 MB").isLessThan(20_000_000);
        }
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(server.output()).anyMatch(line -> line.contains("replies unread")));
    }

    @Test
    void aValueThatNeedsMoreThanTheHeapIsAnErrorForItsCommandAlone() throws Exception {
        assertThat(honest.text("SETRANGE", "huge", "536870911", "x")).isEqualTo("-ERR out of memory");
        assertThat(honest.text("SETBIT", "huge", "4294967295", "1")).isEqualTo("-ERR out of memory");
        assertThat(honest.text("EXISTS", "huge")).isEqualTo("0");
    }

    @Test
    void halfSentValuesOfManyClientsAreBoundedTogether() throws Exception {
        List<WireClient> clients = new ArrayList<>();
        byte[] half = new byte[20 << 20];
        try {
            for (int i = 0; i < 20; i++) {
                WireClient wire = new WireClient(server.port());
                clients.add(wire);
                try {
                    wire.raw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + (40 << 20) + "\r\n").flush();
                    wire.socket().getOutputStream().write(half);
                } catch (SocketException e) {
                    // It had to go.
                }
                assertThat(honest.text("PING")).isEqualTo("PONG");
            }
            assertThat(server.output()).anyMatch(line -> line.contains("it had the largest"));
            assertThat(server.output()).noneMatch(line -> line.contains("OutOfMemory"));
        } finally {
            for (WireClient wire : clients) {
                wire.close();
            }
        }
    }

    @Test
    void manyIdleConnectionsCostLittleAndOthersAreServed() throws Exception {
        long before = server.anonymousBytes();
        List<WireClient> idle = new ArrayList<>();
        try {
            for (int i = 0; i < IDLE_CLIENTS; i++) {
                WireClient wire = new WireClient(server.port());
                idle.add(wire);
                if (i % 500 == 0) {
                    assertThat(wire.text("PING")).isEqualTo("PONG");
                }
            }
            assertThat(honest.text("INFO", "clients")).contains("connected_clients:" + (IDLE_CLIENTS + 1));
            long perClient = (server.anonymousBytes() - before) / IDLE_CLIENTS;
            assertThat(perClient).as("bytes for each of " + IDLE_CLIENTS + " idle connections").isLessThan(16 << 10);
            assertThat(idle.getLast().text("GET", "kept")).isEqualTo("1");
        } finally {
            for (WireClient wire : idle) {
                wire.close();
            }
        }
        await().atMost(Duration.ofSeconds(20)).untilAsserted(
                () -> assertThat(honest.text("INFO", "clients")).contains("connected_clients:1\r\n"));
    }

    @Test
    void aClientThatSaysItIsDoneIsAnsweredFirst() throws Exception {
        try (WireClient wire = new WireClient(server.port())) {
            for (int i = 0; i < 1000; i++) {
                wire.add("SET", "half" + i, "x");
            }
            wire.shutdownOutput();
            for (int i = 0; i < 1000; i++) {
                assertThat(WireClient.text(wire.receive())).isEqualTo("OK");
            }
            assertThat(wire.socket().getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void requestsThatComeAByteAtATimeAreServedAndHoldNobodyUp() throws Exception {
        byte[] request = "*2\r\n$3\r\nGET\r\n$4\r\nkept\r\n".getBytes(StandardCharsets.US_ASCII);
        List<WireClient> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                slow.add(new WireClient(server.port()));
            }
            for (byte next : request) {
                for (WireClient wire : slow) {
                    wire.raw(new byte[] {next}).flush();
                }
                assertThat(honest.text("PING")).isEqualTo("PONG");
            }
            for (WireClient wire : slow) {
                assertThat(wire.receive()).isEqualTo(new Reply.Bulk("1".getBytes(StandardCharsets.US_ASCII)));
            }
        } finally {
            for (WireClient wire : slow) {
                wire.close();
            }
        }
    }

    @Test
    void beforeAuthenticationLittleIsTakenAndLittleIsGiven() throws Exception {
        assertThat(honest.text("CONFIG", "SET", "requirepass", "secret")).isEqualTo("OK");
        assertThat(strange("*11\r\n")).isEqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n");
        assertThat(strange("*2\r\n$4\r\nECHO\r\n$16385\r\n")).isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
        byte[] requests = "*1\r\n$4\r\nPING\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
        long before = server.anonymousBytes();
        pushUntilRefused(requests, 256 * MEBIBYTE);
        assertThat(server.anonymousBytes() - before).as("growth").isLessThan(64 * MEBIBYTE);
        assertThat(honest.text("CONFIG", "SET", "requirepass", "")).isEqualTo("OK");
    }

    private String strange(String bytes) throws IOException {
        try (WireClient wire = new WireClient(server.port())) {
            wire.raw(bytes).flush();
            return new String(wire.readToEnd(1 << 16), StandardCharsets.ISO_8859_1);
        }
    }
}
