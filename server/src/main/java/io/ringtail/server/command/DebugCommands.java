package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import java.io.IOException;

/** {@code DEBUG}, as far as tools that test a Redis server need it. Safe for concurrent use. */
final class DebugCommands {
    private static final String GROUP = "server";
    private static final double MAX_SLEEP_SECONDS = 3600;

    private DebugCommands() {}

    static void register(CommandTable table, Services services) {
        Command debug = table.container("debug").docs(GROUP, "1.0.0", "Depends on the subcommand", "For testing.", "");
        add(debug, "sleep", 3, DebugCommands::sleep, "Answers after a while.", "seconds").flags(WORKER);
        add(debug, "object", 3, DebugCommands::object, "Describes a value.", "key")
                .flags(READONLY)
                .keys(2, 2, 1);
        add(debug, "protocol", 3, DebugCommands::protocol, "Answers an example of a reply type.",
                "STRING|INTEGER|DOUBLE|NULL|ARRAY|SET|MAP|ATTRIB|PUSH|VERBATIM|TRUE|FALSE|BIGNUM");
        add(debug, "error", 3, DebugCommands::error, "Answers an error.", "message");
        add(debug, "log", 3, DebugCommands::log, "Writes to the server's log.", "message");
        add(debug, "stringmatch-len", 4, DebugCommands::stringmatch, "Matches a long text.", "length pattern").flags(WORKER);
        add(debug, "reload", -2, call -> reload(services, call), "Writes what is in memory to tables.", "[option ...]")
                .flags(WORKER);
        for (String ignored : new String[] {
            "set-active-expire", "quicklist-packed-threshold", "listpack-entries", "set-disable-deny-scripts",
            "pause-cron", "dict-resizing"
        }) {
            add(debug, ignored, -2, call -> call.reply().ok(), "Accepted and of no effect.", "[argument ...]");
        }
        PeerFaultCommands.addTo(debug, services);
        HelpText.addTo(debug);
    }

    private static Command add(Command debug, String name, int arity, CommandHandler handler, String summary, String syntax) {
        return debug.subcommand(name, arity, handler)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE)
                .docs(GROUP, "1.0.0", "Depends on the argument", summary, syntax);
    }

    /** Only this client waits: a worker sleeps for it. */
    private static void sleep(Call call) {
        double seconds;
        try {
            seconds = Double.parseDouble(call.text(2));
        } catch (NumberFormatException e) {
            throw CommandException.NOT_A_FLOAT;
        }
        if (!(seconds >= 0 && seconds <= MAX_SLEEP_SECONDS)) {
            throw new CommandException("ERR value is out of range");
        }
        try {
            Thread.sleep(java.time.Duration.ofNanos((long) (seconds * 1e9)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        call.reply().ok();
    }

    private static void object(Call call) {
        Record record = call.record();
        if (!call.data().read(call.key(2), record)) {
            throw CommandException.NO_SUCH_KEY;
        }
        int size = record.valueSize();
        boolean integer = Numbers.isLong(record.valueArray(), record.valueOffset(), size);
        String encoding = integer ? "int" : size <= 44 ? "embstr" : "raw";
        call.reply()
                .simpleString("Value at:0x" + Long.toHexString(call.key(2).token()) + " refcount:1 encoding:" + encoding
                        + " serializedlength:" + size + " lru:0 lru_seconds_idle:0");
    }

    private static void protocol(Call call) {
        ReplyWriter reply = call.reply();
        switch (call.text(2).toLowerCase(java.util.Locale.ROOT)) {
            case "string" -> reply.bulk("Hello World");
            case "integer" -> reply.integer(12345);
            case "double" -> reply.doubleValue(3.141);
            case "null" -> reply.nullBulk();
            case "array" -> {
                reply.arrayHeader(3);
                numbers(reply);
            }
            case "set" -> {
                reply.setHeader(3);
                numbers(reply);
            }
            case "map" -> {
                reply.mapHeader(3);
                for (int i = 0; i < 3; i++) {
                    reply.integer(i);
                    reply.bool(i == 1);
                }
            }
            case "attrib" -> {
                if (reply.protocolVersion() > 2) {
                    reply.attributeHeader(1);
                    reply.bulk("key-popularity");
                    reply.arrayHeader(2);
                    reply.bulk("key:123");
                    reply.integer(90);
                }
                reply.bulk("Some real reply following the attribute");
            }
            case "push" -> {
                if (reply.protocolVersion() < 3) {
                    throw new CommandException("ERR RESP2 is not supported by this command");
                }
                // Out of band: the reply itself comes after it.
                reply.pushHeader(2);
                reply.bulk("server-cpu-usage");
                reply.integer(42);
                reply.nullBulk();
            }
            case "verbatim" -> reply.verbatim("txt", "This is a verbatim\nstring");
            case "true" -> reply.bool(true);
            case "false" -> reply.bool(false);
            case "bignum" -> reply.bigNumber("1234567999999999999999999999999999999");
            default -> throw new CommandException("ERR Wrong protocol type name. Please use one of the following: "
                    + "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
        }
    }

    private static void numbers(ReplyWriter reply) {
        for (int i = 0; i < 3; i++) {
            reply.integer(i);
        }
    }

    private static void error(Call call) {
        throw new CommandException(call.text(2));
    }

    private static void log(Call call) {
        org.slf4j.LoggerFactory.getLogger(DebugCommands.class)
                .warn("DEBUG LOG: {}", call.text(2).replace('\r', ' ').replace('\n', ' '));
        call.reply().ok();
    }

    private static void stringmatch(Call call) {
        long size = call.integer(2);
        if (size < 0 || size > 1 << 24) {
            throw new CommandException("ERR value is out of range");
        }
        byte[] text = new byte[(int) size];
        java.util.Arrays.fill(text, (byte) 'x');
        call.reply().integer(new GlobPattern(call.bytes(3)).matches(text, 0, text.length) ? 1 : 0);
    }

    private static void reload(Services services, Call call) {
        try {
            services.data().flush();
        } catch (IOException e) {
            throw new CommandException("ERR Error trying to flush: " + e.getMessage());
        }
        call.reply().ok();
    }
}
