package io.ringtail.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.server.config.Setting;
import io.ringtail.server.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ServerCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** Runs a command line whose data cannot be opened; answers the exit code. */
    private int run(String... arguments) {
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        ServerCommand command = new ServerCommand(
                configuration -> {
                    throw new IOException("data directory " + configuration.text(Settings.DATA_DIR) + " is not writable");
                },
                errors,
                errors);
        return new CommandLine(command.spec()).execute(arguments);
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void badValueIsSaidInOneLineThatNamesTheSetting() {
        assertThat(run("--port", "many")).isEqualTo(1);
        assertThat(said())
                .isEqualTo("ringtail: bad value 'many' for 'port': argument couldn't be parsed into an integer"
                        + System.lineSeparator());
    }

    @Test
    void unusableDirectoryIsSaidInOneLineThatNamesIt() {
        assertThat(run("--data-dir", "/nowhere")).isEqualTo(1);
        assertThat(said()).isEqualTo("ringtail: data directory /nowhere is not writable" + System.lineSeparator());
    }

    @Test
    void fileComesFirstAndTheCommandLineOverrulesIt() throws IOException {
        Path file = directory.resolve("ringtail.conf");
        Files.writeString(file, "data-dir /from-file\nport nonsense\n");
        assertThat(run("--config", file.toString())).isEqualTo(1);
        assertThat(said()).contains("line 2: bad value 'nonsense' for 'port'");
        err.reset();
        Files.writeString(file, "data-dir /from-file\n");
        run("--config", file.toString());
        assertThat(said()).contains("/from-file");
        err.reset();
        run("--config", file.toString(), "--data-dir", "/from-line");
        assertThat(said()).contains("/from-line");
        err.reset();
        run("--config", "/no/such/file");
        assertThat(said()).startsWith("ringtail: cannot read configuration file /no/such/file");
    }

    @Test
    void helpNamesEverySetting() {
        StringWriter help = new StringWriter();
        PrintStream nowhere = new PrintStream(err, true, StandardCharsets.UTF_8);
        new CommandLine(new ServerCommand(configuration -> {
                            throw new IOException("not opened");
                        }, nowhere, nowhere)
                        .spec())
                .usage(new PrintWriter(help));
        for (Setting setting : Settings.settable()) {
            assertThat(help.toString()).contains("--" + setting.name() + "=");
        }
    }
}
