package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;

/** Strings counted with: {@code INCR} and its relatives. Stateless; each handler is confined to the thread that runs its call. */
final class CounterCommands {
    private static final CommandException OVERFLOW =
            new CommandException("ERR increment or decrement would overflow");
    private static final CommandException DECREMENT_OVERFLOW = new CommandException("ERR decrement would overflow");
    private static final CommandException NOT_FINITE =
            new CommandException("ERR increment would produce NaN or Infinity");

    private static final CommandException NO_FLOATS = new CommandException(
            "ERR fractions are not counted where conflicts are kept as siblings: increments made at the same time could not be added up exactly");

    private CounterCommands() {}

    static void register(CommandTable table) {
        table.add("incr", 2, call -> add(call, 1))
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Adds one to the integer a key holds; none counts as 0.", "key");
        table.add("decr", 2, call -> add(call, -1))
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Takes one from the integer a key holds; none counts as 0.", "key");
        table.add("incrby", 3, call -> add(call, call.integer(2)))
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Adds to the integer a key holds; none counts as 0.", "key increment");
        table.add("decrby", 3, CounterCommands::decrby)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "1.0.0",
                        "O(1)",
                        "Subtracts from the integer a key holds; none counts as 0.",
                        "key decrement");
        table.add("incrbyfloat", 3, CounterCommands::incrbyfloat)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "2.6.0",
                        "O(1)",
                        "Adds to the floating-point number a key holds; none counts as 0.",
                        "key increment");
    }

    private static void decrby(Call call) {
        long decrement = call.integer(2);
        if (decrement == Long.MIN_VALUE) {
            throw DECREMENT_OVERFLOW;
        }
        add(call, -decrement);
    }

    private static void add(Call call, long increment) {
        Key key = call.key(1);
        Record record = call.record();
        long value = 0;
        long expireAtMillis = 0;
        if (call.readString(key, record)) {
            value = Numbers.parseLong(record.valueArray(), record.valueOffset(), record.valueSize());
            expireAtMillis = record.expireAtMillis();
        }
        long sum = value + increment;
        if (((value ^ sum) & (increment ^ sum)) < 0) {
            throw OVERFLOW;
        }
        if (call.data().keepsSiblings(key)) {
            call.data().increment(key, increment, record);
            call.reply().integer(sum);
            return;
        }
        byte[] digits = call.scratch(Numbers.MAX_LONG_DIGITS);
        call.data().write(key, digits, 0, Numbers.formatLong(sum, digits), expireAtMillis);
        call.reply().integer(sum);
    }

    private static void incrbyfloat(Call call) {
        Key key = call.key(1);
        if (call.data().keepsSiblings(key)) {
            throw NO_FLOATS;
        }
        Record record = call.record();
        LongDouble value = LongDouble.ZERO;
        long expireAtMillis = 0;
        if (call.readString(key, record)) {
            value = LongDouble.parse(record.valueArray(), record.valueOffset(), record.valueSize());
            expireAtMillis = record.expireAtMillis();
        }
        LongDouble sum = value.plus(
                LongDouble.parse(call.request().array(), call.request().offset(2), call.request().size(2)));
        if (!sum.isFinite()) {
            throw NOT_FINITE;
        }
        byte[] text = sum.toText().getBytes(StandardCharsets.US_ASCII);
        call.data().write(key, text, 0, text.length, expireAtMillis);
        call.reply().bulk(text);
    }
}
