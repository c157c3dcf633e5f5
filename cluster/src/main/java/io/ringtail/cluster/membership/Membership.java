package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.register.TopologyAcceptor;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.register.TopologyProposer;
import io.ringtail.cluster.register.Vote;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A node's place in the cluster: finds or makes its topology when it starts, lets others in, changes the topology when asked to, and publishes the ring in force.
 *
 * <p>Life: {@link #start} loads the topology file; without one the node creates a cluster of one, or, given seeds, asks to be let in until it is. From then on
 * there is a {@link #ring}. A node that is alone in its cluster, and empty, may still be let into another one ({@link #meet}); it stays a member of its own, frozen, until it is. Whoever hands it messages calls {@link #request}, {@link #linkUp} and {@link #linkDown}; whoever hears of another's epoch in
 * passing says so to {@link #heardOfEpoch}.
 *
 * <p>One proposal runs at a time: first what thaws this node, then everybody who waits to be let in, in one change, then other changes in the order they were asked for.
 * Last a member that owns nothing may ask for its share ({@link ShareWish}).
 *
 * <p>Long because all of it meets here; what decides anything is in the classes it wires.
 *
 * <p>Confined to the control loop, except {@link #ring}, {@link #ringForData}, {@link #isFrozen} and {@link #whenRingChanged}, which are safe for concurrent use. Bounds: {@value
 * PendingJoins#MAX_PENDING} nodes that wait to be let in, {@value #MAX_CHANGES} changes.
 */
public final class Membership {
    /** Changes that wait. */
    public static final int MAX_CHANGES = 64;

    private static final long TICK_MILLIS = 250;
    /** Joins that come within so long of the first are one change. */
    private static final long BATCH_MILLIS = 50;

    private static final long EXCHANGE_MILLIS = 2_000;
    private static final int THAW_MILLIS = 1_000;
    private static final int OWN_UPDATE_MILLIS = 1_000;

    private final MembershipSettings settings;
    private final Surroundings surroundings;
    private final TopologyFile file;
    private final MembershipListener listener;
    private final long self;
    private final MessageWriter writer = new MessageWriter();
    private final Proposals proposals;
    private final EpochExchange exchange;
    private final PendingJoins joins = new PendingJoins();
    private final Admission admission;
    private final ShareWish shareWish;
    private final Deque<AskedChange> changes = new ArrayDeque<>();
    private final List<Consumer<Ring>> ringListeners = new CopyOnWriteArrayList<>();
    private Consumer<Ring> beforeRing = unused -> {};

    private volatile @Nullable TopologyAcceptor acceptor;
    private volatile @Nullable Ring ring;
    /** The last that listeners were told of. */
    private @Nullable Ring toldRing;
    /** Under way, by those of {@link #joinedBy}: at the start, or, when there is an acceptor, out of a cluster of one. */
    private @Nullable JoinAttempt joining;
    private MembershipSettings joinedBy;
    private @Nullable Meeting meeting;
    private boolean isStopped;
    private boolean isBatchUnderWay;
    private long exchangeAtNanos;
    private long thawAtNanos;
    private boolean wasFrozen;
    private long ownUpdateAtNanos;

    /** To be {@linkplain #start started}. */
    public Membership(
            MembershipSettings settings, Surroundings surroundings, TopologyFile file, MembershipListener listener) {
        this.settings = settings;
        this.surroundings = surroundings;
        this.file = file;
        this.listener = listener;
        this.self = settings.self().id();
        this.joinedBy = settings;
        this.admission = new Admission(joins, listener, this::joinAdded);
        this.shareWish = new ShareWish(self, surroundings);
        this.exchange = new EpochExchange(surroundings, new EpochExchange.Listener() {
            @Override
            public void decidedElsewhere(Topology topology) {
                learn(topology);
            }

            @Override
            public void heardOfOtherCluster(long memberId, long clusterId) {
                listener.heardOfOtherCluster(memberId, clusterId);
            }
        });
        this.proposals = new Proposals(self, surroundings, settings.flaws(), new Proposals.Listener() {
            @Override
            public void decidedHere(Topology topology) {
                keepIfFirstOfOthers();
                // First, while there are still links to those who are not members any more; and at once: until all have it, requests between those who do and the others wait.
                spread(topology);
                surroundings.calls().flush();
                publish(topology);
            }

            @Override
            public void decidedElsewhere(Topology topology) {
                learn(topology);
            }

            @Override
            public void heardOfEpoch(long memberId, long epoch) {
                Membership.this.heardOfEpoch(memberId, epoch);
            }
        });
    }

    /**
     * Takes up where this node stopped, creates a cluster, or begins to join one. Called once, on the control loop.
     *
     * @throws io.ringtail.engine.io.CorruptionException when the topology file is damaged; the node must not start then
     */
    public void start() throws IOException {
        long now = surroundings.loop().nanoTime();
        exchangeAtNanos = now;
        thawAtNanos = now;
        shareWish.asked(now);
        ownUpdateAtNanos = now;
        TopologyAcceptor loaded = TopologyAcceptor.load(self, file, surroundings.holdsNoData()).orElse(null);
        if (loaded != null && !loaded.decided().clusterName().equals(settings.clusterName())) {
            isStopped = true;
            listener.refused("this node belongs to the cluster '" + loaded.decided().clusterName() + "', its configuration says '"
                    + settings.clusterName() + "'");
            return;
        }
        if (loaded == null && settings.seeds().isEmpty()) {
            loaded = TopologyAcceptor.begin(self, file, surroundings.holdsNoData(), createTopology());
        }
        if (loaded == null || (isAlone(loaded.decided()) && !settings.seeds().isEmpty())) {
            if (loaded != null && !surroundings.holdsNoData().getAsBoolean()) {
                isStopped = true;
                listener.refused("this node is a cluster of its own and holds data: it cannot join another");
                return;
            }
            joining = new JoinAttempt(settings, surroundings, 0, this::answered);
        } else {
            enter(loaded);
        }
        tick();
    }

    private Topology createTopology() {
        long clusterId;
        do {
            clusterId = surroundings.random().nextLong();
        } while (clusterId == 0);
        return Topology.alone(
                clusterId, settings.clusterName(), settings.self(), settings.partitions(), settings.keyspaces());
    }

    private static boolean isAlone(Topology topology) {
        return topology.members().size() == 1;
    }

    /** Sends nothing and changes nothing any more; the ring stays as it is. */
    public void stop() {
        isStopped = true;
        proposals.stop();
        if (joining != null) {
            joining.cancel();
        }
    }

    private void enter(TopologyAcceptor as) {
        acceptor = as;
        listener.joined(as.decided());
        publish(as.decided());
    }

    private void answered(JoinMessage.Answer answer) {
        joining = null;
        switch (answer) {
            case JoinMessage.Answer.Welcome welcome -> welcomed(welcome.topology());
            case JoinMessage.Answer.Refused refused -> {
                if (acceptor == null) {
                    isStopped = true;
                    listener.refused(refused.reason());
                } else {
                    staysAlone(refused.reason());
                }
            }
            case JoinMessage.Answer.Later later -> throw new AssertionError("'later' is no final answer");
        }
    }

    private void welcomed(Topology topology) {
        try {
            enter(TopologyAcceptor.begin(self, file, surroundings.holdsNoData(), topology));
        } catch (IOException e) {
            listener.topologyFileFailed(e);
            TopologyAcceptor own = acceptor;
            joining = new JoinAttempt(joinedBy, surroundings, own == null ? 0 : own.decided().epoch(), this::answered);
        }
    }

    // ---- out of a cluster of one

    /**
     * Has this node and the one at an address be in one cluster: whichever of the two is alone in its own, and empty, joins the other.
     *
     * @param answer called once, on the control loop, not before this returns; never when the node is stopped before
     */
    public void meet(Seed other, Consumer<ChangeOutcome> answer) {
        TopologyAcceptor current = acceptor;
        String reason = current == null || isStopped || current.decided().indexOf(self) < 0
                ? "this node is not a member of a cluster: it waits to be let into one, or was removed from it"
                : meeting != null
                        ? "this node is meeting another already"
                        : joining != null ? "this node waits to be let into another cluster already" : null;
        if (reason != null) {
            surroundings.loop().execute(() -> answer.accept(new ChangeOutcome.Refused(reason)));
            return;
        }
        Meeting begun = new Meeting(self, other, surroundings, new MeetingHost(), outcome -> {
            meeting = null;
            answer.accept(outcome);
        });
        meeting = begun;
        surroundings.loop().execute(begun::tick);
    }

    private final class MeetingHost implements Meeting.Host {
        @Override
        public Topology inForce() {
            return Objects.requireNonNull(acceptor).decided();
        }

        @Override
        public @Nullable String beginsToJoin(long epoch) {
            return Membership.this.beginsToJoin(epoch);
        }

        @Override
        public void join(Seed by) {
            Membership.this.join(by);
        }

        @Override
        public boolean isLettingIn(long memberId) {
            return joins.contains(memberId);
        }
    }

    /**
     * Freezes this node so that it may join another cluster: what is under way by its own topology could not go on by the other, and all that compares epochs relies on the next ring being of a later one.
     *
     * @return why it may not, of this node; null when it may, and is frozen
     */
    private @Nullable String beginsToJoin(long epoch) {
        TopologyAcceptor current = acceptor;
        if (current == null || isStopped || !isAlone(current.decided()) || current.decided().indexOf(self) < 0) {
            return "it is not the only node of a cluster";
        }
        if (joining != null || proposals.isRunning() || !joins.isEmpty() || !changes.isEmpty()) {
            return "its cluster is changing just now, so try again";
        }
        if (current.decided().epoch() > epoch) {
            return "its cluster has changed more often than the other, and is in epoch " + current.decided().epoch() + ", the other in " + epoch
                    + ": start it with --join and an empty data directory";
        }
        try {
            return current.freezeIfEmpty() ? null : "it holds data";
        } catch (IOException e) {
            listener.topologyFileFailed(e);
            return "it cannot write its topology file";
        }
    }

    private void join(Seed by) {
        listener.joining(by);
        joinedBy = settings.joiningBy(by);
        JoinAttempt attempt = new JoinAttempt(joinedBy, surroundings, Objects.requireNonNull(acceptor).decided().epoch(), this::answered);
        joining = attempt;
        attempt.tick();
    }

    /** It is certain that nobody lets this node in; whoever has been asked, and has not answered, would have refused likewise. */
    private void staysAlone(String reason) {
        listener.staysAlone(Objects.requireNonNull(acceptor).decided(), reason);
        // Nobody but this node relies on its being frozen.
        thawAtNanos = surroundings.loop().nanoTime();
        wasFrozen = true;
        Meeting under = meeting;
        if (under != null) {
            under.refused(reason);
        }
        surroundings.loop().execute(this::proceed);
    }

    private void invited(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        InviteMessage message = InviteMessage.read(body);
        String objection = beginsToJoin(message.epoch());
        Calls.beginReply(writer, MessageType.INVITE_REPLY, id);
        writer.writeText(objection == null ? "" : objection);
        from.send(writer.bytes(), 0, writer.size());
        if (objection == null) {
            join(new Seed(message.by().host(), message.by().nodePort()));
        }
    }

    /** Two that ask each other would wait for ever. Each is certain not to be let in, as the other lets nobody in while it asks: so one of them may stop asking, and lets the other in. */
    private void giveWayTo(long memberId) {
        JoinAttempt attempt = joining;
        TopologyAcceptor current = acceptor;
        if (attempt != null && current != null && attempt.asks(memberId) && self < memberId) {
            attempt.cancel();
            joining = null;
            listener.staysAlone(current.decided(), "the other asks to be let into this one's");
        }
    }

    // ---- what others may know

    /** The ring in force; null until this node is a member. Safe for concurrent use. */
    public @Nullable Ring ring() {
        return ring;
    }

    /**
     * Whether data requests are to be refused, because what the cluster decides on next relies on there being no data. Stays true from then until the ring of the next
     * epoch is the one in force. Safe for concurrent use.
     */
    public boolean isFrozen() {
        TopologyAcceptor current = acceptor;
        if (current == null) {
            return false;
        }
        if (current.isFrozen()) {
            return true;
        }
        // In this order: a thaw is seen only together with the epoch that brought it.
        Ring inForce = ring;
        return inForce == null || inForce.epoch() < current.decidedEpoch();
    }

    /**
     * The ring by which data may be read and written now; null when none may. To be asked inside whatever excludes writes from the question whether there are any data, at
     * each write. Safe for concurrent use.
     */
    public @Nullable Ring ringForData() {
        // In this order: a ring taken before could be of the epoch that a decision since has ended.
        return isFrozen() ? null : ring;
    }

    /** Has each ring handed to {@code consumer}, on the control loop, before anybody can see it. Called once, before {@link #start}. */
    public void beforeRingChanges(Consumer<Ring> consumer) {
        beforeRing = consumer;
    }

    /** Has every ring from the next one on handed to {@code consumer}, on the control loop, in order of their epochs. Safe for concurrent use. */
    public void whenRingChanged(Consumer<Ring> consumer) {
        ringListeners.add(consumer);
    }

    // ---- messages

    /**
     * Handles a request, if it is one of membership's.
     *
     * @param body behind the type, before the id
     * @return false when it is none
     */
    public boolean request(ReplyPath from, MessageType type, MessageReader body) {
        switch (type) {
            case PREPARE, ACCEPT -> vote(from, type, body);
            case DECIDED -> {
                TopologyAcceptor current = acceptor;
                long id = body.readLong();
                if (current != null && !isStopped && joining == null) {
                    exchange.request(current, from, id, body);
                }
            }
            case JOIN -> {
                giveWayTo(from.memberId());
                TopologyAcceptor current = acceptor;
                boolean isMember = current != null && !isStopped && joining == null && current.decided().indexOf(self) >= 0;
                admission.request(from, body, current != null && isMember ? current.decided() : null);
            }
            case INVITE -> invited(from, body);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void vote(ReplyPath from, MessageType type, MessageReader body) {
        TopologyAcceptor current = acceptor;
        if (current == null || isStopped) {
            return;
        }
        long id = body.readLong();
        try {
            Vote vote = Proposals.vote(current, type, body);
            Calls.beginReply(writer, type == MessageType.PREPARE ? MessageType.PREPARE_REPLY : MessageType.ACCEPT_REPLY, id);
            vote.write(writer);
            from.send(writer.bytes(), 0, writer.size());
            if (vote.status() == Vote.Status.OLDER) {
                exchange.tell(current, from.memberId(), false);
            }
        } catch (IOException e) {
            listener.topologyFileFailed(e);
        }
    }

    /** Messages to a member are taken from now on. */
    public void linkUp(long memberId) {
        if (joining != null) {
            joining.linkUp(memberId);
        }
        TopologyAcceptor current = acceptor;
        if (current != null && !isStopped && current.decided().indexOf(memberId) >= 0) {
            exchange.tell(current, memberId, false);
        }
    }

    public void linkDown(long memberId) {
        if (joining != null) {
            joining.linkDown(memberId);
        }
    }

    /** Somebody knows a member to be in an epoch; if it is not ours, the one behind is told. */
    public void heardOfEpoch(long memberId, long epoch) {
        TopologyAcceptor current = acceptor;
        if (current != null && !isStopped && memberId != self && epoch != current.decided().epoch()) {
            exchange.tell(current, memberId, epoch < current.decided().epoch());
        }
    }

    // ---- epochs

    private void learn(Topology topology) {
        TopologyAcceptor current = acceptor;
        if (current == null || isStopped) {
            return;
        }
        if (current.learn(topology)) {
            publish(topology);
        }
    }

    /** Goes by a topology: serves by it at once, so that no request waits for the disk, and begins what it asks for when the disk has it. */
    private void publish(Topology topology) {
        Ring before = ring;
        if (before != null && before.epoch() >= topology.epoch()) {
            return;
        }
        Ring now = Ring.of(topology);
        beforeRing.accept(now);
        ring = now;
        surroundings.links().members(topology.members().stream().filter(member -> member.id() != self).toList());
        listener.epochBegan(topology);
        Meeting under = meeting;
        if (under != null) {
            under.lookWhetherMet();
        }
        if (topology.indexOf(self) < 0) {
            listener.forgotten(topology);
        }
        keep();
    }

    /** Keeps the topology in force, and then tells of its ring: who is handed data relies on it that this node, restarted, takes no writes by the ring before. */
    private void keep() {
        TopologyAcceptor current = acceptor;
        Ring now = ring;
        if (current == null || now == null || now == toldRing) {
            return;
        }
        try {
            current.keep();
        } catch (IOException e) {
            listener.topologyFileFailed(e);
            return;
        }
        toldRing = now;
        for (Consumer<Ring> consumer : ringListeners) {
            consumer.accept(now);
        }
    }

    /** A founder that forgot whom it has let in would take itself for alone. Whoever else forgets is told by a majority that does not. */
    private void keepIfFirstOfOthers() {
        Ring before = ring;
        TopologyAcceptor current = acceptor;
        if (before == null || !before.isAlone() || current == null) {
            return;
        }
        try {
            current.keep();
        } catch (IOException e) {
            listener.topologyFileFailed(e);
        }
    }

    private void spread(Topology topology) {
        TopologyAcceptor current = acceptor;
        if (current == null) {
            return;
        }
        Ring before = ring;
        TreeSet<Long> told = new TreeSet<>();
        topology.members().forEach(member -> told.add(member.id()));
        if (before != null) {
            before.topology().members().forEach(member -> told.add(member.id()));
        }
        told.remove(self);
        for (long memberId : told) {
            exchange.tell(current, memberId, true);
        }
    }

    // ---- changes

    /**
     * Makes a change that moves no data: of keyspaces, or the removal of a member that owns nothing. It may be applied to several topologies, one after the other, while
     * others change it too.
     *
     * @param change from the topology in force to the {@linkplain Topology#next next}; the same object when there is nothing to change; an {@link
     *     IllegalArgumentException} says that it cannot be made
     * @param forced whether keys that are there may be given another number of replicas, so that reads may miss what was written before
     * @param answer called once, on the control loop, not before this returns; never when the node is stopped before
     */
    public void propose(UnaryOperator<Topology> change, boolean forced, Consumer<ChangeOutcome> answer) {
        AskedChange asked = new AskedChange(now -> understood(now, change.apply(now)), forced, answer);
        boolean isMember = acceptor != null && !isStopped && joining == null;
        if (isMember && changes.size() < MAX_CHANGES) {
            changes.add(asked);
            surroundings.loop().execute(this::proceed);
        } else {
            String reason = isMember
                    ? "as many as " + MAX_CHANGES + " changes wait already"
                    : "this node is not a member of a cluster";
            surroundings.loop().execute(() -> asked.refuse(reason));
        }
    }

    private Topology understood(Topology now, Topology next) {
        String objection = next == now ? null : surroundings.versions().objection(next);
        if (objection != null) {
            throw new IllegalArgumentException(objection);
        }
        return next;
    }

    /** Removes a member that owns nothing; one that is none is removed already. */
    public void forget(long memberId, Consumer<ChangeOutcome> answer) {
        propose(now -> AskedChange.without(now, memberId), false, answer);
    }

    private void joinAdded() {
        if (!isBatchUnderWay) {
            isBatchUnderWay = true;
            surroundings.loop().schedule(
                    () -> {
                        isBatchUnderWay = false;
                        proceed();
                    },
                    BATCH_MILLIS);
        }
    }

    /** Starts the next proposal, if none is running and there is anything to propose. */
    private void proceed() {
        TopologyAcceptor current = acceptor;
        if (current == null || isStopped || joining != null || proposals.isRunning() || current.decided().indexOf(self) < 0) {
            return;
        }
        long now = surroundings.loop().nanoTime();
        if (isFrozen() && wasFrozen && now - thawAtNanos >= 0) {
            thawAtNanos = now + millisAndAsManyAtRandom(THAW_MILLIS);
            if (isThawedAlone(current)) {
                surroundings.loop().execute(this::proceed);
                return;
            }
            proposals.run(current, (topology, mayMove) -> null, outcome -> concluded(outcome, current));
        } else if (!joins.isEmpty() && !isBatchUnderWay) {
            proposals.run(current, joins, outcome -> joinsConcluded(outcome, current));
        } else if (!changes.isEmpty()) {
            AskedChange asked = changes.remove();
            proposals.run(current, asked, outcome -> {
                asked.answer(outcome, current.decided());
                concluded(outcome, current);
            });
        } else if (shareWish.isDue(current.decided(), now)) {
            shareWish.asked(now);
            proposals.run(current, joins, outcome -> joinsConcluded(outcome, current));
        }
    }

    /** A cluster of one needs no next epoch to take data again, and had better stay in the one it is in: it may join those that are in no earlier one. */
    private boolean isThawedAlone(TopologyAcceptor current) {
        try {
            return current.thawIfAlone();
        } catch (IOException e) {
            listener.topologyFileFailed(e);
            return false;
        }
    }

    private void joinsConcluded(TopologyProposer.Outcome outcome, TopologyAcceptor current) {
        switch (outcome) {
            case TopologyProposer.Outcome.Decided decided -> joins.answerProposed(current.decided());
            case TopologyProposer.Outcome.Unchanged unchanged -> {
                if (unchanged.dataFound()) {
                    shareWish.isInVain(current.decided());
                }
                joins.answerProposed(current.decided());
                // Those left found no room.
                joins.putOff();
            }
            case TopologyProposer.Outcome.Overtaken overtaken -> joins.putOff();
            case TopologyProposer.Outcome.NoMajority noMajority -> joins.putOff();
            case TopologyProposer.Outcome.DiskFailed failed -> joins.putOff();
        }
        concluded(outcome, current);
    }

    private void concluded(TopologyProposer.Outcome outcome, TopologyAcceptor current) {
        if (outcome instanceof TopologyProposer.Outcome.DiskFailed failed) {
            listener.topologyFileFailed(failed.cause());
        }
        if (current.decided().indexOf(self) < 0) {
            joins.putOff();
        }
        surroundings.loop().execute(this::proceed);
    }

    // ---- time

    private void tick() {
        if (isStopped) {
            return;
        }
        surroundings.loop().schedule(this::tick, TICK_MILLIS);
        if (joining != null) {
            joining.tick();
        }
        Meeting under = meeting;
        if (under != null) {
            under.tick();
        }
        TopologyAcceptor current = acceptor;
        if (current == null) {
            return;
        }
        long now = surroundings.loop().nanoTime();
        if (now - exchangeAtNanos >= 0) {
            // What the disk refused may go by now. Not at each tick: each failure is told.
            keep();
        }
        noticeFrost(now);
        exchangeWithSomebody(current, now);
        updateOurselves(current, now);
        proceed();
    }

    /** Gives whoever froze us time to finish before we do it. */
    private void noticeFrost(long now) {
        boolean isFrozen = isFrozen();
        if (isFrozen && !wasFrozen) {
            thawAtNanos = now + millisAndAsManyAtRandom(THAW_MILLIS);
        }
        wasFrozen = isFrozen;
    }

    private void exchangeWithSomebody(TopologyAcceptor current, long now) {
        List<Member> members = current.decided().members();
        if (now - exchangeAtNanos >= 0 && members.size() > 1) {
            exchangeAtNanos = now + millisAndAsManyAtRandom((int) EXCHANGE_MILLIS);
            Member other = members.get(surroundings.random().nextInt(members.size()));
            if (other.id() != self) {
                exchange.tell(current, other.id(), false);
            }
        }
    }

    /** Has the topology say of this node what its configuration says. */
    private void updateOurselves(TopologyAcceptor current, long now) {
        Topology topology = current.decided();
        int index = topology.indexOf(self);
        if (index < 0 || joining != null || now - ownUpdateAtNanos < 0 || joins.contains(self)) {
            return;
        }
        Member known = topology.members().get(index);
        Member wanted = settings.self();
        // A rack, or a data center, that cannot change any more, because the data lie by it, is no reason to ask; a weight is the operator's.
        boolean isWhereItSays = known.datacenter().equals(wanted.datacenter())
                || (!topology.datacenterRings().isEmpty() && Placement.ownsAny(topology, self));
        boolean isUpToDate = isWhereItSays
                && known.host().equals(wanted.host())
                && known.nodePort() == wanted.nodePort()
                && known.clientPort() == wanted.clientPort();
        if (!isUpToDate) {
            ownUpdateAtNanos = now + millisAndAsManyAtRandom(OWN_UPDATE_MILLIS);
            // Others may have moved, too, and be found where the configuration says.
            for (Seed seed : settings.seeds()) {
                surroundings.links().contact(seed.host(), seed.port());
            }
            if (joins.add(wanted, decided -> {})) {
                joinAdded();
            }
        }
    }

    private long millisAndAsManyAtRandom(int millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis + surroundings.random().nextInt(millis));
    }
}
