package io.ringtail.server.command;

import io.ringtail.engine.record.Record;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Redis' serialization of one string, as {@code DUMP} writes and {@code RESTORE} reads it.
 *
 * <pre>
 *   type (1): 0, a string · string · version (2) · CRC-64 of all before it (8)          both little endian
 *   string = length · bytes
 *          | C0 · int8  |  C1 · int16  |  C2 · int32                                little endian: its decimal digits
 *          | C3 · length of compressed · length · LZF
 *   length = 00nnnnnn  |  01nnnnnn · n (1)  |  80 · n (4)  |  81 · n (8)             big endian
 * </pre>
 *
 * Source: Redis' RDB format, which is public and has kept strings as they are since version 6. Written as version 10, which Redis 7.0 and
 * everything later reads; read up to {@link #MAX_VERSION}. A payload is checked whole, checksum, lengths and end, before any of it is used.
 *
 * <p>Made for one command and dropped with it: after {@link #parse} the value is {@code array()[offset(), offset() + size())}.
 */
final class DumpPayload {
    static final CommandException WRONG_CHECKSUM =
            new CommandException("ERR DUMP payload version or checksum are wrong");
    static final CommandException BAD_FORMAT = new CommandException("ERR Bad data format");

    /** The newest version whose strings are known to be as described here. */
    static final int MAX_VERSION = 12;

    private static final int WRITTEN_VERSION = 10;
    private static final int FOOTER_SIZE = 10;
    private static final int TYPE_STRING = 0;
    /** The greatest type byte that some version of Redis writes for a value. */
    private static final int MAX_TYPE = 25;

    private static final int INT8 = 0xC0;
    private static final int INT16 = 0xC1;
    private static final int INT32 = 0xC2;
    private static final int LZF = 0xC3;
    private static final int LENGTH_32 = 0x80;
    private static final int LENGTH_64 = 0x81;
    private static final int MAX_INTEGER_DIGITS = 11;
    private static final int MIN_COMPRESSED_SIZE = 21;

    private static final VarHandle LONG_LE =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_LE =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT_LE =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_BE =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_BE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private byte[] array;
    private int offset;
    private int size;

    private DumpPayload(byte[] array, int offset, int size) {
        this.array = array;
        this.offset = offset;
        this.size = size;
    }

    byte[] array() {
        return array;
    }

    int offset() {
        return offset;
    }

    int size() {
        return size;
    }

    // ---- writing

    /** The payload of a record's value. */
    static DumpPayload of(Record record) {
        byte[] value = record.valueArray();
        int from = record.valueOffset();
        int count = record.valueSize();
        byte[] out = new byte[1 + 9 + count + FOOTER_SIZE];
        out[0] = TYPE_STRING;
        int at = putInteger(value, from, count, out, 1);
        if (at == 0) {
            at = putCompressed(value, from, count, out, 1);
        }
        if (at == 0) {
            at = putLength(count, out, 1);
            System.arraycopy(value, from, out, at, count);
            at += count;
        }
        SHORT_LE.set(out, at, (short) WRITTEN_VERSION);
        at += 2;
        LONG_LE.set(out, at, Crc64.of(out, 0, at));
        return new DumpPayload(out, 0, at + 8);
    }

    /** Writes the value as an integer of up to 32 bits, if it is one; returns where it ends, or 0. */
    private static int putInteger(byte[] value, int from, int count, byte[] out, int at) {
        if (count > MAX_INTEGER_DIGITS || !Numbers.isLong(value, from, count)) {
            return 0;
        }
        long number = Numbers.parseLong(value, from, count);
        if (number == (byte) number) {
            out[at] = (byte) INT8;
            out[at + 1] = (byte) number;
            return at + 2;
        } else if (number == (short) number) {
            out[at] = (byte) INT16;
            SHORT_LE.set(out, at + 1, (short) number);
            return at + 3;
        } else if (number == (int) number) {
            out[at] = (byte) INT32;
            INT_LE.set(out, at + 1, (int) number);
            return at + 5;
        }
        return 0;
    }

    /** Writes the value compressed, if that makes it smaller; returns where it ends, or 0. */
    private static int putCompressed(byte[] value, int from, int count, byte[] out, int at) {
        if (count < MIN_COMPRESSED_SIZE) {
            return 0;
        }
        byte[] compressed = new byte[count - 4];
        int compressedSize = Lzf.compress(value, from, count, compressed);
        if (compressedSize == 0) {
            return 0;
        }
        out[at] = (byte) LZF;
        int end = putLength(count, out, putLength(compressedSize, out, at + 1));
        if (end + compressedSize > out.length - FOOTER_SIZE) {
            return 0;
        }
        System.arraycopy(compressed, 0, out, end, compressedSize);
        return end + compressedSize;
    }

    private static int putLength(int length, byte[] out, int at) {
        if (length < 1 << 6) {
            out[at] = (byte) length;
            return at + 1;
        } else if (length < 1 << 14) {
            out[at] = (byte) (0x40 | length >>> 8);
            out[at + 1] = (byte) length;
            return at + 2;
        }
        out[at] = (byte) LENGTH_32;
        INT_BE.set(out, at + 1, length);
        return at + 5;
    }

    // ---- reading

    /**
     * Checks a payload and finds the value in it.
     *
     * @param maxValueSize bytes of the longest value to accept
     * @throws CommandException saying what is wrong with it
     */
    static DumpPayload parse(byte[] source, int offset, int size, int maxValueSize) {
        if (size < FOOTER_SIZE) {
            throw WRONG_CHECKSUM;
        }
        int end = offset + size - FOOTER_SIZE;
        int version = (short) SHORT_LE.get(source, end) & 0xFFFF;
        if (version > MAX_VERSION || (long) LONG_LE.get(source, end + 2) != Crc64.of(source, offset, size - 8)) {
            throw WRONG_CHECKSUM;
        }
        int type = offset < end ? source[offset] & 0xFF : MAX_TYPE + 1;
        if (type > MAX_TYPE) {
            throw BAD_FORMAT;
        } else if (type != TYPE_STRING) {
            throw new CommandException(
                    "ERR RESTORE of values that are not strings is not supported yet (serialized type " + type + ")");
        }
        return new Reader(source, offset + 1, end).string(maxValueSize);
    }

    /** Reads a string that must end where the footer begins. Used once. */
    private static final class Reader {
        private final byte[] source;
        private final int end;
        private int at;

        Reader(byte[] source, int at, int end) {
            this.source = source;
            this.at = at;
            this.end = end;
        }

        DumpPayload string(int maxValueSize) {
            need(1);
            DumpPayload value =
                    switch (source[at] & 0xFF) {
                        case INT8 -> integer(1);
                        case INT16 -> integer(2);
                        case INT32 -> integer(4);
                        case LZF -> compressed(maxValueSize);
                        default -> plain(maxValueSize);
                    };
            if (at != end) {
                throw BAD_FORMAT;
            }
            return value;
        }

        private void need(long count) {
            if (count > end - at) {
                throw BAD_FORMAT;
            }
        }

        private DumpPayload integer(int width) {
            at++;
            need(width);
            long number =
                    switch (width) {
                        case 1 -> source[at];
                        case 2 -> (short) SHORT_LE.get(source, at);
                        default -> (int) INT_LE.get(source, at);
                    };
            at += width;
            byte[] digits = new byte[MAX_INTEGER_DIGITS];
            return new DumpPayload(digits, 0, Numbers.formatLong(number, digits));
        }

        private DumpPayload plain(int maxValueSize) {
            long count = length();
            need(count);
            if (count > maxValueSize) {
                throw StringCommands.TOO_LONG;
            }
            DumpPayload value = new DumpPayload(source, at, (int) count);
            at += (int) count;
            return value;
        }

        private DumpPayload compressed(int maxValueSize) {
            at++;
            long compressedSize = length();
            long count = length();
            need(compressedSize);
            if (!Lzf.canExpand((int) compressedSize, count)) {
                throw BAD_FORMAT;
            }
            if (count > maxValueSize) {
                throw StringCommands.TOO_LONG;
            }
            byte[] value = new byte[(int) count];
            if (!Lzf.decompress(source, at, (int) compressedSize, value)) {
                throw BAD_FORMAT;
            }
            at += (int) compressedSize;
            return new DumpPayload(value, 0, value.length);
        }

        /** A length, not below zero. */
        private long length() {
            need(1);
            int first = source[at++] & 0xFF;
            long length;
            if (first < 0x40) {
                return first;
            } else if (first < 0x80) {
                need(1);
                length = (first & 0x3F) << 8 | source[at++] & 0xFF;
            } else if (first == LENGTH_32) {
                need(4);
                length = (int) INT_BE.get(source, at) & 0xFFFFFFFFL;
                at += 4;
            } else if (first == LENGTH_64) {
                need(8);
                length = (long) LONG_BE.get(source, at);
                at += 8;
            } else {
                throw BAD_FORMAT;
            }
            if (length < 0) {
                throw BAD_FORMAT;
            }
            return length;
        }
    }
}
