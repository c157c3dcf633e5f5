package io.ringtail.server.peer;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what goes between this node and others, for each other node over all loops. Safe for concurrent use; read as of about now.
 *
 * <p>Nodes that pass the handshake are known one by one, the first {@value #LINKS_MAX} of them; the rest share one count.
 */
public final class PeerMetrics {
    private static final int LINKS_MAX = 4096;

    /** Of one other node. */
    public static final class Link {
        public final LongAdder messagesOut = new LongAdder();
        public final LongAdder bytesOut = new LongAdder();
        /** Times the socket was written to, each with all messages of a turn. */
        public final LongAdder writes = new LongAdder();

        public final LongAdder messagesIn = new LongAdder();
        public final LongAdder bytesIn = new LongAdder();
        /** Times the socket was read. */
        public final LongAdder reads = new LongAdder();

        public final LongAdder pings = new LongAdder();
        /** Messages not taken because too much waited already. */
        public final LongAdder overflows = new LongAdder();
        /** Connections that came about, either way. */
        public final LongAdder connects = new LongAdder();
        /** Connections that ended, either way. */
        public final LongAdder breaks = new LongAdder();
        /** When the last of them came about, since 1970; 0 before the first. */
        public volatile long connectedMillis;
        /** The newest version of the protocol that it speaks, as far as it has said; 0 before the first connection. */
        public volatile int protocolVersion;
        /** From the last ping to its answer, the time in both loops included; 0 before the first. */
        public volatile long roundTripNanos;
        /** How far its clock was ahead of ours at the last handshake. */
        public volatile long clockAheadMillis;
    }

    /** Connections accepted, whatever became of them. */
    public final LongAdder accepted = new LongAdder();
    /** Connections closed because too many had not said who they are. */
    public final LongAdder crowdedOut = new LongAdder();
    /** Connections that did not finish the handshake in time. */
    public final LongAdder handshakesTimedOut = new LongAdder();
    /** Connections ended for bytes that were no message. */
    public final LongAdder malformed = new LongAdder();

    private final Map<Refusal, LongAdder> refusals = new ConcurrentHashMap<>();
    private final Map<Long, Link> links = new ConcurrentHashMap<>();
    private final Link others = new Link();

    public PeerMetrics() {
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal, new LongAdder());
        }
    }

    /** The counts of one node. */
    public Link link(long memberId) {
        Link known = links.get(memberId);
        if (known != null) {
            return known;
        }
        return links.size() >= LINKS_MAX ? others : links.computeIfAbsent(memberId, id -> new Link());
    }

    /** All that are known, by node id. */
    public Map<Long, Link> links() {
        return new TreeMap<>(links);
    }

    void refused(Refusal refusal) {
        LongAdder count = refusals.get(refusal);
        if (count != null) {
            count.increment();
        }
    }

    /** Handshakes that this node refused for that reason. */
    public long refusals(Refusal refusal) {
        LongAdder count = refusals.get(refusal);
        return count == null ? 0 : count.sum();
    }
}
