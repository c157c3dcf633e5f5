package io.ringtail.server.command;

import io.ringtail.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All commands by name. Built once at start by the families' {@code register} methods; safe for concurrent use from then on. */
public final class CommandTable {
    private final Map<String, Command> commands = new LinkedHashMap<>();

    /** Adds a command and returns it, to have its metadata set. */
    public Command add(String name, int arity, CommandHandler handler) {
        Command command = new Command(name, arity, handler);
        if (commands.put(name, command) != null) {
            throw new IllegalStateException("two commands " + name);
        }
        return command;
    }

    public Collection<Command> all() {
        return commands.values();
    }

    /** The command of that name, or else {@code container} added: for containers whose subcommands several families bring. */
    Command container(String name) {
        Command known = commands.get(name);
        return known != null ? known : add(name, -2, HelpText.containerAlone(name));
    }

    private List<Command> indexed = List.of();
    private @Nullable CommandIndex index;

    /** Ends the building: every command and subcommand gets its place and can be found by name. */
    public CommandTable freeze() {
        List<Command> all = new ArrayList<>();
        for (Command command : commands.values()) {
            command.freeze(all.size());
            all.add(command);
            for (Command subcommand : command.subcommands().values()) {
                subcommand.freeze(all.size());
                all.add(subcommand);
            }
        }
        indexed = List.copyOf(all);
        index = new CommandIndex(commands.values());
        return this;
    }

    /** The command of that name, in any case; null when there is none. Only after {@link #freeze}. */
    public @Nullable Command find(byte[] array, int offset, int size) {
        CommandIndex frozen = index;
        if (frozen == null) {
            throw new IllegalStateException("the command table is not complete");
        }
        return frozen.find(array, offset, size);
    }

    /** {@link #find(byte[], int, int)} of a text such as {@code get} or {@code client|list}. */
    public @Nullable Command find(String fullName) {
        int bar = fullName.indexOf('|');
        byte[] name = (bar < 0 ? fullName : fullName.substring(0, bar)).getBytes(StandardCharsets.UTF_8);
        Command command = find(name, 0, name.length);
        if (command == null || bar < 0) {
            return command;
        }
        CommandIndex subcommands = command.subcommandIndex();
        byte[] subcommand = fullName.substring(bar + 1).getBytes(StandardCharsets.UTF_8);
        return subcommands == null ? null : subcommands.find(subcommand, 0, subcommand.length);
    }

    /** The command or subcommand that a request names; null when there is none. */
    public @Nullable Command resolve(Request request) {
        Command command = find(request.array(), request.offset(0), request.size(0));
        if (command == null || request.count() < 2) {
            return command;
        }
        CommandIndex subcommands = command.subcommandIndex();
        Command subcommand = subcommands == null ? null : subcommands.find(request.array(), request.offset(1), request.size(1));
        return subcommand == null ? command : subcommand;
    }

    /** All commands and subcommands, each at its {@link Command#index}. */
    public List<Command> indexed() {
        return indexed;
    }
}
