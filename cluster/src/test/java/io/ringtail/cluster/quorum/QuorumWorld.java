package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.antientropy.AntiEntropy;
import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.antientropy.RepairServer;
import io.ringtail.cluster.coordinator.ClusterSession;
import io.ringtail.cluster.coordinator.ForwardListener;
import io.ringtail.cluster.coordinator.Forwarding;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.cluster.coordinator.SlotLocks;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.cluster.replica.Relay;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.settle.Books;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSources;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with real stores and all that reads, writes and walks are made of, in one thread: messages take a millisecond, time passes only as a test says, links are cut, fall silent
 * or slow down when told to. Members have the ids 1, 2, 3 …, of 64 partitions each owns every n-th.
 *
 * <p>Long because a node is its own loop, links, ring and hints here, each a few lines that tests of other packages reach into.
 */
public final class QuorumWorld implements AutoCloseable {
    public static final long START_MILLIS = 1_700_000_000_000L;
    public static final int PARTITIONS = 64;
    private static final long MESSAGE_NANOS = 1_000_000;
    /** By then whatever waits for an answer has given up. */
    private static final long END_MILLIS = 10_000;

    private record Event(long atNanos, long number, Runnable task) {}

    public final List<Node> nodes = new ArrayList<>();
    /** Every message that was sent: {@code "1>2 WRITE"}. */
    public final List<String> sent = new ArrayList<>();
    /** Every one that tells the epoch it was planned in: {@code "1>2 WRITE of 1"}. */
    public final List<String> planned = new ArrayList<>();
    /** All of them together. */
    public long sentBytes;
    /** By link, {@code "1>2"}. */
    private final Map<String, Long> sentBytesOf = new TreeMap<>();

    /** Why connections had to be closed. */
    public final List<String> malformed = new ArrayList<>();
    /** Which ones, by who closed it and to whom: {@code "1>2"}. */
    public final List<String> closed = new ArrayList<>();

    private final Map<String, Long> extraNanos = new TreeMap<>();
    private final Set<String> silent = new HashSet<>();
    private final Set<String> unreachable = new HashSet<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::number));
    private long nowNanos;
    private long eventCount;

    public QuorumWorld(int count, Keyspace... keyspaces) {
        this(topology(count, 1, keyspaces));
    }

    /** One whose members are 1, 2, 3 and so on. */
    public QuorumWorld(Topology topology) {
        for (int i = 1; i <= topology.members().size(); i++) {
            nodes.add(new Node(i, Ring.of(topology)));
        }
    }

    /** Members in data centers, the first in that of the first letter and so on, with everything handed over. */
    public static Topology inDatacenters(String datacenters, Keyspace... keyspaces) {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= datacenters.length(); i++) {
            members.add(new Member(i, "h" + i, 1000 + i, 2000 + i, 1, "", datacenters.substring(i - 1, i)));
        }
        Topology first = Topology.alone(1, "c", members.getFirst(), PARTITIONS, List.of(keyspaces));
        return first.next(members, first.owners(), first.keyspaces()).placed();
    }

    /** The same when keyspaces have just come to count by data center: nothing has been handed over yet, and their keys have no replicas. */
    public static Topology toBeHandedOver(String datacenters, Keyspace... keyspaces) {
        Topology placed = inDatacenters(datacenters, Keyspace.DEFAULT);
        return placed.next(placed.members(), placed.owners(), List.of(keyspaces));
    }

    public static Topology topology(int count, long epoch, Keyspace... keyspaces) {
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            members.add(new Member(i, "h" + i, 1000 + i, 2000 + i, 1, ""));
        }
        int[] owners = new int[PARTITIONS];
        for (int i = 0; i < PARTITIONS; i++) {
            owners[i] = i % count;
        }
        List<Keyspace> known = keyspaces.length == 0 ? List.of(Keyspace.DEFAULT) : List.of(keyspaces);
        return new Topology(1, "c", epoch, members, owners, known);
    }

    public Node node(int id) {
        return nodes.get(id - 1);
    }

    private void after(long nanos, Runnable task) {
        events.add(new Event(nowNanos + nanos, eventCount++, task));
    }

    public void pass(long millis) {
        long end = nowNanos + millis * 1_000_000;
        while (!events.isEmpty() && events.peek().atNanos() <= end) {
            Event event = events.remove();
            nowNanos = event.atNanos();
            event.task().run();
        }
        nowNanos = end;
    }

    public long millis() {
        return nowNanos / 1_000_000;
    }

    private static String link(long from, long to) {
        return from + ">" + to;
    }

    /** Messages from one to the other are lost, and nobody knows. */
    public void silence(int from, int to) {
        silent.add(link(from, to));
    }

    /** Its messages arrive again, with everybody. */
    public void heardAgain(int from) {
        silent.removeIf(link -> link.startsWith(from + ">"));
    }

    /** Whether {@code from} holds {@code to} for reachable. */
    public void unreachable(int from, int to) {
        unreachable.add(link(from, to));
    }

    /** A node that nobody can reach, and that reaches nobody. */
    public void isolate(int id) {
        for (Node other : nodes) {
            if (other.id != id) {
                unreachable.add(link(id, other.id));
                unreachable.add(link(other.id, id));
                silence(id, (int) other.id);
                silence((int) other.id, id);
                other.calls.linkDown(id);
                node(id).calls.linkDown(other.id);
            }
        }
    }

    public void heal() {
        silent.clear();
        unreachable.clear();
        extraNanos.clear();
    }

    /** Messages from one to the other take longer from now on. */
    public void slow(int from, int to, long millis) {
        extraNanos.put(link(from, to), millis * 1_000_000);
    }

    /** Bytes sent from one to the other. */
    public long sentBytes(long from, long to) {
        return sentBytesOf.getOrDefault(link(from, to), 0L);
    }

    public long count(String message) {
        return sent.stream().filter(message::equals).count();
    }

    public static Key key(String name) {
        return new Key().set(0, name.getBytes(StandardCharsets.UTF_8));
    }

    /** A key of whose replicas these members are the first, in that order. */
    public Key keyOf(String prefix, int... members) {
        for (int i = 0; ; i++) {
            Key key = key(prefix + i);
            int[] preference = node(1).ring.preferenceOf(node(1).ring.topology().partitionOf(key.token()));
            boolean fits = true;
            for (int j = 0; j < members.length; j++) {
                fits &= preference[j] == members[j] - 1;
            }
            if (fits) {
                return key;
            }
        }
    }

    /** The hybrid time of so many milliseconds after the beginning. */
    public static long hlc(long millis) {
        return (START_MILLIS + millis) << 16;
    }

    @Override
    public void close() {
        for (Node node : nodes) {
            node.close();
        }
    }

    /** Closes it when all that was under way has come to its end, and has left nothing behind. */
    public void end() {
        heal();
        pass(END_MILLIS);
        for (Node node : nodes) {
            assertThat(node.quorums.pendingReads()).as("reads at node " + node.id).isZero();
            assertThat(node.quorums.pendingWrites()).as("writes at node " + node.id).isZero();
            assertThat(node.locks.heldCount()).as("locks at node " + node.id).isZero();
        }
        close();
    }

    /** What became of a read or write. */
    public static final class Result {
        private final List<String> told = new ArrayList<>();

        void tell(String outcome) {
            told.add(outcome);
        }

        /** {@code "pending"}, or what it was told: exactly one thing. */
        public String text() {
            if (told.size() > 1) {
                throw new AssertionError("told more than once: " + told);
            }
            return told.isEmpty() ? "pending" : told.getFirst();
        }

        @Override
        public String toString() {
            return text();
        }
    }

    /** A read that was answered with what its node holds. */
    public record Shown(String text, ReadGroup group) {
        /** {@code "pending"}, {@code "confirmed"} or {@code "doubtful"}. */
        public String outcome() {
            return !group.isDone() ? "pending" : group.isDoubtful() ? "doubtful" : "confirmed";
        }
    }

    public final class Node implements Loop, Transport, RingView, HintSink {
        public final long id;
        public final Store store;
        public final SettledTimes times = new SettledTimes(NodeClock.DEFAULT_MAX_DRIFT_MILLIS, Set.of());
        /** Through which time all are to have closed their books; through which this node has found itself whole. */
        public long closedByAll;

        public long wholeThrough;
        public final NodeClock clock;
        public final Calls calls;
        public final Quorums quorums;
        public final Replica replica;
        public final Relay relay;
        public final ReplicaData data;
        public final SlotLocks locks = new SlotLocks();
        public final ClusterSession session;
        /** {@code "2 name"}: for whom, which key. */
        public final List<String> hints = new ArrayList<>();
        public final List<String> heard = new ArrayList<>();
        public Ring ring;
        public boolean frozen;
        /** What a coordinator's own late acceptances have to wait for, and why the log did not take them. */
        public long logPosition;
        public @Nullable String logFailure;
        public boolean refusesToOffload;
        /** The newest version of the protocol that it speaks. */
        public int newestVersion = ProtocolVersion.NEWEST;
        /** In place of the next answer's body. */
        public byte @Nullable [] nextAnswer;
        /** How far its wall clock is from the others'. */
        public long clockOffMillis;

        /** Commands that were forwarded, to be answered by the test. */
        public final List<ForwardListener> forwarded = new ArrayList<>();

        /** Members asked who has what was written, {@code "2 copies"} or {@code "2 sync"}, to be answered by the test. */
        public final Map<String, Forwarding.CopiesListener> asked = new TreeMap<>();

        /** Where hints are kept instead of in {@link #hints}, synced when the test says so; null until {@link #openHints}. */
        public @Nullable HintStore hintStore;

        public final SimulatedFileSystem hintFiles = new SimulatedFileSystem();
        private final SimulatedFileSystem files = new SimulatedFileSystem();
        private @Nullable RepairServer repairServer;
        private long nextRandom;
        private boolean inTurn;

        Node(long id, Ring ring) {
            this.id = id;
            this.ring = ring;
            nextRandom = id * 1_000_003;
            try {
                store = Store.open(
                        StoreOptions.of(Path.of("/node" + id))
                                .withFileSystem(files)
                                .withSyncPolicy(SyncPolicy.EVERYSEC)
                                .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                                .withSources(new StoreSources(this::wallMillis, this::nanoTime, () -> nextRandom++))
                                .withoutThreads(),
                        StoreListener.NONE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            clock = new NodeClock(this::wallMillis, store.writeLock(), store.maxHlc(), NodeClock.DEFAULT_MAX_DRIFT_MILLIS, Set.of());
            calls = new Calls(this, this);
            data = new ReplicaData(store, times, Set.of());
            Reachability reachability = this::isReachable;
            quorums = new Quorums(
                    id, calls, this, this, reachability, data, clock, this, QuorumOptions.DEFAULT, this::beginTurn);
            replica = new Replica(data, this, clock, this, this, this::beginTurn);
            relay = new Relay(id, replica, calls, this::isReachable, QuorumOptions.DEFAULT.writeTimeoutMillis(), this::beginTurn);
            session = new ClusterSession(
                    new ClusterSession.Self(id, store.actor(), () -> null, () -> null),
                    new LocalCoordinator(store, this::wallMillis, clock, each -> ring().keepsSiblings(each.bytes(), each.userKeyOffset(), each.userKeySize()), Set.of()),
                    quorums, this, reachability, locks, clock, this,
                    new TestForwarding());
        }

        private final class TestForwarding implements Forwarding {
            @Override
            public long newClientName() {
                return 7;
            }

            @Override
            public boolean forward(long member, long client, byte[] bytes, int offset, int size, ForwardListener listener) {
                return forwarded.add(listener);
            }

            @Override
            public void ask(long member, long client, boolean sync, CopiesListener listener) {
                asked.put(member + (sync ? " sync" : " copies"), listener);
            }
        }

        /** Whether all others have closed their books is for the test to say. */
        private final Books books = new Books() {
            @Override
            public long closedByAll(long epoch) {
                return closedByAll;
            }

            @Override
            public void whole(long epoch, long through) {
                wholeThrough = through;
            }
        };

        private boolean isReachable(long memberId) {
            return memberId > 0 && memberId <= nodes.size() && !unreachable.contains(link(id, memberId));
        }

        private long wallMillis() {
            return START_MILLIS + millis() + clockOffMillis;
        }

        /** Has this node compare what it holds with others, and answer when they do. */
        public AntiEntropy startAntiEntropy(RepairOptions options, Flaw... flaws) {
            AntiEntropy made = new AntiEntropy(id, store, times, books, this, ring, clock, this, new java.util.Random(id), options, Set.of(flaws));
            repairServer = made.server(this, this::beginTurn);
            made.start(new AntiEntropy.Carrier(this, calls, this::isReachable, () -> false));
            return made;
        }

        // ---- turns

        public void beginTurn() {
            if (!inTurn) {
                inTurn = true;
                after(0, this::endTurn);
            }
        }

        private void endTurn() {
            inTurn = false;
            quorums.endTurn();
            if (hintStore != null) {
                endHints(hintStore);
            }
            long position = session.endTurn();
            if (position != 0) {
                throw new AssertionError("nothing here waits for the disk");
            }
            replica.endTurn(0, null);
            quorums.logged(logPosition, logFailure);
        }

        private void endHints(HintStore kept) {
            long position = 0;
            String failure = null;
            try {
                position = kept.endTurn(quorums.awaitsHints() || replica.awaitsHints());
            } catch (IOException e) {
                failure = e.getMessage();
            }
            replica.hintsLogged(position, failure);
            quorums.hintsLogged(position, failure);
        }

        // ---- what tests do

        /** Keeps hints on a disk from now on, with {@code appendfsync always}. */
        public HintStore openHints() {
            hintStore = openHints(hintFiles);
            return hintStore;
        }

        private HintStore openHints(SimulatedFileSystem from) {
            StoreOptions options = StoreOptions.of(Path.of("/hints" + id))
                    .withFileSystem(from)
                    .withSyncPolicy(SyncPolicy.ALWAYS)
                    .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                    .withSources(new StoreSources(this::wallMillis, this::nanoTime, () -> nextRandom++))
                    .withoutThreads();
            try {
                return HintStore.open(options, HintOptions.of(1 << 20, 3_600_000, 1 << 20), StoreListener.NONE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Has the hints synced, and the loop told. */
        public void syncHints() {
            HintStore kept = java.util.Objects.requireNonNull(hintStore);
            while (kept.store().runMaintenance()) {
                // until there is nothing left to do
            }
            long position = kept.store().durablePosition();
            String refusal = kept.store().isReadOnlyForGood() ? kept.store().refusal() : null;
            after(0, () -> {
                if (refusal != null) {
                    replica.hintsDurableNoMore(refusal);
                    quorums.hintsDurableNoMore(refusal);
                } else {
                    replica.hintsDurable(position);
                    quorums.hintsDurable(position);
                }
            });
        }

        /** How many hints there would be if the power were cut now. */
        public long hintsAfterPowerCut() {
            SimulatedFileSystem copy = hintFiles.copy();
            copy.powerCut(new java.util.Random(id));
            try (HintStore again = openHints(copy)) {
                return again.count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        // ---- what tests do to data

        public Result write(Key key, long hlc, String value) {
            return write(key, hlc, value, null);
        }

        public Result write(Key key, long hlc, String value, @Nullable ConsistencyLevel level) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            return write(key, new Record().setValue(hlc, store.actor(), 0, bytes, 0, bytes.length), level);
        }

        public Result delete(Key key, long hlc) {
            return write(key, new Record().setTombstone(hlc, store.actor()), null);
        }

        public Result write(Key key, Record record, @Nullable ConsistencyLevel level) {
            Result result = new Result();
            beginTurn();
            store.writeLock().lock();
            try {
                quorums.checkWritable(key, level);
                WriteGroup group = new WriteGroup();
                boolean ignored = quorums.write(key, record, level, group, 0);
                tell(result, group);
            } catch (QuorumException e) {
                result.tell(String.valueOf(e.getMessage()));
            } finally {
                store.writeLock().unlock();
            }
            return result;
        }

        public Result clear(long hlc) {
            Result result = new Result();
            beginTurn();
            WriteGroup group = new WriteGroup();
            try {
                quorums.clear(0, hlc, group, 0);
                tell(result, group);
            } catch (QuorumException e) {
                result.tell(String.valueOf(e.getMessage()));
            }
            return result;
        }

        private static void tell(Result result, WriteGroup group) {
            Runnable told = () -> result.tell(
                    group.failures().isEmpty() ? "OK" : group.failures().getFirst().error());
            if (group.isDone()) {
                told.run();
            } else {
                group.whenDone(told);
            }
        }

        public Result read(Key key) {
            return read(key, null);
        }

        public Result read(Key key, @Nullable ConsistencyLevel level) {
            Result result = new Result();
            beginTurn();
            try {
                quorums.read(key, level, (record, failure) -> result.tell(failure == null ? text(record) : failure));
            } catch (QuorumException e) {
                result.tell(String.valueOf(e.getMessage()));
            }
            return result;
        }

        /** A read that shows what is held here: {@code "elsewhere"} when it cannot, else that with what becomes of it. */
        public Shown show(Key key, @Nullable ConsistencyLevel level) {
            beginTurn();
            Record record = new Record();
            ReadGroup group = new ReadGroup();
            boolean isShown = quorums.readHere(key, level, record, group, 0);
            return new Shown(isShown ? text(record) : "elsewhere", group);
        }

        /** Writes to this node's store alone, as if a message had been lost to all others. */
        public void put(Key key, long hlc, String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            data.lock();
            try {
                data.accept(key, new Record().setValue(hlc, 99, 0, bytes, 0, bytes.length), true);
            } finally {
                data.unlock();
            }
        }

        /** Puts what another replica has had. */
        public void put(Key key, Record record) {
            data.lock();
            try {
                data.accept(key, record, false);
            } finally {
                data.unlock();
            }
        }

        /** All this node holds of a key. */
        public Record held(Key key) {
            Record record = new Record();
            boolean ignored = data.read(key, record);
            return new Record().merge(record).detach();
        }

        /** Puts a value into a file that is so large that nobody takes it to be in memory. */
        public void putCold(Key key, long hlc) {
            byte[] large = new byte[3 << 20];
            new java.util.Random(1).nextBytes(large);
            data.lock();
            try {
                data.accept(key, new Record().setValue(hlc, 99, 0, large, 0, large.length), true);
            } finally {
                data.unlock();
            }
            flush();
            if (data.read(key, new Record())) {
                throw new AssertionError("it is taken to be in memory: " + store.statistics());
            }
        }

        public void putTombstone(Key key, long hlc) {
            data.lock();
            try {
                data.accept(key, new Record().setTombstone(hlc, 99), true);
            } finally {
                data.unlock();
            }
        }

        /** What this node's store has: a value, {@code "deleted"} or {@code "nothing"}. */
        public String holds(Key key) {
            Record record = new Record();
            try {
                data.readWaiting(key, record);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return text(record);
        }

        public long heldHlc(Key key) {
            Record record = new Record();
            try {
                data.readWaiting(key, record);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return record.hlc();
        }

        public void flush() {
            try {
                long ignored = store.append();
                store.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String text(Record record) {
            return record.isTombstone()
                    ? "deleted"
                    : record.hasValue() ? new String(record.value(), StandardCharsets.UTF_8) : "nothing";
        }

        void close() {
            try {
                session.close();
                replica.close();
                store.close();
                if (hintStore != null && !hintStore.store().isReadOnlyForGood()) {
                    hintStore.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        // ---- links

        @Override
        public boolean send(long memberId, byte[] message, int offset, int size) {
            deliver(memberId, Arrays.copyOfRange(message, offset, offset + size));
            return true;
        }

        private void deliver(long memberId, byte[] message) {
            sent.add(link(id, memberId) + " " + MessageType.of(message[0]));
            sentBytes += message.length;
            sentBytesOf.merge(link(id, memberId), (long) message.length, Long::sum);
            MessageReader reader = new MessageReader();
            MessageType type = reader.begin(message, 0, message.length);
            switch (type) {
                case WRITE, RELAY, READ, CONFIRM, SCAN, CLEAR -> {
                    long ignored = reader.readLong();
                    planned.add(link(id, memberId) + " " + type + " of " + reader.readLong());
                }
                default -> {
                    // Tells none, or that of whoever answers.
                }
            }
            if (silent.contains(link(id, memberId))) {
                return;
            }
            Node to = node((int) memberId);
            after(MESSAGE_NANOS + extraNanos.getOrDefault(link(id, memberId), 0L), () -> to.receive(this, message));
        }

        /** Hands in a message as if it had come over the link from another node. */
        public void receive(Node from, byte[] message) {
            try {
                MessageReader reader = new MessageReader();
                MessageType type = reader.begin(message, 0, message.length);
                if (type.isReply()) {
                    calls.reply(from.id, message, 0, message.length);
                } else if (!replica.request(new Path0(this, from), type, reader)
                        && !relay.request(new Path0(this, from), type, reader)
                        && (repairServer == null || !repairServer.request(new Path0(this, from), type, reader))) {
                    throw new MalformedMessageException("no request of a replica's: " + type);
                }
            } catch (MalformedMessageException e) {
                // The link is closed: whatever was asked over it has failed.
                malformed.add(String.valueOf(e.getMessage()));
                closed.add(link(id, from.id));
                calls.linkDown(from.id);
            }
        }

        @Override
        public int version(long memberId) {
            return Math.min(newestVersion, node((int) memberId).newestVersion);
        }

        private final class Path0 implements ReplyPath {
            private final Node self;
            private final Node from;

            Path0(Node self, Node from) {
                this.self = self;
                this.from = from;
            }

            @Override
            public long memberId() {
                return from.id;
            }

            @Override
            public int version() {
                return self.version(from.id);
            }

            @Override
            public void send(byte[] message, int offset, int size) {
                byte[] copy = Arrays.copyOfRange(message, offset, offset + size);
                byte[] body = nextAnswer;
                if (body != null) {
                    nextAnswer = null;
                    byte[] changed = Arrays.copyOf(copy, 9 + body.length);
                    System.arraycopy(body, 0, changed, 9, body.length);
                    copy = changed;
                }
                self.deliver(from.id, copy);
            }
        }

        @Override
        public boolean isResponsive(long memberId) {
            return isReachable(memberId);
        }

        // ---- the loop

        @Override
        public void execute(Runnable task) {
            after(0, task);
        }

        @Override
        public void schedule(Runnable task, long delayMillis) {
            after(delayMillis * 1_000_000, task);
        }

        @Override
        public long nanoTime() {
            return nowNanos;
        }

        @Override
        public boolean offload(Runnable blocking) {
            if (refusesToOffload) {
                return false;
            }
            after(0, blocking);
            return true;
        }

        // ---- the ring, hints

        @Override
        public Ring ring() {
            return ring;
        }

        @Override
        public boolean isFrozen() {
            return frozen;
        }

        @Override
        public void heardOfEpoch(long memberId, long epoch) {
            heard.add(memberId + " at " + epoch);
        }

        @Override
        public boolean add(long targetId, Key key, Record record) {
            if (hintStore != null) {
                return hintStore.add(targetId, key, record);
            }
            hints.add(targetId + " " + new String(key.userKey(), StandardCharsets.UTF_8));
            return true;
        }

        @Override
        public boolean isBrought(long targetId) {
            return hints.stream().noneMatch(hint -> hint.startsWith(targetId + " "));
        }

        @Override
        public boolean addClear(long targetId, int database, long hlc) {
            if (hintStore != null) {
                return hintStore.addClear(targetId, database, hlc);
            }
            hints.add(targetId + " cleared " + database);
            return true;
        }
    }
}
