package io.ringtail.bench.simulation.world;

import io.ringtail.cluster.transport.ReplyPath;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.zip.CRC32C;

/**
 * A connection from one loop to another: requests one way, their answers the other. Lasts until it breaks, which its ends learn at different moments.
 *
 * <p>Made by the {@link SimulatedTransport} that connects. Confined to the world's thread.
 */
final class SimulatedLink {
    /** Bytes that may be on their way in one direction. */
    static final int UNDER_WAY_MAX_BYTES = 8 << 20;

    /** What remains in an array once its reader has returned: nobody may have kept it. */
    private static final byte STALE = (byte) 0xEE;

    private static final long BREAK_SPREAD_NANOS = 30_000_000;
    private static final long DUPLICATE_SPREAD_NANOS = 2_000_000_000;

    /** The messages of one turn, one after the other; {@code ends[i]} is where the i-th ends. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Batch(byte[] bytes, int[] ends) {}

    private final SimulatedNetwork network;
    private final SimulatedWorld world;
    private final SimulatedTransport initiator;
    private final SimulatedTransport acceptor;
    private final Channel requests;
    private final Channel replies;
    private final ReplyPath replyPath = new LinkReplyPath();
    private boolean broken;
    private boolean upAtInitiator = true;
    private boolean upAtAcceptor = true;
    private long silentSinceNanos = -1;

    SimulatedLink(SimulatedNetwork network, SimulatedTransport initiator, SimulatedTransport acceptor) {
        this.network = network;
        this.world = network.world();
        this.initiator = initiator;
        this.acceptor = acceptor;
        this.requests = new Channel(initiator, acceptor);
        this.replies = new Channel(acceptor, initiator);
    }

    SimulatedTransport initiator() {
        return initiator;
    }

    SimulatedTransport acceptor() {
        return acceptor;
    }

    boolean isBetween(SimulatedMachine one, SimulatedMachine other) {
        SimulatedMachine from = initiator.loop().machine();
        SimulatedMachine to = acceptor.loop().machine();
        return (from == one && to == other) || (from == other && to == one);
    }

    /** Whether neither end knows it any more. */
    boolean isOver() {
        return !(upAtInitiator && initiator.loop().isAlive()) && !(upAtAcceptor && acceptor.loop().isAlive());
    }

    /** Whether the initiator takes it for up. */
    boolean isUp() {
        return upAtInitiator;
    }

    /** For how long the initiator has heard nothing. */
    long silentNanos() {
        return silentSinceNanos < 0 ? 0 : world.nowNanos() - silentSinceNanos;
    }

    /** Queues a request; false when too much is queued. */
    boolean request(byte[] message, int offset, int size) {
        return requests.add(message, offset, size);
    }

    /** Tells whether its ends can hear each other from now on. */
    void audible(boolean audible) {
        if (broken) {
            return;
        }
        if (audible) {
            silentSinceNanos = -1;
            requests.release();
            replies.release();
        } else if (silentSinceNanos < 0) {
            silentSinceNanos = world.nowNanos();
            long since = silentSinceNanos;
            world.after(network.patienceNanos(), () -> {
                if (silentSinceNanos == since) {
                    breakNow();
                }
            });
        }
    }

    /** Loses what is on its way; each end learns of it a little later. */
    void breakNow() {
        if (broken) {
            return;
        }
        broken = true;
        initiator.loop().arrive(network.random().nextLong(BREAK_SPREAD_NANOS), this::downAtInitiator);
        acceptor.loop().arrive(network.random().nextLong(BREAK_SPREAD_NANOS), () -> upAtAcceptor = false);
    }

    private void downAtInitiator() {
        if (upAtInitiator) {
            upAtInitiator = false;
            initiator.linkDown(this);
        }
    }

    /** One direction. */
    final class Channel {
        private final SimulatedTransport from;
        private final SimulatedTransport to;
        private final Deque<Batch> held = new ArrayDeque<>();
        private byte[] turn = new byte[256];
        private int[] ends = new int[4];
        private int count;
        private long underWayBytes;
        private long lastArrivalNanos;

        private Channel(SimulatedTransport from, SimulatedTransport to) {
            this.from = from;
            this.to = to;
        }

        private boolean add(byte[] message, int offset, int size) {
            int at = count == 0 ? 0 : ends[count - 1];
            if (underWayBytes + at + size > UNDER_WAY_MAX_BYTES) {
                return false;
            }
            if (turn.length < at + size) {
                turn = Arrays.copyOf(turn, Math.max(2 * turn.length, at + size));
            }
            if (ends.length == count) {
                ends = Arrays.copyOf(ends, 2 * count);
            }
            System.arraycopy(message, offset, turn, at, size);
            ends[count++] = at + size;
            if (count == 1) {
                from.hasSent(this);
            }
            return true;
        }

        /** Puts what the turn has sent on its way. */
        void flush() {
            if (count == 0) {
                return;
            }
            int size = ends[count - 1];
            Batch batch = new Batch(Arrays.copyOf(turn, size), Arrays.copyOf(ends, count));
            count = 0;
            CRC32C checksum = new CRC32C();
            checksum.update(batch.bytes);
            world.trace(checksum.getValue());
            network.sent(batch.ends.length, size);
            if (broken) {
                return;
            }
            underWayBytes += size;
            lastArrivalNanos =
                    Math.max(lastArrivalNanos, network.arrivalNanos(from.loop().machine(), to.loop().machine()));
            to.loop().arrive(lastArrivalNanos - world.nowNanos(), () -> arrive(batch));
        }

        private void arrive(Batch batch) {
            if (broken) {
                return;
            }
            if (!held.isEmpty() || network.isCut(from.loop().machine(), to.loop().machine())) {
                held.add(batch);
            } else {
                deliver(batch);
            }
        }

        /** Lets go what a cut has held up. */
        private void release() {
            if (!held.isEmpty()) {
                long arrival = network.arrivalNanos(from.loop().machine(), to.loop().machine());
                to.loop().arrive(arrival - world.nowNanos(), () -> {
                    while (!broken && !held.isEmpty() && !network.isCut(from.loop().machine(), to.loop().machine())) {
                        deliver(held.remove());
                    }
                });
            }
        }

        private void deliver(Batch batch) {
            underWayBytes -= batch.bytes.length;
            int start = 0;
            for (int end : batch.ends) {
                if (this == requests) {
                    deliverRequest(batch.bytes, start, end - start);
                } else if (upAtInitiator) {
                    to.listener().reply(from.memberId(), batch.bytes, start, end - start);
                }
                if (!to.loop().isAlive()) {
                    return;
                }
                start = end;
            }
            Arrays.fill(batch.bytes, STALE);
        }

        private void deliverRequest(byte[] bytes, int offset, int size) {
            if (!upAtAcceptor) {
                return;
            }
            if (size > 0 && network.arrivesTwice(bytes[offset] & 0xFF)) {
                byte[] copy = Arrays.copyOfRange(bytes, offset, offset + size);
                ReplyPath nowhere = new DeadReplyPath(from.memberId());
                to.loop().arrive(network.random().nextLong(DUPLICATE_SPREAD_NANOS), () -> to.listener()
                        .request(nowhere, copy, 0, copy.length));
            }
            to.listener().request(replyPath, bytes, offset, size);
        }
    }

    private final class LinkReplyPath implements ReplyPath {
        @Override
        public long memberId() {
            return initiator.memberId();
        }

        @Override
        public void send(byte[] message, int offset, int size) {
            if (upAtAcceptor && acceptor.loop().isAlive() && !replies.add(message, offset, size)) {
                // The asker does not read: what a server does with such a peer.
                breakNow();
            }
        }
    }

    /** Of a link that is long gone. */
    private record DeadReplyPath(long memberId) implements ReplyPath {
        @Override
        public void send(byte[] message, int offset, int size) {}
    }

    @Override
    public String toString() {
        return initiator + "→" + acceptor;
    }
}
