package io.ringtail.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.process.ServerProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every mode of redis-cli that a server can serve or must refuse clearly. Each test has a database of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RedisCliTest {
    private static final byte[] NO_INPUT = new byte[0];

    private ServerProcess server;

    @BeforeAll
    void start(@TempDir Path data) throws IOException {
        Program.assumeInstalled("redis-cli", "redis-tools");
        server = ServerProcess.start(data);
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private String[] command(String... arguments) {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(server.port())));
        command.addAll(Arrays.asList(arguments));
        return command.toArray(String[]::new);
    }

    private Program.Result cli(String... arguments) throws IOException, InterruptedException {
        return Program.run(NO_INPUT, command(arguments));
    }

    private Program.Result cliWithInput(String input, String... arguments) throws IOException, InterruptedException {
        return Program.run(input.getBytes(StandardCharsets.UTF_8), command(arguments));
    }

    /** Runs one that must succeed; what it has printed, without the line break at its end. */
    private String ask(String... arguments) throws IOException, InterruptedException {
        Program.Result result = cli(arguments);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output().stripTrailing();
    }

    private static byte[] sets(int count, String prefix) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(count * 48);
        for (int i = 0; i < count; i++) {
            String key = prefix + i;
            String value = "value:" + i;
            out.writeBytes(("*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + value.length() + "\r\n"
                            + value + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        return out.toByteArray();
    }

    /** Inserts {@code prefix0} to {@code prefix(count-1)}. */
    private Program.Result insert(String database, int count, String prefix) throws IOException, InterruptedException {
        return Program.run(sets(count, prefix), command("-n", database, "--pipe"));
    }

    @Test
    void plainCommandsAreAnswered() throws Exception {
        assertThat(ask("ping")).isEqualTo("PONG");
        assertThat(ask("set", "plain", "a b")).isEqualTo("OK");
        assertThat(ask("get", "plain")).isEqualTo("a b");
        assertThat(ask("--no-raw", "get", "plain")).isEqualTo("\"a b\"");
        assertThat(ask("--no-raw", "get", "plain:none")).isEqualTo("(nil)");
        assertThat(ask("--no-raw", "incr", "plain:count")).isEqualTo("(integer) 1");
        assertThat(ask("--csv", "mget", "plain", "plain:none")).isEqualTo("\"a b\",NULL");
        assertThat(ask("-r", "3", "incr", "plain:repeated").lines()).containsExactly("1", "2", "3");
        assertThat(ask("-u", "redis://127.0.0.1:" + server.port() + "/1", "client", "info"))
                .contains(" db=1 ", " resp=2");
    }

    @Test
    void anErrorIsShownAndEndsWithCodeOneWhereAskedFor() throws Exception {
        assertThat(ask("nosuch", "x")).isEqualTo("ERR unknown command 'nosuch', with args beginning with: 'x'");
        assertThat(cli("-e", "nosuch").exitCode()).isEqualTo(1);
        assertThat(ask("client", "nosuch")).startsWith("ERR unknown subcommand 'nosuch'. Try CLIENT HELP.");
        assertThat(ask("get")).isEqualTo("ERR wrong number of arguments for 'get' command");
    }

    @Test
    void resp3IsSpokenOnDemand() throws Exception {
        assertThat(ask("-3", "client", "info")).contains(" resp=3");
        List<String> hello = ask("-3", "--no-raw", "hello").lines().toList();
        assertThat(hello)
                .contains(
                        "1# \"server\" => \"redis\"", "3# \"proto\" => (integer) 3", "7# \"modules\" => (empty array)");
        assertThat(ask("-3", "--no-raw", "get", "resp3:none")).isEqualTo("(nil)");
        assertThat(ask("-3", "--no-raw", "config", "get", "save")).isEqualTo("1# \"save\" => \"\"");
    }

    @Test
    void repliesAreShownAsJson() throws Exception {
        assertThat(ask("--json", "hello"))
                .matches(
                        "\\{\"server\":\"redis\",\"version\":\"7[.]2[.]\\d+\","
                            + "\"proto\":3,\"id\":\\d+,\"mode\":\"\\w+\","
                            + "\"role\":\"master\",\"modules\":\\[]}");
        assertThat(ask("--json", "set", "json", "v")).isEqualTo("\"OK\"");
        assertThat(ask("--json", "mget", "json", "json:none")).isEqualTo("[\"v\",null]");
        assertThat(ask("--json", "config", "get", "save")).isEqualTo("{\"save\":\"\"}");
        assertThat(ask("--json", "command", "info", "nosuch")).isEqualTo("[null]");
        assertThat(ask("--json", "command", "docs", "get"))
                .startsWith("{\"get\":{\"summary\":\"")
                .contains(
                        "\"since\":\"1.0.0\",\"group\":\"string\"",
                        "\"arguments\":[{\"name\":\"key\",\"type\":\"key\"");
    }

    @Test
    void interactiveStartLoadsHelpFromTheServerAndRunsWhatIsTyped() throws Exception {
        String before = ask("info", "commandstats");
        Program.Result result = cliWithInput("""
            help set
            help client kill
            help @string
            help no-such-command
            select 2
            set typed "a\\nb"
            get typed
            multi
            incr typed:count
            get typed
            exec
            hello 3
            config get maxmemory-policy
            nosuch
            quit
            """);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output().replaceAll("\u001b\\[\\d+m", ""))
                .contains("SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|", "since: 1.0.0", "group: string")
                .contains("CLIENT KILL ", "group: connection")
                .contains("APPEND key value", "STRLEN key")
                .contains("OK\na\nb\nOK\nQUEUED\nQUEUED\n1\na\nb\n")
                .contains("proto 3\n", "maxmemory-policy noeviction", "ERR unknown command 'nosuch'");
        assertThat(callsOf("command|docs", ask("info", "commandstats"))).isEqualTo(callsOf("command|docs", before) + 1);
    }

    private static int callsOf(String command, String commandStatistics) {
        String start = "cmdstat_" + command + ":calls=";
        return commandStatistics
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToInt(line -> Integer.parseInt(line.substring(start.length(), line.indexOf(','))))
                .findFirst()
                .orElse(0);
    }

    @Test
    void scanShowsEachOfTenThousandKeysOnce() throws Exception {
        insert("3", 10_000, "scanned:");
        insert("3", 500, "other:");
        assertThat(cli("-n", "3", "--scan").lines()).hasSize(10_500).doesNotHaveDuplicates();
        List<String> found = cli("-n", "3", "--scan", "--pattern", "scanned:*").lines();
        assertThat(found).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(found))
                .isEqualTo(IntStream.range(0, 10_000)
                        .mapToObj(i -> "scanned:" + i)
                        .collect(Collectors.toCollection(TreeSet::new)));
        assertThat(ask("-n", "3", "--scan", "--pattern", "scanned:999[89]").lines())
                .containsExactlyInAnyOrder("scanned:9998", "scanned:9999");
    }

    @Test
    void biggestKeysAreFoundBySizeAndByMemory() throws Exception {
        insert("4", 2_000, "small:");
        cliWithInput("x".repeat(5_000), "-n", "4", "-x", "set", "large");
        for (String mode : new String[] {"--bigkeys", "--memkeys"}) {
            Program.Result result = cli("-n", "4", mode);
            assertThat(result.exitCode()).as(result.output()).isZero();
            assertThat(result.output())
                    .contains("Sampled 2001 keys in the keyspace!")
                    .containsPattern("Biggest string found '\"large\"' has 5\\d{3} bytes")
                    .containsPattern("2001 strings with \\d+ bytes \\(100[.]00% of keys");
        }
    }

    @Test
    void statisticsAreShownLineByLine() throws Exception {
        ask("set", "counted", "v");
        try (Program program = Program.start(NO_INPUT, command("--stat", "-i", "0.01"))) {
            // It prints a block at a time into a pipe: this comes once in twenty lines.
            String shown = program.awaitOutput("- child -");
            assertThat(shown).contains("keys       mem      clients blocked requests            connections");
            assertThat(shown.lines().skip(2).limit(5))
                    .allMatch(line -> line.matches("[1-9]\\d* +[\\d.]+[KMG] +\\d+ +0 .*"));
        }
    }

    @Test
    void latencyIsMeasured() throws Exception {
        assertThat(ask("--latency", "-i", "0.2")).matches("\\d+ \\d+ [\\d.]+ [1-9]\\d*");
        assertThat(ask("--raw", "--latency", "-i", "0.2")).matches("\\d+ \\d+ [\\d.]+ [1-9]\\d*");
    }

    @Test
    void hundredThousandSetsAreInsertedThroughAPipe() throws Exception {
        Program.Result result = insert("6", 100_000, "piped:");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.lines()).contains("errors: 0, replies: 100000");
        assertThat(ask("-n", "6", "dbsize")).isEqualTo("100000");
        assertThat(ask("-n", "6", "get", "piped:99999")).isEqualTo("value:99999");
    }

    @Test
    void errorsInAPipeAreCountedAndTheRestIsInserted() throws Exception {
        Program.Result result = cliWithInput("SET p:1 a\r\nNOSUCH\r\nINCR p:1\r\nSET p:2 b\r\n", "-n", "7", "--pipe");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output())
                .contains("ERR unknown command 'NOSUCH'", "ERR value is not an integer", "errors: 2, replies: 4");
        assertThat(ask("-n", "7", "mget", "p:1", "p:2").lines()).containsExactly("a", "b");
    }

    @Test
    void theLastArgumentCanComeFromStandardInput() throws Exception {
        Program.Result set = cliWithInput("several\r\nlines \u00e9\n", "-n", "8", "-x", "set", "read");
        assertThat(set.output()).isEqualTo("OK\n");
        assertThat(cli("-n", "8", "get", "read").output()).isEqualTo("several\r\nlines \u00e9\n\n");
        assertThat(cliWithInput("value", "-n", "8", "-X", "tag", "set", "tagged", "tag", "ex", "100")
                        .output())
                .isEqualTo("OK\n");
        assertThat(ask("-n", "8", "get", "tagged")).isEqualTo("value");
    }

    @Test
    void clusterCheckFindsOneNodeWithEverySlot() throws Exception {
        String node = "127.0.0.1:" + server.port();
        assertThat(ask("--cluster", "check", node))
                .contains("16384 slots | 0 slaves.")
                .contains("[OK] All nodes agree about slots configuration.", "[OK] All 16384 slots covered.");
        assertThat(ask("--cluster", "info", node))
                .contains("16384 slots | 0 slaves.")
                .containsPattern("\\[OK] \\d+ keys in 1 masters.");
        assertThat(ask("-c", "set", "{any}:key", "v")).isEqualTo("OK");
    }

    @Test
    void monitorShowsWhatOthersDo() throws Exception {
        try (Program monitor = Program.start(NO_INPUT, command("monitor"))) {
            monitor.awaitOutput("OK\n");
            ask("-n", "9", "set", "watched", "a\"b");
            assertThat(monitor.awaitOutput("watched"))
                    .containsPattern("\\d{10}[.]\\d{6} \\[9 127[.]0[.]0[.]1:\\d+] \"set\" \"watched\" \"a\\\\\"b\"\n");
        }
    }

    @Test
    void whatIsNotThereIsRefusedClearly(@TempDir Path directory) throws Exception {
        Path dump = directory.resolve("dump.rdb");
        Program.Result rdb = cli("--rdb", dump.toString());
        assertThat(rdb.exitCode()).isEqualTo(1);
        assertThat(rdb.output()).contains("SYNC with master failed: -ERR unknown command 'SYNC'");
        assertThat(dump).doesNotExist();
        Program.Result functions = cli("--functions-rdb", dump.toString());
        assertThat(functions.exitCode()).isEqualTo(1);
        assertThat(functions.output()).contains("ERR unknown command 'REPLCONF'");
        Path script = Files.writeString(directory.resolve("script.lua"), "return 1");
        assertThat(cli("--eval", script.toString(), "key", ",", "argument").output())
                .startsWith("ERR unknown command 'EVAL', with args beginning with: 'return 1' '1' 'key' 'argument'");
        ask("set", "hot", "v");
        Program.Result hot = cli("--hotkeys");
        assertThat(hot.exitCode()).isEqualTo(1);
        assertThat(hot.output()).contains("ERR An LFU maxmemory policy is not selected");
        assertThat(ask("subscribe", "channel")).startsWith("ERR unknown command 'subscribe'");
    }
}
