package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.BitFieldArgs;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.GetExArgs;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LcsArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Lettuce, synchronous, asynchronous and as a cluster's client, in both protocols and in the one it negotiates. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LettuceTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final ClientResources resources = DefaultClientResources.builder()
            .reconnectDelay(() -> Delay.constant(Duration.ofMillis(50)))
            .build();
    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        server = ServerProcess.start(data, "--databases", "32");
    }

    @AfterAll
    void stop() throws Exception {
        resources.shutdown(0, 2, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
        server.close();
    }

    private RedisURI.Builder uri(int port) {
        return RedisURI.builder().withHost("127.0.0.1").withPort(port).withTimeout(TIMEOUT);
    }

    /** In database {@code firstDatabase}, or one or two further: each protocol has its own. */
    private RedisClient client(int firstDatabase, ProtocolVersion version) {
        RedisClient client = RedisClient.create(
                resources,
                uri(server.port())
                        .withDatabase(firstDatabase + version.ordinal())
                        .withClientName("lettuce-" + version)
                        .build());
        client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        return client;
    }

    @Test
    void negotiatesTheNewestProtocol() {
        RedisClient client =
                RedisClient.create(resources, uri(server.port()).withDatabase(1).build());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            assertThat(connection.sync().clientInfo()).contains(" resp=3 ", " db=1 ", "lib-name=Lettuce lib-ver=7.");
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ALL, names = "RESP.")
    void synchronousCommandsAnswerInTheirTypes(ProtocolVersion version) {
        RedisClient client = client(4, version);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            assertThat(redis.ping()).isEqualTo("PONG");
            assertThat(redis.clientGetname()).isEqualTo("lettuce-" + version);
            assertThat(redis.clientInfo()).contains(version == ProtocolVersion.RESP3 ? " resp=3 " : " resp=2 ");
            assertThat(redis.set("k", "v")).isEqualTo("OK");
            assertThat(redis.set("k", "w", SetArgs.Builder.nx())).isNull();
            assertThat(redis.setGet("k", "w")).isEqualTo("v");
            assertThat(redis.getex("k", GetExArgs.Builder.ex(100))).isEqualTo("w");
            assertThat(redis.ttl("k")).isBetween(1L, 100L);
            assertThat(redis.getdel("k")).isEqualTo("w");
            assertThat(redis.mset(Map.of("a", "1", "b", "2"))).isEqualTo("OK");
            assertThat(redis.mget("a", "none", "b"))
                    .containsExactly(KeyValue.just("a", "1"), KeyValue.empty("none"), KeyValue.just("b", "2"));
            assertThat(redis.msetnx(Map.of("a", "3", "c", "3"))).isFalse();
            assertThat(redis.incrbyfloat("a", 0.25)).isEqualTo(1.25);
            assertThat(redis.append("text", "ohmytext")).isEqualTo(8);
            redis.set("other", "mynewtext");
            assertThat(redis.lcs(LcsArgs.Builder.keys("text", "other")).getMatchString())
                    .isEqualTo("mytext");
            assertThat(redis.lcs(LcsArgs.Builder.keys("text", "other").withIdx())
                            .getMatches())
                    .hasSize(2);
            assertThat(redis.bitfield(
                            "bits",
                            BitFieldArgs.Builder.set(BitFieldArgs.unsigned(8), 0, 200)
                                    .get(BitFieldArgs.unsigned(4), 0)))
                    .containsExactly(0L, 12L);
            assertThat(redis.expire("a", 100)).isTrue();
            assertThat(redis.persist("a")).isTrue();
            assertThat(redis.type("a")).isEqualTo("string");
            assertThat(redis.objectEncoding("b")).isEqualTo("int");
            assertThat(redis.del("a", "none")).isEqualTo(1);
            assertThat(redis.time()).hasSize(2);
            assertThat(redis.configGet("databases")).containsEntry("databases", "32");
            assertThat(redis.commandCount()).isEqualTo(redis.command().size());
            assertThatThrownBy(() -> redis.incr("text"))
                    .isInstanceOf(RedisCommandExecutionException.class)
                    .hasMessage("ERR value is not an integer or out of range");
            assertThatThrownBy(() -> redis.lpush("list", "x"))
                    .hasMessageStartingWith("ERR unknown command 'LPUSH', with args");
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ALL, names = "RESP.")
    void thousandsOfCommandsAreUnderWayAtOnce(ProtocolVersion version) throws Exception {
        int count = 20_000;
        RedisClient client = client(8, version);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisAsyncCommands<String, String> redis = connection.async();
            List<RedisFuture<String>> sets = new ArrayList<>(count);
            List<RedisFuture<String>> gets = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                sets.add(redis.set("key:" + i, "value:" + i));
                gets.add(redis.get("key:" + i));
            }
            for (int i = 0; i < count; i++) {
                assertThat(sets.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("OK");
                assertThat(gets.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("value:" + i);
            }
            assertThat(ScanIterator.scan(
                            connection.sync(), ScanArgs.Builder.matches("key:*").limit(1000))
                            .stream())
                    .hasSize(count)
                    .doesNotHaveDuplicates()
                    .contains("key:0", "key:" + (count - 1));
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ALL, names = "RESP.")
    void transactionsAreAbortedByAChangeOfWhatIsWatched(ProtocolVersion version) {
        RedisClient client = client(12, version);
        try (StatefulRedisConnection<String, String> one = client.connect();
                StatefulRedisConnection<String, String> two = client.connect()) {
            RedisCommands<String, String> redis = one.sync();
            redis.set("n", "1");
            redis.watch("n");
            redis.multi();
            redis.incr("n");
            redis.get("n");
            TransactionResult result = redis.exec();
            assertThat(result.wasDiscarded()).isFalse();
            assertThat(result.stream()).containsExactly(2L, "2");
            redis.watch("n");
            two.sync().incr("n");
            redis.multi();
            redis.set("n", "0");
            assertThat(redis.exec().wasDiscarded()).isTrue();
            assertThat(redis.get("n")).isEqualTo("3");
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_ALL, names = "RESP.")
    void anyBytesMoveByDumpAndRestore(ProtocolVersion version) {
        byte[] key = {0, '\r', '\n', (byte) 0xff};
        byte[] value = new byte[70_000];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (i * 7);
        }
        RedisClient client = client(16, version);
        try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE)) {
            RedisCommands<byte[], byte[]> redis = connection.sync();
            redis.set(key, value);
            byte[] copy = "copy".getBytes(StandardCharsets.US_ASCII);
            assertThat(redis.restore(copy, 0, redis.dump(key))).isEqualTo("OK");
            assertThat(redis.get(copy)).isEqualTo(value);
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @Test
    void theClusterClientFindsTheOneNodeAndRoutesToIt() {
        RedisClusterClient client =
                RedisClusterClient.create(resources, uri(server.port()).build());
        try (var connection = client.connect()) {
            assertThat(client.getPartitions()).hasSize(1);
            assertThat(client.getPartitions().getPartition(0).getSlots()).hasSize(16384);
            var redis = connection.sync();
            for (int i = 0; i < 100; i++) {
                assertThat(redis.set("cluster:" + i, "v" + i)).isEqualTo("OK");
            }
            String[] keys =
                    IntStream.range(0, 100).mapToObj(i -> "cluster:" + i).toArray(String[]::new);
            assertThat(redis.mget(keys)).hasSize(100).allMatch(KeyValue::hasValue);
            assertThat(redis.del(keys)).isEqualTo(100);
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    @Test
    void reconnectsToARestartedServerThatHasEverythingStill(@TempDir Path data) throws Exception {
        ServerProcess first = ServerProcess.start(data);
        RedisClient client =
                RedisClient.create(resources, uri(first.port()).withDatabase(3).build());
        try (first;
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            long id = redis.clientId();
            for (int i = 0; i < 1_000; i++) {
                redis.set("kept:" + i, "v" + i);
            }
            first.kill();
            // Sent while nobody listens: Lettuce keeps it until it is connected again, in the same database.
            RedisFuture<String> waiting = connection.async().get("kept:999");
            try (ServerProcess second = ServerProcess.startAt(first.port(), data)) {
                assertThat(second.port()).isEqualTo(first.port());
                assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("v999");
                assertThat(redis.dbsize()).isEqualTo(1_000);
                assertThat(redis.clientInfo()).contains(" db=3 ", " resp=3 ");
                assertThat(redis.clientId()).isPositive();
                assertThat(id).isPositive();
            }
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }
}
