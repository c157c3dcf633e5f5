package io.ringtail.server.peer;

import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One loop's link to another node: connects, connects again when that failed or the connection broke, and pings when nothing is heard.
 *
 * <p>Made by {@link LoopLinks}, for each member and for nodes that were contacted by address. Confined to the loop.
 *
 * <p>Invariant: {@code linkUp} and {@code linkDown} alternate, beginning with {@code linkUp}; between them {@code socket} is not null.
 */
final class OutgoingLink implements PeerSocket.User {
    private static final Logger LOG = LoggerFactory.getLogger(OutgoingLink.class);

    private static final int BACKOFF_FIRST_MILLIS = 50;
    /** An attempt that has taken, or a link that has been silent for, so long when the peer is known to be alive has probably lost packets, and would wait for seconds until they are sent again. A node that has just started, on a busy machine, may need a good part of it. */
    private static final int STUCK_MILLIS = 1_500;

    private static final int PING_MILLIS = 100;
    /** The same trouble is logged so often. */
    private static final long COMPLAINT_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LoopLinks links;
    private final PeerMetrics.Link counts;
    final long memberId;
    private String host;
    private int port;
    /** Whether it is kept up; else it ends with its connection. */
    private boolean lasting;

    private @Nullable PeerSocket socket;
    /** Of the protocol, that is or was last spoken on it. */
    private int version;
    private @Nullable Initiation attempt;
    private boolean removed;
    /** Whether the peer has shown itself alive since the present attempt began. */
    private boolean contacted;

    private int backoffMillis = BACKOFF_FIRST_MILLIS;
    private long retryNanos;
    private long attemptNanos;
    private long upNanos;
    private long pingMillis;
    private long usedMillis;
    private String complaint = "";
    private long complaintNanos;

    OutgoingLink(LoopLinks links, long memberId, String host, int port, boolean lasting) {
        this.links = links;
        this.memberId = memberId;
        this.host = host;
        this.port = port;
        this.lasting = lasting;
        this.counts = links.network().metrics().link(memberId);
        this.retryNanos = System.nanoTime();
        this.attemptNanos = retryNanos - TimeUnit.MILLISECONDS.toNanos(BACKOFF_FIRST_MILLIS);
    }

    int version() {
        return version;
    }

    boolean isUp() {
        return socket != null;
    }

    boolean isRemoved() {
        return removed;
    }

    boolean isLasting() {
        return lasting;
    }

    /**
     * It is a member's, at this address, from now on. A link to another address of the member's ends; one that came about by contact is kept, however the address was
     * written then.
     */
    void keep(String memberHost, int memberPort) {
        boolean moved = lasting && (!host.equals(memberHost) || port != memberPort);
        boolean reachable = lasting || socket != null;
        lasting = true;
        host = memberHost;
        port = memberPort;
        if (moved || !reachable) {
            abandonAttempt();
            backoffMillis = BACKOFF_FIRST_MILLIS;
            retryNanos = System.nanoTime();
            PeerSocket connected = socket;
            if (connected != null) {
                connected.close();
            } else {
                connect();
            }
        }
    }

    // ---- connecting

    void connect() {
        if (removed || socket != null || attempt != null || links.network().faults().isCut(memberId)) {
            return;
        }
        attemptNanos = System.nanoTime();
        contacted = false;
        Initiation next = new Initiation(links, this, host, port, null);
        attempt = next;
        next.start();
    }

    /** The peer is alive: a loop of it has reached us, one of ours has reached it, or gossip has heard of it again. So it can probably be reached from here too. */
    void peerContacted() {
        PeerSocket connected = socket;
        backoffMillis = BACKOFF_FIRST_MILLIS;
        if (connected == null) {
            contacted = true;
            retryNanos = attemptNanos + TimeUnit.MILLISECONDS.toNanos(BACKOFF_FIRST_MILLIS);
            retry();
        } else if (connected.silentMillis() >= Math.max(STUCK_MILLIS, links.network().options().timeoutMillis())) {
            // Whatever has silenced it is over, but what was lost meanwhile is sent again late, and all else waits behind it.
            connected.fail("nothing was heard on it for " + connected.silentMillis() + " ms, though the node is alive");
        }
    }

    private void retry() {
        long now = System.nanoTime();
        if (contacted && attempt != null && now - attemptNanos >= TimeUnit.MILLISECONDS.toNanos(STUCK_MILLIS)) {
            abandonAttempt();
        }
        if (attempt == null && now - retryNanos >= 0) {
            connect();
        }
    }

    /** The handshake of an attempt of ours, or of a contact that turned out to be the same node, is done. */
    void up(PeerSocket connected, int spoken, long clockAheadMillis) {
        if (removed || socket != null) {
            connected.close();
            return;
        }
        abandonAttempt();
        socket = connected;
        version = spoken;
        connected.user(this);
        connected.establish(counts, false);
        counts.clockAheadMillis = clockAheadMillis;
        upNanos = System.nanoTime();
        pingMillis = links.pulseMillis();
        usedMillis = pingMillis;
        complaint = "";
        log("link to {} is up", connected);
        links.listener().linkUp(memberId);
        links.network().peerContacted(memberId);
    }

    /** The attempt came to nothing. @param reason for the log */
    void attemptFailed(Initiation failed, String reason, boolean wasRefused) {
        if (attempt != failed) {
            return;
        }
        attempt = null;
        if (wasRefused) {
            backoffMillis = links.network().options().retryMillisMax();
        }
        backOff();
        long now = System.nanoTime();
        if (!removed && (!reason.equals(complaint) || now - complaintNanos > COMPLAINT_NANOS)) {
            complaint = reason;
            complaintNanos = now;
            links.network().warnings().warn("no link to node {} at {}:{}: {}", name(), host, port, reason);
        }
        if (!lasting) {
            links.forget(this);
        }
    }

    private void backOff() {
        int jitterMillis = ThreadLocalRandom.current().nextInt(backoffMillis / 2 + 1);
        retryNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(backoffMillis / 2 + jitterMillis);
        backoffMillis = Math.min(backoffMillis * 2, links.network().options().retryMillisMax());
    }

    private void abandonAttempt() {
        Initiation under = attempt;
        attempt = null;
        if (under != null) {
            under.abandon();
        }
    }

    // ---- in use

    boolean send(byte[] message, int offset, int size) {
        PeerSocket connected = socket;
        if (connected == null) {
            return false;
        }
        long queued = connected.queuedBytes();
        if (queued > 0 && queued + size > links.network().options().queueBytes()) {
            counts.overflows.increment();
            return false;
        }
        usedMillis = links.pulseMillis();
        return connected.queue(message, offset, size);
    }

    boolean isResponsive() {
        PeerSocket connected = socket;
        return connected != null
                && connected.isOpen()
                && connected.silentMillis() < links.network().options().timeoutMillis()
                && connected.queuedBytes() < links.network().options().queueBytes();
    }

    @Override
    public void frame(byte[] bytes, int offset, int size) {
        byte type = bytes[offset];
        if (!Frames.isReply(type)) {
            throw new FrameException("a request, type " + type + ", where answers come");
        }
        if (type != Frames.PONG) {
            links.listener().reply(memberId, bytes, offset, size);
        } else if (size == Frames.PING_SIZE) {
            counts.roundTripNanos = Math.max(1, System.nanoTime() - Frames.longAt(bytes, offset + 1));
        } else {
            throw new FrameException("a pong of " + size + " bytes");
        }
    }

    void tick() {
        PeerSocket connected = socket;
        if (connected == null) {
            retry();
            return;
        }
        long silentMillis = connected.silentMillis();
        if (silentMillis > links.network().options().closeAfterMillis()) {
            connected.fail("nothing was heard of it for " + silentMillis + " ms");
            return;
        }
        if (!lasting && links.pulseMillis() - usedMillis > links.network().options().contactIdleMillis()) {
            log("link to {} is not used", connected);
            connected.close();
            return;
        }
        if (silentMillis >= PING_MILLIS && links.pulseMillis() - pingMillis >= PING_MILLIS) {
            pingMillis = links.pulseMillis();
            byte[] ping = links.scratch();
            ping[0] = Frames.PING;
            Frames.putLong(ping, 1, System.nanoTime());
            counts.pings.increment();
            connected.queue(ping, 0, Frames.PING_SIZE);
        }
        connected.tick();
    }

    // ---- the end

    @Override
    public void closed() {
        PeerSocket was = socket;
        socket = null;
        if (was == null) {
            return;
        }
        // One that breaks as soon as it is up must not be made again at once for ever.
        if (System.nanoTime() - upNanos > TimeUnit.MILLISECONDS.toNanos(links.network().options().retryMillisMax())) {
            backoffMillis = BACKOFF_FIRST_MILLIS;
        }
        backOff();
        log("link to {} is down", was);
        if (!lasting || removed) {
            links.forget(this);
        }
        links.listener().linkDown(memberId);
    }

    /** Ends it for good. */
    void remove() {
        removed = true;
        abandonAttempt();
        PeerSocket connected = socket;
        if (connected != null) {
            connected.close();
        }
    }

    private void log(String text, PeerSocket connected) {
        if (links.isControl()) {
            LOG.info(text, connected);
        } else {
            LOG.debug(text, connected);
        }
    }

    private String name() {
        return String.format(Locale.ROOT, "%012x", memberId);
    }
}
