package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What holds of every data command in the table. */
class DataCommandsTest {
    private final CommandTester tester = new CommandTester();
    private final Collection<Command> commands = tester.commands.values();

    @Test
    void tooFewAndTooManyArgumentsAreRefused() {
        for (Command command : commands) {
            check(command, List.of(command.name()), command.name());
            for (Command subcommand : command.subcommands().values()) {
                check(
                        subcommand,
                        List.of(command.name(), subcommand.name()),
                        command.name() + "|" + subcommand.name());
            }
        }
    }

    private void check(Command command, List<String> name, String shown) {
        String error = "-ERR wrong number of arguments for '" + shown + "' command";
        int fewest = Math.abs(command.arity());
        if (fewest > name.size()) {
            assertThat(tester.run(padded(name, fewest - 1))).as(shown).isEqualTo(error);
        }
        if (command.arity() >= 0) {
            assertThat(tester.run(padded(name, fewest + 1))).as(shown).isEqualTo(error);
        }
        assertThat(tester.run(padded(name, fewest))).as(shown).isNotEqualTo(error);
    }

    private static List<String> padded(List<String> name, int count) {
        List<String> words = new ArrayList<>(name);
        words.addAll(Collections.nCopies(count - name.size(), "1"));
        return words;
    }

    @Test
    void eachCommandWithManyOddArgumentsHasOneReply() {
        for (Command command : commands) {
            for (String argument : new String[] {"", "-9223372036854775808", "9223372036854775807", "\u0000\r\n", "*"}) {
                for (int count = 2; count < 9; count++) {
                    assertThat(tester.run(padded(
                                    List.of(command.name(), argument), count)))
                            .as(command.name())
                            .isNotEmpty();
                }
            }
        }
    }

    @Test
    void eachCommandIsDescribed() {
        for (Command command : commands) {
            assertThat(command.summary()).as(command.name()).endsWith(".");
            assertThat(command.since()).as(command.name()).matches("\\d+\\.\\d+\\.\\d+");
            assertThat(command.complexity()).as(command.name()).isNotEmpty();
            assertThat(command.group()).as(command.name()).isIn("string", "bitmap", "generic", "server", "set");
        }
    }

    @Test
    void eachCommandWithKeysSaysWhetherItWrites() {
        for (Command command : commands) {
            if (command.subcommands().isEmpty()) {
                assertThat(command.has(CommandFlag.WRITE)).as(command.name()).isNotEqualTo(command.has(CommandFlag.READONLY));
            }
            if (command.keyStep() > 0 && command.firstKey() != command.lastKey() && command.has(CommandFlag.READONLY)) {
                // LCS takes its two values exclusively by itself, and computes afterwards. Sets are walked while others go on.
                assertThat(command.has(CommandFlag.EXCLUSIVE) || command.name().equals("lcs") || command.group().equals("set"))
                        .as(command.name())
                        .isTrue();
            }
        }
    }
}
