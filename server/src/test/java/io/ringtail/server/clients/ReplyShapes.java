package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.clients.RespClient.Simple;
import io.ringtail.server.clients.RespClient.Verbatim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the parsers of clients insist on in the replies they get when they connect. Pure. */
final class ReplyShapes {
    private ReplyShapes() {}

    static Map<?, ?> map(@Nullable Object reply) {
        assertThat(reply).isInstanceOf(Map.class);
        return (Map<?, ?>) reply;
    }

    /** A map as RESP2 writes it. */
    static Map<?, ?> flatMap(@Nullable Object reply) {
        Map<Object, Object> map = new TreeMap<>();
        List<?> list = list(reply);
        assertThat(list.size() % 2).isZero();
        for (int i = 0; i < list.size(); i += 2) {
            map.put(list.get(i), list.get(i + 1));
        }
        return map;
    }

    static List<?> list(@Nullable Object reply) {
        assertThat(reply).isInstanceOf(List.class);
        return (List<?>) reply;
    }

    static String text(@Nullable Object reply) {
        return reply instanceof Verbatim verbatim ? verbatim.text() : (String) reply;
    }

    static Map<String, String> fields(@Nullable Object info) {
        Map<String, String> fields = new TreeMap<>();
        for (String line : text(info).split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0 && !line.startsWith("#")) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    static void assertHello(Map<?, ?> hello, long protocol) {
        assertThat(hello.get("server")).isEqualTo("redis");
        assertThat((String) hello.get("version")).matches("7[.]\\d+[.]\\d+");
        assertThat(hello.get("proto")).isEqualTo(protocol);
        assertThat(hello.get("id")).isInstanceOf(Long.class);
        assertThat((String) hello.get("mode")).isIn("standalone", "cluster");
        assertThat(hello.get("role")).isEqualTo("master");
        assertThat(hello.get("modules")).isEqualTo(List.of());
    }

    /** What JedisCluster, redis-py, go-redis, ioredis and node-redis read a topology from. */
    static void assertClusterSlots(@Nullable Object reply, int port) {
        List<?> ranges = list(reply);
        long next = 0;
        for (Object range : ranges) {
            List<?> parts = list(range);
            assertThat(parts).hasSizeGreaterThanOrEqualTo(3);
            assertThat(parts.get(0)).as("no slot is missing or given twice").isEqualTo(next);
            next = (Long) parts.get(1) + 1;
            for (Object node : parts.subList(2, parts.size())) {
                List<?> fields = list(node);
                assertThat(fields).hasSizeBetween(3, 4);
                assertThat(fields.get(0)).isEqualTo("127.0.0.1");
                assertThat(fields.get(1)).isEqualTo((long) port);
                assertThat((String) fields.get(2)).matches("[0-9a-f]{40}");
                if (fields.size() == 4) {
                    assertThat(fields.get(3)).isInstanceOfAny(List.class, Map.class);
                }
            }
        }
        assertThat(next).isEqualTo(16384);
    }

    /**
     * What Lettuce, Redisson, RedisInsight and redis-cli read a topology from: eight fields, one {@code myself}, each
     * line ended.
     */
    static void assertClusterNodes(@Nullable Object reply, int port) {
        String nodes = text(reply);
        assertThat(nodes).endsWith("\n");
        List<String> lines = nodes.lines().toList();
        assertThat(lines)
                .filteredOn(line -> line.split(" ", -1)[2].contains("myself"))
                .hasSize(1);
        for (String line : lines) {
            String[] fields = line.split(" ", -1);
            assertThat(fields).hasSizeGreaterThanOrEqualTo(9);
            assertThat(fields[0]).matches("[0-9a-f]{40}");
            assertThat(fields[1]).matches("127[.]0[.]0[.]1:" + port + "@\\d+(,.*)?");
            assertThat(fields[2]).contains("master");
            assertThat(fields[3]).isEqualTo("-");
            assertThat(fields[4] + fields[5] + fields[6]).matches("\\d+");
            assertThat(fields[7]).isEqualTo("connected");
            assertThat(fields[8]).isEqualTo("0-16383");
        }
    }

    /** The parsers of redis-py and go-redis take 7 or 10 elements, none of them nil, and read the categories always. */
    static void assertCommands(@Nullable Object reply, boolean resp3) {
        List<?> commands = list(reply);
        assertThat(commands).hasSizeGreaterThan(80);
        List<@Nullable Object> names = new ArrayList<>();
        for (Object entry : commands) {
            List<?> fields = list(entry);
            assertThat(fields).hasSize(10).doesNotContainNull();
            names.add(fields.get(0));
            assertThat(fields.get(0)).isInstanceOf(String.class);
            assertThat(fields.get(1)).isInstanceOf(Long.class);
            assertThat(fields.get(2)).isInstanceOf(resp3 ? Set.class : List.class);
            assertThat((Iterable<?>) fields.get(2)).allMatch(Simple.class::isInstance);
            assertThat(fields.subList(3, 6)).allMatch(Long.class::isInstance);
            assertThat((Iterable<?>) fields.get(6)).isNotEmpty().allMatch(Simple.class::isInstance);
            assertThat(fields.get(7)).isInstanceOf(List.class);
            assertThat(fields.get(8)).isInstanceOf(List.class);
            assertThat(fields.get(9)).isInstanceOf(List.class);
        }
        assertThat(names)
                .doesNotHaveDuplicates()
                .contains("get", "set", "client", "cluster", "command", "config", "multi", "scan");
    }
}
