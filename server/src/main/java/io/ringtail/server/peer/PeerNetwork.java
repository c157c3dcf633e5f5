package io.ringtail.server.peer;

import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Links;
import io.ringtail.server.loop.EventLoopLoop;
import io.ringtail.server.loop.OffloadPool;
import io.ringtail.server.loop.RateLimitedLog;
import io.ringtail.server.loop.Sockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's connections with all other nodes: the port they connect to, and the links of each loop.
 *
 * <p>Made by the server, which gives it its loops ({@link #addLoop}), gives each of their {@link LoopLinks} a listener, then calls {@link #open}, and at the end {@link
 * #close} before the loops are closed. Safe for concurrent use from {@link #open} on.
 */
public final class PeerNetwork implements Links {
    private static final Logger LOG = LoggerFactory.getLogger(PeerNetwork.class);

    /** Clocks that differ by more are spoken of. */
    private static final long CLOCK_WARNING_MILLIS = 1000;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final PeerOptions options;
    private final PeerFaults faults;
    private final PeerMetrics metrics;
    private final Sockets sockets;
    private final OffloadPool pool;
    private final ReceiveMemory receiveMemory = ReceiveMemory.ofHeap();
    private final WriteBufferWaterMark waterMark;
    private final LoopLinks control;
    private final List<LoopLinks> data = new ArrayList<>();
    private final Acceptor acceptor;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog strangers = new RateLimitedLog(LOG);
    private final RateLimitedLog clocks = new RateLimitedLog(LOG);
    private final Map<Refusal, RateLimitedLog> refusals = new EnumMap<>(Refusal.class);
    private volatile long clusterId;

    /** @param control the control loop's, made of {@code sockets} as all other loops are */
    public PeerNetwork(
            PeerOptions options,
            Sockets sockets,
            EventLoopLoop control,
            OffloadPool pool,
            PeerFaults faults,
            PeerMetrics metrics) {
        this.options = options;
        this.sockets = sockets;
        this.pool = pool;
        this.faults = faults;
        this.metrics = metrics;
        // A peer that leaves a quarter of what may wait unread is not read itself until it has halved that.
        int high = (int) Math.min(options.queueBytes() / 4, 16 << 20);
        this.waterMark = new WriteBufferWaterMark(high / 2, high);
        this.control = new LoopLinks(this, control, true);
        this.acceptor = new Acceptor(this, this.control, data);
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal, new RateLimitedLog(LOG));
        }
    }

    /** The links of one more event loop. To be called before {@link #open}. */
    public LoopLinks addLoop(EventLoop eventLoop) {
        LoopLinks links = new LoopLinks(this, new EventLoopLoop(eventLoop, pool), false);
        data.add(links);
        return links;
    }

    /** The links of the control loop. */
    public LoopLinks control() {
        return control;
    }

    /** Listens for other nodes; returns the port. @throws IOException naming the address that cannot be listened on */
    public int open() throws IOException {
        int port = acceptor.open();
        for (LoopLinks links : all()) {
            links.start();
        }
        return port;
    }

    /** The cluster this node is a member of; 0, as in the beginning, for none. New handshakes say so. */
    public void clusterId(long id) {
        clusterId = id;
    }

    @Override
    public void members(List<Member> others) {
        List<Member> copy = List.copyOf(others);
        for (LoopLinks links : all()) {
            links.loop().execute(() -> links.members(copy));
        }
    }

    /** By the control loop: it is the one that speaks with nodes that are no members yet. */
    @Override
    public void contact(String host, int port) {
        control.loop().execute(() -> control.contact(host, port, null));
    }

    @Override
    public void meet(String host, int port, LongConsumer reached) {
        control.loop().execute(() -> control.contact(host, port, reached));
    }

    public PeerFaults faults() {
        return faults;
    }

    public PeerMetrics metrics() {
        return metrics;
    }

    /** Closes the port and every connection. Not to be called on one of the loops. */
    public void close(long timeoutMillis) {
        acceptor.close(timeoutMillis);
        control.eventLoop().submit(acceptor::closeUnknown).awaitUninterruptibly(timeoutMillis, TimeUnit.MILLISECONDS);
        for (LoopLinks links : all()) {
            links.eventLoop().submit(links::close).awaitUninterruptibly(timeoutMillis, TimeUnit.MILLISECONDS);
        }
    }

    // ---- what links and handshakes use

    PeerOptions options() {
        return options;
    }

    Sockets sockets() {
        return sockets;
    }

    WriteBufferWaterMark waterMark() {
        return waterMark;
    }

    ReceiveMemory receiveMemory() {
        return receiveMemory;
    }

    /** Who this node says it is. */
    Handshake.Identity identity() {
        return new Handshake.Identity(
                clusterId, options.nodeId(), options.incarnation(), System.currentTimeMillis());
    }

    Handshake.Nonce nonce() {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        ByteBuffer words = ByteBuffer.wrap(random);
        return new Handshake.Nonce(words.getLong(), words.getLong());
    }

    /** Says so when the clock of a node is far from ours. */
    void lookAtClock(PeerSocket socket, long aheadMillis) {
        if (Math.abs(aheadMillis) > CLOCK_WARNING_MILLIS) {
            clocks.warn("the clock of {} is {} ms {} of this node's", socket, Math.abs(aheadMillis),
                    aheadMillis > 0 ? "ahead" : "behind");
        }
    }

    @Override
    public void alive(long memberId) {
        peerContacted(memberId);
    }

    /** A node has connected, or has been reached by a loop: every loop that has no link to it tries again now. */
    void peerContacted(long memberId) {
        for (LoopLinks links : all()) {
            links.loop().execute(() -> links.peerContacted(memberId));
        }
    }

    void incomingClosed(LoopLinks links, long memberId) {
        control.loop().execute(() -> acceptor.leave(links, memberId));
    }

    /** Called by the control loop's links a few times a second. */
    void tick() {
        acceptor.tick();
    }

    /** About links. */
    RateLimitedLog warnings() {
        return warnings;
    }

    /** About connections that have not said whose they are. */
    RateLimitedLog strangers() {
        return strangers;
    }

    RateLimitedLog warnings(Refusal refusal) {
        return refusals.getOrDefault(refusal, warnings);
    }

    private List<LoopLinks> all() {
        List<LoopLinks> all = new ArrayList<>(data);
        all.add(control);
        return all;
    }
}
