package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CommandSyntaxTest {
    private static String show(List<CommandArgument> arguments) {
        return arguments.stream().map(CommandSyntaxTest::show).collect(Collectors.joining(" "));
    }

    private static String show(CommandArgument argument) {
        String inner = argument.arguments().isEmpty() ? argument.name() : "(" + show(argument.arguments()) + ")";
        return (argument.token().isEmpty() ? "" : argument.token() + "=") + argument.type() + ":" + inner
                + (argument.optional() ? "?" : "") + (argument.multiple() ? "+" : "");
    }

    @Test
    void optionsOfSetAreReadAsChoices() {
        assertThat(show(CommandSyntax.parse("key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]")))
                .isEqualTo("key:key string:value oneof:(NX=pure-token:nx XX=pure-token:xx)? GET=pure-token:get?"
                        + " oneof:(EX=integer:seconds PX=integer:milliseconds KEEPTTL=pure-token:keepttl)?");
    }

    @Test
    void repeatedArgumentsAreOneThatMayComeSeveralTimes() {
        assertThat(show(CommandSyntax.parse("key [key ...]"))).isEqualTo("key:key+");
        assertThat(show(CommandSyntax.parse("key value [key value ...]"))).isEqualTo("block:(key:key string:value)+");
        assertThat(show(CommandSyntax.parse("[section [section ...]]"))).isEqualTo("string:section?+");
    }

    @Test
    void nestedBracketsAreBlocks() {
        assertThat(show(CommandSyntax.parse("key [start end [BYTE|BIT]]")))
                .isEqualTo("key:key block:(integer:start integer:end oneof:(BYTE=pure-token:byte BIT=pure-token:bit)?)?");
        assertThat(show(CommandSyntax.parse("<ADDR ip:port|[ID client-id]> ..."))).endsWith("+");
        assertThat(CommandSyntax.parse("")).isEmpty();
    }
}
