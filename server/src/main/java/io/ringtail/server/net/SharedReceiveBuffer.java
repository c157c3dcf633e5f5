package io.ringtail.server.net;

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
final class SharedReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
    private static final int SIZE = 64 * 1024;
    /** Reads of one connection before it is another's turn. */
    private static final int MAX_READS = 4;

    private final ByteBuf buffer = Unpooled.directBuffer(SIZE, SIZE);

    SharedReceiveBuffer() {
        super(MAX_READS);
    }

    @Override
    @SuppressWarnings("deprecation") // RecvByteBufAllocator.Handle is what this Netty hands out
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                return buffer.refCnt() == 1 ? buffer.clear().retain() : allocator.ioBuffer(SIZE);
            }

            @Override
            public int guess() {
                return SIZE;
            }
        };
    }

    void free() {
        buffer.release();
    }
}
