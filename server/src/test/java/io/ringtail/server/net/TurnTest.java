package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a turn promises: no acknowledgement of what the log has not taken. */
class TurnTest {
    private TestServer server;

    @BeforeEach
    void start() throws IOException {
        server = new TestServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void repliesAreHeldUntilTheLogIsDurableAndKeepTheirOrder() throws IOException {
        server.data.holdReplies = true;
        try (RawClient writer = new RawClient(server.port);
                RawClient reader = new RawClient(server.port)) {
            writer.send("SET a 1\r\n");
            await().until(() -> server.data.loggedPosition() == 1);
            reader.send("GET a\r\n");
            reader.socket().setSoTimeout(150);
            assertThatThrownBy(reader::reply).isInstanceOf(SocketTimeoutException.class);
            writer.send("SET a 2\r\n");
            await().until(() -> server.data.loggedPosition() == 2);
            reader.socket().setSoTimeout(10_000);
            server.data.makeDurable();
            assertThat(writer.reply()).isEqualTo("+OK");
            assertThat(writer.reply()).isEqualTo("+OK");
            assertThat(reader.reply()).isEqualTo("$1");
        }
    }

    @Test
    void connectionThatQuitsIsClosedOnlyAfterItsHeldReplies() throws IOException {
        server.data.holdReplies = true;
        try (RawClient client = new RawClient(server.port)) {
            client.send("SET a 1\r\nQUIT\r\n");
            await().until(() -> server.data.loggedPosition() == 1);
            server.data.makeDurable();
            assertThat(client.reply()).isEqualTo("+OK");
            assertThat(client.reply()).isEqualTo("+OK");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void refusedTurnAnswersEveryCommandOfWhoeverWroteInItWithTheReason() throws IOException {
        server.data.refuseTurns = "the disk is full";
        try (RawClient client = new RawClient(server.port)) {
            client.send("PING\r\nSET a 1\r\nGET a\r\n");
            for (int i = 0; i < 3; i++) {
                assertThat(client.reply()).isEqualTo("-MISCONF the disk is full");
            }
            assertThat(client.ask("PING")).isEqualTo("+PONG");
            server.data.refuseTurns = null;
            assertThat(client.ask("SET", "a", "2")).isEqualTo("+OK");
        }
    }

    @Test
    void refusedWriteOnAWorkerIsAnsweredWithTheReason() throws IOException {
        server.data.coldPrefix = "cold";
        server.data.refuseTurns = "the disk is full";
        try (RawClient client = new RawClient(server.port)) {
            assertThat(client.ask("APPEND", "cold", "x")).isEqualTo("-MISCONF the disk is full");
        }
    }

    @Test
    void writesAreRefusedAtOnceWhileTheStoreTakesNoneAndReadsGoOn() throws IOException {
        try (RawClient client = new RawClient(server.port)) {
            client.ask("SET", "a", "1");
            server.data.refusal = "MISCONF the last sync failed";
            assertThat(client.ask("SET", "a", "2")).isEqualTo("-MISCONF the last sync failed");
            assertThat(client.ask("GET", "a")).isEqualTo("$1");
        }
    }
}
