package io.ringtail.server.peer;

import io.netty.channel.Channel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The accepting side of a handshake. Begins on the control loop; when the other side has proved what it must, the connection moves to the loop it is for and is told so there.
 *
 * <p>Made by the {@link Acceptor} for each connection. The connecting side waits for READY before it says anything else, so nothing is under way while the
 * connection is on no loop.
 */
final class Admission implements PeerSocket.User {
    private enum State {
        HELLO_AWAITED,
        PROOF_AWAITED,
        /** Cut off by a fault: whatever comes is ignored, until the time is up. */
        IGNORED,
        MOVING,
        DONE
    }

    private final PeerNetwork network;
    private final Acceptor acceptor;
    private final PeerSocket socket;
    private final long deadlineNanos;
    private State state = State.HELLO_AWAITED;
    private int version;
    private byte[] helloBytes = new byte[0];
    private byte[] challengeBytes = new byte[0];
    private Handshake.@Nullable Hello hello;
    private @Nullable LoopLinks target;

    Admission(PeerNetwork network, Acceptor acceptor, Channel channel) {
        this.network = network;
        this.acceptor = acceptor;
        this.deadlineNanos =
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(network.options().handshakeMillis());
        this.socket = PeerSocket.install(network.control(), channel, this);
    }

    @Override
    public void frame(byte[] bytes, int offset, int size) {
        switch (state) {
            case HELLO_AWAITED -> greeted(bytes, offset, size);
            case PROOF_AWAITED -> proved(Handshake.decodeProof(bytes, offset, size));
            case IGNORED -> {}
            case MOVING, DONE -> throw new FrameException("a message before READY");
        }
    }

    private void greeted(byte[] bytes, int offset, int size) {
        if (!Handshake.isHello(bytes, offset, size)) {
            refuse(Refusal.MALFORMED);
            return;
        }
        int offeredMin = Handshake.versionMin(bytes, offset);
        int offeredMax = Handshake.versionMax(bytes, offset);
        version = Math.min(offeredMax, Handshake.VERSION_MAX);
        if (version < Math.max(offeredMin, Handshake.VERSION_MIN)) {
            // What stands behind the versions may be another version's: nothing else of it is read.
            network.warnings(Refusal.VERSION)
                    .warn("{} speaks versions {} to {} of the protocol, this node {} to {}", socket, offeredMin,
                            offeredMax, Handshake.VERSION_MIN, Handshake.VERSION_MAX);
            refuse(Refusal.VERSION);
            return;
        }
        Handshake.Hello received = Handshake.decodeHello(bytes, offset, size);
        Handshake.Identity peer = received.identity();
        hello = received;
        helloBytes = Arrays.copyOfRange(bytes, offset, offset + size);
        socket.peer(peer.nodeId());
        PeerOptions options = network.options();
        long clusterId = network.identity().clusterId();
        if (network.faults().isCut(peer.nodeId())) {
            state = State.IGNORED;
        } else if (!received.clusterName().equals(options.clusterName())) {
            refuse(Refusal.CLUSTER_NAME);
        } else if (peer.nodeId() == options.nodeId()) {
            refuse(Refusal.OWN_ID);
        } else if (clusterId != 0 && peer.clusterId() != 0 && clusterId != peer.clusterId()) {
            refuse(Refusal.OTHER_CLUSTER);
        } else if (received.hasSecret() == options.secret().isEmpty()) {
            refuse(Refusal.SECRET_MISSING);
        } else {
            challengeBytes = Handshake.encode(new Handshake.Challenge(
                    version, !options.secret().isEmpty(), network.identity(), network.nonce()));
            state = State.PROOF_AWAITED;
            socket.queue(challengeBytes, 0, challengeBytes.length);
        }
    }

    private void proved(byte[] proof) {
        Handshake.Hello from = java.util.Objects.requireNonNull(hello);
        String secret = network.options().secret();
        if (!socket.isQuiet()) {
            throw new FrameException("PROOF before CHALLENGE, or something behind it");
        }
        if (!Handshake.equal(Handshake.proofOfConnecting(secret, helloBytes, challengeBytes), proof)) {
            refuse(Refusal.SECRET);
        } else if (!acceptor.enter(from.identity().nodeId())) {
            refuse(Refusal.TOO_MANY);
        } else {
            state = State.MOVING;
            acceptor.forget(this);
            LoopLinks chosen = acceptor.assign(from.purpose());
            target = chosen;
            network.lookAtClock(socket, from.identity().wallMillis() - System.currentTimeMillis());
            if (chosen.isControl()) {
                moved(chosen, from);
            } else {
                move(chosen, from);
            }
        }
    }

    private void move(LoopLinks chosen, Handshake.Hello from) {
        Channel channel = socket.channel();
        channel.config().setAutoRead(false);
        channel.deregister().addListener(left -> chosen.eventLoop().register(channel).addListener(arrived -> {
            if (arrived.isSuccess()) {
                moved(chosen, from);
            } else {
                channel.unsafe().closeForcibly();
                socket.end();
            }
        }));
    }

    /** On the loop that the connection is for. */
    private void moved(LoopLinks chosen, Handshake.Hello from) {
        if (state != State.MOVING) {
            return;
        }
        if (!socket.isOpen()) {
            socket.end();
            return;
        }
        state = State.DONE;
        socket.links(chosen);
        chosen.accept(socket, from.identity().nodeId(), version);
        network.metrics().link(from.identity().nodeId()).protocolVersion = from.versionMax();
        byte[] ready = Handshake.encodeReady(
                Handshake.proofOfAccepting(network.options().secret(), helloBytes, challengeBytes));
        socket.queue(ready, 0, ready.length);
        socket.channel().config().setAutoRead(true);
        network.peerContacted(from.identity().nodeId());
    }

    private void refuse(Refusal refusal) {
        state = State.DONE;
        acceptor.forget(this);
        network.metrics().refused(refusal);
        network.warnings(refusal).warn("refused the connection of {}: {}", socket, refusal.text());
        socket.closeWith(Handshake.encode(
                new Handshake.Refused(refusal.code(), Handshake.VERSION_MIN, Handshake.VERSION_MAX)));
    }

    void tick() {
        if (state != State.DONE && System.nanoTime() - deadlineNanos > 0) {
            network.metrics().handshakesTimedOut.increment();
            network.strangers().warn("closing the connection of {}: it did not say who it is in time", socket);
            abandon();
        }
    }

    /** Makes room for another. */
    void crowdedOut() {
        network.strangers().warn("closing the connection of {}: too many have not said who they are", socket);
        abandon();
    }

    void abandon() {
        state = State.DONE;
        acceptor.forget(this);
        socket.close();
    }

    @Override
    public void closed() {
        if (state == State.MOVING) {
            gone();
        } else {
            state = State.DONE;
            acceptor.forget(this);
        }
    }

    /** It ended between two loops. */
    private void gone() {
        state = State.DONE;
        LoopLinks chosen = target;
        Handshake.Hello from = hello;
        if (chosen != null && from != null) {
            network.incomingClosed(chosen, from.identity().nodeId());
        }
    }
}
