package io.ringtail.cluster.message;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one message out of somebody else's array, trusting nothing: whatever does not fit throws {@link MalformedMessageException}.
 *
 * <p>Reusable: {@link #begin} starts on the next message. Confined to one thread at a time.
 */
public final class MessageReader {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    /** Token, database, length. */
    private static final int MIN_KEY_SIZE = Key.PREFIX_SIZE + 1;

    private byte[] bytes = new byte[0];
    private int at;
    private int end;

    /** Starts on the message {@code source[offset, offset + size)} and reads its type. */
    public MessageType begin(byte[] source, int offset, int size) {
        bytes = source;
        at = offset;
        end = offset + size;
        int code = readByte();
        MessageType type = MessageType.of(code);
        if (type == null) {
            throw new MalformedMessageException("message of unknown type " + code);
        }
        return type;
    }

    /** Starts on bytes that are no whole message. */
    public MessageReader wrap(byte[] source, int offset, int size) {
        bytes = source;
        at = offset;
        end = offset + size;
        return this;
    }

    public int remaining() {
        return end - at;
    }

    /** The array that is read; what was {@link #skip skipped} stands there. */
    public byte[] array() {
        return bytes;
    }

    private int take(int count) {
        if (count < 0 || count > end - at) {
            throw new MalformedMessageException("message ends " + (count - (end - at)) + " bytes too early");
        }
        int from = at;
        at += count;
        return from;
    }

    public int readByte() {
        return bytes[take(1)] & 0xFF;
    }

    public boolean readBoolean() {
        int value = readByte();
        if (value > 1) {
            throw new MalformedMessageException("boolean " + value);
        }
        return value == 1;
    }

    public int readInt() {
        return (int) INT.get(bytes, take(4));
    }

    public long readLong() {
        return (long) LONG.get(bytes, take(8));
    }

    /** A length or count of at most {@code max}. */
    public int readVarint(int max) {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = readByte();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                if (value > max) {
                    throw new MalformedMessageException("length " + value + ", the limit is " + max);
                }
                return (int) value;
            }
        }
        throw new MalformedMessageException("length of more than five bytes");
    }

    /** Passes over {@code count} bytes; returns where in {@link #array} they begin. */
    public int skip(int count) {
        return take(count);
    }

    /** A length and bytes, copied. */
    public byte[] readBytes(int max) {
        int count = readVarint(max);
        int from = take(count);
        return Arrays.copyOfRange(bytes, from, from + count);
    }

    public String readText(int max) {
        int count = readVarint(max);
        int from = take(count);
        return new String(bytes, from, count, StandardCharsets.UTF_8);
    }

    /** An internal key, copied into {@code into}; its lengths are checked against each other. */
    public Key readKey(Key into) {
        int count = readVarint(Key.MAX_USER_KEY_SIZE + 64);
        int from = take(count);
        if (count < MIN_KEY_SIZE) {
            throw new MalformedMessageException("key of " + count + " bytes");
        }
        int length = 0;
        int position = from + Key.PREFIX_SIZE;
        for (int shift = 0; ; shift += 7) {
            if (shift > 14 || position >= from + count) {
                throw new MalformedMessageException("key whose length does not end");
            }
            int b = bytes[position++];
            length |= (b & 0x7F) << shift;
            if (b >= 0) {
                break;
            }
        }
        if (length > from + count - position) {
            throw new MalformedMessageException("key of " + length + " bytes in " + (from + count - position));
        }
        return into.setEncoded(bytes, from, count);
    }

    /**
     * A record whose value is a slice of the message: to be {@linkplain Record#detach detached} when it is to outlive it. No bytes are an empty record.
     */
    public Record readRecord(Record into) {
        int count = readVarint(Integer.MAX_VALUE);
        int from = take(count);
        if (count == 0) {
            return into.clear();
        }
        try {
            return into.wrap(bytes, from, count);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException(String.valueOf(e.getMessage()));
        }
    }

    /** Checks that the message has been read to its end. */
    public void finish() {
        if (at != end) {
            throw new MalformedMessageException(end - at + " bytes too many");
        }
    }
}
