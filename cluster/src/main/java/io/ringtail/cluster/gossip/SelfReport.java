package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MalformedMessageException;

/**
 * What a node can say of itself besides being alive. Immutable.
 *
 * @param epoch of the topology it goes by; 0 when it has none yet
 * @param keys in its store
 * @param bytes its store takes on disk
 * @param hintsWaiting for members that were down
 * @param operationsPerSecond of late
 * @param refusesWrites whether its disk is full or has failed
 * @param load what it tells only to those that understand it, as is {@code settled}
 * @param settled how far its data are settled
 */
public record SelfReport(
        long epoch,
        long keys,
        long bytes,
        long hintsWaiting,
        long operationsPerSecond,
        boolean refusesWrites,
        NodeLoad load,
        Settled settled) {
    /** A node that has nothing yet. */
    public static final SelfReport EMPTY = new SelfReport(0, 0, 0, 0, 0, false);

    public SelfReport {
        if ((epoch | keys | bytes | hintsWaiting | operationsPerSecond) < 0) {
            throw new IllegalArgumentException("one of " + epoch + ", " + keys + ", " + bytes + ", "
                    + hintsWaiting + ", " + operationsPerSecond + " is negative");
        }
    }

    /** Of a node that does not tell its load. */
    public SelfReport(
            long epoch, long keys, long bytes, long hintsWaiting, long operationsPerSecond, boolean refusesWrites) {
        this(epoch, keys, bytes, hintsWaiting, operationsPerSecond, refusesWrites, NodeLoad.UNKNOWN);
    }

    /** Of a node that does not tell how far its data are settled. */
    public SelfReport(
            long epoch,
            long keys,
            long bytes,
            long hintsWaiting,
            long operationsPerSecond,
            boolean refusesWrites,
            NodeLoad load) {
        this(epoch, keys, bytes, hintsWaiting, operationsPerSecond, refusesWrites, load, Settled.NOTHING);
    }

    /** Whether the two say the same of what others act on at once; figures may differ. */
    boolean sameButForFigures(SelfReport other) {
        return epoch == other.epoch
                && refusesWrites == other.refusesWrites
                && load.protocolVersion() == other.load.protocolVersion()
                && settled.cleanEpoch() == other.settled.cleanEpoch();
    }

    public SelfReport withSettled(Settled other) {
        return new SelfReport(epoch, keys, bytes, hintsWaiting, operationsPerSecond, refusesWrites, load, other);
    }

    /** From figures that came off the wire. */
    static SelfReport received(long[] figures, boolean refusesWrites, NodeLoad load, Settled settled) {
        for (long figure : figures) {
            if (figure < 0) {
                throw new MalformedMessageException("a figure of " + figure + " in a member's state");
            }
        }
        return new SelfReport(figures[0], figures[1], figures[2], figures[3], figures[4], refusesWrites, load, settled);
    }
}
