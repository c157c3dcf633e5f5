package io.ringtail.server.peer;

import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.TransportListener;

/**
 * A connection that another node made and whose handshake is done: its requests go to the loop's listener, answers back on it.
 *
 * <p>Made by the acceptor; confined to the event loop that the connection was given to. Answers that the peer leaves unread stop it from being read, and end the connection when
 * they are more than {@code peer-queue-bytes}.
 */
final class IncomingLink implements PeerSocket.User, ReplyPath {
    private final LoopLinks links;
    private final PeerSocket socket;
    private final long memberId;
    private final int version;

    IncomingLink(LoopLinks links, PeerSocket socket, long memberId, int version) {
        this.links = links;
        this.socket = socket;
        this.memberId = memberId;
        this.version = version;
    }

    @Override
    public long memberId() {
        return memberId;
    }

    @Override
    public int version() {
        return version;
    }

    PeerSocket socket() {
        return socket;
    }

    @Override
    public void send(byte[] message, int offset, int size) {
        long queued = socket.queuedBytes();
        if (queued > 0 && queued + size > links.network().options().queueBytes()) {
            links.network().metrics().link(memberId).overflows.increment();
            socket.fail("it leaves " + queued + " bytes of answers unread");
            return;
        }
        socket.queue(message, offset, size);
    }

    @Override
    public void frame(byte[] bytes, int offset, int size) {
        byte type = bytes[offset];
        if (Frames.isReply(type)) {
            throw new FrameException("an answer, type " + type + ", where requests come");
        }
        if (type == Frames.PING) {
            if (size != Frames.PING_SIZE) {
                throw new FrameException("a ping of " + size + " bytes");
            }
            byte[] pong = links.scratch();
            System.arraycopy(bytes, offset, pong, 0, size);
            pong[0] = Frames.PONG;
            send(pong, 0, size);
            return;
        }
        TransportListener listener = links.listener();
        listener.request(this, bytes, offset, size);
    }

    /** The connecting side pings when there is nothing else to say: one that is silent for long is gone. */
    void tick() {
        if (socket.silentMillis() > 2L * links.network().options().closeAfterMillis()
                && socket.channel().config().isAutoRead()) {
            socket.fail("nothing was heard of it for " + socket.silentMillis() + " ms");
        }
        socket.tick();
    }

    @Override
    public void closed() {
        links.incomingClosed(this);
    }
}
