package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@code COMMAND}: the command table, as clients want to see it. Safe for concurrent use. */
final class CommandCommands {
    private static final String GROUP = "server";

    private final CommandTable table;

    private CommandCommands(CommandTable table) {
        this.table = table;
    }

    static void register(CommandTable table) {
        CommandCommands commands = new CommandCommands(table);
        Command command = table.add("command", -1, commands::all)
                .flags(LOADING, STALE)
                .docs(GROUP, "2.8.13", "O(N), N commands", "Describes all commands.", "");
        add(command, "count", 2, call -> call.reply().integer(table.all().size()), "2.8.13", "Counts commands.", "");
        add(command, "docs", -2, commands::docs, "7.0.0", "Explains commands and their arguments.", "[command-name [command-name ...]]");
        add(command, "getkeys", -3, call -> commands.keys(call, false), "2.8.13", "Finds the keys of a command.", "command [arg [arg ...]]");
        add(command, "getkeysandflags", -3, call -> commands.keys(call, true), "7.0.0", "Finds the keys of a command, and what is done to them.",
                "command [arg [arg ...]]");
        add(command, "info", -2, commands::info, "2.8.13", "Describes commands.", "[command-name [command-name ...]]");
        add(command, "list", -2, commands::list, "7.0.0", "Lists names of commands.",
                "[FILTERBY <MODULE module-name|ACLCAT category|PATTERN pattern>]");
        HelpText.addTo(command);
    }

    private static void add(
            Command command, String name, int arity, CommandHandler handler, String since, String summary, String syntax) {
        command.subcommand(name, arity, handler)
                .flags(LOADING, STALE)
                .docs(GROUP, since, "O(N), N commands", summary, syntax);
    }

    private void all(Call call) {
        Collection<Command> all = table.all();
        call.reply().arrayHeader(all.size());
        all.forEach(command -> describe(call.reply(), command));
    }

    private void info(Call call) {
        if (call.count() == 2) {
            all(call);
            return;
        }
        call.reply().arrayHeader(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            Command command = table.find(call.text(i));
            if (command == null) {
                call.reply().nullArray();
            } else {
                describe(call.reply(), command);
            }
        }
    }

    private static void describe(ReplyWriter reply, Command command) {
        reply.arrayHeader(10);
        reply.bulk(command.fullName());
        reply.integer(command.arity());
        Set<String> flags = flags(command);
        reply.setHeader(flags.size());
        flags.forEach(reply::simpleString);
        reply.integer(command.firstKey());
        reply.integer(command.lastKey());
        reply.integer(command.keyStep());
        Set<String> categories = categories(command);
        reply.setHeader(categories.size());
        categories.forEach(reply::simpleString);
        reply.arrayHeader(0);
        keySpecifications(reply, command);
        reply.arrayHeader(command.subcommands().size());
        command.subcommands().values().forEach(subcommand -> describe(reply, subcommand));
    }

    private static Set<String> flags(Command command) {
        Set<String> names = new LinkedHashSet<>();
        for (CommandFlag flag : command.flags()) {
            if (flag.ordinal() < CommandFlag.EXCLUSIVE.ordinal()) {
                names.add(flag.name().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    private static Set<String> categories(Command command) {
        Set<String> names = new LinkedHashSet<>();
        if (command.has(CommandFlag.WRITE)) {
            names.add("@write");
        }
        if (command.has(CommandFlag.READONLY)) {
            names.add("@read");
        }
        switch (command.group()) {
            case "generic" -> names.add("@keyspace");
            case "string", "bitmap", "connection", "hash", "list", "set", "sorted-set", "stream", "pubsub" ->
                names.add("@" + command.group().replace("-", ""));
            case "transactions" -> names.add("@transaction");
            default -> {}
        }
        if (command.has(CommandFlag.ADMIN)) {
            names.add("@admin");
            names.add("@dangerous");
        }
        if (command.has(CommandFlag.BLOCKING)) {
            names.add("@blocking");
        }
        names.add(command.has(CommandFlag.FAST) ? "@fast" : "@slow");
        return names;
    }

    private static void keySpecifications(ReplyWriter reply, Command command) {
        if (command.firstKey() <= 0) {
            reply.arrayHeader(0);
            return;
        }
        reply.arrayHeader(1);
        reply.mapHeader(3);
        reply.bulk("flags");
        keyFlags(reply, command);
        reply.bulk("begin_search");
        reply.mapHeader(2);
        reply.bulk("type");
        reply.bulk("index");
        reply.bulk("spec");
        reply.mapHeader(1);
        reply.bulk("index");
        reply.integer(command.firstKey());
        reply.bulk("find_keys");
        reply.mapHeader(2);
        reply.bulk("type");
        reply.bulk("range");
        reply.bulk("spec");
        reply.mapHeader(3);
        reply.bulk("lastkey");
        reply.integer(command.lastKey() < 0 ? command.lastKey() : command.lastKey() - command.firstKey());
        reply.bulk("keystep");
        reply.integer(command.keyStep());
        reply.bulk("limit");
        reply.integer(0);
    }

    private static void keyFlags(ReplyWriter reply, Command command) {
        boolean write = command.has(CommandFlag.WRITE);
        reply.setHeader(2);
        reply.simpleString(write ? "RW" : "RO");
        reply.simpleString(write ? "UPDATE" : "ACCESS");
    }

    private void list(Call call) {
        Predicate<Command> wanted = command -> true;
        if (call.count() == 5 && call.is(2, "FILTERBY")) {
            String value = call.text(4).toLowerCase(Locale.ROOT);
            if (call.is(3, "MODULE")) {
                wanted = command -> false;
            } else if (call.is(3, "ACLCAT")) {
                wanted = command -> categories(command).contains("@" + value);
            } else if (call.is(3, "PATTERN")) {
                GlobPattern pattern = new GlobPattern(value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
                wanted = command -> {
                    byte[] name = command.fullName().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    return pattern.matches(name, 0, name.length);
                };
            } else {
                throw CommandException.SYNTAX;
            }
        } else if (call.count() != 2) {
            throw CommandException.SYNTAX;
        }
        // Subcommands too, by their full names, as Redis lists them.
        List<Command> found = table.indexed().stream().filter(wanted).toList();
        call.reply().arrayHeader(found.size());
        found.forEach(command -> call.reply().bulk(command.fullName()));
    }

    private void keys(Call call, boolean withFlags) {
        byte[][] arguments = new byte[call.count() - 2][];
        for (int i = 2; i < call.count(); i++) {
            arguments[i - 2] = call.bytes(i);
        }
        Request request = Request.of(arguments);
        Command command = commandOf(request);
        if (command == null) {
            throw new CommandException("ERR Invalid command specified");
        }
        if (!KeyPositions.hasKeys(command)) {
            throw new CommandException("ERR The command has no key arguments");
        }
        int arity = command.arity();
        if (arity >= 0 ? request.count() != arity : request.count() < -arity) {
            throw new CommandException("ERR Invalid number of arguments specified for command");
        }
        List<Integer> keys = new ArrayList<>();
        KeyPositions.forEach(command, request, keys::add);
        ReplyWriter reply = call.reply();
        reply.arrayHeader(keys.size());
        for (int key : keys) {
            if (withFlags) {
                reply.arrayHeader(2);
            }
            reply.bulk(arguments[key]);
            if (withFlags) {
                keyFlags(reply, command);
            }
        }
    }

    private @Nullable Command commandOf(Request request) {
        Command command = table.find(request.array(), request.offset(0), request.size(0));
        CommandIndex subcommands = command == null ? null : command.subcommandIndex();
        if (subcommands == null || request.count() < 2) {
            return command;
        }
        return subcommands.find(request.array(), request.offset(1), request.size(1));
    }

    private void docs(Call call) {
        List<Command> found = new ArrayList<>();
        if (call.count() == 2) {
            found.addAll(table.all());
        }
        for (int i = 2; i < call.count(); i++) {
            Command command = table.find(call.text(i));
            if (command != null) {
                found.add(command);
            }
        }
        call.reply().mapHeader(found.size());
        found.forEach(command -> document(call.reply(), command));
    }

    private static void document(ReplyWriter reply, Command command) {
        List<CommandArgument> arguments = CommandSyntax.parse(command.syntax());
        boolean container = !command.subcommands().isEmpty();
        reply.bulk(command.fullName());
        reply.mapHeader(4 + (arguments.isEmpty() ? 0 : 1) + (container ? 1 : 0));
        field(reply, "summary", command.summary());
        field(reply, "since", command.since());
        field(reply, "group", command.group());
        field(reply, "complexity", command.complexity());
        if (!arguments.isEmpty()) {
            reply.bulk("arguments");
            reply.arrayHeader(arguments.size());
            arguments.forEach(argument -> argument(reply, argument));
        }
        if (container) {
            reply.bulk("subcommands");
            reply.mapHeader(command.subcommands().size());
            command.subcommands().values().forEach(subcommand -> document(reply, subcommand));
        }
    }

    private static void field(ReplyWriter reply, String name, String value) {
        reply.bulk(name);
        reply.bulk(value);
    }

    private static void argument(ReplyWriter reply, CommandArgument argument) {
        boolean nested = !argument.arguments().isEmpty();
        boolean key = argument.type().equals("key");
        List<String> flags = new ArrayList<>();
        if (argument.optional()) {
            flags.add("optional");
        }
        if (argument.multiple()) {
            flags.add("multiple");
        }
        // Either what to display or what it consists of.
        int fields = 3
                + (key ? 1 : 0)
                + (argument.token().isEmpty() ? 0 : 1)
                + (flags.isEmpty() ? 0 : 1);
        reply.mapHeader(fields);
        field(reply, "name", argument.name());
        field(reply, "type", argument.type());
        if (!nested) {
            field(reply, "display_text", argument.name());
        }
        if (key) {
            reply.bulk("key_spec_index");
            reply.integer(0);
        }
        if (!argument.token().isEmpty()) {
            field(reply, "token", argument.token());
        }
        if (!flags.isEmpty()) {
            reply.bulk("flags");
            reply.setHeader(flags.size());
            flags.forEach(reply::simpleString);
        }
        if (nested) {
            reply.bulk("arguments");
            reply.arrayHeader(argument.arguments().size());
            argument.arguments().forEach(inner -> argument(reply, inner));
        }
    }
}
