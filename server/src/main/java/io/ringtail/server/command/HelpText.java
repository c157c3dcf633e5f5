package io.ringtail.server.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code X HELP} answers for a container {@code X}, made from the table. Pure. */
final class HelpText {
    private HelpText() {}

    /** Adds the subcommand {@code help} to a container that has none; to be called when its other subcommands are there. */
    static void addTo(Command container) {
        if (!container.subcommands().containsKey("help")) {
            container
                    .subcommand("help", 2, call -> answer(container, call))
                    .flags(CommandFlag.LOADING, CommandFlag.STALE)
                    .docs(container.group(), "5.0.0", "O(1)", "Explains the subcommands.", "");
        }
    }

    /** What a container does that was named alone, which the dispatcher's check of its arity keeps from happening. */
    static CommandHandler containerAlone(String name) {
        return call -> {
            throw new CommandException("ERR wrong number of arguments for '" + name + "' command");
        };
    }

    private static void answer(Command container, Call call) {
        List<String> lines = new ArrayList<>();
        lines.add(container.name().toUpperCase(Locale.ROOT) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        for (Command subcommand : container.subcommands().values()) {
            String syntax = subcommand.syntax().isEmpty() ? "" : " " + subcommand.syntax();
            lines.add(subcommand.name().toUpperCase(Locale.ROOT) + syntax);
            lines.add("    " + subcommand.summary());
        }
        call.reply().arrayHeader(lines.size());
        for (String line : lines) {
            call.reply().simpleString(line);
        }
    }
}
