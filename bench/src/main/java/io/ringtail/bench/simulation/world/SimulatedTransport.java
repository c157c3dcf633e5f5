package io.ringtail.bench.simulation.world;

import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.cluster.transport.TransportListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One loop's links to the other members, over the {@link SimulatedNetwork}. What a turn sends goes out when it ends, to each peer together; what is sent outside of a
 * turn, at once.
 *
 * <p>Made by {@link SimulatedNetwork#open}, dies with its loop. Confined to the world's thread.
 */
public final class SimulatedTransport implements Transport, Links {
    private static final long RESPONSIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long RETRY_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long RETRY_SPREAD_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /** How long a link that was only asked for by {@link #contact} is kept once members are known, and the peer none of them. */
    private static final long CONTACT_KEPT_MILLIS = 10_000;

    /** Somebody to be linked with; {@code wanted} when it is a member. */
    private static final class Peer {
        private final long memberId;
        private final String host;
        private final int port;
        private @Nullable SimulatedLink link;
        private boolean connecting;
        private boolean wanted;

        private Peer(long memberId, String host, int port, boolean wanted) {
            this.memberId = memberId;
            this.host = host;
            this.port = port;
            this.wanted = wanted;
        }
    }

    private final SimulatedNetwork network;
    private final SimulatedLoop loop;
    private final int kind;
    private final long memberId;
    private final Map<Long, Peer> peers = new LinkedHashMap<>();
    private final List<SimulatedLink.Channel> toFlush = new ArrayList<>();
    private @Nullable TransportListener listener;

    SimulatedTransport(SimulatedNetwork network, SimulatedLoop loop, int kind, long memberId) {
        this.network = network;
        this.loop = loop;
        this.kind = kind;
        this.memberId = memberId;
    }

    /** Begins to take what others send. Turn ends of the loop that send something are to be added before. */
    public void start(TransportListener toTell) {
        listener = toTell;
        loop.atTurnEnd(this::flush);
    }

    boolean isStarted() {
        return listener != null && loop.isAlive();
    }

    TransportListener listener() {
        TransportListener told = listener;
        if (told == null) {
            throw new IllegalStateException("a transport that was not started: " + this);
        }
        return told;
    }

    SimulatedLoop loop() {
        return loop;
    }

    long memberId() {
        return memberId;
    }

    // ---- sending

    @Override
    public boolean send(long memberId, byte[] message, int offset, int size) {
        Peer peer = peers.get(memberId);
        SimulatedLink link = peer == null ? null : peer.link;
        return link != null && link.isUp() && link.request(message, offset, size);
    }

    @Override
    public boolean isResponsive(long memberId) {
        Peer peer = peers.get(memberId);
        SimulatedLink link = peer == null ? null : peer.link;
        return link != null && link.isUp() && link.silentNanos() < RESPONSIVE_NANOS;
    }

    void hasSent(SimulatedLink.Channel channel) {
        toFlush.add(channel);
        if (!loop.isInTurn() && toFlush.size() == 1) {
            loop.arrive(0, () -> {});
        }
    }

    @Override
    public void flush() {
        for (int i = 0; i < toFlush.size(); i++) {
            toFlush.get(i).flush();
        }
        toFlush.clear();
    }

    // ---- links

    @Override
    public void members(List<Member> others) {
        Map<Long, Member> byId = new HashMap<>();
        others.forEach(member -> byId.put(member.id(), member));
        for (Peer peer : List.copyOf(peers.values())) {
            Member member = byId.get(peer.memberId);
            if (member != null && isAt(member, peer)) {
                peer.wanted = true;
            } else if (member != null || peer.wanted) {
                giveUp(peer);
            } else {
                loop.schedule(() -> giveUpIfNotWanted(peer), CONTACT_KEPT_MILLIS);
            }
        }
        for (Member member : others) {
            if (member.id() != memberId && !peers.containsKey(member.id())) {
                Peer peer = new Peer(member.id(), member.host(), member.nodePort(), true);
                peers.put(member.id(), peer);
                connect(peer);
            }
        }
    }

    private void giveUpIfNotWanted(Peer peer) {
        if (!peer.wanted && peers.get(peer.memberId) == peer) {
            giveUp(peer);
        }
    }

    private void giveUp(Peer peer) {
        peer.wanted = false;
        peers.remove(peer.memberId);
        SimulatedLink link = peer.link;
        if (link != null) {
            link.breakNow();
        }
    }

    private static boolean isAt(Member member, Peer peer) {
        return member.id() == peer.memberId && member.host().equals(peer.host) && member.nodePort() == peer.port;
    }

    @Override
    public void meet(String host, int port, LongConsumer reached) {
        loop.arrive(roundTripNanos(), () -> {
            SimulatedTransport other = network.answering(loop.machine(), host, port, kind);
            if (other == null || other.memberId == memberId) {
                return;
            }
            Peer known = peers.get(other.memberId);
            if (known == null) {
                known = new Peer(other.memberId, host, port, false);
                peers.put(other.memberId, known);
            }
            if (known.link == null) {
                establish(known, other);
            } else {
                listener().linkUp(other.memberId);
            }
            reached.accept(other.memberId);
        });
    }

    private long roundTripNanos() {
        return 2 * (network.arrivalNanos(loop.machine(), loop.machine()) - loop.nanoTime());
    }

    private void connect(Peer peer) {
        if (peer.connecting) {
            return;
        }
        peer.connecting = true;
        loop.arrive(roundTripNanos(), () -> {
            peer.connecting = false;
            if (peer.link != null || !peer.wanted || peers.get(peer.memberId) != peer) {
                return;
            }
            SimulatedTransport other = network.answering(loop.machine(), peer.host, peer.port, kind);
            if (other != null && other.memberId == peer.memberId) {
                establish(peer, other);
            } else {
                retry(peer);
            }
        });
    }

    private void retry(Peer peer) {
        loop.arrive(RETRY_MIN_NANOS + network.random().nextLong(RETRY_SPREAD_NANOS), () -> {
            if (peer.wanted) {
                connect(peer);
            }
        });
    }

    private void establish(Peer peer, SimulatedTransport other) {
        SimulatedLink link = new SimulatedLink(network, this, other);
        peer.link = link;
        network.established(link);
        listener().linkUp(peer.memberId);
    }

    /** A link has broken. */
    void linkDown(SimulatedLink link) {
        long other = link.acceptor().memberId();
        Peer peer = peers.get(other);
        if (peer != null && peer.link == link) {
            peer.link = null;
            if (peer.wanted) {
                retry(peer);
            } else {
                peers.remove(other);
            }
        } else if (peer != null && peer.link != null) {
            // A member that moved has a newer link already: what was sent on it is not lost.
            return;
        }
        listener().linkDown(other);
    }

    @Override
    public String toString() {
        return loop.toString();
    }
}
