package io.ringtail.server.clients;

import static io.ringtail.server.clients.ReplyShapes.assertClusterNodes;
import static io.ringtail.server.clients.ReplyShapes.assertClusterSlots;
import static io.ringtail.server.clients.ReplyShapes.assertCommands;
import static io.ringtail.server.clients.ReplyShapes.assertHello;
import static io.ringtail.server.clients.ReplyShapes.fields;
import static io.ringtail.server.clients.ReplyShapes.flatMap;
import static io.ringtail.server.clients.ReplyShapes.list;
import static io.ringtail.server.clients.ReplyShapes.map;
import static io.ringtail.server.clients.ReplyShapes.text;
import static io.ringtail.server.clients.RespClient.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.clients.RespClient.Failure;
import io.ringtail.server.clients.RespClient.Simple;
import io.ringtail.server.clients.RespClient.Verbatim;
import io.ringtail.server.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The first minute of clients that do not run here: the commands each sends when it connects, in its order and
 * batches, and of the replies what its parser insists on.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectSequenceTest {
    private static final String MAINTENANCE = "CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type external-ip";
    private static final Failure NO_MAINTENANCE =
            new Failure("ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");

    private static final String MINIMUM =
            """
            PING, PING x, ECHO x, SELECT 0, CLIENT SETNAME x, CLIENT GETNAME,
            CLIENT SETINFO LIB-NAME x, CLIENT ID, CLIENT INFO, CLIENT LIST, CLIENT NO-EVICT ON,
            CLIENT NO-TOUCH ON, CLIENT REPLY ON, CLIENT KILL ID 999999, CLIENT TRACKING OFF,
            CLIENT TRACKINGINFO, COMMAND, COMMAND COUNT, COMMAND INFO get, COMMAND DOCS,
            COMMAND DOCS set, COMMAND GETKEYS set k v, COMMAND LIST, CONFIG GET save,
            CONFIG GET appendonly, CONFIG GET databases, CONFIG GET maxmemory*,
            CONFIG GET time?ut, INFO, INFO server clients, CLUSTER INFO, CLUSTER SLOTS,
            CLUSTER SHARDS, CLUSTER NODES, CLUSTER MYID, CLUSTER KEYSLOT x, READONLY, READWRITE,
            ASKING, WAIT 0 0, MODULE LIST, MULTI, EXEC, WATCH x, UNWATCH, TIME, DBSIZE, ROLE,
            RESET, QUIT""";

    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        server = ServerProcess.start(data, "--slowlog-log-slower-than", "0", "--latency-monitor-threshold", "1");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private RespClient connect() throws IOException {
        return new RespClient(server.port());
    }

    @Test
    void helloMayStartEitherProtocolAndRefusesOthersInTheWordsThatLetClientsFallBack() throws Exception {
        try (RespClient client = connect()) {
            assertHello(flatMap(client.ask("HELLO")), 2);
            assertHello(flatMap(client.ask("HELLO 2")), 2);
            assertThat(client.ask("HELLO 4")).isEqualTo(new Failure("NOPROTO unsupported protocol version"));
            assertHello(map(client.ask("HELLO 3 SETNAME first")), 3);
            assertThat(client.ask("CLIENT GETNAME")).isEqualTo("first");
            assertHello(flatMap(client.ask("HELLO 2")), 2);
            assertThat(client.ask("CLIENT GETNAME")).isEqualTo("first");
        }
    }

    @Test
    void whatIsUnknownIsRefusedAtOnceInRedisWords() throws Exception {
        try (RespClient client = connect()) {
            assertThat(client.ask("NOSUCH a b"))
                    .isEqualTo(new Failure("ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' "));
            assertThat(client.ask("CLIENT NOSUCH"))
                    .isEqualTo(new Failure("ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."));
            assertThat(client.ask("SELECT 99999")).isEqualTo(new Failure("ERR DB index is out of range"));
            String[] many = new String[1000];
            Arrays.fill(many, MAINTENANCE);
            assertThat(client.pipeline(many)).containsOnly(NO_MAINTENANCE);
            assertThat(client.ask("PING")).isEqualTo(new Simple("PONG"));
        }
    }

    @Test
    void redisPy8() throws Exception {
        try (RespClient client = connect()) {
            assertHello(map(client.ask("HELLO 3")), 3);
            assertThat(client.ask(MAINTENANCE)).isEqualTo(NO_MAINTENANCE);
            assertThat(client.ask("CLIENT SETNAME py")).isEqualTo(OK);
            assertThat(client.pipeline("CLIENT SETINFO LIB-NAME redis-py", "CLIENT SETINFO LIB-VER 8.0.0"))
                    .containsOnly(OK);
            assertThat(client.ask("SELECT 1")).isEqualTo(OK);
            assertThat(text(client.ask("CLIENT INFO")))
                    .contains(" name=py ", " db=1 ", " resp=3 ", "lib-name=redis-py lib-ver=8.0.0");
        }
    }

    @Test
    void redisPy7WhichNeverSaysHello() throws Exception {
        try (RespClient client = connect()) {
            assertThat(client.pipeline(
                            "CLIENT SETNAME py",
                            "CLIENT SETINFO LIB-NAME redis-py",
                            "CLIENT SETINFO LIB-VER 7.4.0",
                            "SELECT 1"))
                    .containsOnly(OK);
            assertThat(fields(client.ask("INFO"))).containsEntry("redis_mode", "standalone");
        }
    }

    @Test
    void redisPyClusterInBothProtocols() throws Exception {
        try (RespClient client = connect()) {
            assertClusterSlots(client.ask("CLUSTER SLOTS"), server.port());
            assertCommands(client.ask("COMMAND"), false);
            assertThat(client.ask("READONLY")).isEqualTo(OK);
            map(client.ask("HELLO 3"));
            assertClusterSlots(client.ask("CLUSTER SLOTS"), server.port());
            assertCommands(client.ask("COMMAND"), true);
            assertThat(client.ask("COMMAND COUNT"))
                    .isEqualTo((long) list(client.ask("COMMAND")).size());
        }
    }

    @Test
    void goRedis() throws Exception {
        try (RespClient client = connect()) {
            assertHello(map(client.ask("HELLO 3 SETNAME go")), 3);
            assertThat(client.pipeline("SELECT 2", "READONLY", "CLIENT SETNAME go"))
                    .containsOnly(OK);
            assertThat(client.ask(MAINTENANCE)).isEqualTo(NO_MAINTENANCE);
            assertThat(client.pipeline("CLIENT SETINFO LIB-NAME go-redis(,go1.25)", "CLIENT SETINFO LIB-VER 9.22.0"))
                    .containsOnly(OK);
            assertClusterSlots(client.ask("CLUSTER SLOTS"), server.port());
            assertCommands(client.ask("COMMAND"), true);
        }
    }

    @Test
    void redisson() throws Exception {
        try (RespClient client = connect()) {
            assertThat(client.pipeline("SELECT 0", "CLIENT SETNAME redisson", "READONLY", "PING"))
                    .containsExactly(OK, OK, OK, new Simple("PONG"));
            assertHello(map(client.ask("HELLO 3")), 3);
            assertClusterNodes(client.ask("CLUSTER NODES"), server.port());
            assertThat(client.ask("WAIT 0 0")).isEqualTo(0L);
            assertThat(client.ask("SET a b")).isEqualTo(OK);
            assertThat(client.ask("WAITAOF 1 0 0")).isEqualTo(List.of(1L, 0L));
            // Its locks are scripts: they fail, and say why.
            assertThat(client.ask("EVAL return_1 0"))
                    .isEqualTo(new Failure("ERR unknown command 'EVAL', with args beginning with: 'return_1' '0' "));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void stackExchangeRedis(int protocol) throws Exception {
        try (RespClient client = connect()) {
            Object hello = client.ask("HELLO " + protocol);
            assertHello(protocol == 3 ? map(hello) : flatMap(hello), protocol);
            List<@Nullable Object> replies = client.pipeline(
                    "CLIENT SETNAME se",
                    "CLIENT SETINFO lib-name SE.Redis",
                    "CLIENT SETINFO lib-ver 2.9.0",
                    "CLIENT ID",
                    "CONFIG GET timeout",
                    "CONFIG GET replica-read-only",
                    "CONFIG GET databases",
                    "SENTINEL MASTERS",
                    "INFO replication",
                    "INFO server",
                    "CLUSTER NODES",
                    "GET __Booksleeve_TieBreak",
                    "ECHO marker");
            assertThat(replies.subList(0, 3)).containsOnly(OK);
            assertThat(replies.get(3)).isInstanceOf(Long.class);
            for (int i = 4; i < 7; i++) {
                Map<?, ?> setting = protocol == 3 ? map(replies.get(i)) : flatMap(replies.get(i));
                assertThat(setting).hasSize(1);
            }
            assertThat(replies.get(7))
                    .isEqualTo(new Failure("ERR unknown command 'SENTINEL', with args beginning with: 'MASTERS' "));
            assertThat(fields(replies.get(8))).containsEntry("role", "master").containsKey("master_repl_offset");
            assertThat(fields(replies.get(9))).containsKeys("redis_version", "redis_mode", "run_id");
            assertClusterNodes(replies.get(10), server.port());
            assertThat(replies.get(11)).isNull();
            assertThat(replies.get(12)).isEqualTo("marker");
        }
    }

    @Test
    void clientsThatSendEverythingInOneWriteGetTheRepliesInOrder() throws Exception {
        try (RespClient client = connect()) {
            List<@Nullable Object> replies = client.pipeline(
                    "HELLO 3",
                    "SELECT 3",
                    "CLIENT SETNAME io",
                    "READONLY",
                    "CLIENT SETINFO LIB-VER 6.0.0",
                    "CLIENT SETINFO LIB-NAME ioredis",
                    "INFO",
                    "CLUSTER INFO");
            assertHello(map(replies.getFirst()), 3);
            assertThat(replies.subList(1, 6)).containsOnly(OK);
            assertThat(replies.get(6)).isInstanceOf(Verbatim.class);
            assertThat(fields(replies.get(6))).containsEntry("loading", "0");
            assertThat(fields(replies.get(7))).containsEntry("cluster_state", "ok");
        }
    }

    @Test
    void lettuceClusterReadsNodesAndInfo() throws Exception {
        try (RespClient client = connect()) {
            assertHello(map(client.ask("HELLO 3")), 3);
            assertThat(client.pipeline(
                            "CLIENT SETINFO lib-name Lettuce",
                            "CLIENT SETINFO lib-ver 6.3.2.RELEASE/8941aea",
                            "CLIENT MAINT_NOTIFICATIONS on"))
                    .containsExactly(OK, OK, NO_MAINTENANCE);
            assertClusterNodes(client.ask("CLUSTER NODES"), server.port());
            Map<String, String> info = fields(client.ask("INFO"));
            assertThat(info.get("connected_clients")).matches("[1-9]\\d*");
            assertThat(info.get("master_repl_offset")).matches("\\d+");
        }
    }

    @Test
    void memtier() throws Exception {
        try (RespClient client = connect()) {
            assertHello(map(client.ask("HELLO 3")), 3);
            assertThat(client.ask("SELECT 4")).isEqualTo(OK);
            assertClusterSlots(client.ask("CLUSTER SLOTS"), server.port());
        }
    }

    @Test
    void redisInsight() throws Exception {
        try (RespClient client = connect()) {
            assertThat(fields(client.ask("INFO")))
                    .containsKeys(
                            "redis_version",
                            "redis_mode",
                            "os",
                            "uptime_in_days",
                            "used_memory",
                            "connected_clients",
                            "total_commands_processed",
                            "keyspace_hits",
                            "keyspace_misses",
                            "role",
                            "total_connections_received");
            assertHello(flatMap(client.ask("HELLO")), 2);
            assertThat(fields(client.ask("CLUSTER INFO")))
                    .containsEntry("cluster_state", "ok")
                    .containsEntry("cluster_slots_assigned", "16384")
                    .containsKeys("cluster_known_nodes", "cluster_size", "cluster_current_epoch", "cluster_my_epoch");
            assertClusterNodes(client.ask("CLUSTER NODES"), server.port());
            assertThat(client.ask("MODULE LIST")).isEqualTo(List.of());
            List<?> commands = list(client.ask("COMMAND INFO json.get ft.info get ts.add"));
            assertThat(commands).hasSize(4);
            assertThat(commands.get(0)).isNull();
            assertThat(commands.get(1)).isNull();
            assertThat(list(commands.get(2)).getFirst()).isEqualTo("get");
            assertThat(commands.get(3)).isNull();
            assertThat(client.ask("CONFIG GET databases")).isEqualTo(List.of("databases", "16"));
            assertThat(text(client.ask("CLIENT LIST")).lines()).allMatch(line -> line.matches("id=\\d+ addr=.*"));

            assertThat(client.pipeline("SELECT 5", "SET insight:plain v", "SET insight:ends v EX 100"))
                    .containsOnly(OK);
            assertThat(client.ask("DBSIZE")).isEqualTo(2L);
            List<?> scanned = list(client.ask("SCAN 0 MATCH insight:* COUNT 500"));
            assertThat(scanned.get(0)).isEqualTo("0");
            assertThat(list(scanned.get(1))).hasSize(2);
            assertThat(client.pipeline(
                            "TYPE insight:plain", "TTL insight:plain", "TYPE insight:none", "TTL insight:none"))
                    .containsExactly(new Simple("string"), -1L, new Simple("none"), -2L);
            assertThat((Long) client.ask("TTL insight:ends")).isBetween(90L, 100L);
            assertThat((Long) client.ask("MEMORY USAGE insight:plain SAMPLES 0"))
                    .isPositive();
            assertThat(client.ask("MEMORY USAGE insight:none")).isNull();
        }
    }

    @Test
    void redisExporter() throws Exception {
        try (RespClient client = connect()) {
            assertThat(client.ask("CLIENT SETNAME redis_exporter")).isEqualTo(OK);
            assertThat(client.pipeline("SELECT 6", "SET exported v", "SET exported:ends v EX 100"))
                    .containsOnly(OK);
            client.ask("NOSUCH");
            Map<?, ?> settings = flatMap(client.ask("CONFIG GET *"));
            assertThat(settings.values()).allMatch(String.class::isInstance);
            assertThat(settings.get("databases")).isEqualTo("16");
            assertThat((String) settings.get("maxclients")).matches("\\d+");
            assertThat((String) settings.get("maxmemory")).matches("\\d+");
            Map<String, String> info = fields(client.ask("INFO ALL"));
            assertThat(info.get("db6")).matches("keys=2,expires=1(,avg_ttl=\\d+)?.*");
            assertThat(info.get("cmdstat_set"))
                    .matches("calls=\\d+,usec=\\d+,usec_per_call=[\\d.]+,rejected_calls=\\d+,failed_calls=\\d+");
            assertThat(info.get("errorstat_ERR")).matches("count=[1-9]\\d*");
            assertThat(info.get("latency_percentiles_usec_set")).matches("p50=[\\d.]+,p99=[\\d.]+,p99.9=[\\d.]+");
            assertThat(info)
                    .containsEntry("role", "master")
                    .containsEntry("loading", "0")
                    .containsKeys(
                            "uptime_in_seconds",
                            "process_id",
                            "tcp_port",
                            "connected_clients",
                            "maxclients",
                            "blocked_clients",
                            "used_memory",
                            "used_memory_rss",
                            "used_memory_peak",
                            "mem_fragmentation_ratio",
                            "maxmemory",
                            "rdb_changes_since_last_save",
                            "rdb_last_save_time",
                            "aof_enabled",
                            "total_connections_received",
                            "total_commands_processed",
                            "instantaneous_ops_per_sec",
                            "total_net_input_bytes",
                            "total_net_output_bytes",
                            "rejected_connections",
                            "keyspace_hits",
                            "keyspace_misses",
                            "connected_slaves",
                            "master_repl_offset",
                            "used_cpu_sys",
                            "used_cpu_user",
                            "cluster_enabled");
            assertThat(fields(client.ask("CLUSTER INFO"))).containsEntry("cluster_state", "ok");
            assertThat(client.ask("SLOWLOG LEN")).isInstanceOf(Long.class);
            List<?> slow = list(list(client.ask("SLOWLOG GET 1")).getFirst());
            assertThat(slow).hasSize(6);
            assertThat(slow.subList(0, 3)).allMatch(Long.class::isInstance);
            assertThat(list(slow.get(3))).isNotEmpty().allMatch(String.class::isInstance);
            assertThat(slow.get(5)).isEqualTo("redis_exporter");
            assertThat(client.ask("DEBUG SLEEP 0.003")).isEqualTo(OK);
            List<?> spike = list(list(client.ask("LATENCY LATEST")).getFirst());
            assertThat(spike).hasSize(4);
            assertThat(spike.getFirst()).isInstanceOf(String.class);
            assertThat(spike.subList(1, 4)).allMatch(Long.class::isInstance);
            Map<?, ?> histogram =
                    flatMap(flatMap(client.ask("LATENCY HISTOGRAM set")).get("set"));
            assertThat((Long) histogram.get("calls")).isPositive();
            assertThat(flatMap(histogram.get("histogram_usec"))).isNotEmpty();
            List<@Nullable Object> none = new ArrayList<>();
            none.add(null);
            assertThat(client.ask("COMMAND INFO COMMANDLOG")).isEqualTo(none);
        }
    }

    @Test
    void oldRedisCliAsksForAllCommands() throws Exception {
        try (RespClient client = connect()) {
            assertCommands(client.ask("COMMAND"), false);
            assertThat(text(client.ask("INFO SERVER"))).contains("redis_version:");
        }
    }

    @Test
    void redisBenchmarkAsksForSettingsAndSendsInlinePings() throws Exception {
        try (RespClient client = connect()) {
            assertThat(client.pipeline("CONFIG GET save", "CONFIG GET appendonly"))
                    .containsExactly(List.of("save", ""), List.of("appendonly", "yes"));
            client.sendRaw("PING\r\nPING\r\n");
            assertThat(List.of(client.reply(), client.reply())).containsOnly(new Simple("PONG"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void theMinimumThatClientsTakeForGrantedIsThere(int protocol) throws Exception {
        try (RespClient client = connect()) {
            client.ask("HELLO " + protocol);
            for (String command : MINIMUM.split(",\\s+", -1)) {
                assertThat(client.ask(command))
                        .as(command)
                        .isNotInstanceOf(Failure.class)
                        .isNotNull();
            }
        }
    }
}
