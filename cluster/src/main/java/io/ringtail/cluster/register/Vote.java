package io.ringtail.cluster.register;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import org.jspecify.annotations.Nullable;

/**
 * A member's answer to a prepare or an accept. Immutable.
 *
 * <pre>
 *   status (1) · epoch (8) · promised ballot (16) · empty (1) · frozen (1)
 *   accepted ballot (16) · [ accepted topology ]   when the ballot is one
 *   has newer (1) · [ newer topology ]
 * </pre>
 *
 * @param status what became of the request
 * @param epoch of the newest topology the member knows
 * @param promised in a refusal, the ballot that has to be surpassed
 * @param acceptedBallot of what it has accepted before, {@link Ballot#NONE} for nothing
 * @param accepted what it has accepted before
 * @param isEmpty whether it holds no data at all
 * @param isFrozen whether it takes none until the epoch is decided
 * @param newer with {@link Status#NEWER}: the topology it knows
 */
public record Vote(
        Status status,
        long epoch,
        Ballot promised,
        Ballot acceptedBallot,
        @Nullable Topology accepted,
        boolean isEmpty,
        boolean isFrozen,
        @Nullable Topology newer) {
    /** What became of a prepare or an accept. */
    public enum Status {
        /** Promised; or accepted. */
        GRANTED,
        /** A later ballot has been promised. */
        REFUSED,
        /** The member knows that the epoch has been decided already. */
        NEWER,
        /** The member does not know the proposer's epoch yet. */
        OLDER,
        /** Proposer or member are not of that cluster or epoch, or the value is none to vote on. */
        STRANGER
    }

    private static final Status[] STATUSES = Status.values();

    static Vote of(Status status, long epoch, Ballot promised) {
        return new Vote(status, epoch, promised, Ballot.NONE, null, false, false, null);
    }

    static Vote newer(Topology decided) {
        return new Vote(Status.NEWER, decided.epoch(), Ballot.NONE, Ballot.NONE, null, false, false, decided);
    }

    public void write(MessageWriter out) {
        out.writeByte(status.ordinal()).writeLong(epoch);
        promised.write(out);
        out.writeBoolean(isEmpty).writeBoolean(isFrozen);
        acceptedBallot.write(out);
        if (accepted != null) {
            TopologyCodec.write(out, accepted);
        }
        out.writeBoolean(newer != null);
        if (newer != null) {
            TopologyCodec.write(out, newer);
        }
    }

    public static Vote read(MessageReader in) {
        int status = in.readByte();
        if (status >= STATUSES.length) {
            throw new MalformedMessageException("vote of unknown status " + status);
        }
        long epoch = in.readLong();
        Ballot promised = Ballot.read(in);
        boolean isEmpty = in.readBoolean();
        boolean isFrozen = in.readBoolean();
        Ballot acceptedBallot = Ballot.read(in);
        Topology accepted = acceptedBallot.equals(Ballot.NONE) ? null : TopologyCodec.read(in);
        Topology newer = in.readBoolean() ? TopologyCodec.read(in) : null;
        in.finish();
        return new Vote(STATUSES[status], epoch, promised, acceptedBallot, accepted, isEmpty, isFrozen, newer);
    }
}
