package io.ringtail.cluster.membership;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.register.Ballot;
import io.ringtail.cluster.register.TopologyAcceptor;
import io.ringtail.cluster.register.TopologyProposer;
import io.ringtail.cluster.register.Vote;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.transport.Calls;
import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs one proposal at a time, from the first ballot to the end, and again on top of what others have decided meanwhile, at most {@value #MAX_RUNS} times. Carries the
 * proposer's messages. Confined to the control loop.
 */
final class Proposals {
    /** Epochs that others may be faster by before a proposal is given up. */
    static final int MAX_RUNS = 16;

    static final long VOTE_TIMEOUT_MILLIS = 1_000;

    /** Told of what the votes say beside the proposal's fate. */
    interface Listener {
        /** The acceptor knows it already; nobody else does. */
        void decidedHere(Topology topology);

        /** It was decided elsewhere. */
        void decidedElsewhere(Topology topology);

        void heardOfEpoch(long memberId, long epoch);
    }

    private final long self;
    private final Surroundings surroundings;
    private final Set<Flaw> flaws;
    private final Listener listener;
    private final MessageWriter writer = new MessageWriter();
    private boolean isRunning;
    private boolean isStopped;

    Proposals(long self, Surroundings surroundings, Set<Flaw> flaws, Listener listener) {
        this.self = self;
        this.surroundings = surroundings;
        this.flaws = flaws;
        this.listener = listener;
    }

    boolean isRunning() {
        return isRunning;
    }

    /** Sends nothing any more, and calls nobody. */
    void stop() {
        isStopped = true;
    }

    /** Makes a change; none may be running. {@code ended} is never called from within. */
    void run(TopologyAcceptor acceptor, TopologyProposer.Change change, Consumer<TopologyProposer.Outcome> ended) {
        if (isRunning) {
            throw new IllegalStateException("a proposal is running");
        }
        isRunning = true;
        surroundings.loop().execute(() -> new Run(acceptor, change, ended, 1).start());
    }

    private final class Run implements TopologyProposer.Outbox {
        private final TopologyAcceptor acceptor;
        private final TopologyProposer.Change change;
        private final Consumer<TopologyProposer.Outcome> ended;
        private final int number;
        private final TopologyProposer proposer;

        Run(TopologyAcceptor acceptor, TopologyProposer.Change change, Consumer<TopologyProposer.Outcome> ended, int number) {
            this.acceptor = acceptor;
            this.change = change;
            this.ended = ended;
            this.number = number;
            this.proposer = new TopologyProposer(self, acceptor, change, this, surroundings.random(), flaws);
        }

        void start() {
            if (!isStopped) {
                proposer.start();
            }
        }

        @Override
        public void prepare(long memberId, Topology base, Ballot ballot, boolean freeze) {
            begin(MessageType.PREPARE, base, ballot);
            writer.writeBoolean(freeze);
            send(memberId, ballot, false, freeze);
        }

        @Override
        public void accept(long memberId, Topology base, Ballot ballot, Topology value) {
            begin(MessageType.ACCEPT, base, ballot);
            TopologyCodec.write(writer, value);
            send(memberId, ballot, true, false);
        }

        private void begin(MessageType type, Topology base, Ballot ballot) {
            Calls.begin(writer, type);
            writer.writeLong(base.clusterId()).writeLong(base.epoch());
            ballot.write(writer);
        }

        private void send(long memberId, Ballot ballot, boolean isAccept, boolean isFreeze) {
            Calls.Callback callback = new Calls.Callback() {
                @Override
                public void replied(long from, MessageType type, MessageReader body) {
                    if (isStopped) {
                        return;
                    }
                    Vote vote;
                    try {
                        vote = Vote.read(body);
                    } catch (MalformedMessageException e) {
                        proposer.failed(ballot, isAccept, isFreeze);
                        throw e;
                    }
                    if (vote.status() == Vote.Status.OLDER) {
                        listener.heardOfEpoch(from, vote.epoch());
                    }
                    proposer.voted(from, ballot, isAccept, isFreeze, vote);
                }

                @Override
                public void failed(long from, boolean timedOut) {
                    if (!isStopped) {
                        proposer.failed(ballot, isAccept, isFreeze);
                    }
                }
            };
            if (!surroundings.calls().send(memberId, writer, VOTE_TIMEOUT_MILLIS, callback)) {
                // Not from within: the proposer is still sending.
                surroundings.loop().execute(() -> callback.failed(memberId, false));
            }
        }

        @Override
        public void retryAfter(long delayMillis) {
            surroundings.loop().schedule(
                    () -> {
                        if (!isStopped) {
                            proposer.retry();
                        }
                    },
                    delayMillis);
        }

        @Override
        public void ended(TopologyProposer.Outcome outcome) {
            // The proposer is still in its last step.
            surroundings.loop().execute(() -> conclude(outcome));
        }

        private void conclude(TopologyProposer.Outcome outcome) {
            if (isStopped) {
                return;
            }
            boolean again = switch (outcome) {
                case TopologyProposer.Outcome.Decided decided -> {
                    listener.decidedHere(decided.topology());
                    yield !decided.isOwn();
                }
                case TopologyProposer.Outcome.Overtaken overtaken -> {
                    listener.decidedElsewhere(overtaken.newer());
                    yield true;
                }
                case TopologyProposer.Outcome.Unchanged unchanged -> false;
                case TopologyProposer.Outcome.NoMajority noMajority -> false;
                case TopologyProposer.Outcome.DiskFailed failed -> false;
            };
            if (again && number < MAX_RUNS && acceptor.decided().indexOf(self) >= 0) {
                new Run(acceptor, change, ended, number + 1).start();
            } else {
                isRunning = false;
                ended.accept(again ? new TopologyProposer.Outcome.NoMajority() : outcome);
            }
        }
    }

    /** Reads a prepare or an accept, whose type and id have been read, and votes on it. */
    static Vote vote(TopologyAcceptor acceptor, MessageType type, MessageReader body) throws IOException {
        long clusterId = body.readLong();
        long epoch = body.readLong();
        Ballot ballot = Ballot.read(body);
        if (type == MessageType.PREPARE) {
            boolean freeze = body.readBoolean();
            body.finish();
            return acceptor.prepare(clusterId, epoch, ballot, freeze);
        }
        Topology value = TopologyCodec.read(body);
        body.finish();
        return acceptor.accept(clusterId, epoch, ballot, value);
    }
}
