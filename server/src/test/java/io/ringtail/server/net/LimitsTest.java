package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client may cost, and what becomes of one that costs more. */
class LimitsTest {
    @Test
    void nothingButAuthenticationIsServedBeforeIt() throws IOException {
        try (TestServer server = new TestServer("requirepass", "secret");
                RawClient client = new RawClient(server.port)) {
            assertThat(client.ask("GET", "a")).isEqualTo("-NOAUTH Authentication required.");
            assertThat(client.ask("HELLO", "3")).startsWith("-NOAUTH HELLO must be called");
            assertThat(client.ask("AUTH", "wrong"))
                    .isEqualTo("-WRONGPASS invalid username-password pair or user is disabled.");
            assertThat(client.ask("AUTH", "someone", "secret")).startsWith("-WRONGPASS");
            assertThat(client.ask("HELLO", "2", "AUTH", "default", "secret")).startsWith("[$server");
            assertThat(client.ask("GET", "a")).isEqualTo("nil");
            assertThat(client.ask("SET", "large", "x".repeat(20_000))).isEqualTo("+OK");
        }
    }

    @Test
    void requestsBeforeAuthenticationAreSmall() throws IOException {
        try (TestServer server = new TestServer("requirepass", "secret")) {
            try (RawClient client = new RawClient(server.port)) {
                client.send("*11\r\n");
                assertThat(client.reply()).startsWith("-ERR Protocol error");
                assertThat(client.isClosedByServer()).isTrue();
            }
            try (RawClient client = new RawClient(server.port)) {
                client.send("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
                assertThat(client.reply()).startsWith("-ERR Protocol error");
                assertThat(client.isClosedByServer()).isTrue();
            }
            try (RawClient client = new RawClient(server.port)) {
                assertThat(client.ask("AUTH", "secret")).isEqualTo("+OK");
                assertThat(client.ask("MSET", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")).isEqualTo("+OK");
            }
        }
    }

    @Test
    void clientThatDoesNotReadItsRepliesIsClosedAtTheOutputLimit() throws IOException {
        try (TestServer server = new TestServer("client-output-buffer-limit", "normal 4mb 0 0");
                RawClient client = new RawClient(server.port)) {
            client.ask("SET", "large", "v".repeat(3 << 20));
            client.send(RawClient.encode("MGET", "large", "large", "large"));
            org.awaitility.Awaitility.await()
                    .until(() -> server.server.services().metrics().outputLimitDisconnections.sum() == 1);
            try (RawClient other = new RawClient(server.port)) {
                assertThat(other.ask("PING")).isEqualTo("+PONG");
            }
        }
    }

    @Test
    void clientThatDoesNotReadIsNoLongerRead() throws IOException {
        try (TestServer server = new TestServer();
                RawClient client = new RawClient(server.port)) {
            client.ask("SET", "large", "v".repeat(1 << 20));
            StringBuilder pipeline = new StringBuilder();
            for (int i = 0; i < 400; i++) {
                pipeline.append("GET large\r\n");
            }
            client.send(pipeline.toString());
            try (RawClient other = new RawClient(server.port)) {
                for (int i = 0; i < 20; i++) {
                    other.ask("PING");
                }
                String line = other.ask("CLIENT", "LIST");
                long held = java.util.regex.Pattern.compile("omem=(\\d+)")
                        .matcher(line)
                        .results()
                        .mapToLong(result -> Long.parseLong(result.group(1)))
                        .max()
                        .orElseThrow();
                assertThat(held).isLessThan(8 << 20);
            }
            for (int i = 0; i < 400; i++) {
                assertThat(client.reply()).hasSize((1 << 20) + 1);
            }
        }
    }

    @Test
    void protocolErrorsAreSaidAndEndTheConnectionOnly() throws IOException {
        try (TestServer server = new TestServer()) {
            for (String garbage : List.of("*2147483648\r\n", "*1\r\n$-5\r\n", "*1\r\n+3\r\n", "*1\r\n$99999999999999999999\r\n", "SET \"a\r\n")) {
                try (RawClient client = new RawClient(server.port)) {
                    client.send("PING\r\n" + garbage);
                    assertThat(client.reply()).isEqualTo("+PONG");
                    assertThat(client.reply()).as(garbage).startsWith("-ERR Protocol error: ");
                    assertThat(client.isClosedByServer()).isTrue();
                }
            }
            try (RawClient client = new RawClient(server.port)) {
                assertThat(client.ask("PING")).isEqualTo("+PONG");
            }
        }
    }

    @Test
    void httpIsClosedWithoutAWord() throws IOException {
        try (TestServer server = new TestServer()) {
            for (String line : List.of("POST / HTTP/1.1\r\n", "Host: localhost:6379\r\n")) {
                try (RawClient client = new RawClient(server.port)) {
                    client.send(line + "SET hacked 1\r\n");
                    assertThat(client.isClosedByServer()).isTrue();
                }
            }
            try (RawClient client = new RawClient(server.port)) {
                assertThat(client.ask("GET", "hacked")).isEqualTo("nil");
            }
        }
    }

    @Test
    void clientsBeyondTheLimitAreToldSo() throws IOException {
        try (TestServer server = new TestServer("maxclients", "3")) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                RawClient client = new RawClient(server.port);
                assertThat(client.ask("PING")).isEqualTo("+PONG");
                clients.add(client);
            }
            try (RawClient fourth = new RawClient(server.port)) {
                assertThat(fourth.reply()).isEqualTo("-ERR max number of clients reached");
            }
            clients.getFirst().close();
            org.awaitility.Awaitility.await().until(() -> {
                try (RawClient again = new RawClient(server.port)) {
                    return again.ask("PING").equals("+PONG");
                } catch (SocketException e) {
                    return false;
                }
            });
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void idleClientIsClosedAfterTheTimeout() throws IOException {
        try (TestServer server = new TestServer("timeout", "1");
                RawClient client = new RawClient(server.port)) {
            client.ask("PING");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }
}
