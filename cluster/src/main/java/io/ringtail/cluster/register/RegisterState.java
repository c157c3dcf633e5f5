package io.ringtail.cluster.register;

import io.ringtail.cluster.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * What a node must not forget: the newest topology it knows to be decided, and its part in the decision on the next. Immutable.
 *
 * @param decided of the greatest epoch known
 * @param promised no ballot before this one is voted for
 * @param acceptedBallot the last voted for, {@link Ballot#NONE} for none
 * @param accepted what was voted for in it; null for nothing
 * @param isFrozen whether this node has undertaken to take no data until the next epoch is decided
 */
public record RegisterState(
        Topology decided, Ballot promised, Ballot acceptedBallot, @Nullable Topology accepted, boolean isFrozen) {
    public RegisterState {
        if ((accepted == null) != acceptedBallot.equals(Ballot.NONE) || promised.isBefore(acceptedBallot)) {
            throw new IllegalArgumentException("accepted in " + acceptedBallot + ", promised " + promised);
        }
        if (accepted != null && (accepted.epoch() != decided.epoch() + 1 || accepted.clusterId() != decided.clusterId())) {
            throw new IllegalArgumentException("accepted " + accepted + " after " + decided);
        }
    }

    /** Nothing promised yet about what follows {@code decided}. */
    public static RegisterState after(Topology decided) {
        return new RegisterState(decided, Ballot.NONE, Ballot.NONE, null, false);
    }

    RegisterState withPromise(Ballot ballot, boolean frozen) {
        return new RegisterState(decided, ballot, acceptedBallot, accepted, frozen);
    }

    RegisterState withAccepted(Ballot ballot, Topology value) {
        return new RegisterState(decided, ballot, ballot, value, isFrozen);
    }
}
