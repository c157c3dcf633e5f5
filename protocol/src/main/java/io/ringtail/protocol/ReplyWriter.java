package io.ringtail.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies into one growing buffer per connection, in RESP2 or RESP3 as the client asked.
 *
 * <p>The calls are the model of a reply, the same for both versions; how a map, a null or a double looks on the wire is
 * decided here, as late as can be. Aggregates announce their element count first, and the caller writes that many
 * elements.
 *
 * <p>Confined to the connection's event loop, or to the worker that runs a command for it. Holds no memory that needs
 * to be freed; the buffers {@link #drain} gives away belong to who asked. It sets no limit to its size: the server
 * compares {@link #size} with the client's output limit.
 */
public final class ReplyWriter {
    /** Capacity it keeps after a {@link #drain}. */
    static final int KEPT_BYTES = 64 * 1024;

    /** From this size on a drained array is handed over as it is, since copying it would cost more than a new one. */
    static final int HANDED_OVER_BYTES = 256 * 1024;

    private static final int MIN_BYTES = 512;
    private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;
    private static final byte[] EMPTY = new byte[0];

    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] QUEUED = ascii("+QUEUED\r\n");
    private static final byte[] PONG = ascii("+PONG\r\n");
    private static final byte[] NULL = ascii("_\r\n");
    private static final byte[] NULL_BULK = ascii("$-1\r\n");
    private static final byte[] NULL_ARRAY = ascii("*-1\r\n");
    private static final byte[] TRUE = ascii("#t\r\n");
    private static final byte[] FALSE = ascii("#f\r\n");

    private byte[] array = EMPTY;
    private int size;
    private boolean resp3;

    /** Capacity to begin with after the array was given away: what was written before tells what will be. */
    private int firstBytes = MIN_BYTES;

    public ReplyWriter() {}

    /** 2 or 3. */
    public void protocolVersion(int version) {
        if (version != 2 && version != 3) {
            throw new IllegalArgumentException("protocol version must be 2 or 3, not " + version);
        }
        resp3 = version == 3;
    }

    public int protocolVersion() {
        return resp3 ? 3 : 2;
    }

    /** {@code +OK}. */
    public void ok() {
        constant(OK);
    }

    /** {@code +QUEUED}, the answer to a command inside {@code MULTI}. */
    public void queued() {
        constant(QUEUED);
    }

    /** {@code +PONG}. */
    public void pong() {
        constant(PONG);
    }

    /** A simple string; CR and LF in it become spaces. */
    public void simpleString(String text) {
        line('+', text);
    }

    /** An error; the text begins with its prefix ({@code ERR …}); CR and LF in it become spaces. */
    public void error(String text) {
        line('-', text);
    }

    public void integer(long value) {
        header(':', value);
    }

    public void bulk(byte[] source, int offset, int size) {
        header('$', size);
        payload(source, offset, size);
    }

    public void bulk(byte[] source) {
        bulk(source, 0, source.length);
    }

    /** A bulk string of the text's UTF-8 bytes. */
    public void bulk(String text) {
        header('$', Utf8.bytes(text));
        utf8(text);
        crlf();
    }

    /** A bulk string of the number's decimal digits. */
    public void bulk(long value) {
        header('$', Decimal.chars(value));
        makeRoom(Decimal.MAX_CHARS + 2);
        size = Decimal.write(value, array, size);
        crlf();
    }

    /** A null where a bulk string could stand: {@code $-1}, or {@code _} in RESP3. */
    public void nullBulk() {
        constant(resp3 ? NULL : NULL_BULK);
    }

    /** A null where an array could stand: {@code *-1}, or {@code _} in RESP3. */
    public void nullArray() {
        constant(resp3 ? NULL : NULL_ARRAY);
    }

    public void arrayHeader(int count) {
        header('*', count);
    }

    /** A map of {@code pairs} keys and values; in RESP2 an array of twice as many elements. */
    public void mapHeader(int pairs) {
        if (resp3) {
            header('%', pairs);
        } else {
            header('*', 2L * pairs);
        }
    }

    /** A set; in RESP2 an array. */
    public void setHeader(int count) {
        header(resp3 ? '~' : '*', count);
    }

    /** Out-of-band data; in RESP2 an array. */
    public void pushHeader(int count) {
        header(resp3 ? '>' : '*', count);
    }

    /** Attributes of the reply that follows; RESP3 only: in RESP2 the caller must not write them. */
    public void attributeHeader(int pairs) {
        if (!resp3) {
            throw new IllegalStateException("RESP2 has no attributes");
        }
        header('|', pairs);
    }

    /** A double; in RESP2 a bulk string of the same digits, spelt as Redis spells them. */
    public void doubleValue(double value) {
        String text = DoubleText.of(value);
        if (resp3) {
            line(',', text);
        } else {
            bulk(text);
        }
    }

    /** {@code #t} or {@code #f}; in RESP2 1 or 0. */
    public void bool(boolean value) {
        if (resp3) {
            constant(value ? TRUE : FALSE);
        } else {
            integer(value ? 1 : 0);
        }
    }

    /** A number of any length; in RESP2 a bulk string. */
    public void bigNumber(String digits) {
        if (resp3) {
            line('(', digits);
        } else {
            bulk(digits);
        }
    }

    /** Text with its format (three characters, {@code txt} or {@code mkd}); in RESP2 a bulk string. */
    public void verbatim(String format, String text) {
        if (format.length() != 3) {
            throw new IllegalArgumentException("a format has three characters, not: " + format);
        }
        if (!resp3) {
            bulk(text);
            return;
        }
        header('=', 4L + Utf8.bytes(text));
        utf8(format);
        utf8(":");
        utf8(text);
        crlf();
    }

    /** Bytes that are encoded already. */
    public void raw(byte[] source, int offset, int size) {
        makeRoom(size);
        System.arraycopy(source, offset, array, this.size, size);
        this.size += size;
    }

    /** Where the next reply will begin: give it to {@link #rollback} to take back all that was written since. */
    public int mark() {
        return size;
    }

    public void rollback(int mark) {
        if (mark < 0 || mark > size) {
            throw new IllegalArgumentException("mark " + mark + " is not within the " + size + " bytes written");
        }
        size = mark;
    }

    /** Bytes written and not drained. */
    public int size() {
        return size;
    }

    /** Bytes of memory its buffer occupies. */
    public int capacityBytes() {
        return array.length;
    }

    /**
     * All that was written, as one buffer for the socket, which the caller owns; null when there is nothing.
     * Invalidates marks. What it keeps for itself afterwards is small, however much was written.
     */
    public @Nullable ByteBuf drain(ByteBufAllocator allocator) {
        int drained = size;
        if (drained == 0) {
            shrink();
            return null;
        }
        ByteBuf out;
        if (drained >= HANDED_OVER_BYTES) {
            out = Unpooled.wrappedBuffer(array, 0, drained); // too large to be kept: shrink() forgets it
        } else {
            out = allocator.directBuffer(drained);
            out.writeBytes(array, 0, drained);
        }
        size = 0;
        shrink();
        return out;
    }

    /** Gives its memory back if it holds nothing: for connections that idle. */
    public void trim() {
        if (size == 0) {
            array = EMPTY;
            firstBytes = MIN_BYTES;
        }
    }

    private void shrink() {
        if (array.length > KEPT_BYTES) {
            array = EMPTY;
            firstBytes = KEPT_BYTES;
        }
    }

    /** A type's byte, a number, and the line's end. */
    private void header(char type, long value) {
        makeRoom(Decimal.MAX_CHARS + 3);
        byte[] array = this.array;
        int at = size;
        array[at++] = (byte) type;
        if (value >= 0 && value < 10) {
            array[at++] = (byte) ('0' + value);
        } else if (value >= 10 && value < 100) {
            int tens = (int) value / 10;
            array[at++] = (byte) ('0' + tens);
            array[at++] = (byte) ('0' + (int) value - tens * 10);
        } else {
            at = Decimal.write(value, array, at);
        }
        array[at] = '\r';
        array[at + 1] = '\n';
        size = at + 2;
    }

    private void payload(byte[] source, int offset, int bytes) {
        makeRoom(bytes + 2L);
        byte[] array = this.array;
        int at = size;
        System.arraycopy(source, offset, array, at, bytes);
        at += bytes;
        array[at] = '\r';
        array[at + 1] = '\n';
        size = at + 2;
    }

    private void constant(byte[] reply) {
        raw(reply, 0, reply.length);
    }

    /** A type's byte and text on one line: nothing in the text can end the line before its end. */
    private void line(char type, String text) {
        makeRoom(Utf8.MAX_BYTES_PER_CHAR * (long) text.length() + 3);
        array[size++] = (byte) type;
        int from = size;
        size = Utf8.write(text, array, size);
        for (int i = from; i < size; i++) {
            if (array[i] == '\r' || array[i] == '\n') {
                array[i] = ' ';
            }
        }
        crlf();
    }

    private void utf8(String text) {
        makeRoom(Utf8.MAX_BYTES_PER_CHAR * (long) text.length() + 2);
        size = Utf8.write(text, array, size);
    }

    private void crlf() {
        makeRoom(2);
        array[size] = '\r';
        array[size + 1] = '\n';
        size += 2;
    }

    private void makeRoom(long bytes) {
        if (bytes > array.length - size) {
            grow(bytes);
        }
    }

    private void grow(long bytes) {
        long needed = size + bytes;
        if (needed > MAX_ARRAY_BYTES) {
            throw new IllegalStateException("a reply of " + needed + " bytes does not fit one buffer");
        }
        long capacity = Math.max(Math.max(firstBytes, needed), 2L * array.length);
        array = Arrays.copyOf(array, (int) Math.min(MAX_ARRAY_BYTES, capacity));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
