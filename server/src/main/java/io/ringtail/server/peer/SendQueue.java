package io.ringtail.server.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent on one connection. The frames of a turn are appended to one buffer, and {@link #flush} writes them together; more than {@value #CHUNK_SIZE}
 * bytes go on in further buffers of the same write.
 *
 * <p>Confined to the connection's event loop. Owns the buffer that is being filled; those before it are the channel's.
 */
final class SendQueue {
    static final int CHUNK_SIZE = 256 << 10;
    private static final int SMALLEST_CHUNK = 512;

    private final ChannelHandlerContext context;
    private final CRC32C crc = new CRC32C();
    private @Nullable ByteBuf filling;
    private int firstCapacity = SMALLEST_CHUNK;
    private int messages;
    private long appendedBytes;
    private long turnBytes;

    SendQueue(ChannelHandlerContext context) {
        this.context = context;
    }

    /** Appends a frame. When this throws, part of it may have been queued, and the connection is of no use any more. */
    void append(byte[] payload, int offset, int size) {
        crc.reset();
        crc.update(payload, offset, size);
        ByteBuf buffer = room(Frames.HEADER_SIZE);
        buffer.writeInt(size).writeInt((int) crc.getValue());
        int from = offset;
        int rest = size;
        while (rest > 0) {
            buffer = room(1);
            int count = Math.min(rest, buffer.maxWritableBytes());
            buffer.writeBytes(payload, from, count);
            from += count;
            rest -= count;
        }
        messages++;
        turnBytes += Frames.HEADER_SIZE + size;
        appendedBytes += Frames.HEADER_SIZE + size;
    }

    private ByteBuf room(int count) {
        ByteBuf buffer = filling;
        if (buffer != null && buffer.maxWritableBytes() < count) {
            filling = null;
            context.write(buffer, context.voidPromise());
            buffer = null;
        }
        if (buffer == null) {
            buffer = context.alloc().directBuffer(firstCapacity, CHUNK_SIZE);
            filling = buffer;
        }
        return buffer;
    }

    /** Bytes that the system has not taken yet. */
    long queuedBytes() {
        ChannelOutboundBuffer pending = context.channel().unsafe().outboundBuffer();
        ByteBuf buffer = filling;
        return (pending == null ? 0 : pending.totalPendingWriteBytes()) + (buffer == null ? 0 : buffer.readableBytes());
    }

    /** Bytes appended since the connection began. */
    long appendedBytes() {
        return appendedBytes;
    }

    /** Messages appended since the last {@link #flush}. */
    int messages() {
        return messages;
    }

    /** Bytes appended since the last {@link #flush}. */
    long turnBytes() {
        return turnBytes;
    }

    /** Writes what was appended since the last time, in one piece. */
    void flush() {
        ByteBuf buffer = filling;
        filling = null;
        // The next turn will be about as large as this one: its buffer need not grow by and by.
        firstCapacity = (int) Math.clamp(Long.highestOneBit(turnBytes) * 2, SMALLEST_CHUNK, CHUNK_SIZE);
        messages = 0;
        turnBytes = 0;
        if (buffer != null) {
            context.writeAndFlush(buffer, context.voidPromise());
        }
    }

    /** Drops what has not been written. */
    void close() {
        ByteBuf buffer = filling;
        filling = null;
        if (buffer != null) {
            buffer.release();
        }
    }
}
