package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The way of requests and replies, and the dispatcher's own errors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionTest {
    private TestServer server;

    @BeforeAll
    void start() throws IOException {
        server = new TestServer();
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    private RawClient client() throws IOException {
        return new RawClient(server.port);
    }

    @Test
    void pipelineSplitAnywhereIsAnsweredInOrder() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        int count = 2000;
        for (int i = 0; i < count; i++) {
            requests.write(i % 3 == 0 ? ("ECHO " + i + "\r\n").getBytes(StandardCharsets.US_ASCII) : RawClient.encode("ECHO", "" + i));
        }
        byte[] bytes = requests.toByteArray();
        try (RawClient client = client()) {
            for (int at = 0; at < bytes.length; ) {
                int end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextInt(10) == 0 ? 5000 : 7));
                client.send(Arrays.copyOfRange(bytes, at, end));
                at = end;
            }
            for (int i = 0; i < count; i++) {
                assertThat(client.reply()).as("reply %d, seed %d", i, seed).isEqualTo("$" + i);
            }
        }
    }

    @Test
    void coldReadWaitsForAWorkerAndLaterRequestsWaitBehindIt() throws IOException {
        server.data.coldPrefix = "cold";
        try (RawClient client = client()) {
            int before = server.data.blockingReads.get();
            client.ask("SET", "cold:1", "one");
            StringBuilder pipeline = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                pipeline.append("ECHO a").append(i).append("\r\nGET cold:1\r\nGET cold:none\r\n");
            }
            client.send(pipeline.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(client.reply()).isEqualTo("$a" + i);
                assertThat(client.reply()).isEqualTo("$one");
                assertThat(client.reply()).isEqualTo("nil");
            }
            assertThat(server.data.blockingReads.get()).isEqualTo(before + 100);
        } finally {
            server.data.coldPrefix = "";
        }
    }

    @Test
    void unknownCommandsAreNamedInRedisWords() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("foo", "bar", "baz"))
                    .isEqualTo("-ERR unknown command 'foo', with args beginning with: 'bar' 'baz' ");
            assertThat(client.ask("f\r\no", "x\r\n")).isEqualTo("-ERR unknown command 'f  o', with args beginning with: 'x  ' ");
            assertThat(client.ask("z".repeat(300), "a".repeat(100), "b".repeat(100), "c"))
                    .isEqualTo("-ERR unknown command '" + "z".repeat(128) + "', with args beginning with: '" + "a".repeat(100)
                            + "' '" + "b".repeat(25) + "' ");
            assertThat(client.ask("client", "nope")).isEqualTo("-ERR unknown subcommand 'nope'. Try CLIENT HELP.");
        }
    }

    @Test
    void wrongNumbersOfArgumentsAreRefusedBeforeAnythingElse() throws IOException {
        try (RawClient client = client()) {
            assertThat(client.ask("get")).isEqualTo("-ERR wrong number of arguments for 'get' command");
            assertThat(client.ask("GeT", "a", "b")).isEqualTo("-ERR wrong number of arguments for 'get' command");
            assertThat(client.ask("client")).isEqualTo("-ERR wrong number of arguments for 'client' command");
            assertThat(client.ask("client", "kill")).isEqualTo("-ERR wrong number of arguments for 'client|kill' command");
        }
    }

    @Test
    void everyCommandSurvivesTooFewAndTooManyArguments() throws IOException {
        for (var command : server.server.services().table().indexed()) {
            if (java.util.Set.of("shutdown", "monitor", "explode").contains(command.fullName())) {
                continue;
            }
            String[] name = command.fullName().split("\\|");
            try (RawClient client = client()) {
                for (int extra = 0; extra < 9; extra++) {
                    String[] request = Arrays.copyOf(name, name.length + extra);
                    Arrays.fill(request, name.length, request.length, "7");
                    client.send(RawClient.encode(request));
                    client.send(RawClient.encode("client", "reply", "on"));
                    client.send(RawClient.encode("reset"));
                    client.send(RawClient.encode("echo", "end"));
                    String reply = client.reply();
                    assertThat(reply).as(String.join(" ", request)).doesNotContain("internal error");
                    if (command.fullName().equals("quit")) {
                        break;
                    }
                    for (int i = 0; i < 4 && !reply.equals("$end"); i++) {
                        reply = client.reply();
                    }
                    assertThat(reply).as(String.join(" ", request)).isEqualTo("$end");
                }
            }
        }
    }

    @Test
    void handlerThatFailsAnswersOneErrorAndTheConnectionLives() throws IOException {
        try (RawClient client = client()) {
            client.send("EXPLODE\r\nPING\r\n");
            assertThat(client.reply()).isEqualTo("-ERR internal error");
            assertThat(client.reply()).isEqualTo("+PONG");
        }
    }

    @Test
    void halfClosedConnectionIsAnsweredAndThenClosed() throws IOException {
        try (RawClient client = client()) {
            client.send("PING\r\nDEBUG SLEEP 0.05\r\nECHO last\r\n");
            client.socket().shutdownOutput();
            assertThat(client.reply()).isEqualTo("+PONG");
            assertThat(client.reply()).isEqualTo("+OK");
            assertThat(client.reply()).isEqualTo("$last");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void quitAnswersAndCloses() throws IOException {
        try (RawClient client = client()) {
            client.send("QUIT\r\nPING\r\n");
            assertThat(client.reply()).isEqualTo("+OK");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void repliesLargerThanOneTurnsShareAllArriveInOrder() throws IOException {
        try (RawClient client = client()) {
            String value = "v".repeat(300_000);
            assertThat(client.ask("SET", "large", value)).isEqualTo("+OK");
            StringBuilder pipeline = new StringBuilder();
            for (int i = 0; i < 60; i++) {
                pipeline.append("GET large\r\nECHO ").append(i).append("\r\n");
            }
            client.send(pipeline.toString());
            for (int i = 0; i < 60; i++) {
                assertThat(client.reply()).isEqualTo("$" + value);
                assertThat(client.reply()).isEqualTo("$" + i);
            }
        }
    }
}
