package io.ringtail.cluster.register;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One attempt, in as many ballots as it takes, to make a change the next epoch: Paxos' proposer. Messages in, messages out through {@link Outbox}.
 *
 * <p><b>One decision per epoch.</b> Epoch e+1 is decided by an instance of Paxos whose acceptors are the members of epoch e. Who they are is known from the topology
 * of e, of which by induction there is one; so there is one of e+1. A value is decided when a majority accepted it in one ballot; a proposer first has a majority
 * promise to accept nothing in an earlier ballot, and if any of them has accepted something already, the one of the latest ballot is proposed again instead of what
 * was wanted. Any two majorities share a member, which remembers on disk. A proposer is the first to promise and to accept itself, on disk, so that a restart does not
 * use one ballot for two values.
 *
 * <p><b>A change of placement</b> (owners; racks of owners; how many replicas keys have, unless an operator says that it does no harm) would hide data written in epoch e from quorums of epoch e+1. It is proposed only when no member of e holds
 * any, nor will before it knows the outcome. That every member accept it would be one way to have this, and a bad one: whether a value for which <i>all</i> votes are
 * needed has been decided or not cannot be found out while a single member is away for good, and those that voted could never take data again. So the two questions
 * are kept apart. Once a majority has promised, with nothing accepted before, and all members said that they are empty, they are asked, in the same ballot, to
 * <i>freeze</i>: to refuse data requests until they know epoch e+1, whatever it be. Only if every one of them did, the change of placement is proposed, and then
 * a majority decides as always. Otherwise the same change without moving anything is, or, if there is none, epoch e+1 with the contents of e.
 *
 * <p>Why no data are lost: let v be a value with another placement, accepted by anyone. The first ballot it was proposed in began after every member of e was frozen,
 * and found empty after it refused data; later ballots only repeat it. A frozen member stays frozen, on disk, until it learns epoch e+1. So at no moment in which v
 * may be decided has any member of e data of epoch e, and after it is known requests of e are refused as stale. Acceptors check what they can: such a value is
 * accepted by a frozen member only.
 *
 * <p>Why nobody stays frozen for ever: any decision on e+1 thaws, and any majority can decide: a proposer that finds v accepted repeats it, one that finds nothing
 * may propose what it likes, both without asking who is not there. Whoever is frozen proposes again and again, at random intervals, until it is not. Without a
 * majority a frozen member refuses data for as long as there is none; for that to happen the majority has to be lost in the milliseconds after all members answered,
 * in a cluster that holds no data.
 *
 * <p>Bounds: {@value #MAX_BALLOTS} ballots, with random pauses from {@value #MIN_PAUSE_MILLIS} ms that double. Confined to the control loop. Whoever sends for it
 * must report for each message either a vote or a failure, once.
 */
public final class TopologyProposer {
    static final int MAX_BALLOTS = 10;
    static final int MIN_PAUSE_MILLIS = 20;
    static final int MAX_PAUSE_MILLIS = 2_000;

    /** What is wanted of the next epoch. */
    public interface Change {
        /**
         * The topology of the next epoch.
         *
         * @param mayMove whether the placement may change
         * @return null when nothing is to change
         */
        @Nullable Topology next(Topology now, boolean mayMove);

        /** Whether that hides what was written before, so that it may be made only when no member holds anything. */
        default boolean hidesData(Topology now, Topology next) {
            return Placement.differs(now, next);
        }
    }

    /** Where messages go. */
    public interface Outbox {
        void prepare(long memberId, Topology base, Ballot ballot, boolean freeze);

        void accept(long memberId, Topology base, Ballot ballot, Topology value);

        /** Call {@link TopologyProposer#retry} after so long. */
        void retryAfter(long delayMillis);

        /** Said once, last. */
        void ended(Outcome outcome);
    }

    /** How it ended. */
    public sealed interface Outcome {
        /**
         * The next epoch is decided, and this node knows it.
         *
         * @param isOwn whether it is what was wanted, not what somebody else had begun
         */
        record Decided(Topology topology, boolean isOwn) implements Outcome {}

        /** Others have decided the next epoch, or a later one, already. */
        record Overtaken(Topology newer) implements Outcome {}

        /**
         * Nothing was to change, or not without moving something.
         *
         * @param dataFound whether it could not because some member holds data, not just because one did not answer
         */
        record Unchanged(boolean dataFound) implements Outcome {}

        /** Too few members answered, or others were always faster. */
        record NoMajority() implements Outcome {}

        /** This node could not write down what it was about to promise. */
        record DiskFailed(IOException cause) implements Outcome {}
    }

    private enum Phase {
        PREPARE,
        FREEZE,
        ACCEPT,
        PAUSE,
        ENDED
    }

    private final long self;
    private final TopologyAcceptor acceptor;
    private final Change change;
    private final Outbox outbox;
    private final RandomGenerator random;
    private final Topology base;
    private final List<Long> others;
    private final int majority;

    private Phase phase = Phase.PAUSE;
    private Ballot ballot = Ballot.NONE;
    private long greatestRound;
    private int ballots;
    private final Map<Long, Vote> granted = new HashMap<>();
    private int answered;
    private @Nullable Topology value;
    private boolean isOwnValue;

    /** To be {@linkplain #start started}, once. The change is made to the newest topology the acceptor knows. */
    public TopologyProposer(
            long self, TopologyAcceptor acceptor, Change change, Outbox outbox, RandomGenerator random, Set<Flaw> flaws) {
        this.self = self;
        this.acceptor = acceptor;
        this.change = change;
        this.outbox = outbox;
        this.random = random;
        this.base = acceptor.decided();
        this.others = base.members().stream().map(member -> member.id()).filter(id -> id != self).toList();
        this.majority = flaws.contains(Flaw.EPOCH_WITHOUT_MAJORITY) ? 1 : base.members().size() / 2 + 1;
    }

    public void start() {
        begin();
    }

    /** Goes on after a pause. */
    public void retry() {
        if (phase == Phase.PAUSE) {
            begin();
        }
    }

    /** Whether {@link Outbox#ended} has been said. */
    public boolean hasEnded() {
        return phase == Phase.ENDED;
    }

    // ---- ballots

    private void begin() {
        if (acceptor.decided().epoch() > base.epoch()) {
            end(new Outcome.Overtaken(acceptor.decided()));
            return;
        }
        ballots++;
        greatestRound = Math.max(greatestRound, acceptor.promised().round());
        ballot = new Ballot(greatestRound + 1, self);
        enter(Phase.PREPARE);
        if (!voteOurselves(() -> acceptor.prepare(base.clusterId(), base.epoch(), ballot, false))) {
            return;
        }
        for (long member : others) {
            outbox.prepare(member, base, ballot, false);
        }
        advance();
    }

    private void enter(Phase next) {
        phase = next;
        granted.clear();
        answered = 0;
    }

    private interface OwnVote {
        Vote cast() throws IOException;
    }

    /** This node's own vote; false when that was the end of the ballot. */
    private boolean voteOurselves(OwnVote vote) {
        try {
            return take(self, vote.cast());
        } catch (IOException e) {
            end(new Outcome.DiskFailed(e));
            return false;
        }
    }

    /** A member's answer to a prepare or an accept of {@code of}. */
    public void voted(long memberId, Ballot of, boolean wasAccept, boolean wasFreeze, Vote vote) {
        if (isAwaited(of, wasAccept, wasFreeze) && take(memberId, vote)) {
            advance();
        }
    }

    /** A member will not answer a prepare or an accept of {@code of}. */
    public void failed(Ballot of, boolean wasAccept, boolean wasFreeze) {
        if (isAwaited(of, wasAccept, wasFreeze)) {
            answered++;
            advance();
        }
    }

    private boolean isAwaited(Ballot of, boolean wasAccept, boolean wasFreeze) {
        return of.equals(ballot)
                && switch (phase) {
                    case PREPARE -> !wasAccept && !wasFreeze;
                    case FREEZE -> !wasAccept && wasFreeze;
                    case ACCEPT -> wasAccept;
                    case PAUSE, ENDED -> false;
                };
    }

    /** Counts a vote; false when it is the end of the ballot. */
    private boolean take(long memberId, Vote vote) {
        answered++;
        switch (vote.status()) {
            case GRANTED -> granted.put(memberId, vote);
            case REFUSED -> {
                greatestRound = Math.max(greatestRound, vote.promised().round());
                pauseOrGiveUp();
                return false;
            }
            case NEWER -> {
                Topology newer = vote.newer();
                if (newer != null && newer.clusterId() == base.clusterId() && newer.epoch() > base.epoch()) {
                    end(new Outcome.Overtaken(newer));
                    return false;
                }
            }
            case OLDER, STRANGER -> {
                // It does not count.
            }
        }
        return true;
    }

    private void advance() {
        boolean allAnswered = answered == others.size() + 1;
        switch (phase) {
            case PREPARE -> {
                if (granted.size() >= majority) {
                    choose(allAnswered);
                } else if (allAnswered) {
                    pauseOrGiveUp();
                }
            }
            case FREEZE -> {
                boolean allFroze = granted.values().stream().allMatch(Vote::isFrozen);
                if (granted.size() < answered || !allFroze) {
                    proposeWithoutMoving();
                } else if (granted.size() == others.size()) {
                    freezeOurselves();
                }
            }
            case ACCEPT -> {
                if (granted.size() >= majority) {
                    decide();
                } else if (allAnswered) {
                    pauseOrGiveUp();
                }
            }
            case PAUSE, ENDED -> {
                // Nothing is awaited.
            }
        }
    }

    // ---- what to propose

    private void choose(boolean allAnswered) {
        Ballot latest = Ballot.NONE;
        Topology begun = null;
        for (Vote vote : granted.values()) {
            if (latest.isBefore(vote.acceptedBallot())) {
                latest = vote.acceptedBallot();
                begun = vote.accepted();
            }
        }
        if (begun != null) {
            propose(begun, false);
            return;
        }
        Topology wanted = change.next(base, true);
        if (wanted == null || !change.hidesData(base, wanted)) {
            proposeOr(wanted, false);
        } else if (granted.values().stream().anyMatch(vote -> !vote.isEmpty())) {
            proposeOr(change.next(base, false), true);
        } else if (granted.size() == base.members().size()) {
            value = wanted;
            askToFreeze();
        } else if (allAnswered) {
            proposeOr(change.next(base, false), false);
        }
    }

    private void proposeOr(@Nullable Topology wanted, boolean dataFound) {
        if (wanted != null) {
            propose(wanted, true);
        } else if (granted.values().stream().anyMatch(Vote::isFrozen)) {
            propose(sameAgain(), true);
        } else {
            end(new Outcome.Unchanged(dataFound));
        }
    }

    private Topology sameAgain() {
        return base.next(base.members(), base.owners(), base.keyspaces());
    }

    private void askToFreeze() {
        enter(Phase.FREEZE);
        for (long member : others) {
            outbox.prepare(member, base, ballot, true);
        }
        advance();
    }

    /** Last of all: who asks others to freeze and does not hear of them should not stand frozen itself. */
    private void freezeOurselves() {
        Topology wanted = value;
        if (!voteOurselves(() -> acceptor.prepare(base.clusterId(), base.epoch(), ballot, true)) || wanted == null) {
            return;
        }
        if (granted.size() == base.members().size() && granted.values().stream().allMatch(Vote::isFrozen)) {
            propose(wanted, true);
        } else {
            proposeWithoutMoving();
        }
    }

    /** Somebody may be frozen now: in any case there has to be a next epoch. */
    private void proposeWithoutMoving() {
        Topology wanted = change.next(base, false);
        propose(wanted == null ? sameAgain() : wanted, true);
    }

    private void propose(Topology proposed, boolean isOwn) {
        enter(Phase.ACCEPT);
        value = proposed;
        isOwnValue = isOwn;
        if (!voteOurselves(() -> acceptor.accept(base.clusterId(), base.epoch(), ballot, proposed))) {
            return;
        }
        for (long member : others) {
            outbox.accept(member, base, ballot, proposed);
        }
        advance();
    }

    private void decide() {
        Topology decided = value;
        if (decided == null) {
            throw new AssertionError("nothing to decide in " + ballot);
        }
        acceptor.learn(decided);
        end(new Outcome.Decided(decided, isOwnValue));
    }

    private void pauseOrGiveUp() {
        if (ballots >= MAX_BALLOTS) {
            end(new Outcome.NoMajority());
            return;
        }
        phase = Phase.PAUSE;
        int longest = Math.min(MAX_PAUSE_MILLIS, MIN_PAUSE_MILLIS << Math.min(ballots, 10));
        outbox.retryAfter(MIN_PAUSE_MILLIS + random.nextInt(longest));
    }

    private void end(Outcome outcome) {
        phase = Phase.ENDED;
        outbox.ended(outcome);
    }
}
