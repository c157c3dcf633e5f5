package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Entrance;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.Workload;
import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedTransport;
import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.membership.MembershipListener;
import io.ringtail.cluster.membership.MembershipSettings;
import io.ringtail.cluster.membership.Seed;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.node.NodeOptions;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.StoreSources;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.sstable.Compression;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One life of a production node: stores without threads on the machine's disk, a control loop and the {@linkplain RunningLoop loops} that clients
 * are spread over. The log is synced before anything is acknowledged, so that a power cut costs nothing.
 *
 * <p>Made by {@link RunningNodeFactory}. Confined to the world's thread. Frees the stores' memory in {@link #crash} or {@link #close}.
 */
final class RunningNode implements SimulatedNode {
    private static final Path DIRECTORY = Path.of("/ringtail");
    private static final int CLIENT_PORT = 6379;
    private static final int PARTITIONS = 16;
    private static final int MEMTABLE_BYTES = 64 << 10;
    private static final int SEGMENT_BYTES = 64 << 10;
    private static final int TIMEOUT_MILLIS = 1_500;
    private static final long MAX_DRIFT_MILLIS = 7_200_000;
    private static final HintOptions HINTS = HintOptions.of(64 << 20, 3_600_000, 64 << 20);
    private static final HintOptions NO_HINTS = HintOptions.of(0, 3_600_000, 64 << 20);
    private static final RepairOptions REPAIR = new RepairOptions(10, 64 << 20, 1_000, 1_000);
    private static final RepairOptions NO_REPAIR =
            // Where nothing but hints mends, no hint is refused because the books are closed.
            REPAIR.withPace(64 << 20, 0).withGrace(60_000);
    /** Short: what is forgotten is forgotten when memtables are written out and tables are merged. */
    private static final long MEMTABLE_AGE_MILLIS = 700;

    private static final long MAINTENANCE_MILLIS = 100;
    private static final int MAINTENANCE_STEPS_MAX = 20;

    private final NodeFactory.Setup setup;
    private final SimulatedMachine machine;
    private final SimulatedLoop controlLoop;
    private final SimulatedTransport controlTransport;
    private final Store store;
    private final HintStore hints;
    private final ClusterNode node;
    private final List<RunningLoop> loops = new ArrayList<>();
    private final StoreSession reader;
    private boolean syncing;
    private @Nullable Topology fingerprinted;
    private String fingerprint = "";

    RunningNode(NodeFactory.Setup setup) throws IOException {
        this.setup = setup;
        this.machine = setup.machine();
        controlLoop = machine.newLoop("control");
        StoreOptions options = StoreOptions.of(DIRECTORY)
                .withFileSystem(machine.disk())
                .withSyncPolicy(SyncPolicy.ALWAYS)
                .withCompression(Compression.NONE)
                .withSizes(MEMTABLE_BYTES, 0, MEMTABLE_BYTES, SEGMENT_BYTES)
                .withTombstoneRule(TombstoneRule.KEEP)
                .withMemtableAge(MEMTABLE_AGE_MILLIS)
                .withSources(new StoreSources(
                        machine.clock()::millis, machine.world()::nowNanos, machine.random()::nextLong))
                .withoutThreads();
        store = Store.open(options, new StoreListener() {
            @Override
            public void durable(long position) {
                loops.forEach(loop -> loop.loop().execute(() -> loop.durable(position)));
            }
        });
        hints = openHints(options);
        reader = store.session();
        controlTransport = machine.world().network().open(controlLoop, 0, store.nodeId());
        QuorumOptions quorums = new QuorumOptions(TIMEOUT_MILLIS, TIMEOUT_MILLIS, RunningLoop.PENDING_BYTES_MAX, setup.flaws());
        node = new ClusterNode(
                new NodeOptions(
                        quorums,
                        GossipOptions.DEFAULT,
                        setup.mending().repairs() ? REPAIR : NO_REPAIR,
                        MAX_DRIFT_MILLIS,
                        NodeOptions.DEFAULT_STREAM_BYTES_PER_SECOND),
                new ClusterNode.Place(
                        store,
                        hints,
                        new TopologyFile(machine.disk(), DIRECTORY, store.nodeId()),
                        machine.clock(),
                        controlLoop,
                        controlTransport,
                        new AllLinks(),
                        machine.random(),
                        new MembershipListener() {
                            @Override
                            public void joined(Topology topology) {
                                epochBegan(topology);
                            }

                            @Override
                            public void epochBegan(Topology topology) {
                                setup.topologies().began(topology.epoch(), fingerprint(topology));
                            }
                        },
                        StoreListener.NONE,
                        this::report));
        for (int i = 0; i < setup.dataLoops(); i++) {
            loops.add(new RunningLoop(setup, node, store, machine.newLoop("data-" + i), i + 1, this::syncSoon));
        }
    }

    private HintStore openHints(StoreOptions options) throws IOException {
        try {
            return HintStore.open(options, setup.mending().hints() ? HINTS : NO_HINTS, new StoreListener() {
                @Override
                public void durable(long position) {
                    loops.forEach(loop -> loop.loop().execute(() -> loop.hintsDurable(position)));
                }
            });
        } catch (IOException e) {
            store.abandon();
            throw e;
        }
    }

    /** The control loop's links and the data loop's are to the same members. */
    private final class AllLinks implements Links {
        @Override
        public void members(List<Member> others) {
            List<Member> copy = List.copyOf(others);
            controlTransport.members(copy);
            loops.forEach(loop -> loop.loop().execute(() -> loop.members(copy)));
        }

        @Override
        public void meet(String host, int port, LongConsumer reached) {
            controlTransport.meet(host, port, reached);
        }
    }

    private SelfReport report() {
        return new SelfReport(epoch(), 0, 0, hints.count(), 0, store.refusal() != null);
    }

    /** Where the machine stands, if the cluster's keyspaces ask. */
    private String datacenter() {
        boolean counts = setup.keyspaces().stream().anyMatch(keyspace -> keyspace.replication().isPerDatacenter());
        return counts ? Workload.datacenterName(machine.index()) : "";
    }

    @Override
    public void start() {
        loops.forEach(RunningLoop::start);
        controlTransport.start(node.controlListener());
        MembershipSettings settings = new MembershipSettings(
                "simulated",
                new Member(store.nodeId(), machine.host(), SimulatedMachine.NODE_PORT, CLIENT_PORT, 1, "", datacenter()),
                PARTITIONS,
                setup.keyspaces(),
                setup.contacts().stream().map(host -> new Seed(host, SimulatedMachine.NODE_PORT)).toList(),
                setup.flaws());
        controlLoop.execute(() -> {
            try {
                node.start(settings);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        maintainLater();
    }

    // ---- the disk

    /** Does what the stores' threads would do, on another thread than the loop's. */
    private void maintainLater() {
        controlLoop.schedule(
                () -> {
                    boolean ignored = controlLoop.offload(this::maintain);
                    maintainLater();
                },
                MAINTENANCE_MILLIS);
    }

    private void syncSoon() {
        if (!syncing) {
            syncing = controlLoop.offload(this::maintain);
        }
    }

    private void maintain() {
        syncing = false;
        int steps = 0;
        while (steps < MAINTENANCE_STEPS_MAX && store.runMaintenance()) {
            steps++;
        }
        while (steps < 2 * MAINTENANCE_STEPS_MAX && hints.store().runMaintenance()) {
            steps++;
        }
    }

    // ---- members

    @Override
    public boolean canChangeMembers() {
        return true;
    }

    @Override
    public void reweigh(long memberId, int weight) {
        propose(now -> {
            int index = now.indexOf(memberId);
            if (index < 0) {
                return now;
            }
            List<Member> members = new ArrayList<>(now.members());
            members.set(index, members.get(index).withWeight(weight));
            return now.next(members, now.owners(), now.keyspaces());
        });
    }

    @Override
    public void sendAway(long memberId) {
        propose(now -> now.indexOf(memberId) < 0 ? now : now.next(now.transition().withDeparture(memberId, 0)));
    }

    private void propose(UnaryOperator<Topology> change) {
        controlLoop.execute(() -> {
            if (node.isMember()) {
                node.membership().propose(change, false, outcome -> {});
            }
        });
    }

    @Override
    public boolean knows(long memberId) {
        return node.ring().topology().indexOf(memberId) >= 0;
    }

    @Override
    public boolean isSettled() {
        Topology topology = node.ring().topology();
        Transition transition = topology.transition();
        return !transition.isMoving()
                && transition.departures().isEmpty()
                && TransitionGoal.of(topology).moves().isEmpty();
    }

    // ---- what checkers ask for

    @Override
    public void crash() {
        free(true);
    }

    @Override
    public void close() {
        free(false);
    }

    private void free(boolean dead) {
        try {
            if (!dead) {
                node.stop();
            }
            loops.forEach(RunningLoop::close);
            reader.close();
            hints.store().abandon();
            store.abandon();
        } catch (IOException e) {
            if (!dead) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public boolean repairs() {
        return setup.mending().repairs();
    }

    @Override
    public boolean isReady() {
        return node.isMember();
    }

    @Override
    public Entrance entrance(int client) {
        return loops.get(client % loops.size());
    }

    @Override
    public long memberId() {
        return store.nodeId();
    }

    @Override
    public List<Long> replicas(byte[] key) {
        Ring ring = node.ring();
        Keyspace keyspace = ring.keyspace(key, 0, key.length);
        ReplicaSet set = ring.replicas(keyspace, new Key().set(0, key).token());
        int[] preference = set.preference();
        List<Long> replicas = new ArrayList<>();
        for (int i = 0; i < set.count(); i++) {
            replicas.add(ring.topology().members().get(preference[i]).id());
        }
        return replicas;
    }

    @Override
    public long epoch() {
        return node.isMember() ? node.ring().epoch() : 0;
    }

    @Override
    public String topologyFingerprint() {
        Topology topology = node.ring().topology();
        if (topology != fingerprinted) {
            // Asked for at every step, and seldom another.
            fingerprint = fingerprint(topology);
            fingerprinted = topology;
        }
        return fingerprint;
    }

    private static String fingerprint(Topology topology) {
        MessageWriter bytes = new MessageWriter();
        TopologyCodec.write(bytes.begin(MessageType.DECIDED), topology);
        return topology + " " + Integer.toHexString(Arrays.hashCode(Arrays.copyOf(bytes.bytes(), bytes.size())));
    }

    @Override
    public long hintCount() {
        return hints.count();
    }

    @Override
    public List<Gauge> gauges() {
        List<Gauge> gauges = new ArrayList<>();
        gauges.add(new Gauge("control calls pending", node.pendingControlCalls(), Calls.MAX_PENDING));
        gauges.add(new Gauge("hint bytes", hints.bytes(), HINTS.bytesMax()));
        loops.forEach(loop -> loop.addGauges(gauges));
        return gauges;
    }

    @Override
    public Map<String, Long> leftovers() {
        Map<String, Long> leftovers = new TreeMap<>();
        leftovers.put("slots locked", (long) node.lockedSlots());
        loops.forEach(loop -> loop.addLeftovers(leftovers));
        return leftovers;
    }

    @Override
    public long clearedThroughHlc() {
        return reader.floor(0);
    }

    @Override
    public boolean canWalk() {
        return true;
    }

    @Override
    public void walk(ConsistencyLevel level, Consumer<@Nullable List<String>> whenOver) {
        loops.getFirst().walk(level, whenOver);
    }

    @Override
    public boolean forgets(String key, Held held, @Nullable Held header) {
        Key of = new Key().set(0, Held.keyOf(key).getBytes(StandardCharsets.UTF_8));
        SettledTimes times = node.settledTimes();
        return Held.isMember(key) && held.causal() != null
                ? times.byPartition().isForgotten(of.token(), times.forgottenThrough(record(header), record(held)))
                : times.isForgotten(of, record(held));
    }

    private static Record record(@Nullable Held held) {
        Record record = new Record();
        if (held == null) {
            return record;
        }
        if (held.causal() != null) {
            byte[] bytes = HexFormat.of().parseHex(held.causal());
            return record.wrap(bytes, 0, bytes.length);
        }
        Version version = held.version();
        Version expiryVersion = held.expiryVersion();
        if (version != null) {
            if (held.value() == null) {
                record.setTombstone(version.hlc(), version.actor());
            } else {
                record.setValue(version.hlc(), version.actor(), 0, new byte[0], 0, 0);
            }
        }
        if (expiryVersion != null) {
            Record expiry = new Record();
            expiry.setExpiry(expiryVersion.hlc(), expiryVersion.actor(), held.expireAtMillis());
            record.merge(expiry);
        }
        return record;
    }

    private static String name(Key key) {
        String userKey = new String(key.userKey(), StandardCharsets.UTF_8);
        boolean isMember = key.size() > key.userKeyOffset() + key.userKeySize();
        return isMember
                ? Held.member(
                        userKey, new String(key.bytes(), MemberKeys.memberOffset(key), MemberKeys.memberSize(key), StandardCharsets.UTF_8))
                : userKey;
    }

    private static String hex(Record record) {
        byte[] bytes = new byte[record.size()];
        int ignored = record.encode(bytes, 0);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public Map<String, Held> contents() {
        Map<String, Held> contents = new TreeMap<>();
        try (RecordCursor cursor = reader.scan(0, -1)) {
            while (cursor.next()) {
                Record record = cursor.record();
                Version version = record.hasValue() ? new Version(record.hlc(), record.actor()) : null;
                Version expiryVersion = record.hasExpiry() ? new Version(record.expiryHlc(), record.expiryActor()) : null;
                String value = record.hasValue() && !record.isTombstone() ? new String(record.value(), StandardCharsets.UTF_8) : null;
                contents.put(
                        name(cursor.key()),
                        new Held(version, value, record.expireAtMillis(), expiryVersion, record.isCausal() ? hex(record) : null));
            }
        }
        return contents;
    }

    @Override
    public String toString() {
        return machine + " " + HexFormat.of().toHexDigits(store.nodeId());
    }
}
