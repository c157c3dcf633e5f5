package io.ringtail.server.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.args.BitCountOption;
import redis.clients.jedis.args.BitOP;
import redis.clients.jedis.args.ExpiryOption;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.BitPosParams;
import redis.clients.jedis.params.GetExParams;
import redis.clients.jedis.params.LCSParams;
import redis.clients.jedis.params.RestoreParams;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.LCSMatchResult;
import redis.clients.jedis.resps.ScanResult;

/**
 * Jedis through its typed interface, in each way it can be told to connect. Each test and protocol has a database of
 * its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JedisTest {
    /** The ways to connect: HELLO 3 with a fallback, or a protocol that is asked for, or no HELLO at all. */
    enum Start {
        NEGOTIATED,
        RESP2,
        RESP3,
        WITHOUT_HELLO;

        DefaultJedisClientConfig.Builder apply(DefaultJedisClientConfig.Builder builder) {
            return switch (this) {
                case NEGOTIATED -> builder;
                case RESP2 -> builder.resp2();
                case RESP3 -> builder.resp3();
                case WITHOUT_HELLO -> builder.serverDefaultProtocol().autoNegotiateProtocol(false);
            };
        }

        boolean speaksResp3() {
            return this == NEGOTIATED || this == RESP3;
        }
    }

    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        server = ServerProcess.start(data, "--databases", "64");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private RedisClient connect(Start start, int database) {
        return RedisClient.builder()
                .hostAndPort("127.0.0.1", server.port())
                .clientConfig(start.apply(DefaultJedisClientConfig.builder()
                                .database(database + start.ordinal())
                                .clientName("jedis-" + start))
                        .build())
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void connects(Start start) {
        try (RedisClient jedis = connect(start, 0)) {
            assertThat(jedis.ping()).isEqualTo("PONG");
            String list = jedis.info("clients");
            assertThat(list).contains("connected_clients:");
            String me =
                    new String((byte[]) jedis.sendCommand(redis.clients.jedis.Protocol.Command.CLIENT, "INFO"), UTF_8);
            assertThat(me)
                    .contains(
                            " name=jedis-" + start + " ",
                            " db=" + start.ordinal() + " ",
                            " resp=" + (start.speaksResp3() ? 3 : 2),
                            "lib-name=jedis");
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyStringCommandAnswersInItsType(Start start) {
        try (RedisClient jedis = connect(start, 4)) {
            assertThat(jedis.set("k", "v")).isEqualTo("OK");
            assertThat(jedis.get("k")).isEqualTo("v");
            assertThat(jedis.get("none")).isNull();
            assertThat(jedis.set("k", "w", SetParams.setParams().nx())).isNull();
            assertThat(jedis.set("k", "w", SetParams.setParams().xx().px(100_000)))
                    .isEqualTo("OK");
            assertThat(jedis.pttl("k")).isBetween(1L, 100_000L);
            assertThat(jedis.set("k", "x", SetParams.setParams().keepTtl())).isEqualTo("OK");
            assertThat(jedis.ttl("k")).isPositive();
            assertThat(jedis.setGet("k", "y")).isEqualTo("x");
            assertThat(jedis.ttl("k")).isEqualTo(-1);
            assertThat(jedis.getSet("k", "z")).isEqualTo("y");
            assertThat(jedis.getEx("k", GetExParams.getExParams().ex(50))).isEqualTo("z");
            assertThat(jedis.persist("k")).isEqualTo(1);
            assertThat(jedis.getDel("k")).isEqualTo("z");
            assertThat(jedis.getDel("k")).isNull();

            assertThat(jedis.setnx("nx", "1")).isEqualTo(1);
            assertThat(jedis.setnx("nx", "2")).isZero();
            assertThat(jedis.setex("ex", 100, "1")).isEqualTo("OK");
            assertThat(jedis.psetex("px", 100_000, "1")).isEqualTo("OK");
            assertThat(jedis.mset("a", "1", "b", "2")).isEqualTo("OK");
            assertThat(jedis.mget("a", "none", "b")).containsExactly("1", null, "2");
            assertThat(jedis.msetnx("b", "3", "c", "3")).isZero();
            assertThat(jedis.msetnx("c", "3", "d", "4")).isEqualTo(1);

            assertThat(jedis.append("text", "Hello")).isEqualTo(5);
            assertThat(jedis.append("text", " world")).isEqualTo(11);
            assertThat(jedis.strlen("text")).isEqualTo(11);
            assertThat(jedis.getrange("text", -5, -1)).isEqualTo("world");
            assertThat(jedis.substr("text", 0, 4)).isEqualTo("Hello");
            assertThat(jedis.setrange("text", 6, "there")).isEqualTo(11);
            assertThat(jedis.get("text")).isEqualTo("Hello there");

            assertThat(jedis.incr("n")).isEqualTo(1);
            assertThat(jedis.incrBy("n", 41)).isEqualTo(42);
            assertThat(jedis.decr("n")).isEqualTo(41);
            assertThat(jedis.decrBy("n", 40)).isEqualTo(1);
            assertThat(jedis.incrByFloat("n", 0.5)).isEqualTo(1.5);
            assertThatThrownBy(() -> jedis.incr("text"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessage("ERR value is not an integer or out of range");

            jedis.mset("x", "ohmytext", "y", "mynewtext");
            assertThat(jedis.lcs("x", "y", LCSParams.LCSParams()).getMatchString())
                    .isEqualTo("mytext");
            assertThat(jedis.lcs("x", "y", LCSParams.LCSParams().len()).getLen())
                    .isEqualTo(6);
            LCSMatchResult index =
                    jedis.lcs("x", "y", LCSParams.LCSParams().idx().withMatchLen());
            assertThat(index.getLen()).isEqualTo(6);
            assertThat(index.getMatches())
                    .extracting(LCSMatchResult.MatchedPosition::getMatchLen)
                    .containsExactly(4L, 2L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bitmapsAnswerInTheirTypes(Start start) {
        try (RedisClient jedis = connect(start, 8)) {
            assertThat(jedis.setbit("bits", 7, true)).isFalse();
            assertThat(jedis.getbit("bits", 7)).isTrue();
            assertThat(jedis.setbit("bits", 20, true)).isFalse();
            assertThat(jedis.bitcount("bits")).isEqualTo(2);
            assertThat(jedis.bitcount("bits", 8, 23, BitCountOption.BIT)).isEqualTo(1);
            assertThat(jedis.bitpos("bits", true)).isEqualTo(7);
            assertThat(jedis.bitpos("bits", true, new BitPosParams(1))).isEqualTo(20);
            assertThat(jedis.bitop(BitOP.NOT, "inverse", "bits")).isEqualTo(3);
            assertThat(jedis.bitcount("inverse")).isEqualTo(22);
            assertThat(jedis.bitop(BitOP.OR, "all", "bits", "inverse")).isEqualTo(3);
            assertThat(jedis.bitcount("all")).isEqualTo(24);
            assertThat(jedis.bitfield(
                            "field",
                            "SET",
                            "u8",
                            "0",
                            "200",
                            "OVERFLOW",
                            "FAIL",
                            "INCRBY",
                            "u8",
                            "0",
                            "100",
                            "GET",
                            "u4",
                            "0"))
                    .containsExactly(0L, null, 12L);
            assertThat(jedis.bitfieldReadonly("field", "GET", "u8", "0")).containsExactly(200L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void keysAnswerInTheirTypes(Start start) {
        try (RedisClient jedis = connect(start, 12)) {
            jedis.mset("k:1", "1", "k:2", "2", "k:3", "3");
            assertThat(jedis.exists("k:1", "k:2", "none")).isEqualTo(2);
            assertThat(jedis.exists("k:1")).isTrue();
            assertThat(jedis.type("k:1")).isEqualTo("string");
            assertThat(jedis.type("none")).isEqualTo("none");
            assertThat(jedis.expire("k:1", 100)).isEqualTo(1);
            assertThat(jedis.expire("k:1", 50, ExpiryOption.GT)).isZero();
            assertThat(jedis.expireAt("k:1", 4_000_000_000L)).isEqualTo(1);
            assertThat(jedis.expireTime("k:1")).isEqualTo(4_000_000_000L);
            assertThat(jedis.pexpireTime("k:1")).isEqualTo(4_000_000_000_000L);
            assertThat(jedis.ttl("none")).isEqualTo(-2);
            assertThat(jedis.rename("k:2", "k:4")).isEqualTo("OK");
            assertThat(jedis.renamenx("k:4", "k:3")).isZero();
            assertThatThrownBy(() -> jedis.rename("none", "x")).hasMessage("ERR no such key");
            assertThat(jedis.copy("k:4", "k:5", false)).isTrue();
            assertThat(jedis.copy("k:4", "k:5", false)).isFalse();
            assertThat(jedis.touch("k:4", "none")).isEqualTo(1);
            assertThat(jedis.keys("k:[45]")).containsExactlyInAnyOrder("k:4", "k:5");
            assertThat(jedis.randomKey()).startsWith("k:");
            assertThat(jedis.objectEncoding("k:4")).isEqualTo("int");
            assertThat(jedis.objectRefcount("k:4")).isPositive();
            assertThat(jedis.objectIdletime("k:4")).isNotNegative();
            assertThat(jedis.memoryUsage("k:4")).isPositive();
            assertThat(jedis.unlink("k:4", "none")).isEqualTo(1);
            assertThat(jedis.del("k:5")).isEqualTo(1);
            assertThat(jedis.dbSize()).isEqualTo(2);
            assertThat(jedis.flushDB()).isEqualTo("OK");
            assertThat(jedis.dbSize()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void scanIteratesOverEachKeyOnce(Start start) {
        try (RedisClient jedis = connect(start, 16)) {
            try (var pipeline = jedis.pipelined()) {
                for (int i = 0; i < 3_000; i++) {
                    pipeline.set((i % 3 == 0 ? "third:" : "other:") + i, "v");
                }
            }
            Set<String> expected =
                    IntStream.range(0, 1_000).mapToObj(i -> "third:" + i * 3).collect(Collectors.toSet());
            Set<String> found = new HashSet<>();
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> result =
                        jedis.scan(cursor, new ScanParams().match("third:*").count(100));
                result.getResult()
                        .forEach(key -> assertThat(found.add(key)).as(key).isTrue());
                cursor = result.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertThat(found).isEqualTo(expected);
            assertThat(new HashSet<>(jedis.scanIteration(500, "third:*").collect(new HashSet<>())))
                    .isEqualTo(expected);
            assertThat(jedis.scan("0", new ScanParams().count(10_000), "string").getResult())
                    .hasSize(3_000);
            assertThat(jedis.scan("0", new ScanParams().count(10_000), "list").getResult())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void pipelinesKeepTheOrderAndGoOnAfterAnError(Start start) {
        try (RedisClient jedis = connect(start, 20)) {
            try (var pipeline = jedis.pipelined()) {
                Response<Long> first = pipeline.incr("n");
                Response<String> wrong =
                        pipeline.set("text", "v", SetParams.setParams().ex(-1));
                for (int i = 0; i < 5_000; i++) {
                    pipeline.incr("n");
                }
                Response<Long> last = pipeline.incr("n");
                Response<String> missing = pipeline.get("none");
                pipeline.sync();
                assertThat(first.get()).isEqualTo(1);
                assertThatThrownBy(wrong::get).hasMessage("ERR invalid expire time in 'set' command");
                assertThat(last.get()).isEqualTo(5_002);
                assertThat(missing.get()).isNull();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void transactionsAreAtomicAndAbortedByAChangeOfWhatIsWatched(Start start) {
        try (RedisClient jedis = connect(start, 24)) {
            jedis.set("balance", "10");
            try (AbstractTransaction transaction = jedis.transaction(false)) {
                assertThat(transaction.watch("balance")).isEqualTo("OK");
                transaction.multi();
                Response<Long> balance = transaction.decrBy("balance", 3);
                Response<String> read = transaction.get("balance");
                assertThat(transaction.exec()).containsExactly(7L, "7");
                assertThat(balance.get()).isEqualTo(7);
                assertThat(read.get()).isEqualTo("7");
            }
            try (AbstractTransaction transaction = jedis.transaction(false)) {
                transaction.watch("balance");
                jedis.incr("balance");
                transaction.multi();
                transaction.set("balance", "0");
                assertThat(transaction.exec()).isNull();
            }
            assertThat(jedis.get("balance")).isEqualTo("8");
            try (AbstractTransaction transaction = jedis.multi()) {
                transaction.set("balance", "0");
                assertThat(transaction.discard()).isEqualTo("OK");
            }
            assertThat(jedis.get("balance")).isEqualTo("8");
        }
    }

    @ParameterizedTest
    @EnumSource
    void keysAndValuesMayBeAnyBytesAndMoveByDumpAndRestore(Start start) {
        byte[] key = new byte[256];
        byte[] value = new byte[100_000];
        for (int i = 0; i < value.length; i++) {
            key[i % key.length] = (byte) i;
            value[i] = (byte) (i * 31 + i / 256);
        }
        byte[] copy = {0, '\r', '\n', (byte) 0xff};
        try (RedisClient jedis = connect(start, 28)) {
            assertThat(jedis.set(key, value)).isEqualTo("OK");
            assertThat(jedis.get(key)).isEqualTo(value);
            byte[] dump = jedis.dump(key);
            assertThat(jedis.restore(copy, 0, dump)).isEqualTo("OK");
            assertThat(jedis.get(copy)).isEqualTo(value);
            assertThatThrownBy(() -> jedis.restore(copy, 0, dump)).hasMessageStartingWith("BUSYKEY");
            assertThat(jedis.restore(
                            copy, 60_000, dump, RestoreParams.restoreParams().replace()))
                    .isEqualTo("OK");
            assertThat(jedis.pttl(copy)).isBetween(1L, 60_000L);
            dump[dump.length / 2] ^= 1;
            assertThatThrownBy(() -> jedis.restore("broken".getBytes(UTF_8), 0, dump))
                    .hasMessage("ERR DUMP payload version or checksum are wrong");
            assertThat(jedis.dump("none")).isNull();
            assertThat(jedis.scan(
                                    "0".getBytes(UTF_8),
                                    new ScanParams().match(copy).count(100))
                            .getResult())
                    .containsExactly(copy);
        }
    }

    @Test
    void theClusterClientFindsTheOneNodeAndRoutesToIt() {
        try (RedisClusterClient jedis = RedisClusterClient.create(new HostAndPort("127.0.0.1", server.port()))) {
            for (int i = 0; i < 100; i++) {
                assertThat(jedis.set("cluster:" + i, "v" + i)).isEqualTo("OK");
            }
            assertThat(jedis.get("cluster:99")).isEqualTo("v99");
            assertThat(jedis.mget("{tag}a", "{tag}b")).isEqualTo(java.util.Arrays.asList(null, null));
            assertThat(jedis.getClusterNodes()).containsOnlyKeys("127.0.0.1:" + server.port());
            try (var pipeline = jedis.pipelined()) {
                List<Response<String>> values = IntStream.range(0, 100)
                        .mapToObj(i -> pipeline.get("cluster:" + i))
                        .toList();
                pipeline.sync();
                assertThat(values.get(42).get()).isEqualTo("v42");
            }
        }
    }
}
