package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.Request;

/**
 * Strings as rows of integers of 1 to 64 bits: {@code BITFIELD}. Stateless; each handler is confined to the thread that runs its call.
 *
 * <p>The arguments are gone through twice, first to check them all and find how long the value must be, then to do what they
 * say; so nothing is kept of them in between.
 */
final class BitfieldCommands {
    private static final CommandException INVALID_TYPE = new CommandException("ERR Invalid bitfield type. Use something"
            + " like i16 u8. Note that u64 is not supported but i64 is.");
    private static final CommandException INVALID_OVERFLOW =
            new CommandException("ERR Invalid OVERFLOW type specified");
    private static final CommandException ONLY_GET =
            new CommandException("ERR BITFIELD_RO only supports the GET subcommand");

    private enum Overflow {
        WRAP,
        SAT,
        FAIL
    }

    private BitfieldCommands() {}

    static void register(CommandTable table) {
        table.add("bitfield", -2, call -> bitfield(call, false))
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "bitmap",
                        "3.2.0",
                        "O(N), N operations, and the bytes of the value when it changes",
                        "Reads and changes integers of any width within a value.",
                        "key [GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value"
                                + "|INCRBY encoding offset increment> ...]");
        table.add("bitfield_ro", -2, call -> bitfield(call, true))
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs(
                        "bitmap",
                        "6.0.0",
                        "O(N), N operations",
                        "Reads integers of any width within a value.",
                        "key [GET encoding offset [GET encoding offset ...]]");
    }

    private static void bitfield(Call call, boolean readOnly) {
        int operations = 0;
        long highestWritten = -1;
        int i = 2;
        while (i < call.count()) {
            int rest = call.count() - i - 1;
            boolean get = call.is(i, "GET") && rest >= 2;
            boolean write = (call.is(i, "SET") || call.is(i, "INCRBY")) && rest >= 3;
            if (call.is(i, "OVERFLOW") && rest >= 1) {
                overflow(call, i + 1);
                i += 2;
                continue;
            } else if (!get && !write) {
                throw CommandException.SYNTAX;
            }
            int width = width(call, i + 1);
            long offset = offset(call, i + 2, width);
            if (write) {
                highestWritten = Math.max(highestWritten, offset + width - 1);
                call.integer(i + 3);
            }
            operations++;
            i += get ? 3 : 4;
        }
        if (readOnly && highestWritten >= 0) {
            throw ONLY_GET;
        }
        run(call, operations, highestWritten);
    }

    private static void run(Call call, int operations, long highestWritten) {
        Key key = call.key(1);
        Record record = call.record();
        boolean found = call.readString(key, record);
        int before = found ? record.valueSize() : 0;
        byte[] value = record.valueArray();
        int start = record.valueOffset();
        int size = before;
        boolean changed = false;
        if (highestWritten >= 0) {
            size = Math.max(before, (int) (highestWritten >>> 3) + 1);
            value = BitmapCommands.extended(call, record, before, size);
            start = 0;
            changed = size > before;
        }
        call.reply().arrayHeader(operations);
        Overflow overflow = Overflow.WRAP;
        int i = 2;
        while (i < call.count()) {
            if (call.is(i, "OVERFLOW")) {
                overflow = overflow(call, i + 1);
                i += 2;
                continue;
            }
            int width = width(call, i + 1);
            boolean signed = signed(call, i + 1);
            long at = offset(call, i + 2, width);
            long old = read(value, start, size, at, width, signed);
            if (call.is(i, "GET")) {
                call.reply().integer(old);
                i += 3;
                continue;
            }
            boolean set = call.is(i, "SET");
            long argument = call.integer(i + 3);
            long base = set ? argument : old;
            long increment = set ? 0 : argument;
            int over = signed ? signedOverflow(base, increment, width) : unsignedOverflow(base, increment, width);
            if (over != 0 && overflow == Overflow.FAIL) {
                call.reply().nullBulk();
            } else {
                long result = over != 0 && overflow == Overflow.SAT
                        ? limit(over > 0, signed, width)
                        : truncated(base + increment, signed, width);
                call.reply().integer(set ? old : result);
                changed |= old != result;
                write(value, start, at, width, result);
            }
            i += 4;
        }
        if (changed) {
            call.data().write(key, value, 0, size, found ? record.expireAtMillis() : 0);
        }
    }

    private static Overflow overflow(Call call, int index) {
        if (call.is(index, "WRAP")) {
            return Overflow.WRAP;
        } else if (call.is(index, "SAT")) {
            return Overflow.SAT;
        } else if (call.is(index, "FAIL")) {
            return Overflow.FAIL;
        }
        throw INVALID_OVERFLOW;
    }

    private static boolean signed(Call call, int index) {
        Request request = call.request();
        return request.array()[request.offset(index)] == 'i';
    }

    private static int width(Call call, int index) {
        Request request = call.request();
        int offset = request.offset(index);
        int size = request.size(index);
        byte kind = size == 0 ? 0 : request.array()[offset];
        if ((kind != 'i' && kind != 'u') || !Numbers.isLong(request.array(), offset + 1, size - 1)) {
            throw INVALID_TYPE;
        }
        long width = Numbers.parseLong(request.array(), offset + 1, size - 1);
        if (width < 1 || width > (kind == 'i' ? 64 : 63)) {
            throw INVALID_TYPE;
        }
        return (int) width;
    }

    /** The first bit of a field; {@code #n} is the n-th field of that width. */
    private static long offset(Call call, int index, int width) {
        Request request = call.request();
        int offset = request.offset(index);
        int size = request.size(index);
        if (size == 0 || request.array()[offset] != '#') {
            return BitmapCommands.bitOffset(call, offset, size);
        }
        return BitmapCommands.checkBitOffset(
                call, BitmapCommands.bitOffset(call, offset + 1, size - 1) * width);
    }

    private static long read(byte[] array, int start, int size, long at, int width, boolean signed) {
        long value = 0;
        int rest = width;
        long bit = at;
        while (rest > 0) {
            int within = (int) (bit & 7);
            int taken = Math.min(8 - within, rest);
            long index = bit >>> 3;
            int b = index < size ? array[start + (int) index] & 0xFF : 0;
            value = (value << taken) | ((b >>> (8 - within - taken)) & ((1 << taken) - 1));
            bit += taken;
            rest -= taken;
        }
        return truncated(value, signed, width);
    }

    private static void write(byte[] array, int start, long at, int width, long value) {
        int rest = width;
        long bit = at;
        while (rest > 0) {
            int within = (int) (bit & 7);
            int taken = Math.min(8 - within, rest);
            int index = start + (int) (bit >>> 3);
            int shift = 8 - within - taken;
            int mask = ((1 << taken) - 1) << shift;
            array[index] = (byte) ((array[index] & ~mask) | ((int) (value >>> (rest - taken)) << shift & mask));
            bit += taken;
            rest -= taken;
        }
    }

    /** The low {@code width} bits, as a number with or without a sign. */
    private static long truncated(long value, boolean signed, int width) {
        int unused = 64 - width;
        return signed ? value << unused >> unused : value << unused >>> unused;
    }

    private static long limit(boolean upper, boolean signed, int width) {
        if (signed) {
            return upper ? Long.MAX_VALUE >>> (64 - width) : Long.MIN_VALUE >> (64 - width);
        }
        return upper ? Long.MAX_VALUE >>> (63 - width) : 0;
    }

    /** Above zero when the sum is beyond the upper limit, below when beyond the lower. */
    private static int signedOverflow(long value, long increment, int width) {
        long max = limit(true, true, width);
        long min = limit(false, true, width);
        if (value > max) {
            return 1;
        } else if (value < min) {
            return -1;
        } else if (increment > 0 && value > max - increment) {
            // max - increment does not wrap: max is not negative.
            return 1;
        }
        return increment < 0 && value < min - increment ? -1 : 0;
    }

    /** As {@link #signedOverflow}, of a field without a sign. A negative value set counts as beyond the upper limit. */
    private static int unsignedOverflow(long value, long increment, int width) {
        long max = limit(true, false, width);
        if (value < 0 || value > max || (increment > 0 && increment > max - value)) {
            return 1;
        }
        return increment < 0 && increment < -value ? -1 : 0;
    }
}
