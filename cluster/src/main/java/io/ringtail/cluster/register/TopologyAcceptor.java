package io.ringtail.cluster.register;

import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One member's vote on what follows the newest topology it knows: Paxos' acceptor, for one instance at a time. {@link TopologyProposer} says what the votes are worth.
 *
 * <p>Invariants: (1) a ballot is promised, and a value accepted, on disk before the answer is given; (2) the promised ballot never goes back within an epoch; (3) a
 * value that changes the placement is accepted only by a frozen member; (4) a frozen member stays so, restarts included, until it knows the next epoch.
 *
 * <p>What has been decided is on the disks of a majority, so this node may go by it before it is on its own: a restart that finds the epoch before learns of it again, and
 * votes as it would have. {@link #keep} has to follow before this node has others rely on its having left the epoch before.
 *
 * <p>Owned by membership and confined to the control loop, {@link #isFrozen} and {@link #decidedEpoch} excepted, which any thread may ask. An {@link IOException} means that nothing is to be
 * answered: what was asked has perhaps happened.
 */
public final class TopologyAcceptor {
    private final long self;
    private final TopologyFile file;
    private final BooleanSupplier holdsNoData;
    private RegisterState state;
    private volatile boolean isFrozen;
    private volatile long decidedEpoch;
    private boolean isKept = true;

    private TopologyAcceptor(long self, TopologyFile file, BooleanSupplier holdsNoData, RegisterState state) {
        this.self = self;
        this.file = file;
        this.holdsNoData = holdsNoData;
        this.state = state;
        this.isFrozen = state.isFrozen();
        this.decidedEpoch = state.decided().epoch();
    }

    /**
     * The acceptor as it was when the node stopped; empty when it never was one.
     *
     * @param holdsNoData whether this node keeps nothing that a client wrote, hints for others included. Asked for good after {@link #isFrozen} has become true: it has
     *     to wait for, and count, writes that looked at that before, and all later ones have to see it.
     */
    public static Optional<TopologyAcceptor> load(long self, TopologyFile file, BooleanSupplier holdsNoData) throws IOException {
        return file.load().map(state -> new TopologyAcceptor(self, file, holdsNoData, state));
    }

    /** An acceptor that begins with a first topology: its own, or that of the cluster it has joined. */
    public static TopologyAcceptor begin(long self, TopologyFile file, BooleanSupplier holdsNoData, Topology first)
            throws IOException {
        RegisterState state = RegisterState.after(first);
        file.save(state);
        return new TopologyAcceptor(self, file, holdsNoData, state);
    }

    /** The newest topology known to be decided. */
    public Topology decided() {
        return state.decided();
    }

    /** The epoch of {@link #decided}. Safe for concurrent use: who sees this node thawed sees the epoch that thawed it. */
    public long decidedEpoch() {
        return decidedEpoch;
    }

    public Ballot promised() {
        return state.promised();
    }

    /** Whether data requests are to be refused: this node has undertaken to stay empty until the next epoch is known. Safe for concurrent use. */
    public boolean isFrozen() {
        return isFrozen;
    }

    /**
     * Promises to vote for nothing before {@code ballot}.
     *
     * @param epoch the proposer's
     * @param freeze whether to undertake, too, to take no data until the outcome is known; the vote says whether that was done
     */
    public Vote prepare(long clusterId, long epoch, Ballot ballot, boolean freeze) throws IOException {
        Vote objection = objection(clusterId, epoch, ballot);
        if (objection != null) {
            return objection;
        }
        boolean wasFrozen = isFrozen;
        boolean isEmpty = wasFrozen || (freeze ? freeze() : holdsNoData.getAsBoolean());
        if (state.promised().isBefore(ballot) || isFrozen != wasFrozen) {
            save(state.withPromise(ballot, isFrozen));
        }
        return new Vote(
                Vote.Status.GRANTED, epoch, ballot, state.acceptedBallot(), state.accepted(), isEmpty, isFrozen, null);
    }

    /** Refuses data from now on and then looks whether there is any; not the other way round, or a write could come in between. */
    private boolean freeze() {
        isFrozen = true;
        isFrozen = holdsNoData.getAsBoolean();
        return isFrozen;
    }

    /**
     * Undertakes to take no data until another topology is known, the next one or that of another cluster; not when there are any.
     *
     * @return whether it has, or had before
     */
    public boolean freezeIfEmpty() throws IOException {
        if (!isFrozen && freeze()) {
            save(state.withPromise(state.promised(), true));
        }
        return isFrozen;
    }

    /**
     * Takes the undertaking back where nobody else relies on it: this node is its cluster's only one, and has not accepted a topology, which would be as good as decided. Nobody may be proposing.
     *
     * @return whether it takes data again
     */
    public boolean thawIfAlone() throws IOException {
        if (isFrozen && state.decided().members().size() == 1 && state.accepted() == null) {
            save(state.withPromise(state.promised(), false));
        }
        return !isFrozen;
    }

    /** Votes for {@code value} in {@code ballot}. */
    public Vote accept(long clusterId, long epoch, Ballot ballot, Topology value) throws IOException {
        Vote objection = objection(clusterId, epoch, ballot);
        if (objection != null) {
            return objection;
        }
        if (value.epoch() != epoch + 1
                || value.clusterId() != clusterId
                || !value.clusterName().equals(state.decided().clusterName())
                || (Placement.differs(state.decided(), value) && !isFrozen)) {
            return Vote.of(Vote.Status.STRANGER, epoch, state.promised());
        }
        save(state.withAccepted(ballot, value));
        return new Vote(Vote.Status.GRANTED, epoch, ballot, ballot, value, false, isFrozen, null);
    }

    private @Nullable Vote objection(long clusterId, long epoch, Ballot ballot) {
        Topology decided = state.decided();
        if (clusterId != decided.clusterId()) {
            return Vote.of(Vote.Status.STRANGER, decided.epoch(), state.promised());
        }
        if (epoch < decided.epoch()) {
            return Vote.newer(decided);
        }
        if (epoch > decided.epoch()) {
            return Vote.of(Vote.Status.OLDER, decided.epoch(), state.promised());
        }
        if (decided.indexOf(self) < 0 || decided.indexOf(ballot.memberId()) < 0) {
            return Vote.of(Vote.Status.STRANGER, epoch, state.promised());
        }
        return ballot.isBefore(state.promised()) ? Vote.of(Vote.Status.REFUSED, epoch, state.promised()) : null;
    }

    /**
     * Learns that a topology has been decided. It is on the disk after {@link #keep}, or the next vote.
     *
     * @return whether it is newer than what was known
     */
    public boolean learn(Topology topology) {
        if (topology.clusterId() != state.decided().clusterId() || topology.epoch() <= state.decided().epoch()) {
            return false;
        }
        isKept = false;
        become(RegisterState.after(topology));
        return true;
    }

    /** Whether a restart would find {@link #decided}. */
    public boolean isKept() {
        return isKept;
    }

    /** Has a restart find {@link #decided}; costs nothing when it would already. After an {@link IOException} it can be tried again. */
    public void keep() throws IOException {
        if (!isKept) {
            save(state);
        }
    }

    private void save(RegisterState next) throws IOException {
        try {
            file.save(next);
        } catch (IOException e) {
            // Nothing has been promised to anybody; but what a restart will find, this run goes by, unless it surely is the state before.
            isFrozen = isFrozen && (file.isUncertain() || state.isFrozen());
            throw e;
        }
        isKept = true;
        become(next);
    }

    private void become(RegisterState next) {
        state = next;
        decidedEpoch = next.decided().epoch();
        isFrozen = next.isFrozen();
    }
}
