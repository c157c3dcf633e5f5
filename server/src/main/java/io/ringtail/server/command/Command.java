package io.ringtail.server.command;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A command, or a subcommand of one: its name, what must be known to run, route and describe it, and its handler.
 *
 * <p>Made with the fluent methods while the table is built, and not changed afterwards. Safe for concurrent use from then on.
 */
public final class Command {
    private final String name;
    private final int arity;
    private final CommandHandler handler;
    private final Set<CommandFlag> flags = EnumSet.noneOf(CommandFlag.class);
    private int flagMask;
    private String fullName;
    private int index = -1;
    private @Nullable CommandIndex subcommandIndex;
    private boolean inTransactions = true;
    private final Map<String, Command> subcommands = new LinkedHashMap<>();
    private int firstKey;
    private int lastKey;
    private int keyStep;
    private @Nullable KeyFinder keyFinder;
    private int firstMember;
    private String group = "generic";
    private String since = "1.0.0";
    private String complexity = "O(1)";
    private String summary = "";
    private String syntax = "";

    /**
     * @param name in lower case; of a subcommand, its own name only
     * @param arity arguments with the name (and the container's name) included; negative: at least so many
     */
    Command(String name, int arity, CommandHandler handler) {
        this.name = name;
        this.fullName = name;
        this.arity = arity;
        this.handler = handler;
    }

    /** Finds the keys of a command whose key positions depend on its arguments. */
    @FunctionalInterface
    public interface KeyFinder {
        /** Calls {@code keys} with the index of each argument that is a key. */
        void find(io.ringtail.protocol.Request request, java.util.function.IntConsumer keys);
    }

    public Command flags(CommandFlag... more) {
        for (CommandFlag flag : more) {
            flags.add(flag);
            flagMask |= 1 << flag.ordinal();
        }
        return this;
    }

    /** Marks a command that {@code MULTI} does not queue: it runs at once, as {@code EXEC} does. */
    public Command neverQueued() {
        inTransactions = false;
        return this;
    }

    /** Where keys stand: first index, last index (negative: counted from the end), step. */
    public Command keys(int first, int last, int step) {
        firstKey = first;
        lastKey = last;
        keyStep = step;
        return this;
    }

    public Command keyFinder(KeyFinder finder) {
        keyFinder = finder;
        return flags(CommandFlag.MOVABLEKEYS);
    }

    /** Has the arguments from an index on be members of the sets that all its keys hold, or may hold. */
    public Command members(int first) {
        firstMember = first;
        return this;
    }

    /** The first argument that is a member of the command's sets; 0 when none is. */
    public int firstMember() {
        return firstMember;
    }

    /**
     * What {@code COMMAND DOCS} says.
     *
     * @param syntax the arguments in the usual notation, from which the documentation of each is derived, for example
     *     {@code key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]} or {@code key [key ...]}
     */
    public Command docs(String group, String since, String complexity, String summary, String syntax) {
        this.group = group;
        this.since = since;
        this.complexity = complexity;
        this.summary = summary;
        this.syntax = syntax;
        return this;
    }

    /** Adds a subcommand and returns it. */
    public Command subcommand(String subcommandName, int subcommandArity, CommandHandler subcommandHandler) {
        Command subcommand = new Command(subcommandName, subcommandArity, subcommandHandler);
        subcommand.fullName = name + "|" + subcommandName;
        subcommand.group = group;
        subcommand.since = since;
        if (subcommands.put(subcommandName, subcommand) != null) {
            throw new IllegalStateException("two subcommands " + name + " " + subcommandName);
        }
        return subcommand;
    }

    public String name() {
        return name;
    }

    /** The name, for a subcommand after its container's and a bar: {@code client|list}. */
    public String fullName() {
        return fullName;
    }

    /** Its place among all commands and subcommands, by which counters know it. */
    public int index() {
        return index;
    }

    /** Gives it its place, once the table is complete. */
    void freeze(int placeInTable) {
        index = placeInTable;
        if (!subcommands.isEmpty()) {
            subcommandIndex = new CommandIndex(subcommands.values());
        }
    }

    /** Subcommands by name; null when it is no container. */
    @Nullable CommandIndex subcommandIndex() {
        return subcommandIndex;
    }

    /** Whether {@code MULTI} queues it. */
    public boolean isQueued() {
        return inTransactions;
    }

    public int arity() {
        return arity;
    }

    public CommandHandler handler() {
        return handler;
    }

    public Set<CommandFlag> flags() {
        return flags;
    }

    public boolean has(CommandFlag flag) {
        return (flagMask & 1 << flag.ordinal()) != 0;
    }

    public Map<String, Command> subcommands() {
        return subcommands;
    }

    public int firstKey() {
        return firstKey;
    }

    public int lastKey() {
        return lastKey;
    }

    public int keyStep() {
        return keyStep;
    }

    public @Nullable KeyFinder keyFinder() {
        return keyFinder;
    }

    public String group() {
        return group;
    }

    public String since() {
        return since;
    }

    public String complexity() {
        return complexity;
    }

    public String summary() {
        return summary;
    }

    public String syntax() {
        return syntax;
    }
}
