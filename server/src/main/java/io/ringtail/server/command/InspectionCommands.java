package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;

/**
 * What is known of a value besides itself: {@code OBJECT} and {@code MEMORY USAGE}. Stateless; each handler is confined to the thread
 * that runs its call.
 *
 * <p>{@code OBJECT ENCODING} names what Redis would choose for the value had it been {@code SET}: clients look at it, though nothing here
 * is kept in such forms. Accesses are not tracked, so the idle time is counted from the last write.
 */
final class InspectionCommands {
    private static final CommandException NO_FREQUENCY =
            new CommandException("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note"
                    + " that when switching between policies at runtime LRU and LFU data will take some time to adjust.");
    /** The longest string that Redis keeps in one piece with its header. */
    private static final int MAX_EMBEDDED_SIZE = 44;
    /** Where the milliseconds begin in a hybrid logical time. */
    private static final int HLC_MILLIS_SHIFT = 16;

    private static final String[] OBJECT_HELP = {
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Name the form in which the value is kept.",
        "FREQ <key>",
        "    Say how often the key is accessed; needs an LFU policy.",
        "IDLETIME <key>",
        "    Count the seconds since the key was last written.",
        "REFCOUNT <key>",
        "    Count the references to the value.",
        "HELP",
        "    Print this help."
    };
    private static final String[] MEMORY_HELP = {
        "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "USAGE <key> [SAMPLES <count>]",
        "    Count the bytes that a key and its value take.",
        "HELP",
        "    Print this help."
    };

    private InspectionCommands() {}

    static void register(CommandTable table) {
        Command object = table.add("object", -2, call -> unknownSubcommand(call, "OBJECT"))
                .docs("generic", "2.2.3", "Depends on the subcommand", "Answers what is known of a value's form.", "");
        object.subcommand("encoding", 3, InspectionCommands::encoding)
                .flags(READONLY)
                .keys(2, 2, 1)
                .docs("generic", "2.2.3", "O(1)", "Names the form in which a value is kept.", "key");
        object.subcommand("freq", 3, InspectionCommands::freq)
                .flags(READONLY)
                .keys(2, 2, 1)
                .docs("generic", "4.0.0", "O(1)", "Says how often a key is accessed.", "key");
        object.subcommand("help", 2, call -> help(call.reply(), OBJECT_HELP))
                .flags(LOADING, STALE)
                .docs("generic", "6.2.0", "O(1)", "Explains the subcommands.", "");
        object.subcommand("idletime", 3, InspectionCommands::idletime)
                .flags(READONLY)
                .keys(2, 2, 1)
                .docs("generic", "2.2.3", "O(1)", "Counts the seconds since a key was last written.", "key");
        object.subcommand("refcount", 3, InspectionCommands::refcount)
                .flags(READONLY)
                .keys(2, 2, 1)
                .docs("generic", "2.2.3", "O(1)", "Counts the references to a value, which is one.", "key");
        Command memory = table.add("memory", -2, call -> unknownSubcommand(call, "MEMORY"))
                .docs("server", "4.0.0", "Depends on the subcommand", "Answers how memory is used.", "");
        memory.subcommand("help", 2, call -> help(call.reply(), MEMORY_HELP))
                .flags(LOADING, STALE)
                .docs("server", "4.0.0", "O(1)", "Explains the subcommands.", "");
        memory.subcommand("usage", -3, InspectionCommands::usage)
                .flags(READONLY)
                .keys(2, 2, 1)
                .docs("server", "4.0.0", "O(1)", "Counts the bytes that a key and its value take.", "key [SAMPLES count]");
    }

    private static void unknownSubcommand(Call call, String container) {
        throw new CommandException("ERR unknown subcommand '" + call.quoted(1) + "'. Try " + container + " HELP.");
    }

    private static void help(ReplyWriter reply, String[] lines) {
        reply.arrayHeader(lines.length);
        for (String line : lines) {
            reply.simpleString(line);
        }
    }

    private static boolean read(Call call) {
        boolean found = call.data().read(call.key(2), call.record());
        if (!found) {
            call.reply().nullBulk();
        }
        return found;
    }

    private static void encoding(Call call) {
        if (read(call)) {
            Record record = call.record();
            if (record.showsCollection()) {
                call.reply().bulk("hashtable");
                return;
            }
            boolean integer = Numbers.isLong(record.valueArray(), record.valueOffset(), record.valueSize());
            call.reply().bulk(integer ? "int" : record.valueSize() <= MAX_EMBEDDED_SIZE ? "embstr" : "raw");
        }
    }

    private static void freq(Call call) {
        if (read(call)) {
            throw NO_FREQUENCY;
        }
    }

    private static void idletime(Call call) {
        if (read(call)) {
            long writtenAtMillis = call.record().hlc() >>> HLC_MILLIS_SHIFT;
            call.reply().integer(Math.max(0, call.data().nowMillis() - writtenAtMillis) / 1000);
        }
    }

    private static void refcount(Call call) {
        if (read(call)) {
            call.reply().integer(1);
        }
    }

    private static void usage(Call call) {
        for (int i = 3; i < call.count(); i += 2) {
            if (!call.is(i, "SAMPLES") || i + 1 == call.count() || call.integer(i + 1) < 0) {
                throw CommandException.SYNTAX;
            }
        }
        Key key = call.key(2);
        if (call.data().read(key, call.record())) {
            call.reply().integer((long) key.size() + call.record().size());
        } else {
            call.reply().nullBulk();
        }
    }
}
