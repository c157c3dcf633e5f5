package io.ringtail.server.peer;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The connecting side of a connection, from the name of the host to the end of the handshake. Ends once: established, failed, or abandoned by whoever began it.
 *
 * <p>Confined to its loop; a name is looked up on another thread.
 */
final class Initiation implements PeerSocket.User {
    private static final int CONNECT_TIMEOUT_MILLIS = 1000;

    private enum State {
        CONNECTING,
        HELLO_SENT,
        PROOF_SENT,
        DONE
    }

    private final LoopLinks links;
    private final @Nullable OutgoingLink link;
    private final String host;
    private final int port;
    private final long deadlineNanos;
    private final @Nullable LongConsumer reached;
    private State state = State.CONNECTING;
    private @Nullable PeerSocket socket;
    private @Nullable Channel channel;
    private byte[] hello = new byte[0];
    private byte[] challenge = new byte[0];
    private Handshake.@Nullable Identity peer;
    private int version;
    private long helloNanos;
    private long clockAheadMillis;

    /**
     * @param link that it is for; null when only the address is known
     * @param reached told who is there, of whatever cluster: to it this node says of none that it belongs to it. Null when it has to be of this node's own
     */
    Initiation(LoopLinks links, @Nullable OutgoingLink link, String host, int port, @Nullable LongConsumer reached) {
        this.links = links;
        this.link = link;
        this.reached = reached;
        this.host = host;
        this.port = port;
        this.deadlineNanos = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(links.network().options().handshakeMillis());
    }

    boolean isContactOf(String otherHost, int otherPort) {
        return link == null && host.equals(otherHost) && port == otherPort;
    }

    boolean isContact() {
        return link == null;
    }

    void start() {
        links.add(this);
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            try {
                connect(InetAddress.getByAddress(literal));
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        } else if (!links.loop().offload(this::lookUp)) {
            links.loop().execute(() -> fail("too many names wait to be looked up", false));
        }
    }

    private void lookUp() {
        try {
            InetAddress found = InetAddress.getByName(host);
            links.loop().execute(() -> connect(found));
        } catch (UnknownHostException e) {
            links.loop().execute(() -> fail("there is no host of that name", false));
        }
    }

    private void connect(InetAddress address) {
        if (state != State.CONNECTING) {
            return;
        }
        ChannelFuture connecting = new Bootstrap()
                .group(links.eventLoop())
                .channel(links.network().sockets().connected())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, links.network().waterMark())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        socket = PeerSocket.install(links, made, Initiation.this);
                    }
                })
                .connect(new InetSocketAddress(address, port));
        channel = connecting.channel();
        connecting.addListener(future -> connected(future.isSuccess(), future.cause()));
    }

    private void connected(boolean success, @Nullable Throwable cause) {
        PeerSocket made = socket;
        if (state != State.CONNECTING) {
            return;
        }
        if (!success || made == null) {
            fail(cause == null ? "cannot connect" : "cannot connect: " + cause.getMessage(), false);
            return;
        }
        OutgoingLink known = link;
        if (known != null) {
            made.peer(known.memberId);
        }
        PeerOptions options = links.network().options();
        hello = Handshake.encode(new Handshake.Hello(
                Handshake.VERSION_MIN,
                Handshake.VERSION_MAX,
                links.isControl() ? Handshake.Purpose.CONTROL : Handshake.Purpose.DATA,
                !options.secret().isEmpty(),
                reached == null ? links.network().identity() : links.network().identity().ofNoCluster(),
                links.network().nonce(),
                options.clusterName()));
        state = State.HELLO_SENT;
        helloNanos = System.nanoTime();
        made.queue(hello, 0, hello.length);
    }

    @Override
    public void frame(byte[] bytes, int offset, int size) {
        if (Handshake.isRefused(bytes, offset, size)) {
            refused(Handshake.decodeRefused(bytes, offset));
            return;
        }
        switch (state) {
            case HELLO_SENT -> challenged(bytes, offset, size);
            case PROOF_SENT -> ready(Handshake.decodeReady(bytes, offset, size));
            case CONNECTING, DONE -> throw new FrameException("a message that was not asked for");
        }
    }

    private void challenged(byte[] bytes, int offset, int size) {
        Handshake.Challenge received = Handshake.decodeChallenge(bytes, offset, size);
        challenge = java.util.Arrays.copyOfRange(bytes, offset, offset + size);
        Handshake.Identity other = received.identity();
        peer = other;
        version = received.version();
        PeerSocket made = java.util.Objects.requireNonNull(socket);
        made.peer(other.nodeId());
        if (links.network().faults().isCut(other.nodeId())) {
            return;
        }
        OutgoingLink known = link;
        String secret = links.network().options().secret();
        if (version < Handshake.VERSION_MIN || version > Handshake.VERSION_MAX) {
            refuse(Refusal.VERSION);
        } else if (known != null && known.memberId != other.nodeId()) {
            refuse(Refusal.OTHER_NODE);
        } else if (other.nodeId() == links.network().options().nodeId()) {
            refuse(Refusal.OWN_ID);
        } else if (received.hasSecret() != !secret.isEmpty()) {
            refuse(Refusal.SECRET_MISSING);
        } else {
            long halfWayMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - helloNanos) / 2;
            clockAheadMillis = other.wallMillis() + halfWayMillis - System.currentTimeMillis();
            byte[] proof = Handshake.encodeProof(Handshake.proofOfConnecting(secret, hello, challenge));
            state = State.PROOF_SENT;
            made.queue(proof, 0, proof.length);
        }
    }

    private void ready(byte[] proof) {
        String secret = links.network().options().secret();
        if (!Handshake.equal(Handshake.proofOfAccepting(secret, hello, challenge), proof)) {
            refuse(Refusal.SECRET);
            return;
        }
        state = State.DONE;
        links.remove(this);
        PeerSocket made = java.util.Objects.requireNonNull(socket);
        Handshake.Identity other = java.util.Objects.requireNonNull(peer);
        links.network().lookAtClock(made, clockAheadMillis);
        OutgoingLink found = link == null ? links.linkOfContact(other.nodeId(), host, port) : link;
        found.up(made, version, clockAheadMillis);
        LongConsumer told = reached;
        if (told != null) {
            told.accept(other.nodeId());
        }
    }

    /** We refuse the node that answered. */
    private void refuse(Refusal refusal) {
        links.network().metrics().refused(refusal);
        fail("refused it: " + refusal.text(), true);
    }

    private void refused(Handshake.Refused by) {
        Refusal refusal = Refusal.of(by.code());
        String text = refusal == null ? "for reason " + by.code() : refusal.text();
        if (refusal == Refusal.VERSION) {
            text += " (it speaks " + by.versionMin() + " to " + by.versionMax() + ", this node "
                    + Handshake.VERSION_MIN + " to " + Handshake.VERSION_MAX + ")";
        }
        fail("it refuses this node: " + text, true);
    }

    void tick() {
        if (state != State.DONE && System.nanoTime() - deadlineNanos > 0) {
            fail("the handshake was not done in time", false);
        }
    }

    private void fail(String reason, boolean wasRefused) {
        if (state == State.DONE) {
            return;
        }
        end();
        OutgoingLink known = link;
        if (known != null) {
            known.attemptFailed(this, reason, wasRefused);
        } else {
            links.network().warnings().warn("no contact with {}:{}: {}", host, port, reason);
        }
    }

    /** Ends it, and nobody is told. */
    void abandon() {
        if (state != State.DONE) {
            end();
        }
    }

    private void end() {
        state = State.DONE;
        links.remove(this);
        PeerSocket made = socket;
        Channel connecting = channel;
        if (made != null) {
            made.close();
        } else if (connecting != null) {
            connecting.close();
        }
    }

    @Override
    public void closed() {
        fail("the connection broke in the handshake", false);
    }
}
