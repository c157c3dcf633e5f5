package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedTransport;
import io.ringtail.cluster.coordinator.ClusterSession;
import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.coordinator.ForwardListener;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.flaw.Flaw;
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
import io.ringtail.cluster.node.DataLoop;
import io.ringtail.cluster.node.NodeOptions;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.StoreSources;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.compaction.TombstoneRule;
import io.ringtail.engine.record.Key;
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
import org.jspecify.annotations.Nullable;

/**
 * One life of a production node: stores without threads on the machine's disk, a control loop and a data loop, and in the server's place what ends turns and holds
 * replies until they are durable. The log is synced before anything is acknowledged, so that a power cut costs nothing.
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
    private static final long PENDING_BYTES_MAX = 1 << 20;
    private static final long MAX_DRIFT_MILLIS = 7_200_000;
    private static final HintOptions HINTS = HintOptions.of(1 << 20, 3_600_000, 1 << 20);
    private static final long MAINTENANCE_MILLIS = 100;
    private static final int MAINTENANCE_STEPS_MAX = 20;

    private final NodeFactory.Setup setup;
    private final SimulatedMachine machine;
    private final SimulatedLoop controlLoop;
    private final SimulatedLoop loop;
    private final SimulatedTransport controlTransport;
    private final SimulatedTransport transport;
    private final Store store;
    private final HintStore hints;
    private final ClusterNode node;
    private final DataLoop data;
    private final ClusterSession session;
    private final StoreSession reader;
    private final TurnReplies replies = new TurnReplies();
    private final List<Command> begunInTurn = new ArrayList<>();
    private int commandsUnderWay;
    private boolean syncing;

    RunningNode(NodeFactory.Setup setup) throws IOException {
        this.setup = setup;
        this.machine = setup.machine();
        controlLoop = machine.newLoop("control");
        loop = machine.newLoop("data-0");
        StoreOptions options = StoreOptions.of(DIRECTORY)
                .withFileSystem(machine.disk())
                .withSyncPolicy(SyncPolicy.ALWAYS)
                .withCompression(Compression.NONE)
                .withSizes(MEMTABLE_BYTES, 0, MEMTABLE_BYTES, SEGMENT_BYTES)
                .withTombstoneRule(TombstoneRule.KEEP)
                .withSources(new StoreSources(
                        machine.clock()::millis, machine.world()::nowNanos, machine.random()::nextLong))
                .withoutThreads();
        store = Store.open(options, new StoreListener() {
            @Override
            public void durable(long position) {
                loop.execute(() -> {
                    data.durable(position);
                    replies.durable(position);
                });
            }
        });
        hints = openHints(options);
        reader = store.session();
        controlTransport = machine.world().network().open(controlLoop, 0, store.nodeId());
        transport = machine.world().network().open(loop, 1, store.nodeId());
        QuorumOptions quorums = new QuorumOptions(TIMEOUT_MILLIS, TIMEOUT_MILLIS, PENDING_BYTES_MAX, setup.flaws());
        node = new ClusterNode(
                new NodeOptions(quorums, GossipOptions.DEFAULT, MAX_DRIFT_MILLIS),
                new ClusterNode.Place(
                        store,
                        hints,
                        new TopologyFile(machine.disk(), DIRECTORY, store.nodeId()),
                        machine.clock(),
                        controlLoop,
                        controlTransport,
                        new AllLinks(),
                        machine.random(),
                        MembershipListener.NONE,
                        StoreListener.NONE,
                        this::report));
        data = node.dataLoop(loop, transport, this::beginTurn, this::forwarded);
        session = data.session();
    }

    private HintStore openHints(StoreOptions options) throws IOException {
        try {
            return HintStore.open(options, HINTS, StoreListener.NONE);
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
            loop.execute(() -> transport.members(copy));
        }

        @Override
        public void contact(String host, int port) {
            controlTransport.contact(host, port);
        }
    }

    private SelfReport report() {
        return new SelfReport(epoch(), 0, 0, hints.count(), 0, store.refusal() != null);
    }

    @Override
    public void start() {
        loop.atTurnEnd(this::endTurn);
        transport.start(data);
        controlTransport.start(node.controlListener());
        MembershipSettings settings = new MembershipSettings(
                "simulated",
                new Member(store.nodeId(), machine.host(), SimulatedMachine.NODE_PORT, CLIENT_PORT, 1, ""),
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
        loop.schedule(
                () -> {
                    boolean ignored = loop.offload(this::maintain);
                    maintainLater();
                },
                MAINTENANCE_MILLIS);
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

    // ---- turns

    /** Every event of a simulated loop is a turn, whatever it does: one that is begun outside of them ends at once. */
    private void beginTurn() {}

    private void endTurn() {
        data.sendRequests();
        long position = 0;
        String failure = null;
        try {
            position = session.endTurn();
        } catch (WriteRefusedException e) {
            failure = String.valueOf(e.getMessage());
        }
        for (Command command : begunInTurn) {
            command.turnEnded(failure);
        }
        begunInTurn.clear();
        replies.endTurn(position);
        data.endTurn(position, failure);
        if (position > 0 && !syncing) {
            syncing = loop.offload(this::maintain);
        }
    }

    // ---- what clients ask for

    /** Something a client, or another node for a client, has asked for. */
    private final class Command {
        private final Key key;
        private final CommandContext context = new CommandContext();
        private final Answer answer;
        private final long revisedBefore = data.quorums().writesRevised();
        private boolean over;

        private Command(byte[] userKey, ConsistencyLevel level, Answer answer) {
            this.key = new Key().set(0, userKey);
            this.answer = answer;
            context.readLevel(level);
            context.writeLevel(level);
            commandsUnderWay++;
        }

        /** Has the client told once the turn allows it. */
        private void finish(Consumer<Answer> how) {
            if (!over) {
                over = true;
                commandsUnderWay--;
                replies.add(() -> how.accept(answer));
            }
        }

        private void refuse(String why) {
            finish(to -> to.refused(why));
        }

        private void turnEnded(@Nullable String failure) {
            if (failure != null) {
                // Other replicas may have it all the same.
                finish(to -> to.unknown(failure));
            }
        }

        /** Runs what may be refused at once. */
        private void run(Runnable body) {
            try {
                boolean ignored = session.begin(context);
                body.run();
            } catch (QuorumException | WriteRefusedException e) {
                refuse(String.valueOf(e.getMessage()));
            }
        }

        private void read() {
            data.quorums().read(key, context.readLevel(), (record, failure) -> {
                if (failure != null) {
                    finish(to -> to.unknown(failure));
                    return;
                }
                byte[] value = record.isLive(machine.clock().millis()) ? record.value() : null;
                Version version = record.hasValue() ? new Version(record.hlc(), record.actor()) : null;
                finish(to -> to.read(value, version));
            });
        }

        /** Writes, and answers {@code how} once it is accepted; to be called from {@link #run}. */
        private void write(Runnable body, Consumer<Version> how) {
            begunInTurn.add(this);
            session.enterExclusive();
            Version version;
            try {
                body.run();
                boolean byWallClock = setup.flaws().contains(Flaw.WALL_CLOCK_VERSIONS);
                version = new Version(
                        byWallClock ? session.nowMillis() << 16 : node.clock().nowHlc(), store.actor());
            } finally {
                session.exitExclusive();
            }
            WriteGroup group = context.takeGroup();
            if (group == null || group.isDone()) {
                written(group, version, how);
            } else {
                group.whenDone(() -> written(group, version, how));
            }
        }

        private void written(@Nullable WriteGroup group, Version version, Consumer<Version> how) {
            if (group != null && !group.failures().isEmpty()) {
                String failure = group.failures().getFirst().error();
                finish(to -> to.unknown(failure));
            } else if (!over) {
                how.accept(version);
            }
        }

        /** The version that was written in the end; null when it may have been given another on the way. */
        private void wrote(Version first) {
            Version last = data.quorums().writesRevised() == revisedBefore ? first : null;
            finish(to -> to.written(last));
        }

        private void increment() {
            if (session.fetch(new Key[] {key}, 1, key.slot(), () -> run(this::incrementFetched))) {
                incrementFetched();
            }
        }

        private void incrementFetched() {
            try {
                if (context.failure() != null) {
                    refuse(String.valueOf(context.failure()));
                    return;
                }
                context.readable(true);
                Record record = new Record();
                long count = 1 + (session.read(key, record) ? Long.parseLong(text(record.value())) : 0);
                byte[] value = Long.toString(count).getBytes(StandardCharsets.UTF_8);
                write(
                        () -> session.write(key, value, 0, value.length, 0),
                        unused -> finish(to -> to.counted(count)));
            } finally {
                session.finish();
            }
        }
    }

    @Override
    public void read(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.run(command::read);
    }

    @Override
    public void write(byte[] key, byte[] value, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.run(() -> command.write(
                () -> session.write(command.key, value, 0, value.length, expireAtMillis), command::wrote));
    }

    @Override
    public void delete(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.run(() -> command.write(() -> session.delete(command.key), command::wrote));
    }

    @Override
    public void expire(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.run(() -> command.write(() -> session.expire(command.key, expireAtMillis), command::wrote));
    }

    @Override
    public void increment(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.run(() -> {
            long primary = session.primary(command.key);
            if (primary == 0) {
                command.increment();
                return;
            }
            byte[] request = (level.name() + " " + text(key)).getBytes(StandardCharsets.UTF_8);
            boolean sent = session.forward(primary, request, 0, request.length, new ForwardListener() {
                @Override
                public void replied(byte[] array, int offset, int size) {
                    String reply = text(Arrays.copyOfRange(array, offset, offset + size));
                    if (Character.isDigit(reply.charAt(0))) {
                        command.finish(to -> to.counted(Long.parseLong(reply)));
                    } else {
                        command.finish(to -> to.unknown(reply));
                    }
                }

                @Override
                public void failed(String error) {
                    command.finish(to -> to.unknown(error));
                }
            });
            if (!sent) {
                command.refuse("NOREPLICAS the command could not be sent");
            }
        });
    }

    /** Carries out an increment that another node has sent: the level and the key; answers the count, or why not. */
    private void forwarded(ReplyPath from, long id, byte[] array, int offset, int size) {
        String[] words = text(Arrays.copyOfRange(array, offset, offset + size)).split(" ", 2);
        Answer back = new ForwardedAnswer(reply -> {
            byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
            data.answerForward(from, id, bytes, 0, bytes.length);
        });
        Command command =
                new Command(words[1].getBytes(StandardCharsets.UTF_8), ConsistencyLevel.of(words[0]), back);
        command.run(command::increment);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
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
            data.close();
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
    public boolean isReady() {
        return node.isMember();
    }

    @Override
    public SimulatedLoop loop() {
        return loop;
    }

    @Override
    public long memberId() {
        return store.nodeId();
    }

    @Override
    public List<Long> replicas(byte[] key) {
        Ring ring = node.ring();
        Keyspace keyspace = ring.keyspace(key, 0, key.length);
        int[] preference = ring.preference(new Key().set(0, key).token());
        List<Long> replicas = new ArrayList<>();
        for (int i = 0; i < ring.replicas(keyspace, preference); i++) {
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
        MessageWriter bytes = new MessageWriter();
        TopologyCodec.write(bytes.begin(MessageType.DECIDED), node.ring().topology());
        return node.ring().topology() + " " + Integer.toHexString(Arrays.hashCode(Arrays.copyOf(bytes.bytes(), bytes.size())));
    }

    @Override
    public long hintCount() {
        return hints.count();
    }

    @Override
    public List<Gauge> gauges() {
        return List.of(
                new Gauge("calls pending", data.pendingCalls(), Calls.MAX_PENDING),
                new Gauge("control calls pending", node.pendingControlCalls(), Calls.MAX_PENDING),
                new Gauge("hint bytes", hints.bytes(), HINTS.bytesMax()),
                new Gauge("bytes of writes pending", data.quorums().pendingWriteBytes(), PENDING_BYTES_MAX));
    }

    @Override
    public Map<String, Long> leftovers() {
        return Map.of(
                "reads pending", data.quorums().pendingReads(),
                "writes pending", data.quorums().pendingWrites(),
                "bytes of writes pending", data.quorums().pendingWriteBytes(),
                "slots locked", (long) node.lockedSlots(),
                "answers held", (long) data.heldReplies() + replies.heldCount(),
                "commands under way", (long) commandsUnderWay);
    }

    @Override
    public Map<String, Held> contents() {
        Map<String, Held> contents = new TreeMap<>();
        try (RecordCursor cursor = reader.scan(0, -1)) {
            while (cursor.next()) {
                Record record = cursor.record();
                Version version = record.hasValue() ? new Version(record.hlc(), record.actor()) : null;
                String value = record.hasValue() && !record.isTombstone() ? text(record.value()) : null;
                contents.put(text(cursor.key().userKey()), new Held(version, value, record.expireAtMillis()));
            }
        }
        return contents;
    }

    @Override
    public String toString() {
        return machine + " " + HexFormat.of().toHexDigits(store.nodeId());
    }
}
