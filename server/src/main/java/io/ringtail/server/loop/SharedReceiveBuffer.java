package io.ringtail.server.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * One buffer that all connections of an event loop read into: what was read is copied into the connection's decoder before the next
 * read, so no connection needs one of its own.
 *
 * <p>Confined to the event loop. Whoever is given the buffer releases it once; the buffer itself is freed by {@link #free}.
 */
public final class SharedReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
    public static final int SIZE = 64 * 1024;
    /** Reads of one connection before it is another's turn. */
    public static final int MAX_READS = 4;

    private final ByteBuf buffer = Unpooled.directBuffer(SIZE, SIZE);

    public SharedReceiveBuffer() {
        super(MAX_READS);
    }

    @Override
    @SuppressWarnings("deprecation") // RecvByteBufAllocator.Handle is what this Netty hands out
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                return take(allocator);
            }

            @Override
            public int guess() {
                return SIZE;
            }
        };
    }

    /** The buffer, empty, or another one while somebody still has it. */
    public ByteBuf take(ByteBufAllocator allocator) {
        return buffer.refCnt() == 1 ? buffer.clear().retain() : allocator.ioBuffer(SIZE);
    }

    public void free() {
        buffer.release();
    }
}
