package io.ringtail.server.command;

import java.util.List;

/**
 * One argument of a command, as {@code COMMAND DOCS} describes it. Immutable.
 *
 * @param name in the words of the syntax, in lower case
 * @param type {@code key string integer double pattern unix-time pure-token oneof block}
 * @param token the word that stands before it, or, of a pure token, for it; empty when there is none
 * @param optional whether it may be left out
 * @param multiple whether it may come several times
 * @param arguments of a oneof or a block, what it consists of
 */
record CommandArgument(
        String name, String type, String token, boolean optional, boolean multiple, List<CommandArgument> arguments) {

    CommandArgument repeated() {
        return new CommandArgument(name, type, token, optional, true, arguments);
    }

    CommandArgument made(boolean isOptional, boolean isMultiple) {
        return new CommandArgument(name, type, token, isOptional, isMultiple, arguments);
    }

    CommandArgument withToken(String word) {
        return new CommandArgument(name, type, word, optional, multiple, arguments);
    }
}
