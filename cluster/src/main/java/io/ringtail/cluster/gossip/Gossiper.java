package io.ringtail.cluster.gossip;

import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.gossip.GossipMessage.Digests;
import io.ringtail.cluster.gossip.GossipMessage.Form;
import io.ringtail.cluster.gossip.Suspicions.Relief;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * One node's part in gossip. Once a period it judges who has been silent for too long, counts its own heartbeat on,
 * and exchanges what it knows with a few members.
 *
 * <p>An exchange is two messages, three when a state is asked for:
 *
 * <pre>
 *   A                                                B
 *   GOSSIP: digests of all              ->           takes the heartbeats that are news
 *   takes them and the states           <-           GOSSIP_REPLY: digests newer than A's,
 *                                                    states A lacks, ids of states B lacks
 *   GOSSIP, a delivery: states B lacks  ->           no answer
 * </pre>
 *
 * <p>Heartbeats travel in the digests. A state travels only when its owner has something new to say, and every
 * {@value #REFRESH_HEARTBEATS} heartbeats, so what a round costs does not grow with the cluster but for the five
 * bytes of each digest. Two nodes that do not know the same members yet name them by id.
 *
 * <p>Who is suspected and who is down is decided in {@link Suspicions}.
 *
 * <p>A node that was stopped itself (its rounds come late) does not hold the silence against the others.
 *
 * <p>Confined to the control loop, but for {@link #liveness}. Listeners are called on it. Bounds: states of members
 * only, about {@value GossipAnswer#MAX_STATE_BYTES} bytes of states a message, one exchange under way for each
 * call to {@link Calls} of the last {@value #TIMEOUT_MILLIS} ms.
 */
public final class Gossiper {
    /**
     * Every so many heartbeats a state is said anew even if nothing but figures has changed; nodes started together
     * do it at different ones.
     */
    static final int REFRESH_HEARTBEATS = 25;

    private static final long TIMEOUT_MILLIS = 1_000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    /** A round that comes so many periods late means that this node has been stopped. */
    private static final int STOPPED_PERIODS = 3;
    /** Members passed over in one round in search of live ones, per message to be sent. */
    private static final int TRIES = 8;

    private static final int KIND_EXCHANGE = 0;
    private static final int KIND_DELIVERY = 1;

    /**
     * Who speaks.
     *
     * @param incarnation greater than at the node's last start
     * @param report asked once a round
     */
    public record Self(long id, long incarnation, Supplier<SelfReport> report) {}

    /** What is around the node, all of the control loop. */
    public record Surroundings(
            Loop loop, Transport transport, Calls calls, WallClock wallClock, RandomGenerator random) {}

    private final Self self;
    private final GossipOptions options;
    private final Loop loop;
    private final Transport transport;
    private final Calls calls;
    private final WallClock wallClock;
    private final RandomGenerator random;
    private final List<GossipListener> listeners = new ArrayList<>();
    private final MessageWriter writer = new MessageWriter();
    private final MessageReader reader = new MessageReader();

    private final GossipView view = new GossipView();
    private final ClockSamples clocks = new ClockSamples();
    private final Suspicions suspicions;
    private final int refreshPhase;
    private long incarnation;
    private SelfReport report = SelfReport.EMPTY;
    private int selfIndex = -1;
    /** All indexes, shuffled; those before {@code turn} have had theirs. */
    private int[] order = new int[0];
    private int turn;

    private boolean running;
    private long lastRoundNanos;
    private boolean unpublished;
    private volatile Liveness liveness = Liveness.NOTHING_HEARD;

    public Gossiper(Self self, Surroundings surroundings, GossipOptions options) {
        this.self = self;
        this.options = options;
        suspicions = new Suspicions(options);
        incarnation = self.incarnation();
        loop = surroundings.loop();
        transport = surroundings.transport();
        calls = surroundings.calls();
        wallClock = surroundings.wallClock();
        random = surroundings.random();
        refreshPhase = random.nextInt(REFRESH_HEARTBEATS);
    }

    public void addListener(GossipListener listener) {
        listeners.add(listener);
    }

    /** Begins with the rounds, the first within a period. */
    public void start() {
        if (!running) {
            running = true;
            lastRoundNanos = loop.nanoTime();
            loop.schedule(this::round, random.nextLong(options.periodMillis()) + 1);
        }
    }

    /** No more rounds; it can not be started again. */
    public void stop() {
        running = false;
    }

    /**
     * The members from now on; of others nothing is known any more. This node need not be among them: then it says
     * nothing until it is.
     */
    public void members(List<Member> members) {
        if (members.size() > Topology.MAX_MEMBERS) {
            throw new IllegalArgumentException(members.size() + " members, the limit is " + Topology.MAX_MEMBERS);
        }
        long[] ids = members.stream().mapToLong(Member::id).sorted().distinct().toArray();
        int[] oldIndexes = Arrays.stream(ids).mapToInt(view::indexOf).toArray();
        suspicions.rearrange(oldIndexes, loop.nanoTime());
        clocks.rearrange(oldIndexes);
        view.members(ids);
        selfIndex = view.indexOf(self.id());
        order = new int[ids.length];
        Arrays.setAll(order, i -> i);
        turn = order.length;
        report = self.report().get();
        if (selfIndex >= 0 && view.state(selfIndex) == null) {
            say(true);
        }
        publish();
    }

    // The round.

    private void round() {
        if (!running) {
            return;
        }
        long now = loop.nanoTime();
        long periodNanos = options.periodMillis() * NANOS_PER_MILLI;
        long late = now - lastRoundNanos - periodNanos;
        lastRoundNanos = now;
        if (late > STOPPED_PERIODS * periodNanos) {
            suspicions.forgive(late, now);
        }
        if (selfIndex >= 0) {
            judge(now);
            say(false);
            if (unpublished) {
                publish();
            }
            talk();
        }
        loop.schedule(this::round, options.periodMillis());
    }

    /** Suspects who has been silent for too long, and takes for down whom another suspects too. */
    private void judge(long now) {
        if (suspicions.suspect(selfIndex, now)) {
            unpublished = true;
        }
        List<Long> fallen = suspicions.condemn(selfIndex, view).stream().map(view::id).toList();
        if (!fallen.isEmpty()) {
            publish();
            for (long id : fallen) {
                listeners.forEach(listener -> listener.memberDown(id));
            }
        }
    }

    /**
     * Counts this node's heartbeat on, and states anew what others should know: when it has to, when something
     * changed, and now and then.
     */
    private void say(boolean anew) {
        report = self.report().get();
        MemberState last = view.state(selfIndex);
        long heartbeat = view.heartbeat(selfIndex) + 1;
        if (heartbeat >= MemberState.MAX_COUNT) {
            incarnation++;
            heartbeat = 1;
        }
        Set<Long> suspects = suspicions.suspects(view);
        if (!anew
                && last != null
                && last.incarnation() == incarnation
                && last.report().sameButForFigures(report)
                && heartbeat % REFRESH_HEARTBEATS != refreshPhase
                && last.suspects().equals(suspects)) {
            view.hear(selfIndex, heartbeat);
            return;
        }
        long wallMillis = Math.max(wallClock.millis(), 0);
        MemberState next = new MemberState(self.id(), incarnation, heartbeat, wallMillis, report, suspects);
        view.merge(next, Math.max(wallMillis, incarnation));
        unpublished = true;
    }

    /**
     * Starts an exchange with the next live members in a shuffled order, and now and then with one that is suspected:
     * it may be back, or behind a cut.
     */
    private void talk() {
        int members = order.length;
        int sent = 0;
        for (int tries = Math.min(members, options.fanout() * TRIES); tries > 0 && sent < options.fanout(); tries--) {
            int index = nextInTurn();
            if (index != selfIndex && !suspicions.isSuspected(index) && exchange(view.id(index))) {
                sent++;
            }
        }
        int suspectedCount = suspicions.suspectedCount();
        if (suspectedCount > 0 && random.nextInt(members) < suspectedCount) {
            int skipped = random.nextInt(suspectedCount);
            for (int i = 0; i < members; i++) {
                if (suspicions.isSuspected(i) && skipped-- == 0) {
                    exchange(view.id(i));
                }
            }
        }
    }

    /** Each index once, in a random order, then again in another: nobody waits for long by bad luck. */
    private int nextInTurn() {
        if (turn == order.length) {
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            }
            turn = 0;
        }
        return order[turn++];
    }

    // The exchange.

    private GossipMessage message(GossipAnswer answer, List<Long> wanted) {
        return message(answer.digests(), answer.states(random), wanted);
    }

    private GossipMessage message(Digests digests, List<MemberState> states, List<Long> wanted) {
        return new GossipMessage(
                Math.max(wallClock.millis(), 0), report.epoch(), view.membersHash(), digests, states, wanted);
    }

    /** Of those nothing is known of too: that is how a peer learns what to tell. */
    private Digests digestsOfAll(Form form) {
        Digests digests = new Digests(form, view.size());
        for (int i = 0; i < view.size(); i++) {
            digests.add(form == Form.NAMED ? view.id(i) : i, view.digest(i));
        }
        return digests;
    }

    private boolean exchange(long memberId) {
        Calls.begin(writer, MessageType.GOSSIP).writeByte(KIND_EXCHANGE);
        message(digestsOfAll(Form.DENSE), List.of(), List.of()).write(writer, transport.version(memberId));
        return calls.send(memberId, writer, TIMEOUT_MILLIS, new Exchange(loop.nanoTime()));
    }

    /** Waits for the answer to one exchange. That none came is no news: silence is the detector's. */
    private final class Exchange implements Calls.Callback {
        private final long askedNanos;

        Exchange(long askedNanos) {
            this.askedNanos = askedNanos;
        }

        @Override
        public void replied(long memberId, MessageType type, MessageReader body) {
            if (type != MessageType.GOSSIP_REPLY) {
                throw new MalformedMessageException(type + " as the answer to GOSSIP");
            }
            answered(memberId, GossipMessage.read(body, transport.version(memberId)), askedNanos);
        }

        @Override
        public void failed(long memberId, boolean timedOut) {}
    }

    /** A GOSSIP of a peer's has come. */
    public void request(ReplyPath from, byte[] bytes, int offset, int size) {
        MessageType type = reader.begin(bytes, offset, size);
        long id = reader.readLong();
        int kind = reader.readByte();
        if (type != MessageType.GOSSIP || kind > KIND_DELIVERY) {
            throw new MalformedMessageException(type + " of kind " + kind + " is no gossip");
        }
        GossipMessage message = GossipMessage.read(reader, from.version());
        if (kind == KIND_EXCHANGE && message.digests().form != Form.DENSE) {
            throw new MalformedMessageException("exchange that begins with digests of form " + message.digests().form);
        }
        boolean knowsTheSame = message.membersHash() == view.membersHash();
        GossipAnswer answer = new GossipAnswer(view, knowsTheSame ? Form.SPARSE : Form.NAMED);
        take(from.memberId(), message, answer);
        if (kind == KIND_EXCHANGE) {
            GossipMessage reply = knowsTheSame
                    ? message(answer, answer.wanted(random))
                    : message(digestsOfAll(Form.NAMED), List.of(), List.of());
            reply.write(Calls.beginReply(writer, MessageType.GOSSIP_REPLY, id), from.version());
            from.send(writer.bytes(), 0, writer.size());
        }
    }

    private void answered(long memberId, GossipMessage message, long askedNanos) {
        int index = view.indexOf(memberId);
        if (index >= 0) {
            clocks.add(index, message.wallMillis(), askedNanos, loop.nanoTime());
        }
        GossipAnswer answer = new GossipAnswer(view, Form.NAMED);
        take(memberId, message, answer);
        for (long wanted : message.wanted()) {
            int wantedIndex = view.indexOf(wanted);
            if (wantedIndex >= 0) {
                answer.peerLacksState(wantedIndex);
            }
        }
        if (answer.hasStates() || (message.digests().form == Form.NAMED && answer.digests().count() > 0)) {
            Calls.begin(writer, MessageType.GOSSIP).writeByte(KIND_DELIVERY);
            message(answer, List.of()).write(writer, transport.version(memberId));
            transport.send(memberId, writer.bytes(), 0, writer.size());
        }
    }

    /** Takes what is news, notes in {@code answer} what the sender lacks and has. */
    private void take(long senderId, GossipMessage message, GossipAnswer answer) {
        if (message.epoch() > report.epoch()) {
            listeners.forEach(listener -> listener.epochHeard(senderId, message.epoch()));
        }
        for (MemberState state : message.states()) {
            take(state, answer);
        }
        Digests digests = message.digests();
        boolean named = digests.form == Form.NAMED;
        if (!named && message.membersHash() != view.membersHash()) {
            return;
        }
        if (digests.form == Form.DENSE && digests.count() != view.size()) {
            throw new MalformedMessageException(digests.count() + " digests of " + view.size() + " members");
        }
        for (int i = 0; i < digests.count(); i++) {
            long key = digests.key(i);
            int index = named ? view.indexOf(key) : (int) key;
            if (index >= 0 && index < view.size()) {
                take(index, digests.value(i), answer);
            }
        }
    }

    private void take(int index, long digest, GossipAnswer answer) {
        int difference = view.compare(index, digest);
        if ((difference & GossipView.PEER_HAS_HEARTBEAT) != 0) {
            long heartbeat = view.heartbeat(index);
            if (view.hear(index, heartbeat + HeartbeatDigest.ahead(digest, heartbeat))) {
                alive(index, false);
            }
        }
        if ((difference & GossipView.PEER_LACKS_HEARTBEAT) != 0) {
            answer.peerLacksHeartbeat(index);
        }
        if ((difference & GossipView.PEER_HAS_STATE) != 0) {
            answer.peerHasState(index);
        }
        if ((difference & GossipView.PEER_LACKS_STATE) != 0) {
            answer.peerLacksState(index);
        }
    }

    private void take(MemberState state, GossipAnswer answer) {
        int index = view.indexOf(state.id());
        if (index < 0) {
            return;
        }
        if (index == selfIndex) {
            goBeyond(state);
        }
        long heartbeatBefore = view.heartbeat(index);
        switch (view.merge(state, wallClock.millis())) {
            case NEW_INCARNATION -> {
                unpublished = true;
                alive(index, true);
            }
            case NEWER -> {
                unpublished = true;
                if (view.heartbeat(index) > heartbeatBefore) {
                    alive(index, false);
                }
            }
            case OLDER -> {
                answer.peerLacksState(index);
                return;
            }
            case SAME, REFUSED -> {
                return;
            }
        }
        if (state.report().epoch() > report.epoch()) {
            listeners.forEach(listener -> listener.epochHeard(state.id(), state.report().epoch()));
        }
    }

    /**
     * Something newer than this node has ever said goes about as its word, from an earlier run or out of thin air:
     * what it says next has to be newer still.
     */
    private void goBeyond(MemberState state) {
        MemberState own = view.state(selfIndex);
        if (own == null || !state.isNewerThan(own)) {
            return;
        }
        if (state.incarnation() == incarnation) {
            view.hear(selfIndex, state.heartbeat());
        } else if (state.incarnation() <= Math.max(wallClock.millis(), incarnation) + GossipView.MAX_INCARNATION_JUMP) {
            incarnation = state.incarnation() + 1;
        } else {
            return;
        }
        say(true);
    }

    /** The member's heartbeat has moved. */
    private void alive(int index, boolean newIncarnation) {
        if (index == selfIndex) {
            return;
        }
        Relief relief = suspicions.heard(index, newIncarnation, loop.nanoTime());
        if (relief != Relief.NONE) {
            unpublished = true;
        }
        if (relief == Relief.UP) {
            publish();
            long id = view.id(index);
            listeners.forEach(listener -> listener.memberUp(id));
        }
    }

    // What others ask.

    private void publish() {
        unpublished = false;
        liveness = suspicions.liveness(view);
    }

    /** As it was at the end of the last round, or when somebody last went down or came up. Safe for concurrent use. */
    public Liveness liveness() {
        return liveness;
    }

    public boolean isDown(long memberId) {
        int index = view.indexOf(memberId);
        return index >= 0 && suspicions.isDown(index);
    }

    /** Whether this node has not heard of the member for too long. */
    public boolean isSuspected(long memberId) {
        int index = view.indexOf(memberId);
        return index >= 0 && suspicions.isSuspected(index);
    }

    /** What each member has last said of itself, this node included. */
    public List<MemberState> states() {
        return view.states();
    }

    /**
     * How far this node's wall clock is ahead of the median of what live peers say; 0 when none has answered. Sorts:
     * not to be asked more than once a round.
     */
    public long estimatedClockOffsetMillis() {
        return clocks.offsetMillis(
                wallClock.millis(), loop.nanoTime(), index -> index != selfIndex && !suspicions.isSuspected(index));
    }

    /** Whether anybody has said what its clock shows, since this node was started. */
    public boolean hasComparedClocks() {
        return clocks.hasAny();
    }
}
