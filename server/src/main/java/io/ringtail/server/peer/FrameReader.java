package io.ringtail.server.peer;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Cuts what comes from a socket into frames. Bytes are gathered in one array, which grows as they come and never by what a frame's length promises, and the
 * payload of a frame that is whole is handed on where it lies.
 *
 * <p>One per connection. Confined to its event loop. What its array occupies beyond the usual is the connections' common {@link ReceiveMemory}; {@link #close} gives it back.
 */
final class FrameReader {
    private static final int FIRST_CAPACITY = 512;
    /** An array that had to be larger than this is given up when it is empty. */
    private static final int KEPT_CAPACITY = 1 << 20;

    private final ReceiveMemory memory;
    private final CRC32C crc = new CRC32C();
    private byte[] bytes = new byte[FIRST_CAPACITY];
    private int start;
    private int end;
    private int payloadSizeMax;
    private int payloadOffset;
    private int payloadSize;

    FrameReader(ReceiveMemory memory, int payloadSizeMax) {
        this.memory = memory;
        this.payloadSizeMax = payloadSizeMax;
    }

    void payloadSizeMax(int size) {
        payloadSizeMax = size;
    }

    /** Bytes that are no whole frame yet. */
    int bufferedBytes() {
        return end - start;
    }

    int capacityBytes() {
        return bytes.length;
    }

    /** Takes all that {@code in} has. What {@link #next} found before is not valid any more. */
    void feed(ByteBuf in) {
        int count = in.readableBytes();
        if (bytes.length - end < count) {
            makeRoom(count);
        }
        in.readBytes(bytes, end, count);
        end += count;
    }

    private void makeRoom(int count) {
        int kept = end - start;
        long needed = (long) kept + count;
        if (needed <= bytes.length) {
            System.arraycopy(bytes, start, bytes, 0, kept);
        } else {
            int capacity = (int) Math.min(Math.max(needed, 2L * bytes.length), Integer.MAX_VALUE - 16);
            if (needed > capacity || !memory.resize(bytes.length, capacity)) {
                throw new FrameException("its unfinished message of " + kept + " bytes so far finds no memory");
            }
            byte[] larger = new byte[capacity];
            System.arraycopy(bytes, start, larger, 0, kept);
            bytes = larger;
        }
        start = 0;
        end = kept;
    }

    /** Goes to the next whole frame; false when there is none. Between {@link #feed} and the last of these the array stays as it is. */
    boolean next() {
        int available = end - start;
        if (available < Frames.HEADER_SIZE) {
            maybeRelease();
            return false;
        }
        int size = Frames.intAt(bytes, start);
        if (size <= 0 || size > payloadSizeMax) {
            throw new FrameException("a frame of " + Integer.toUnsignedString(size) + " bytes, 1 to " + payloadSizeMax
                    + " are taken");
        }
        if (available - Frames.HEADER_SIZE < size) {
            return false;
        }
        int offset = start + Frames.HEADER_SIZE;
        crc.reset();
        crc.update(bytes, offset, size);
        if ((int) crc.getValue() != Frames.intAt(bytes, start + 4)) {
            throw new FrameException("a frame of " + size + " bytes whose checksum is wrong");
        }
        payloadOffset = offset;
        payloadSize = size;
        start = offset + size;
        return true;
    }

    byte[] payload() {
        return bytes;
    }

    int payloadOffset() {
        return payloadOffset;
    }

    int payloadSize() {
        return payloadSize;
    }

    /** The first bytes of what is buffered, for people. */
    String preview() {
        StringBuilder text = new StringBuilder();
        for (byte b : Arrays.copyOfRange(bytes, start, Math.min(end, start + 16))) {
            text.append(String.format(java.util.Locale.ROOT, text.isEmpty() ? "%02x" : " %02x", b));
        }
        return text.toString();
    }

    private void maybeRelease() {
        if (start == end) {
            start = 0;
            end = 0;
            if (bytes.length > KEPT_CAPACITY && memory.resize(bytes.length, FIRST_CAPACITY)) {
                bytes = new byte[FIRST_CAPACITY];
            }
        }
    }

    void close() {
        memory.resize(bytes.length, 0);
        bytes = new byte[0];
        start = 0;
        end = 0;
    }
}
