package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.FIRST_KEY;
import static io.ringtail.server.command.CommandFlag.KEYWISE;
import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.Request;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Strings as rows of bits, bit 0 being the highest of the first byte. Stateless; each handler is confined to the thread that runs its
 * call. Fields of several bits are {@link BitfieldCommands}.
 */
final class BitmapCommands {
    private static final CommandException OFFSET_OUT_OF_RANGE =
            new CommandException("ERR bit offset is not an integer or out of range");
    private static final CommandException NO_BIT = new CommandException("ERR bit is not an integer or out of range");
    private static final CommandException NOT_ONE_OR_ZERO = new CommandException("ERR The bit argument must be 1 or 0.");
    private static final CommandException NOT_OF_SEVERAL =
            new CommandException("ERR BITOP NOT must be called with a single source key.");
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private BitmapCommands() {}

    static void register(CommandTable table) {
        table.add("setbit", 4, BitmapCommands::setbit)
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "bitmap",
                        "2.2.0",
                        "O(N), N bytes of the value",
                        "Sets or clears a bit, lengthening the value as far as needed; answers what it was.",
                        "key offset value");
        table.add("getbit", 3, BitmapCommands::getbit)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("bitmap", "2.2.0", "O(1)", "Reads a bit of a value.", "key offset");
        table.add("bitcount", -2, BitmapCommands::bitcount)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs(
                        "bitmap",
                        "2.6.0",
                        "O(N), N bytes looked at",
                        "Counts the bits set in a value or a part of it.",
                        "key [start end [BYTE|BIT]]");
        table.add("bitpos", -3, BitmapCommands::bitpos)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs(
                        "bitmap",
                        "2.8.7",
                        "O(N), N bytes looked at",
                        "Finds the first bit set, or the first clear, in a value or a part of it.",
                        "key bit [start [end [BYTE|BIT]]]");
        table.add("bitop", -4, BitmapCommands::bitop)
                .flags(WRITE, KEYWISE, FIRST_KEY, DENYOOM)
                .keys(2, -1, 1)
                .docs(
                        "bitmap",
                        "2.6.0",
                        "O(N), N bytes of all values",
                        "Combines values bit by bit and stores the result.",
                        "<AND|OR|XOR|NOT> destkey key [key ...]");
    }

    /** Argument {@code index} as the offset of a bit. */
    static long bitOffset(Call call, int index) {
        Request request = call.request();
        return bitOffset(call, request.offset(index), request.size(index));
    }

    static long bitOffset(Call call, int textOffset, int textSize) {
        byte[] array = call.request().array();
        if (!Numbers.isLong(array, textOffset, textSize)) {
            throw OFFSET_OUT_OF_RANGE;
        }
        return checkBitOffset(call, Numbers.parseLong(array, textOffset, textSize));
    }

    static long checkBitOffset(Call call, long offset) {
        if (offset < 0 || (offset >>> 3) >= call.maxValueSize()) {
            throw OFFSET_OUT_OF_RANGE;
        }
        return offset;
    }

    private static void setbit(Call call) {
        long at = bitOffset(call, 2);
        Request request = call.request();
        int digit = request.size(3) == 1 ? request.array()[request.offset(3)] : 0;
        if (digit != '0' && digit != '1') {
            throw NO_BIT;
        }
        Key key = call.key(1);
        Record record = call.record();
        boolean found = call.readString(key, record);
        int before = found ? record.valueSize() : 0;
        int index = (int) (at >>> 3);
        int mask = 0x80 >>> (at & 7);
        int old = index < before ? record.valueArray()[record.valueOffset() + index] & mask : 0;
        boolean set = digit == '1';
        if (index >= before || (old != 0) != set) {
            int size = Math.max(before, index + 1);
            byte[] value = extended(call, record, before, size);
            value[index] = (byte) (set ? value[index] | mask : value[index] & ~mask);
            call.data().write(key, value, 0, size, found ? record.expireAtMillis() : 0);
        }
        call.reply().integer(old != 0 ? 1 : 0);
    }

    /** A copy of the first {@code before} bytes of a record's value, filled up with zero bytes to {@code size}. */
    static byte[] extended(Call call, Record record, int before, int size) {
        byte[] value = call.scratch(size);
        if (before > 0) {
            System.arraycopy(record.valueArray(), record.valueOffset(), value, 0, before);
        }
        Arrays.fill(value, before, size, (byte) 0);
        return value;
    }

    private static void getbit(Call call) {
        long at = bitOffset(call, 2);
        Record record = call.record();
        boolean set = call.readString(call.key(1), record)
                && (at >>> 3) < record.valueSize()
                && (record.valueArray()[record.valueOffset() + (int) (at >>> 3)] & (0x80 >>> (at & 7))) != 0;
        call.reply().integer(set ? 1 : 0);
    }

    private static void bitcount(Call call) {
        int count = call.count();
        if (count == 3 || count > 5) {
            throw CommandException.SYNTAX;
        }
        long start = count > 2 ? call.integer(2) : 0;
        long end = count > 2 ? call.integer(3) : -1;
        boolean bits = count == 5 && inBits(call, 4);
        Record record = call.record();
        if (!call.readString(call.key(1), record) || (start < 0 && end < 0 && start > end)) {
            call.reply().integer(0);
            return;
        }
        long limit = bits ? 8L * record.valueSize() : record.valueSize();
        start = fromStart(start, limit);
        end = Math.min(fromStart(end, limit), limit - 1);
        if (start > end) {
            call.reply().integer(0);
        } else if (bits) {
            call.reply().integer(countBits(record, start, end + 1));
        } else {
            call.reply().integer(countBits(record, 8 * start, 8 * (end + 1)));
        }
    }

    private static boolean inBits(Call call, int index) {
        boolean bits = call.is(index, "BIT");
        if (!bits && !call.is(index, "BYTE")) {
            throw CommandException.SYNTAX;
        }
        return bits;
    }

    /** A position that may count from the end, as one from the start. */
    private static long fromStart(long position, long limit) {
        return Math.max(0, position < 0 ? position + limit : position);
    }

    /** Bits set in {@code [fromBit, toBit)}, which is not empty. */
    private static long countBits(Record record, long fromBit, long toBit) {
        byte[] array = record.valueArray();
        int first = record.valueOffset() + (int) (fromBit >>> 3);
        int last = record.valueOffset() + (int) ((toBit - 1) >>> 3);
        int firstMask = 0xFF >>> (fromBit & 7);
        int lastMask = 0xFF << (7 - ((toBit - 1) & 7));
        if (first == last) {
            return Integer.bitCount(array[first] & firstMask & lastMask & 0xFF);
        }
        long count = Integer.bitCount(array[first] & firstMask & 0xFF) + Integer.bitCount(array[last] & lastMask & 0xFF);
        int at = first + 1;
        for (; at <= last - 8; at += 8) {
            count += Long.bitCount((long) LONG.get(array, at));
        }
        for (; at < last; at++) {
            count += Integer.bitCount(array[at] & 0xFF);
        }
        return count;
    }

    private static void bitpos(Call call) {
        long bit = call.integer(2);
        if (bit != 0 && bit != 1) {
            throw NOT_ONE_OR_ZERO;
        }
        int count = call.count();
        if (count > 6) {
            throw CommandException.SYNTAX;
        }
        long start = count > 3 ? call.integer(3) : 0;
        boolean bits = count == 6 && inBits(call, 5);
        boolean endGiven = count > 4;
        long end = endGiven ? call.integer(4) : -1;
        Record record = call.record();
        if (!call.readString(call.key(1), record)) {
            call.reply().integer(bit == 1 ? -1 : 0);
            return;
        }
        long limit = bits ? 8L * record.valueSize() : record.valueSize();
        start = fromStart(start, limit);
        end = endGiven ? Math.min(fromStart(end, limit), limit - 1) : limit - 1;
        if (start > end) {
            call.reply().integer(-1);
            return;
        }
        long toBit = bits ? end + 1 : 8 * (end + 1);
        long found = findBit(record, bit == 1, bits ? start : 8 * start, toBit);
        // Without an end, the value counts as followed by clear bits.
        call.reply().integer(found < toBit ? found : bit == 0 && !endGiven ? toBit : -1);
    }

    /** The first bit in {@code [fromBit, toBit)} that is as wanted, or {@code toBit}. */
    private static long findBit(Record record, boolean set, long fromBit, long toBit) {
        byte[] array = record.valueArray();
        int offset = record.valueOffset();
        int flip = set ? 0 : 0xFF;
        int index = (int) (fromBit >>> 3);
        int end = (int) ((toBit + 7) >>> 3);
        int b = (array[offset + index] ^ flip) & (0xFF >>> (fromBit & 7));
        if (b == 0) {
            index++;
            long skipped = set ? 0 : -1;
            while (index <= end - 8 && (long) LONG.get(array, offset + index) == skipped) {
                index += 8;
            }
            while (index < end && (b = (array[offset + index] ^ flip) & 0xFF) == 0) {
                index++;
            }
            if (index == end) {
                return toBit;
            }
        }
        return Math.min(toBit, 8L * index + Integer.numberOfLeadingZeros(b) - 24);
    }

    private static void bitop(Call call) {
        boolean not = call.is(1, "NOT");
        boolean and = call.is(1, "AND");
        boolean xor = call.is(1, "XOR");
        if (!not && !and && !xor && !call.is(1, "OR")) {
            throw CommandException.SYNTAX;
        }
        if (not && call.count() != 4) {
            throw NOT_OF_SEVERAL;
        }
        call.checkKeys(2, 1);
        Record record = call.record();
        byte[] result = new byte[0];
        for (int i = 3; i < call.count(); i++) {
            int size = call.readString(call.key(i), record) ? record.valueSize() : 0;
            if (result.length < size) {
                result = Arrays.copyOf(result, size);
            }
            byte[] array = record.valueArray();
            int offset = record.valueOffset();
            if (not) {
                for (int k = 0; k < size; k++) {
                    result[k] = (byte) ~array[offset + k];
                }
            } else if (and && i > 3) {
                for (int k = 0; k < size; k++) {
                    result[k] &= array[offset + k];
                }
                Arrays.fill(result, size, result.length, (byte) 0);
            } else if (xor) {
                for (int k = 0; k < size; k++) {
                    result[k] ^= array[offset + k];
                }
            } else {
                for (int k = 0; k < size; k++) {
                    result[k] |= array[offset + k];
                }
            }
        }
        Key key = call.key(2);
        if (result.length > 0) {
            call.data().write(key, result, 0, result.length, 0);
        } else if (call.data().exists(key)) {
            call.data().delete(key);
        }
        call.reply().integer(result.length);
    }
}
