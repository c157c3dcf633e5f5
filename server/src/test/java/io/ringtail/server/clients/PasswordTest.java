package io.ringtail.server.clients;

import static io.ringtail.server.clients.RespClient.OK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.protocol.ProtocolVersion;
import io.ringtail.server.clients.JedisTest.Start;
import io.ringtail.server.clients.RespClient.Failure;
import io.ringtail.server.clients.RespClient.Simple;
import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/** Clients at a server that asks for a password. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PasswordTest {
    private static final String PASSWORD = "correct-horse";
    private static final Failure NO_AUTH = new Failure("NOAUTH Authentication required.");
    private static final Failure WRONG_PASSWORD =
            new Failure("WRONGPASS invalid username-password pair or user is disabled.");

    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        server = ServerProcess.start(data, "--requirepass", PASSWORD);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private RedisClient jedis(Start start, String password) {
        return RedisClient.builder()
                .hostAndPort("127.0.0.1", server.port())
                .clientConfig(start.apply(DefaultJedisClientConfig.builder()
                                .password(password)
                                .database(2)
                                .clientName("guarded"))
                        .build())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void jedisConnectsWithThePasswordOnly(Start start) {
        try (RedisClient client = jedis(start, PASSWORD)) {
            assertThat(client.set("jedis:" + start, "v")).isEqualTo("OK");
            assertThat(client.get("jedis:" + start)).isEqualTo("v");
        }
        try (RedisClient client = jedis(start, "wrong")) {
            assertThatThrownBy(client::ping).isInstanceOf(JedisException.class).hasStackTraceContaining("WRONGPASS");
        }
        try (RedisClient client = RedisClient.builder()
                .hostAndPort("127.0.0.1", server.port())
                .clientConfig(start.apply(DefaultJedisClientConfig.builder()).build())
                .build()) {
            assertThatThrownBy(client::ping).isInstanceOf(JedisException.class).hasStackTraceContaining("NOAUTH");
        }
    }

    @Test
    void theClusterClientOfJedisConnects() {
        try (var client = redis.clients.jedis.RedisClusterClient.builder()
                .nodes(Set.of(new HostAndPort("127.0.0.1", server.port())))
                .clientConfig(
                        DefaultJedisClientConfig.builder().password(PASSWORD).build())
                .build()) {
            assertThat(client.set("jedis:cluster", "v")).isEqualTo("OK");
        }
    }

    private RedisURI.Builder uri() {
        return RedisURI.builder().withHost("127.0.0.1").withPort(server.port()).withTimeout(Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ALL, names = "RESP.")
    void lettuceConnectsWithThePasswordOnly(ProtocolVersion version) {
        io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create();
        client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        RedisURI.Builder known =
                uri().withPassword(PASSWORD.toCharArray()).withDatabase(2).withClientName("guarded");
        try (StatefulRedisConnection<String, String> connection = client.connect(known.build())) {
            assertThat(connection.sync().set("lettuce:" + version, "v")).isEqualTo("OK");
            assertThat(connection.sync().clientInfo()).contains(" name=guarded ", " db=2 ");
        }
        try (StatefulRedisConnection<String, String> connection =
                client.connect(uri().withAuthentication("default", PASSWORD).build())) {
            assertThat(connection.sync().ping()).isEqualTo("PONG");
        }
        // Which exception is behind it depends on whether Lettuce still finds its handler when the refusal comes; the error's text is for the raw tests.
        try {
            assertThatThrownBy(() -> client.connect(
                            uri().withPassword("wrong".toCharArray()).build()))
                    .isInstanceOf(RedisConnectionException.class);
            assertThatThrownBy(() -> client.connect(
                            uri().withAuthentication("nobody", PASSWORD).build()))
                    .isInstanceOf(RedisConnectionException.class);
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @Test
    void theClusterClientOfLettuceConnects() {
        RedisClusterClient client = RedisClusterClient.create(
                uri().withPassword(PASSWORD.toCharArray()).build());
        try (var connection = client.connect()) {
            assertThat(connection.sync().set("lettuce:cluster", "v")).isEqualTo("OK");
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @Test
    void helloOrAuthOpensTheWayForWhatComesInTheSameWrite() throws Exception {
        try (RespClient client = new RespClient(server.port())) {
            List<@Nullable Object> replies = client.pipeline(
                    "HELLO 3 AUTH default " + PASSWORD + " SETNAME all-at-once",
                    "SELECT 3",
                    "READONLY",
                    "CLIENT SETINFO lib-name Lettuce",
                    "CLIENT SETINFO lib-ver 6.4.1.RELEASE/1",
                    "PING");
            assertThat(replies.getFirst()).isInstanceOf(Map.class);
            assertThat(replies.subList(1, 6)).containsExactly(OK, OK, OK, OK, new Simple("PONG"));
        }
        try (RespClient client = new RespClient(server.port())) {
            assertThat(client.pipeline("AUTH " + PASSWORD, "SELECT 3", "CLIENT SETNAME x", "PING"))
                    .containsExactly(OK, OK, OK, new Simple("PONG"));
        }
    }

    @Test
    void whoeverHasNotSaidThePasswordGetsTheAnswersClientsFallBackOn() throws Exception {
        try (RespClient client = new RespClient(server.port())) {
            assertThat(client.pipeline("PING", "GET k", "SELECT 1", "CLIENT SETNAME x", "COMMAND", "INFO", "MULTI"))
                    .containsOnly(NO_AUTH);
            assertThat(client.ask("NOSUCH")).isInstanceOf(Failure.class);
            Failure hello = (Failure) client.ask("HELLO 3");
            assertThat(String.valueOf(hello))
                    .contains("NOAUTH HELLO must be called with the client already authenticated");
            assertThat(client.ask("HELLO 4")).isEqualTo(new Failure("NOPROTO unsupported protocol version"));
            assertThat(client.ask("HELLO 3 AUTH default wrong")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.ask("AUTH wrong")).isEqualTo(WRONG_PASSWORD);
            assertThat(client.ask("AUTH nobody " + PASSWORD)).isEqualTo(WRONG_PASSWORD);
            assertThat(client.ask("PING")).isEqualTo(NO_AUTH);
            assertThat(client.ask("AUTH default " + PASSWORD)).isEqualTo(OK);
            assertThat(client.ask("HELLO 3")).isInstanceOf(Map.class);
            assertThat(client.ask("RESET")).isEqualTo(new Simple("RESET"));
            assertThat(client.ask("PING")).isEqualTo(NO_AUTH);
        }
    }

    @Test
    void redisCliSaysThePasswordInEachOfItsWays() throws Exception {
        Program.assumeInstalled("redis-cli", "redis-tools");
        String port = Integer.toString(server.port());
        byte[] none = new byte[0];
        assertThat(Program.run(none, "redis-cli", "-p", port, "ping").output().strip())
                .isEqualTo(NO_AUTH.text());
        for (String mode : new String[] {"-2", "-3"}) {
            assertThat(Program.run(none, "redis-cli", "-p", port, mode, "--no-auth-warning", "-a", PASSWORD, "ping")
                            .output())
                    .isEqualTo("PONG\n");
            assertThat(Program.run(
                                    none,
                                    "redis-cli",
                                    "-p",
                                    port,
                                    mode,
                                    "--user",
                                    "default",
                                    "--pass",
                                    PASSWORD,
                                    "-n",
                                    "1",
                                    "--no-auth-warning",
                                    "ping")
                            .output())
                    .isEqualTo("PONG\n");
        }
        assertThat(Program.run(
                                none,
                                "redis-cli",
                                "-u",
                                "redis://default:" + PASSWORD + "@127.0.0.1:" + port + "/1",
                                "--no-auth-warning",
                                "ping")
                        .output())
                .isEqualTo("PONG\n");
        assertThat(Program.run(none, "redis-cli", "-p", port, "--no-auth-warning", "-a", "wrong", "ping")
                        .output())
                .contains("AUTH failed: " + WRONG_PASSWORD.text(), NO_AUTH.text());
        assertThat(Program.run(
                                none,
                                "redis-cli",
                                "-p",
                                port,
                                "--no-auth-warning",
                                "-a",
                                PASSWORD,
                                "--cluster",
                                "check",
                                "127.0.0.1:" + port)
                        .output())
                .contains("[OK] All 16384 slots covered.");
    }

    @Test
    void redisBenchmarkEndsAtOnceWithoutThePasswordAndRunsWithIt() throws Exception {
        Program.assumeInstalled("redis-benchmark", "redis-tools");
        String port = Integer.toString(server.port());
        Program.Result refused =
                Program.run(new byte[0], "redis-benchmark", "-p", port, "-n", "100", "-q", "-t", "set");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("NOAUTH");
        Program.Result served = Program.run(
                new byte[0], "redis-benchmark", "-p", port, "-a", PASSWORD, "-n", "1000", "-q", "-t", "set,get");
        assertThat(served.exitCode()).as(served.output()).isZero();
        assertThat(served.output()).contains("GET: ").doesNotContain("NOAUTH");
    }
}
