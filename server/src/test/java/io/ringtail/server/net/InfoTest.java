package io.ringtail.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** INFO, CONFIG and COMMAND, as exporters and graphical clients read them. */
class InfoTest {
    private static Map<String, String> info(RawClient client, String... sections) throws IOException {
        String[] request = new String[sections.length + 1];
        request[0] = "INFO";
        System.arraycopy(sections, 0, request, 1, sections.length);
        Map<String, String> fields = new HashMap<>();
        for (String line : client.ask(request).substring(1).split("\r\n", -1)) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                int colon = line.indexOf(':');
                assertThat(colon).as(line).isPositive();
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    @Test
    void numbersAreCountedAndNotConstant() throws IOException {
        try (TestServer server = new TestServer();
                RawClient client = new RawClient(server.port)) {
            for (int i = 0; i < 10; i++) {
                client.ask("SET", "k" + i, "v");
            }
            client.ask("EXPIRE", "k1", "100");
            client.ask("GET");
            client.ask("INCR", "k1");
            Map<String, String> info = info(client, "everything");
            assertThat(info)
                    .containsEntry("redis_version", "7.2.4")
                    .containsEntry("tcp_port", "" + server.port)
                    .containsEntry("connected_clients", "1")
                    .containsEntry("role", "master")
                    .containsEntry("cluster_enabled", "1")
                    .containsEntry("loading", "0")
                    .containsEntry("db0", "keys=10,expires=1")
                    .containsEntry("errorstat_ERR", "count=2")
                    .containsKeys("latency_percentiles_usec_set", "used_memory_rss", "used_cpu_user", "master_repl_offset");
            assertThat(info.get("cmdstat_set")).startsWith("calls=10,usec=");
            assertThat(info.get("cmdstat_get")).startsWith("calls=0,").contains("rejected_calls=1");
            assertThat(info.get("cmdstat_incr")).endsWith("rejected_calls=0,failed_calls=1");
            assertThat(Long.parseLong(info.get("total_net_input_bytes"))).isGreaterThan(300);
            assertThat(Long.parseLong(info.get("used_memory"))).isGreaterThan(1 << 20);
            assertThat(info(client)).doesNotContainKey("cmdstat_set").containsKey("used_memory");
            assertThat(info(client, "server", "cpu")).containsKey("used_cpu_sys").doesNotContainKey("used_memory");
            client.ask("CONFIG", "RESETSTAT");
            assertThat(info(client, "all")).doesNotContainKeys("cmdstat_set", "errorstat_ERR");
        }
    }

    @Test
    void whatSaysWhenToAddANodeIsMeasured() throws IOException {
        try (TestServer server = new TestServer();
                RawClient client = new RawClient(server.port)) {
            assertThat(info(client, "cpu")).containsEntry("event_loop_busy_percent", "0.0");
            await().until(() -> {
                for (int i = 0; i < 1000; i++) {
                    client.ask("SET", "k" + i, "v");
                }
                Map<String, String> info = info(client, "stats", "cpu");
                return Double.parseDouble(info.get("commands_per_second")) > 1
                        && Double.parseDouble(info.get("event_loop_busy_percent")) > 0
                        && Double.parseDouble(info.get("cpu_percent")) > 0;
            });
            Map<String, String> info = info(client, "cpu", "memory");
            assertThat(Double.parseDouble(info.get("event_loop_busy_percent"))).isLessThanOrEqualTo(100);
            assertThat(Double.parseDouble(info.get("cpu_percent"))).isLessThanOrEqualTo(100);
            assertThat(Long.parseLong(info.get("used_memory_rss"))).isGreaterThan(1 << 20);
        }
    }

    @Test
    void configIsReadByPatternAndChangedAtOnce() throws IOException {
        try (TestServer server = new TestServer();
                RawClient client = new RawClient(server.port)) {
            assertThat(client.ask("CONFIG", "GET", "slowlog*", "SAVE"))
                    .isEqualTo("[$slowlog-log-slower-than, $10000, $slowlog-max-len, $128, $save, $]");
            assertThat(client.ask("CONFIG", "GET", "nothing")).isEqualTo("[]");
            assertThat(client.ask("CONFIG", "SET", "requirepass", "new", "maxclients", "50")).isEqualTo("+OK");
            try (RawClient other = new RawClient(server.port)) {
                assertThat(other.ask("PING")).startsWith("-NOAUTH");
            }
            assertThat(client.ask("CONFIG", "SET", "nothing", "1"))
                    .isEqualTo("-ERR Unknown option or number of arguments for CONFIG SET - 'nothing'");
            assertThat(client.ask("CONFIG", "SET", "timeout", "1", "timeout", "2")).contains("duplicate parameter");
            assertThat(client.ask("CONFIG", "REWRITE")).isEqualTo("-ERR The server is running without a config file");
        }
    }

    @Test
    void commandsDescribeThemselvesWithTenElements() throws IOException {
        try (TestServer server = new TestServer();
                RawClient client = new RawClient(server.port)) {
            assertThat(client.ask("COMMAND", "INFO", "get", "nope"))
                    .isEqualTo("[[$get, :2, [+readonly, +fast], :1, :1, :1, [+@read, +@string, +@fast], [], [[$flags, [+RO,"
                            + " +ACCESS], $begin_search, [$type, $index, $spec, [$index, :1]], $find_keys, [$type, $range,"
                            + " $spec, [$lastkey, :0, $keystep, :1, $limit, :0]]]], []], nil]");
            assertThat(client.ask("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2")).isEqualTo("[$a, $b]");
            assertThat(client.ask("COMMAND", "GETKEYS", "PING", "x")).isEqualTo("-ERR The command has no key arguments");
            assertThat(client.ask("COMMAND", "GETKEYS", "NOPE", "x")).isEqualTo("-ERR Invalid command specified");
            assertThat(client.ask("COMMAND", "LIST")).contains("$config|get", "$get");
            assertThat(client.ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "client|set*"))
                    .isEqualTo("[$client|setinfo, $client|setname]");
            int count = Integer.parseInt(client.ask("COMMAND", "COUNT").substring(1));
            assertThat(server.server.services().table().all()).hasSize(count);
            assertThat(client.ask("COMMAND", "DOCS", "get")).startsWith("[$get, [$summary, $");
        }
    }
}
