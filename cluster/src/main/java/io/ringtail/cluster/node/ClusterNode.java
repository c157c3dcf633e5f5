package io.ringtail.cluster.node;

import io.ringtail.cluster.antientropy.AntiEntropy;
import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.cluster.coordinator.SlotLocks;
import io.ringtail.cluster.coordinator.WaitingSession;
import io.ringtail.cluster.gossip.GossipListener;
import io.ringtail.cluster.gossip.Gossiper;
import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintBatch;
import io.ringtail.cluster.hint.HintDelivery;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.membership.Membership;
import io.ringtail.cluster.membership.MembershipListener;
import io.ringtail.cluster.membership.MembershipSettings;
import io.ringtail.cluster.membership.SpokenVersions;
import io.ringtail.cluster.membership.Surroundings;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.cluster.settle.Settlement;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transfer.Cleanup;
import io.ringtail.cluster.transfer.Rebalancer;
import io.ringtail.cluster.transfer.Transfers;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.cluster.transport.TransportListener;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A node: its store and hints, its place in the cluster, and what its loops share.
 *
 * <p>Opened by the server or a simulation, which keep store and hint store and close them afterwards. {@link #start}, and everything about links, is confined to the
 * control loop; {@link #dataLoop} is called once for each event loop before that; what answers a question is safe for concurrent use.
 *
 * <p>Long because every room of the module is made and told of changes here, in an order that matters; what there is to decide is decided in them.
 */
public final class ClusterNode implements RingView {
    /** Where the node is and what it has. The loop, transport and links are the control loop's. */
    public record Place(
            Store store,
            HintStore hints,
            TopologyFile topologyFile,
            WallClock wallClock,
            Loop loop,
            Transport transport,
            Links links,
            RandomGenerator random,
            MembershipListener membershipListener,
            StoreListener storeListener,
            Supplier<SelfReport> report) {}

    /** What this node is to its cluster. */
    private enum Standing {
        STRANGER("CLUSTERDOWN this node has not been let into its cluster yet"),
        MEMBER(null),
        REMOVED("CLUSTERDOWN this node is not a member of its cluster any more: it has been removed");

        final @Nullable String refusal;

        Standing(@Nullable String refusal) {
            this.refusal = refusal;
        }
    }

    private static final long CLOCK_PERIOD_MILLIS = 1000;
    private static final long FIRST_COMPARISON_PERIOD_MILLIS = 50;
    /** How long a node that was started again waits for somebody to compare its clock with: a node that is the only one alive is to take writes too. */
    private static final long UNCOMPARED_MILLIS_MAX = 10_000;

    private final NodeOptions options;
    private final Place place;
    private final long selfId;
    private final NodeClock clock;
    private final LocalCoordinator local;
    private final SlotLocks locks = new SlotLocks();
    private volatile @Nullable Membership membership;
    private volatile Standing standing = Standing.STRANGER;
    private volatile long clockAheadMillis;
    private long uncomparedUntilNanos;
    private boolean stopped;
    private final Gossiper gossiper;
    private final Calls calls;
    private final SpokenVersions versions;
    private final HintDelivery hintDelivery;
    private final SettledTimes times;
    private final Settlement settlement;
    private final AntiEntropy antiEntropy;
    private final Transfers transfers;
    private final Cleanup cleanup;
    private final Rebalancer rebalancer;
    private final List<DataLoop> dataLoops = new ArrayList<>();
    private final AtomicInteger nextLoop = new AtomicInteger();
    private final AtomicLong nextClient;
    /** What stands for a ring until there is one: this node alone, which {@link #isMember} says it is not. */
    private final Ring none;

    public ClusterNode(NodeOptions options, Place place) {
        this.options = options;
        this.place = place;
        Store store = place.store();
        selfId = store.nodeId();
        nextClient = new AtomicLong(place.random().nextLong());
        clock = new NodeClock(
                place.wallClock(), store.writeLock(), store.maxHlc(), options.maxDriftMillis(), options.flaws());
        local = new LocalCoordinator(
                store,
                place.wallClock(),
                clock,
                key -> ring().keepsSiblings(key.bytes(), key.userKeyOffset(), key.userKeySize()),
                options.flaws());
        none = Ring.of(Topology.alone(
                1, "none", new Member(selfId, "none", 1, 1, 1, ""), 1, List.of(Keyspace.DEFAULT)));
        calls = new Calls(place.transport(), place.loop());
        times = new SettledTimes(options.maxDriftMillis(), options.flaws());
        gossiper = new Gossiper(
                new Gossiper.Self(selfId, place.wallClock().millis(), this::report),
                new Gossiper.Surroundings(place.loop(), place.transport(), calls, place.wallClock(), place.random()),
                options.gossip());
        gossiper.addListener(new GossipListener() {
            @Override
            public void memberDown(long memberId) {}

            @Override
            public void memberUp(long memberId) {
                place.links().alive(memberId);
            }

            @Override
            public void epochHeard(long memberId, long epoch) {
                ClusterNode.this.heardOfEpoch(memberId, epoch);
            }
        });
        versions = new SpokenVersions(selfId, gossiper::isDown, calls::version);
        place.hints().ageOnlyWhile(() -> clock.refusal() == null);
        hintDelivery = new HintDelivery(
                place.hints(),
                place.loop(),
                new HintWrites(
                        selfId,
                        () -> dataLoops().getFirst(),
                        place.loop(),
                        this,
                        clock,
                        this::keepHere,
                        options.quorums().writeTimeoutMillis()),
                id -> place.transport().isResponsive(id) && !gossiper.isDown(id),
                options.flaws(),
                place.storeListener());
        settlement = new Settlement(
                selfId,
                store,
                place.hints(),
                times,
                new BookkeepersClock(),
                place.loop(),
                () -> gossiper.liveness().states(),
                () -> antiEntropy().timesChanged(),
                options.repair().graceMillis(),
                place.storeListener());
        antiEntropy = new AntiEntropy(
                selfId,
                store,
                times,
                settlement,
                this,
                none,
                clock,
                place.loop(),
                place.random(),
                options.repair(),
                options.flaws());
        transfers = new Transfers(
                selfId,
                store,
                none,
                place.loop(),
                new TransferMessages(
                        () -> dataLoops().getFirst(), place.loop(), clock, options.quorums().writeTimeoutMillis()),
                options.streamBytesPerSecond(),
                options.flaws(),
                () -> place.hints().count(),
                place.storeListener());
        cleanup = new Cleanup(selfId, store, place.hints(), place.loop(), ranges -> antiEntropy().discarded(ranges), place.storeListener());
        rebalancer = new Rebalancer(selfId, new RebalancedCluster(), calls, place.loop(), transfers);
    }

    private final class BookkeepersClock implements Settlement.Clock {
        @Override
        public boolean isTrusted() {
            return clock.refusal() == null && gossiper.hasComparedClocks();
        }

        @Override
        public long millis() {
            return clock.nowMillis();
        }

        @Override
        public void observe(long hlc) {
            clock.observe(hlc);
        }
    }

    /** What moves the topology on knows of it. */
    private final class RebalancedCluster implements Rebalancer.Cluster {
        @Override
        public boolean isMember() {
            return ClusterNode.this.isMember();
        }

        @Override
        public Ring ring() {
            return ClusterNode.this.ring();
        }

        @Override
        public Liveness liveness() {
            return gossiper.liveness();
        }

        @Override
        public boolean isUnderstood(Topology next) {
            return versions.isUnderstood(next);
        }

        @Override
        public boolean isClean(long memberId, long epoch) {
            return memberId == selfId
                    ? cleanup.cleanEpoch() == epoch
                    : gossiper.liveness().states().stream()
                            .anyMatch(state -> state.id() == memberId && state.report().settled().cleanEpoch() == epoch);
        }

        @Override
        public void propose(UnaryOperator<Topology> change, Consumer<ChangeOutcome> answer) {
            membership().propose(change, true, answer);
        }
    }

    private SelfReport report() {
        return place.report().get().withSettled(settlement.said().withClean(cleanup.cleanEpoch()));
    }

    /** Exact: whoever writes does so under the write lock, and looks there whether the node is frozen. */
    private boolean holdsNoData() {
        // Whoever writes looks under this lock whether data are to be refused: after this they are, or are seen here.
        ReentrantLock lock = place.store().writeLock();
        lock.lock();
        try {
            return place.store().isEmpty() && place.hints().count() == 0;
        } finally {
            lock.unlock();
        }
    }

    private void ringChanged(Ring ring) {
        List<Member> members = ring.topology().members();
        standing = ring.topology().indexOf(selfId) >= 0 ? Standing.MEMBER : Standing.REMOVED;
        gossiper.members(members);
        antiEntropy.ringChanged(ring);
        hintDelivery.members(members.stream().mapToLong(Member::id).toArray());
        transfers.ringChanged(ring);
        cleanup.ringChanged(ring);
        place.store().tombstoneRule(ring.isAlone() ? TombstoneRule.ALONE : times);
    }

    /**
     * Takes up the node's place in its cluster, or begins to look for one. On the control loop, when the node can be reached at the address that the settings give.
     *
     * @throws io.ringtail.engine.io.CorruptionException when the topology file is damaged
     */
    public void start(MembershipSettings settings) throws IOException {
        Membership begun = new Membership(
                settings,
                new Surroundings(place.loop(), calls, place.links(), this::holdsNoData, place.random(), versions),
                place.topologyFile(),
                place.membershipListener());
        // Before copies can come by it: what this node is given it is not whole of.
        begun.beforeRingChanges(settlement::ringChanged);
        begun.whenRingChanged(this::ringChanged);
        membership = begun;
        begun.start();
        gossiper.start();
        hintDelivery.start();
        antiEntropy.start(dataLoops().getFirst().repairCarrier());
        settlement.start();
        transfers.start();
        cleanup.start();
        rebalancer.start();
        if (isMember() && !ring().isAlone()) {
            clock.awaitComparison();
            uncomparedUntilNanos = place.loop().nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNCOMPARED_MILLIS_MAX);
        }
        compareClocks();
    }

    private void compareClocks() {
        if (stopped) {
            return;
        }
        boolean awaitsOthers = clock.refusal() != null && uncomparedUntilNanos - place.loop().nanoTime() > 0;
        if (awaitsOthers && !gossiper.hasComparedClocks()) {
            place.loop().schedule(this::compareClocks, FIRST_COMPARISON_PERIOD_MILLIS);
            return;
        }
        long aheadMillis = gossiper.estimatedClockOffsetMillis();
        clock.confirm(aheadMillis);
        clockAheadMillis = aheadMillis;
        place.loop().schedule(this::compareClocks, CLOCK_PERIOD_MILLIS);
    }

    /** How far this node's clock is ahead of the median of the others', negative when it is behind; 0 when nothing is known of theirs. */
    public long clockAheadMillis() {
        return clockAheadMillis;
    }

    /** Ends what the control loop does, and gives the event loops' parts back. Nothing of the node is used afterwards. */
    public void stop() {
        stopped = true;
        Membership begun = membership;
        if (begun != null) {
            begun.stop();
        }
        gossiper.stop();
        hintDelivery.stop();
        antiEntropy.stop();
        settlement.stop();
        transfers.stop();
        cleanup.stop();
        rebalancer.stop();
    }

    /**
     * What one event loop has.
     *
     * @param beginTurn called when something waits for the turn's end, so that there will be one
     */
    public DataLoop dataLoop(Loop loop, Transport transport, Runnable beginTurn, ForwardHandler forwarded) {
        DataLoop made = new DataLoop(this, loop, transport, beginTurn, forwarded);
        synchronized (dataLoops) {
            dataLoops.add(made);
        }
        return made;
    }

    /** A session for a worker, whose requests are made on one of the event loops in turn. */
    public DataSession waitingSession() {
        List<DataLoop> loops = dataLoops();
        DataLoop loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
        long timeoutMillis = 2L * options.quorums().readTimeoutMillis() + options.quorums().writeTimeoutMillis();
        return new WaitingSession(local, loop.quorums(), loop.loop(), this, this::refusal, loop.walks(), timeoutMillis);
    }

    /** The event loops' parts, in the order they were made. */
    public List<DataLoop> dataLoops() {
        synchronized (dataLoops) {
            return List.copyOf(dataLoops);
        }
    }

    /** What the control loop's links are to tell. */
    public TransportListener controlListener() {
        return new TransportListener() {
            private final MessageReader reader = new MessageReader();

            @Override
            public void request(ReplyPath from, byte[] message, int offset, int size) {
                MessageType type = reader.begin(message, offset, size);
                if (type == MessageType.GOSSIP) {
                    gossiper.request(from, message, offset, size);
                    return;
                }
                if (type == MessageType.TRANSFERS) {
                    transfers.request(from, reader);
                    return;
                }
                Membership begun = membership;
                if (begun != null && !begun.request(from, type, reader)) {
                    throw new MalformedMessageException(type + " on a control link");
                }
            }

            @Override
            public void reply(long memberId, byte[] message, int offset, int size) {
                calls.reply(memberId, message, offset, size);
            }

            @Override
            public void linkUp(long memberId) {
                Membership begun = membership;
                if (begun != null) {
                    begun.linkUp(memberId);
                }
            }

            @Override
            public void linkDown(long memberId) {
                calls.linkDown(memberId);
                Membership begun = membership;
                if (begun != null) {
                    begun.linkDown(memberId);
                }
            }
        };
    }

    // ---- what everybody may ask

    @Override
    public Ring ring() {
        Membership begun = membership;
        Ring ring = begun == null ? null : begun.ring();
        return ring == null ? none : ring;
    }

    /** Whether this node belongs to a cluster, be it of itself alone. */
    public boolean isMember() {
        return standing == Standing.MEMBER;
    }

    /** Why commands on data are refused, as an error reply: this node is no member, yet or any more. Null when it is one. */
    public @Nullable String refusal() {
        return standing.refusal;
    }

    @Override
    public boolean isFrozen() {
        Membership begun = membership;
        return begun != null && begun.isFrozen();
    }

    @Override
    public void heardOfEpoch(long memberId, long epoch) {
        place.loop().execute(() -> {
            Membership begun = membership;
            if (begun != null) {
                begun.heardOfEpoch(memberId, epoch);
            }
        });
    }

    public long selfId() {
        return selfId;
    }

    public NodeOptions options() {
        return options;
    }

    public NodeClock clock() {
        return clock;
    }

    public LocalCoordinator local() {
        return local;
    }

    SlotLocks locks() {
        return locks;
    }

    /** The mean time, of late, that a member takes to answer this node's reads, in microseconds: that of the loops that have asked it. 0 when none has. */
    public long readMicros(long memberId) {
        return meanOfLoops(loop -> loop.quorums().readMicros(memberId));
    }

    /** The same for writes, a sync under {@code appendfsync always} included. */
    public long writeMicros(long memberId) {
        return meanOfLoops(loop -> loop.quorums().writeMicros(memberId));
    }

    private long meanOfLoops(ToLongFunction<DataLoop> micros) {
        return (long) dataLoops().stream().mapToLong(micros).filter(each -> each > 0).average().orElse(0);
    }

    /** Slots locked by commands under way. */
    public int lockedSlots() {
        return locks.heldCount();
    }

    /** Merges what was kept for another and is this node's now; whether all of it is kept: not when some of it has become others' since that was asked. Blocks on the disk. */
    boolean keepHere(HintBatch batch, List<Integer> indexes) {
        Store store = place.store();
        Key key = new Key();
        Record record = new Record();
        try (StoreSession session = store.session()) {
            for (int index : indexes) {
                batch.key(index, key);
                store.writeLock().lock();
                try {
                    if (store.refusal() != null || isFrozen() || !keeps(key)) {
                        return false;
                    }
                    Acceptance ignored = times.acceptCopy(session, key, batch.record(index, record), true);
                } finally {
                    store.writeLock().unlock();
                }
            }
        } catch (IOException e) {
            return false;
        }
        return syncLog();
    }

    private boolean keeps(Key key) {
        Ring now = ring();
        Keyspace keyspace = now.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        return now.replicas(keyspace, key.token()).contains(now.topology().indexOf(selfId));
    }

    /** Syncs all that was written so far, whatever the policy; whether that worked. Blocks on the disk. */
    boolean syncLog() {
        try {
            long ignored = place.store().append();
            place.store().awaitDurable();
            return true;
        } catch (IOException e) {
            place.storeListener().backgroundFailure("sync of the commit log", e);
            return false;
        }
    }

    /** A name for a client, by which other nodes know whose commands they carry out; none before had it. */
    long newClientName() {
        return nextClient.incrementAndGet();
    }

    Store store() {
        return place.store();
    }

    public HintStore hints() {
        return place.hints();
    }

    public HintDelivery hintDelivery() {
        return hintDelivery;
    }

    /** How far what replicas hold is settled, and tombstones may go. */
    public Settlement settlement() {
        return settlement;
    }

    /** The times that follow from it. */
    public SettledTimes settledTimes() {
        return times;
    }

    public AntiEntropy antiEntropy() {
        return antiEntropy;
    }

    /** What this node hands over. */
    public Transfers transfers() {
        return transfers;
    }

    /** What moves partitions to where they should be. */
    public Rebalancer rebalancer() {
        return rebalancer;
    }

    /** @throws IllegalStateException before {@link #start} */
    public Membership membership() {
        Membership begun = membership;
        if (begun == null) {
            throw new IllegalStateException("the node has not been started");
        }
        return begun;
    }

    public Gossiper gossiper() {
        return gossiper;
    }

    public Liveness liveness() {
        return gossiper.liveness();
    }

    /** Requests of the control loop under way. */
    public int pendingControlCalls() {
        return calls.pendingCount();
    }

    /** The hints' disk takes nothing. */
    void hintsFailed(IOException cause) {
        place.storeListener().backgroundFailure("write of hints", cause);
    }

    /** Where writes are kept for members that cannot be reached. */
    HintSink hintSink() {
        return new HintSink() {
            @Override
            public boolean add(long targetId, Key key, Record record) {
                return place.hints().add(targetId, key, record);
            }

            @Override
            public boolean addClear(long targetId, int database, long hlc) {
                return place.hints().addClear(targetId, database, hlc);
            }

            @Override
            public boolean isBrought(long targetId) {
                return place.hints().isBrought(targetId);
            }
        };
    }
}
