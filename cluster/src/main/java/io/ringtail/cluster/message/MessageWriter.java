package io.ringtail.cluster.message;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes one message into an array of its own, which grows. Integers are big endian; lengths are base-128 varints, low bits first.
 *
 * <p>Reusable: {@link #begin} starts the next message in the same array. Confined to one thread at a time.
 */
public final class MessageWriter {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int KEPT_BYTES = 1 << 20;

    private byte[] bytes = new byte[256];
    private int size;

    /** Starts a message; what was written before is forgotten. An array that had become large is given up. */
    public MessageWriter begin(MessageType type) {
        return beginBare().writeByte(type.code());
    }

    /** Starts on bytes that are no whole message: a part of one, or of a file kept in the same form. */
    public MessageWriter beginBare() {
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[256];
        }
        size = 0;
        return this;
    }

    /** The message: valid in {@code [0, size())} until the next write. */
    public byte[] bytes() {
        return bytes;
    }

    public int size() {
        return size;
    }

    private int reserve(int count) {
        int at = size;
        if (bytes.length - at < count) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(at, count), (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 16)));
        }
        size = at + count;
        return at;
    }

    public MessageWriter writeByte(int value) {
        int at = reserve(1);
        bytes[at] = (byte) value;
        return this;
    }

    public MessageWriter writeBoolean(boolean value) {
        return writeByte(value ? 1 : 0);
    }

    public MessageWriter writeInt(int value) {
        int at = reserve(4);
        INT.set(bytes, at, value);
        return this;
    }

    public MessageWriter writeLong(long value) {
        int at = reserve(8);
        LONG.set(bytes, at, value);
        return this;
    }

    /** A byte and two longs, for which room is made at once. */
    public MessageWriter writeTagged(int tag, long first, long second) {
        int at = reserve(17);
        bytes[at] = (byte) tag;
        LONG.set(bytes, at + 1, first);
        LONG.set(bytes, at + 9, second);
        return this;
    }

    /** Overwrites four bytes written before, for a count known only at the end. */
    public void setInt(int at, int value) {
        INT.set(bytes, at, value);
    }

    /** Overwrites eight bytes written before. */
    public void setLong(int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** A length or count, not negative. */
    public MessageWriter writeVarint(int value) {
        int rest = value;
        while (rest >= 0x80) {
            writeByte(rest | 0x80);
            rest >>>= 7;
        }
        return writeByte(rest);
    }

    public MessageWriter writeRaw(byte[] source, int offset, int count) {
        int at = reserve(count);
        System.arraycopy(source, offset, bytes, at, count);
        return this;
    }

    /** A length and the bytes. */
    public MessageWriter writeBytes(byte[] source, int offset, int count) {
        return writeVarint(count).writeRaw(source, offset, count);
    }

    public MessageWriter writeText(String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        return writeBytes(encoded, 0, encoded.length);
    }

    /** A length and the encoded internal key. */
    public MessageWriter writeKey(Key key) {
        return writeBytes(key.bytes(), 0, key.size());
    }

    /** A length and the encoded record; no bytes when it is empty. */
    public MessageWriter writeRecord(Record record) {
        if (record.isEmpty()) {
            return writeByte(0);
        }
        int count = record.size();
        writeVarint(count);
        int at = reserve(count);
        record.encode(bytes, at);
        return this;
    }

    /** A copy of the message. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }
}
