package io.ringtail.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Writes replies into one growing buffer per connection, in RESP2 or RESP3 as the client asked.
 *
 * <p>The calls are the model of a reply, the same for both versions; how a map, a null or a double looks on the wire is
 * decided here, as late as can be. Aggregates announce their element count first, and the caller writes that many elements.
 *
 * <p>Confined to the connection's event loop, or to the worker that runs a command for it.
 */
public final class ReplyWriter {

    public ReplyWriter() {
        throw new UnsupportedOperationException();
    }

    /** 2 or 3. */
    public void protocolVersion(int version) {
        throw new UnsupportedOperationException();
    }

    public int protocolVersion() {
        throw new UnsupportedOperationException();
    }

    /** {@code +OK}. */
    public void ok() {
        throw new UnsupportedOperationException();
    }

    /** A simple string; CR and LF in it become spaces. */
    public void simpleString(String text) {
        throw new UnsupportedOperationException();
    }

    /** An error; the text begins with its prefix ({@code ERR …}); CR and LF in it become spaces. */
    public void error(String text) {
        throw new UnsupportedOperationException();
    }

    public void integer(long value) {
        throw new UnsupportedOperationException();
    }

    public void bulk(byte[] source, int offset, int size) {
        throw new UnsupportedOperationException();
    }

    public void bulk(byte[] source) {
        throw new UnsupportedOperationException();
    }

    /** A bulk string of the text's UTF-8 bytes. */
    public void bulk(String text) {
        throw new UnsupportedOperationException();
    }

    /** A bulk string of the number's decimal digits. */
    public void bulk(long value) {
        throw new UnsupportedOperationException();
    }

    /** A null where a bulk string could stand: {@code $-1}, or {@code _} in RESP3. */
    public void nullBulk() {
        throw new UnsupportedOperationException();
    }

    /** A null where an array could stand: {@code *-1}, or {@code _} in RESP3. */
    public void nullArray() {
        throw new UnsupportedOperationException();
    }

    public void arrayHeader(int count) {
        throw new UnsupportedOperationException();
    }

    /** A map of {@code pairs} keys and values; in RESP2 an array of twice as many elements. */
    public void mapHeader(int pairs) {
        throw new UnsupportedOperationException();
    }

    /** A set; in RESP2 an array. */
    public void setHeader(int count) {
        throw new UnsupportedOperationException();
    }

    /** Out-of-band data; in RESP2 an array. */
    public void pushHeader(int count) {
        throw new UnsupportedOperationException();
    }

    /** Attributes of the reply that follows; RESP3 only: in RESP2 the caller must not write them. */
    public void attributeHeader(int pairs) {
        throw new UnsupportedOperationException();
    }

    /** A double; in RESP2 a bulk string of the same digits. */
    public void doubleValue(double value) {
        throw new UnsupportedOperationException();
    }

    /** {@code #t} or {@code #f}; in RESP2 1 or 0. */
    public void bool(boolean value) {
        throw new UnsupportedOperationException();
    }

    /** A number of any length; in RESP2 a bulk string. */
    public void bigNumber(String digits) {
        throw new UnsupportedOperationException();
    }

    /** Text with its format (three characters, {@code txt} or {@code mkd}); in RESP2 a bulk string. */
    public void verbatim(String format, String text) {
        throw new UnsupportedOperationException();
    }

    /** Bytes that are encoded already. */
    public void raw(byte[] source, int offset, int size) {
        throw new UnsupportedOperationException();
    }

    /** Where the next reply will begin: give it to {@link #rollback} to take back all that was written since. */
    public int mark() {
        throw new UnsupportedOperationException();
    }

    public void rollback(int mark) {
        throw new UnsupportedOperationException();
    }

    /** Bytes written and not drained. */
    public int size() {
        throw new UnsupportedOperationException();
    }

    /**
     * All that was written, as one buffer for the socket, which the caller owns; null when there is nothing. Invalidates
     * marks. What it keeps for itself afterwards is small, however much was written.
     */
    public @org.jspecify.annotations.Nullable ByteBuf drain(ByteBufAllocator allocator) {
        throw new UnsupportedOperationException();
    }
}
