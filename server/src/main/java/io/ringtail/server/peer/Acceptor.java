package io.ringtail.server.peer;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.util.collection.LongObjectHashMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node port: takes connections, holds their handshakes, and gives those that pass to the loop they are for.
 *
 * <p>One per {@link PeerNetwork}. Confined to the control loop, but {@link #open} and {@link #close}, which the server's own thread calls.
 *
 * <p>Strangers get little: {@value #UNKNOWN_MAX} connections that have not said who they are, of which the oldest goes when another comes; each of them {@code
 * handshakeMillis} and a few hundred bytes. Nodes that pass get {@value #PER_PEER_MAX} each, {@value #KNOWN_MAX} in all.
 */
final class Acceptor {
    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);

    private static final int UNKNOWN_MAX = 64;
    /** Twice what a node with the most event loops has: those before a restart may still be there. */
    private static final int PER_PEER_MAX = 258;

    private static final int KNOWN_MAX = 8192;
    private static final int BACKLOG = 128;

    private final PeerNetwork network;
    private final LoopLinks control;
    private final List<LoopLinks> data;
    private final List<Channel> listening = new ArrayList<>();
    private final Set<Admission> unknown = new LinkedHashSet<>();
    private final LongObjectHashMap<Integer> perPeer = new LongObjectHashMap<>();
    private final Map<LoopLinks, Integer> perLoop = new IdentityHashMap<>();
    private int known;

    Acceptor(PeerNetwork network, LoopLinks control, List<LoopLinks> data) {
        this.network = network;
        this.control = control;
        this.data = data;
    }

    /** Listens; returns the port. @throws IOException naming the address that cannot be listened on */
    int open() throws IOException {
        PeerOptions options = network.options();
        int port = options.port();
        for (String word : options.bind()) {
            boolean optional = word.startsWith("-");
            String host = optional ? word.substring(1) : word;
            InetSocketAddress address =
                    host.equals("*") ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
            var bound = new ServerBootstrap()
                    .group(control.eventLoop(), control.eventLoop())
                    .channel(network.sockets().listening())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, network.waterMark())
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            accepted(channel);
                        }
                    })
                    .bind(address)
                    .awaitUninterruptibly();
            if (bound.isSuccess()) {
                listening.add(bound.channel());
                port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
                InetAddress at = ((InetSocketAddress) bound.channel().localAddress()).getAddress();
                if (options.secret().isEmpty() && !at.isLoopbackAddress()) {
                    LOG.warn("any node that reaches {} and knows the cluster's name is let in: set cluster-secret", host);
                }
            } else if (!optional) {
                Throwable cause = bound.cause();
                throw new IOException("cannot listen for nodes on " + host + ":" + port + ": "
                        + (cause == null ? "unknown" : cause.getMessage()));
            }
        }
        return port;
    }

    private void accepted(Channel channel) {
        network.metrics().accepted.increment();
        if (unknown.size() >= UNKNOWN_MAX) {
            Admission oldest = unknown.iterator().next();
            unknown.remove(oldest);
            network.metrics().crowdedOut.increment();
            oldest.crowdedOut();
        }
        unknown.add(new Admission(network, this, channel));
    }

    void forget(Admission admission) {
        unknown.remove(admission);
    }

    /** Takes a place for one more connection of the peer's; false when it has enough. */
    boolean enter(long peerId) {
        int connections = perPeer.getOrDefault(peerId, 0);
        if (connections >= PER_PEER_MAX || known >= KNOWN_MAX) {
            return false;
        }
        perPeer.put(peerId, (Integer) (connections + 1));
        known++;
        return true;
    }

    /** The loop for a connection that has entered: the one that has the fewest. */
    LoopLinks assign(Handshake.Purpose purpose) {
        LoopLinks chosen = control;
        if (purpose == Handshake.Purpose.DATA && !data.isEmpty()) {
            chosen = data.getFirst();
            for (LoopLinks links : data) {
                if (perLoop.getOrDefault(links, 0) < perLoop.getOrDefault(chosen, 0)) {
                    chosen = links;
                }
            }
        }
        perLoop.merge(chosen, 1, Integer::sum);
        return chosen;
    }

    /** Gives back the place of a connection. */
    void leave(LoopLinks links, long peerId) {
        known--;
        perLoop.merge(links, -1, Integer::sum);
        int connections = perPeer.getOrDefault(peerId, 0) - 1;
        if (connections > 0) {
            perPeer.put(peerId, (Integer) connections);
        } else {
            perPeer.remove(peerId);
        }
    }

    void tick() {
        for (Admission admission : List.copyOf(unknown)) {
            admission.tick();
        }
    }

    int unknownCount() {
        return unknown.size();
    }

    /** Takes no more connections; on the server's thread. */
    void close(long timeoutMillis) {
        for (Channel channel : listening) {
            channel.close().awaitUninterruptibly(timeoutMillis);
        }
    }

    /** Ends the handshakes under way; on the control loop. */
    void closeUnknown() {
        for (Admission admission : List.copyOf(unknown)) {
            admission.abandon();
        }
    }
}
