package io.ringtail.server.peer;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.collection.LongObjectHashMap;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.cluster.transport.TransportListener;
import io.ringtail.server.loop.EventLoopLoop;
import io.ringtail.server.loop.SharedReceiveBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The links of one loop: to every other member one on which this loop asks, and those on which it is asked.
 *
 * <p>Made by {@link PeerNetwork} for each event loop and for the control loop. Confined to the loop.
 *
 * <p><b>Turns.</b> What is sent waits for {@link #endTurn}, which gives each connection one write. Whoever has turns of his own tells {@link #turnStarter} how one begins
 * and calls {@link #endTurn} last in each; else a turn is one iteration of the loop.
 *
 * <p><b>Time.</b> Silence is measured by a pulse of {@value #PULSE_MILLIS} ms that never goes on by more than twice that: when this loop itself was held up, what the peers
 * sent meanwhile is still to be read, and they are not called silent for it.
 */
public final class LoopLinks implements Transport {
    private static final int PULSE_MILLIS = 50;
    /** Links and attempts by address to nodes that are no members, of one loop. */
    private static final int CONTACTS_MAX = 64;

    private final PeerNetwork network;
    private final EventLoopLoop loop;
    private final boolean control;
    private final SharedReceiveBuffer receiveBuffer = new SharedReceiveBuffer();
    private final LongObjectHashMap<OutgoingLink> outgoing = new LongObjectHashMap<>();
    private final Set<IncomingLink> incoming = new LinkedHashSet<>();
    private final Set<Initiation> initiations = new LinkedHashSet<>();
    private final List<PeerSocket> atTurnEnd = new ArrayList<>();
    private final byte[] scratch = new byte[Frames.PING_SIZE];
    private final Runnable endTurn = this::endTurn;
    private Runnable turnStarter;
    private TransportListener listener = new Unheard();
    private boolean inTurn;
    private boolean closed;
    private long pulseMillis;
    private long pulseNanos;

    LoopLinks(PeerNetwork network, EventLoopLoop loop, boolean control) {
        this.network = network;
        this.loop = loop;
        this.control = control;
        SingleThreadEventLoop eventLoop = (SingleThreadEventLoop) loop.eventLoop();
        this.turnStarter = () -> eventLoop.executeAfterEventLoopIteration(endTurn);
    }

    /** Stands in until there is a listener. */
    private static final class Unheard implements TransportListener {
        @Override
        public void request(ReplyPath from, byte[] message, int offset, int size) {}

        @Override
        public void reply(long memberId, byte[] message, int offset, int size) {}

        @Override
        public void linkUp(long memberId) {}

        @Override
        public void linkDown(long memberId) {}
    }

    /** Who is told of messages and links. To be given before the network is opened. */
    public void listener(TransportListener told) {
        listener = told;
    }

    /** What begins a turn of the loop, unless one has begun; its end must call {@link #endTurn}. To be given before the network is opened. */
    public void turnStarter(Runnable starter) {
        turnStarter = starter;
    }

    // ---- Transport

    @Override
    public boolean send(long memberId, byte[] message, int offset, int size) {
        assert eventLoop().inEventLoop();
        OutgoingLink link = outgoing.get(memberId);
        return link != null && link.send(message, offset, size);
    }

    @Override
    public boolean isResponsive(long memberId) {
        OutgoingLink link = outgoing.get(memberId);
        return link != null && link.isResponsive();
    }

    @Override
    public int version(long memberId) {
        OutgoingLink link = outgoing.get(memberId);
        return link == null ? 0 : link.version();
    }

    // ---- turns

    void beginTurn() {
        if (!inTurn) {
            inTurn = true;
            turnStarter.run();
        }
    }

    void atTurnEnd(PeerSocket socket) {
        atTurnEnd.add(socket);
        beginTurn();
    }

    /** Ends the turn: sends what was queued in it, one write for each connection. */
    public void endTurn() {
        inTurn = false;
        flush();
    }

    @Override
    public void flush() {
        assert eventLoop().inEventLoop();
        for (int i = 0; i < atTurnEnd.size(); i++) {
            atTurnEnd.get(i).endTurn();
        }
        atTurnEnd.clear();
    }

    // ---- which links there are

    /** Keeps links to these members; on the loop. */
    void members(List<Member> others) {
        if (closed) {
            return;
        }
        Set<Long> kept = new HashSet<>();
        for (Member member : others) {
            if (member.id() == network.options().nodeId()) {
                continue;
            }
            kept.add(member.id());
            OutgoingLink link = outgoing.get(member.id());
            if (link == null || link.isRemoved()) {
                link = new OutgoingLink(this, member.id(), member.host(), member.nodePort(), true);
                outgoing.put(member.id(), link);
                link.connect();
            } else {
                link.keep(member.host(), member.nodePort());
            }
        }
        for (OutgoingLink link : List.copyOf(outgoing.values())) {
            if (link.isLasting() && !kept.contains(link.memberId)) {
                link.remove();
                if (!link.isUp()) {
                    outgoing.remove(link.memberId);
                }
            }
        }
    }

    /** Tries to reach the node at an address; on the loop. @param reached told who it is, of whatever cluster; null for one of this node's own */
    void contact(String host, int port, @Nullable LongConsumer reached) {
        int contacts = 0;
        for (Initiation initiation : initiations) {
            // Of two that are told the second comes again: whoever meets does.
            if (initiation.isContactOf(host, port)) {
                return;
            }
            contacts += initiation.isContact() ? 1 : 0;
        }
        for (OutgoingLink link : outgoing.values()) {
            contacts += link.isLasting() ? 0 : 1;
        }
        if (!closed && contacts < CONTACTS_MAX) {
            new Initiation(this, null, host, port, reached).start();
        }
    }

    /** The link to a node that was reached by address; a new one, that ends with its connection, when it is no member. */
    OutgoingLink linkOfContact(long memberId, String host, int port) {
        OutgoingLink known = outgoing.get(memberId);
        if (known == null) {
            known = new OutgoingLink(this, memberId, host, port, false);
            outgoing.put(memberId, known);
        }
        return known;
    }

    void peerContacted(long memberId) {
        OutgoingLink link = outgoing.get(memberId);
        if (link != null) {
            link.peerContacted();
        }
    }

    void forget(OutgoingLink link) {
        if (outgoing.get(link.memberId) == link) {
            outgoing.remove(link.memberId);
        }
    }

    void add(Initiation initiation) {
        initiations.add(initiation);
    }

    void remove(Initiation initiation) {
        initiations.remove(initiation);
    }

    /** Takes over a connection that another node made. @param version of the protocol, as agreed */
    void accept(PeerSocket socket, long memberId, int version) {
        IncomingLink link = new IncomingLink(this, socket, memberId, version);
        socket.user(link);
        socket.establish(network.metrics().link(memberId), true);
        incoming.add(link);
        if (closed) {
            socket.close();
        }
    }

    void incomingClosed(IncomingLink link) {
        incoming.remove(link);
        network.incomingClosed(this, link.memberId());
    }

    // ---- time

    /** Begins to look after the links; from any thread. */
    void start() {
        loop.execute(() -> {
            pulseNanos = System.nanoTime();
            pulse();
        });
    }

    private void pulse() {
        if (closed) {
            return;
        }
        long now = System.nanoTime();
        long passedMillis = TimeUnit.NANOSECONDS.toMillis(now - pulseNanos);
        pulseNanos += TimeUnit.MILLISECONDS.toNanos(passedMillis);
        pulseMillis += Math.min(passedMillis, 2 * PULSE_MILLIS);
        loop.schedule(this::pulse, PULSE_MILLIS);
        for (Initiation initiation : List.copyOf(initiations)) {
            initiation.tick();
        }
        for (OutgoingLink link : List.copyOf(outgoing.values())) {
            link.tick();
        }
        for (IncomingLink link : incoming) {
            link.tick();
        }
        if (control) {
            network.tick();
        }
    }

    /** The time by which silence is measured. */
    long pulseMillis() {
        return pulseMillis;
    }

    // ---- what its links use

    PeerNetwork network() {
        return network;
    }

    public EventLoopLoop loop() {
        return loop;
    }

    EventLoop eventLoop() {
        return loop.eventLoop();
    }

    boolean isControl() {
        return control;
    }

    TransportListener listener() {
        return listener;
    }

    SharedReceiveBuffer receiveBuffer() {
        return receiveBuffer;
    }

    /** A place for a ping or a pong, until the next one. */
    byte[] scratch() {
        return scratch;
    }

    /** Closes every connection; on the loop. */
    void close() {
        closed = true;
        for (Initiation initiation : List.copyOf(initiations)) {
            initiation.abandon();
        }
        for (OutgoingLink link : List.copyOf(outgoing.values())) {
            link.remove();
        }
        for (IncomingLink link : List.copyOf(incoming)) {
            link.socket().close();
        }
        // What was closed says so in tasks that are queued by now.
        loop.execute(receiveBuffer::free);
    }
}
