package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;

/** The first minute with clients as they are used, in both protocols, with and without a password. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealClientsTest {
    private TestServer server;

    @BeforeAll
    void start() throws IOException {
        server = new TestServer("requirepass", "secret");
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    @Test
    void jedisInBothProtocols() {
        for (RedisProtocol protocol : List.of(RedisProtocol.RESP2, RedisProtocol.RESP3)) {
            var config = DefaultJedisClientConfig.builder()
                    .protocol(protocol)
                    .password("secret")
                    .clientName("jedis-test")
                    .database(3)
                    .build();
            try (Jedis jedis = new Jedis(new HostAndPort("127.0.0.1", server.port), config)) {
                assertThat(jedis.ping()).isEqualTo("PONG");
                assertThat(jedis.clientGetname()).isEqualTo("jedis-test");
                assertThat(jedis.clientInfo()).contains("lib-name=jedis", "db=3", "resp=" + (protocol == RedisProtocol.RESP3 ? 3 : 2));
                assertThat(jedis.set("k", "v")).isEqualTo("OK");
                assertThat(jedis.get("k")).isEqualTo("v");
                assertThat(jedis.configGet("maxmemory*")).containsEntry("maxmemory-policy", "noeviction");
                assertThat(jedis.info("server")).contains("redis_version:7.2.4");
                assertThat(jedis.clusterSlots()).hasSize(1);
                var pipeline = jedis.pipelined();
                Response<Long> last = pipeline.incr("n");
                for (int i = 0; i < 500; i++) {
                    last = pipeline.incr("n");
                }
                pipeline.sync();
                assertThat(last.get()).isGreaterThanOrEqualTo(501);
                var transaction = jedis.multi();
                Response<String> read = transaction.get("k");
                transaction.exec();
                assertThat(read.get()).isEqualTo("v");
                assertThat(jedis.commandDocs("get")).containsKey("get");
                assertThat(jedis.commandInfo("set", "get")).hasSize(2);
            }
        }
    }

    @Test
    void lettuceInBothProtocolsAndAsClusterClient() {
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(server.port)
                .withPassword("secret".toCharArray())
                .withClientName("lettuce-test")
                .withDatabase(2)
                .build();
        for (ProtocolVersion version : List.of(ProtocolVersion.RESP2, ProtocolVersion.RESP3)) {
            io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create(uri);
            client.setOptions(ClientOptions.builder().protocolVersion(version).build());
            try (StatefulRedisConnection<String, String> connection = client.connect()) {
                assertThat(connection.sync().ping()).isEqualTo("PONG");
                assertThat(connection.sync().set("k", "v")).isEqualTo("OK");
                assertThat(connection.sync().get("k")).isEqualTo("v");
                assertThat(connection.sync().clientList()).contains("name=lettuce-test", "db=2");
                assertThat(connection.sync().commandCount()).isGreaterThan(80);
                assertThat(connection.sync().command()).isNotEmpty();
                assertThat(connection.sync().configGet("save")).containsEntry("save", "");
            } finally {
                client.shutdown(java.time.Duration.ZERO, java.time.Duration.ofSeconds(2));
            }
        }
        RedisClusterClient cluster = RedisClusterClient.create(RedisURI.builder(uri).withDatabase(0).build());
        try (var connection = cluster.connect()) {
            assertThat(connection.sync().set("x", "1")).isEqualTo("OK");
            assertThat(connection.sync().get("x")).isEqualTo("1");
        } finally {
            cluster.shutdown(java.time.Duration.ZERO, java.time.Duration.ofSeconds(2));
        }
    }
}
