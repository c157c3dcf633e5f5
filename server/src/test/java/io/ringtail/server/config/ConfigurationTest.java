package io.ringtail.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Configuration load(String... lines) throws IOException {
        Path path = directory.resolve("ringtail.conf");
        Files.writeString(path, String.join("\n", lines));
        Configuration configuration = new Configuration();
        ConfigurationFile file = new ConfigurationFile(path);
        file.load(configuration);
        configuration.file(file);
        return configuration;
    }

    @Test
    void fileHasCommentsQuotesUnitsAndTheLastOfARepeatedNameCounts() throws IOException {
        Configuration configuration = load(
                "# a comment",
                "",
                "  port 7000",
                "PORT 7001",
                "memory-limit 1gb",
                "requirepass \"two words \\x41\\n\"",
                "data-dir '/tmp/it\\'s here'",
                "bind 127.0.0.1 ::1",
                "client-query-buffer-limit 2k000".replace("2k000", "2m"),
                "client-output-buffer-limit pubsub 1kb 1k 5");
        assertThat(configuration.integer(Settings.PORT)).isEqualTo(7001);
        assertThat(configuration.number(Settings.MEMORY_LIMIT)).isEqualTo(1L << 30);
        assertThat(configuration.text(Settings.REQUIREPASS)).isEqualTo("two words A\n");
        assertThat(configuration.text(Settings.DATA_DIR)).isEqualTo("/tmp/it's here");
        assertThat(configuration.words(Settings.BIND)).containsExactly("127.0.0.1", "::1");
        assertThat(configuration.number(Settings.CLIENT_QUERY_BUFFER_LIMIT)).isEqualTo(2_000_000);
        assertThat(configuration.outputLimitBytes("pubsub")).isEqualTo(1024);
        assertThat(configuration.outputLimitBytes("normal")).isEqualTo(256 << 20);
    }

    @Test
    void whatIsWrongIsNamedWithFileAndLine() {
        for (String[] wrong : new String[][] {
            {"prot 1", "unknown setting 'prot'"},
            {"port 70000", "bad value '70000' for 'port'"},
            {"port", "'port' has no value"},
            {"appendfsync sometimes", "one of the following: always, everysec, no"},
            {"memory-limit 12xb", "must be a memory value"},
            {"memory-limit 99999999999gb", "must be a memory value"},
            {"protected-mode maybe", "'yes' or 'no'"},
            {"requirepass \"open", "unbalanced quotes"},
            {"client-output-buffer-limit normal 1 2", "wrong number of arguments"},
            {"appendonly no", "can't set immutable config"},
        }) {
            assertThatThrownBy(() -> load("port 1", wrong[0]))
                    .as(wrong[0])
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("ringtail.conf, line 2: ")
                    .hasMessageContaining(wrong[1]);
        }
    }

    @Test
    void changeTakesAllOrNothingAndTellsWhoAsked() {
        Configuration configuration = new Configuration();
        List<Long> seen = new ArrayList<>();
        configuration.whenChanged(Settings.TIMEOUT, settings -> seen.add(settings.number(Settings.TIMEOUT)));
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("timeout", "5");
        changes.put("maxclients", "none");
        assertThatThrownBy(() -> configuration.change(changes))
                .hasMessage("ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't be parsed"
                        + " into an integer");
        assertThat(configuration.number(Settings.TIMEOUT)).isZero();
        assertThatThrownBy(() -> configuration.change(Map.of("port", "1"))).hasMessageContaining("immutable");
        configuration.change(Map.of("timeout", "5"));
        assertThat(seen).containsExactly(0L, 5L);
    }

    @Test
    void rewriteKeepsCommentsAndOrderAndReadsBackTheSame() throws IOException {
        Configuration configuration = load("# first", "timeout 1", "", "# second", "port 7000", "timeout 2");
        configuration.change(Map.of("timeout", "30", "requirepass", "a \"b\" \\ c"));
        ConfigurationFile file = configuration.file();
        assertThat(file).isNotNull();
        file.rewrite(configuration);
        List<String> lines = Files.readAllLines(directory.resolve("ringtail.conf"));
        assertThat(lines).containsExactly("# first", "timeout 30", "", "# second", "port 7000", "requirepass \"a \\\"b\\\" \\\\ c\"");
        Configuration again = new Configuration();
        new ConfigurationFile(directory.resolve("ringtail.conf")).load(again);
        for (Setting setting : Settings.all()) {
            assertThat(again.text(setting)).as(setting.name()).isEqualTo(configuration.text(setting));
        }
    }
}
