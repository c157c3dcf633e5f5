package io.ringtail.server.command;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

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
}
