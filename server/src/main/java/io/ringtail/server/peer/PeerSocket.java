package io.ringtail.server.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.server.loop.Addresses;
import io.ringtail.server.loop.SharedReceiveBuffer;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection with another node, whoever made it: cuts what comes into frames and gathers what goes for the end of the turn. What frames mean is its
 * {@link User}'s, first a handshake's, then a link's.
 *
 * <p>Made for each socket. Confined to its event loop; an accepted one begins on the control loop and may move once, in the middle of its handshake, when nothing of it is under way.
 *
 * <ol>
 *   <li>Before {@link #establish}, it takes at most {@value #HANDSHAKE_BYTES_MAX} bytes.
 *   <li>{@link User#closed} is called exactly once, last, and never from within a call of the user's.
 *   <li>When {@link PeerFaults} made it lose a message, it ends as soon as they no longer do: a link that is up has no gaps.
 * </ol>
 */
final class PeerSocket extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerSocket.class);
    private static final int HANDSHAKE_BYTES_MAX = 1024;

    /** To whom the connection belongs. Called on the loop. */
    interface User {
        /** The bytes are the socket's again when this returns. */
        void frame(byte[] bytes, int offset, int size);

        void closed();
    }

    private LoopLinks links;
    private final PeerNetwork network;
    private final Channel channel;
    private final FrameReader reader;
    private User user;
    private @Nullable ChannelHandlerContext context;
    private @Nullable SendQueue queue;
    private @Nullable DelayLine delayed;
    private PeerMetrics.@Nullable Link counts;
    private long peerId;
    private int handshakeBytes;
    private boolean closing;
    private boolean closed;
    private boolean pausesReading;
    private boolean inTurn;
    private boolean lostIn;
    private boolean lostOut;
    private long heardMillis;
    private long progressMillis;
    private long queuedBefore;
    private long appendedBefore;

    private PeerSocket(LoopLinks links, Channel channel, User user) {
        this.links = links;
        this.network = links.network();
        this.channel = channel;
        this.user = user;
        this.reader = new FrameReader(network.receiveMemory(), Handshake.MESSAGE_SIZE_MAX);
    }

    /** Puts a connection with a user onto a channel that is new. */
    static PeerSocket install(LoopLinks links, Channel channel, User user) {
        PeerSocket socket = new PeerSocket(links, channel, user);
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        channel.config().setRecvByteBufAllocator(socket.new ReceiveBuffer());
        // TLS has its place here, before the frames.
        channel.pipeline().addLast(socket);
        return socket;
    }

    /** Reads into the buffer of the loop that the connection is on at the time: a channel asks for its allocator once, and may move. */
    private final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
        ReceiveBuffer() {
            super(SharedReceiveBuffer.MAX_READS);
        }

        @Override
        @SuppressWarnings("deprecation") // RecvByteBufAllocator.Handle is what this Netty hands out
        public Handle newHandle() {
            return new MaxMessageHandle() {
                @Override
                public ByteBuf allocate(ByteBufAllocator allocator) {
                    return links.receiveBuffer().take(allocator);
                }

                @Override
                public int guess() {
                    return SharedReceiveBuffer.SIZE;
                }
            };
        }
    }

    Channel channel() {
        return channel;
    }

    void user(User next) {
        user = next;
    }

    /** The loop it has been moved to. */
    void links(LoopLinks next) {
        links = next;
    }

    /** Who is at the other end, as it says; from here on faults apply. */
    void peer(long id) {
        peerId = id;
    }

    /**
     * The handshake is done.
     *
     * @param pausesReading whether the peer is not read while it does not read itself
     */
    void establish(PeerMetrics.Link counts, boolean pausesReading) {
        this.counts = counts;
        this.pausesReading = pausesReading;
        heardMillis = links.pulseMillis();
        progressMillis = heardMillis;
        reader.payloadSizeMax(network.options().frameBytesMax());
        counts.connects.increment();
        counts.connectedMillis = System.currentTimeMillis();
    }

    boolean isEstablished() {
        return counts != null;
    }

    boolean isOpen() {
        return !closing && channel.isActive();
    }

    /** For how long nothing has been heard. */
    long silentMillis() {
        return links.pulseMillis() - heardMillis;
    }

    /** Whether nothing has come that is not dealt with, and nothing waits for the end of the turn. */
    boolean isQuiet() {
        return reader.bufferedBytes() == 0 && !inTurn;
    }

    long queuedBytes() {
        SendQueue out = queue;
        DelayLine late = delayed;
        return (out == null ? 0 : out.queuedBytes()) + (late == null ? 0 : late.bytes());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        queue = new SendQueue(ctx);
    }

    // ---- in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!closing) {
                read(in);
            }
        } catch (FrameException | MalformedMessageException e) {
            network.metrics().malformed.increment();
            String rest = reader.preview();
            fail("it sent " + e.getMessage() + (isEstablished() || rest.isEmpty() ? "" : ", bytes " + rest));
        } catch (OutOfMemoryError e) {
            fail("there is no memory for what it sends");
        } catch (RuntimeException e) {
            LOG.error("a message from {} failed", this, e);
            close();
        } finally {
            in.release();
        }
    }

    private void read(ByteBuf in) {
        links.beginTurn();
        int bytes = in.readableBytes();
        PeerMetrics.Link established = counts;
        if (established == null) {
            handshakeBytes += bytes;
            if (handshakeBytes > HANDSHAKE_BYTES_MAX) {
                throw new FrameException("more than " + HANDSHAKE_BYTES_MAX + " bytes before the handshake was done");
            }
        }
        reader.feed(in);
        boolean lost = network.faults().dropsFrom(peerId);
        if (!lost) {
            heardMillis = links.pulseMillis();
        }
        int messages = 0;
        while (!closing && reader.next()) {
            messages++;
            if (network.faults().dropsFrom(peerId)) {
                lostIn = true;
            } else if (lostIn) {
                endCut();
            } else {
                user.frame(reader.payload(), reader.payloadOffset(), reader.payloadSize());
            }
        }
        if (established != null) {
            established.reads.increment();
            established.bytesIn.add(bytes);
            established.messagesIn.add(messages);
        }
    }

    // ---- out

    /** Queues a frame for the end of the turn; false when the connection is ending. */
    boolean queue(byte[] payload, int offset, int size) {
        SendQueue out = queue;
        if (size < 1 || size > network.options().frameBytesMax()) {
            throw new IllegalArgumentException(
                    "message of " + size + " bytes, 1 to " + network.options().frameBytesMax() + " are sent");
        }
        if (closing || out == null) {
            return false;
        }
        if (network.faults().dropsTo(peerId)) {
            lostOut = true;
            return true;
        }
        if (lostOut) {
            endCut();
            return false;
        }
        int delayMillis = counts == null ? 0 : network.faults().delayMillis(peerId);
        DelayLine late = delayed;
        if (delayMillis > 0 || (late != null && !late.isEmpty())) {
            if (late == null) {
                late = new DelayLine(frame -> append(frame, 0, frame.length));
                delayed = late;
            }
            late.hold(links.eventLoop(), payload, offset, size, delayMillis);
            return true;
        }
        return append(payload, offset, size);
    }

    private boolean append(byte[] payload, int offset, int size) {
        SendQueue out = queue;
        if (closing || out == null) {
            return false;
        }
        try {
            out.append(payload, offset, size);
        } catch (OutOfMemoryError e) {
            fail("there is no memory for what it is sent");
            return false;
        }
        if (!inTurn) {
            inTurn = true;
            links.atTurnEnd(this);
        }
        return true;
    }

    /** Sends what the turn queued. */
    void endTurn() {
        inTurn = false;
        SendQueue out = queue;
        PeerMetrics.Link established = counts;
        if (closed || out == null) {
            return;
        }
        if (established != null) {
            established.messagesOut.add(out.messages());
            established.bytesOut.add(out.turnBytes());
            established.writes.increment();
        }
        out.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (pausesReading && !closing) {
            channel.config().setAutoRead(channel.isWritable());
        }
    }

    /** Sends a last frame, then closes. */
    void closeWith(byte[] payload) {
        ChannelHandlerContext ctx = context;
        if (closing || ctx == null || network.faults().dropsTo(peerId)) {
            close();
            return;
        }
        SendQueue out = queue;
        if (out != null) {
            out.append(payload, 0, payload.length);
            out.flush();
        }
        closing = true;
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    // ---- the end

    /** Looks after a connection that is established: whether it still gets rid of its bytes. Called a few times a second. */
    void tick() {
        SendQueue out = queue;
        if (closing || out == null) {
            return;
        }
        if ((lostOut && !network.faults().dropsTo(peerId)) || (lostIn && !network.faults().dropsFrom(peerId))) {
            endCut();
            return;
        }
        long queued = out.queuedBytes();
        long appended = out.appendedBytes();
        boolean progress = queued < queuedBefore + (appended - appendedBefore);
        if (progress && queuedBefore > 0 && queued > 0) {
            // The system's own buffers were full all the time, so the peer reads. Its pong would come only after all that waits before the ping.
            heardMillis = links.pulseMillis();
        }
        if (queued == 0 || progress) {
            progressMillis = links.pulseMillis();
        } else if (links.pulseMillis() - progressMillis > network.options().closeAfterMillis()) {
            fail("it has not read for " + (links.pulseMillis() - progressMillis) + " ms while " + queued
                    + " bytes wait for it");
        }
        queuedBefore = queued;
        appendedBefore = appended;
    }

    private void endCut() {
        LOG.info("closing the connection with {}: a cut that lost some of its messages is healed", this);
        close();
    }

    /** Closes for a reason that the log is told. */
    void fail(String reason) {
        if (!closing) {
            network.warnings().warn("closing the connection with {}: {}", this, reason);
            close();
        }
    }

    void close() {
        closing = true;
        channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end();
    }

    /** Also for channels that never were active, or were on no loop when they ended. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        end();
    }

    /** Says that it is over. By itself the channel does; not so when it closed while it was on no loop. */
    void end() {
        if (closed) {
            return;
        }
        closing = true;
        closed = true;
        reader.close();
        SendQueue out = queue;
        if (out != null) {
            out.close();
        }
        DelayLine late = delayed;
        if (late != null) {
            late.clear();
        }
        if (counts != null) {
            counts.breaks.increment();
        }
        user.closed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("the connection with {} broke: {}", this, cause.toString());
        } else {
            LOG.error("the connection with {} failed", this, cause);
        }
        close();
    }

    /** {@code node 00000000002a at 127.0.0.1:16379}. */
    @Override
    public String toString() {
        String address = Addresses.text(channel.remoteAddress());
        return peerId == 0 ? address : String.format(Locale.ROOT, "node %012x at %s", peerId, address);
    }
}
