package io.ringtail.bench.simulation.reference;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.Entrance;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedTransport;
import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.TransportListener;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One life of a reference node: the replica of its keys, the coordinator of what clients ask of it, the deliverer of its hints. All nodes know each other from the
 * start; the topology that they agree on, epoch by epoch, is a word without meaning.
 *
 * <p>A key's replicas are three members from a place that its hash tells, and those after them its fallbacks. Confined to one loop.
 *
 * <p>Long because it is a whole node in one place on purpose: a model to compare with, which shares nothing with what it checks.
 */
final class ReferenceNode implements SimulatedNode, Entrance, TransportListener {
    private static final long CALL_TIMEOUT_MILLIS = 1_000;
    private static final long HINT_PERIOD_MILLIS = 200;
    private static final long TOPOLOGY_PERIOD_MILLIS = 400;
    private static final int PROPOSES_ONE_IN = 12;
    /** Changes of the topology come to an end, so that all can come to have the last. */
    private static final long PROPOSES_UNTIL_NANOS = 10_000_000_000L;

    private static final int MAX_TEXT = 1 << 16;

    private final NodeFactory.Setup setup;
    private final SimulatedMachine machine;
    private final ReferenceDisk disk;
    private final SimulatedLoop loop;
    private final SimulatedTransport transport;
    private final Calls calls;
    private final HybridLogicalClock clock = new HybridLogicalClock(0);
    private final MessageWriter writer = new MessageWriter();
    private final MessageReader reader = new MessageReader();
    /** Increments under way of a key this node carries them out for, the first of them running. */
    private final Map<String, Deque<Runnable>> increments = new HashMap<>();

    ReferenceNode(NodeFactory.Setup setup, ReferenceDisk disk) {
        this.setup = setup;
        this.machine = setup.machine();
        this.disk = disk;
        this.loop = machine.newLoop("data-0");
        this.transport = machine.world().network().open(loop, 1, memberId());
        this.calls = new Calls(transport, loop);
    }

    private static long memberId(int index) {
        return index + 1L;
    }

    private boolean has(Flaw flaw) {
        return setup.flaws().contains(flaw);
    }

    @Override
    public void start() {
        transport.start(this);
        List<Member> others = new ArrayList<>();
        for (SimulatedMachine other : machine.world().machines()) {
            if (other != machine) {
                others.add(new Member(
                        memberId(other.index()), other.host(), SimulatedMachine.NODE_PORT, 6379, 1, ""));
            }
        }
        transport.members(others);
        loop.schedule(this::deliverHints, HINT_PERIOD_MILLIS);
        loop.schedule(this::spreadTopology, TOPOLOGY_PERIOD_MILLIS);
    }

    @Override
    public void crash() {}

    @Override
    public void close() {}

    @Override
    public boolean repairs() {
        return false;
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public Entrance entrance(int client) {
        return this;
    }

    @Override
    public SimulatedLoop loop() {
        return loop;
    }

    @Override
    public long memberId() {
        return memberId(machine.index());
    }

    // ---- where keys are

    private Keyspace keyspace(String key) {
        Keyspace found = setup.keyspaces().getFirst();
        for (Keyspace keyspace : setup.keyspaces()) {
            if (key.startsWith(keyspace.prefix()) && keyspace.prefix().length() > found.prefix().length()) {
                found = keyspace;
            }
        }
        return found;
    }

    private int replicaCount(String key) {
        return Math.min(keyspace(key).replicationFactor(), setup.clusterSize());
    }

    /** All members in the order of preference for a key. */
    private long[] preference(String key) {
        int size = setup.clusterSize();
        long[] members = new long[size];
        for (int i = 0; i < size; i++) {
            members[i] = memberId(Math.floorMod(key.hashCode() + i, size));
        }
        return members;
    }

    @Override
    public List<Long> replicas(byte[] key) {
        String text = text(key);
        List<Long> replicas = new ArrayList<>();
        long[] preference = preference(text);
        for (int i = 0; i < replicaCount(text); i++) {
            replicas.add(preference[i]);
        }
        return replicas;
    }

    private boolean isUp(long member) {
        return member == memberId() || transport.isResponsive(member);
    }

    private int required(ConsistencyLevel level, String key) {
        int required = level.required(replicaCount(key));
        return has(Flaw.QUORUM_ONE_SHORT) ? Math.max(1, required - 1) : required;
    }

    // ---- versions

    private Version nextVersion() {
        long now = machine.clock().millis();
        long hlc = has(Flaw.WALL_CLOCK_VERSIONS) ? now << 16 : clock.tick(now);
        return new Version(hlc, memberId() << 16 | machine.life());
    }

    // ---- writing

    /** A write under way: sent to all replicas, and sent again with a greater version once too many have one. */
    private final class Write {
        private final String key;
        private final int required;
        private final Answer answer;
        private final int count;
        private final List<Long> holders = new ArrayList<>();
        private Stored stored;
        private int round;
        private int accepted;
        private int refused;
        private int failed;
        private boolean over;

        private Write(String key, @Nullable String value, long expireAtMillis, ConsistencyLevel level, Answer answer) {
            this.key = key;
            this.answer = answer;
            this.count = replicaCount(key);
            this.required = required(level, key);
            this.stored = new Stored(nextVersion(), value, expireAtMillis);
        }

        private void begin() {
            long[] preference = preference(key);
            int up = 0;
            int next = count;
            boolean sloppy = keyspace(key).sloppy();
            List<Long> targets = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long holder = preference[i];
                long target = 0;
                if (sloppy && !isUp(holder)) {
                    while (next < preference.length && !isUp(preference[next])) {
                        next++;
                    }
                    if (next < preference.length) {
                        target = holder;
                        holder = preference[next++];
                    }
                }
                holders.add(holder);
                targets.add(target);
                up += isUp(holder) ? 1 : 0;
            }
            if (up < required) {
                answer.refused("NOREPLICAS " + up + " of " + required);
            } else {
                send(targets);
            }
        }

        private void send(List<Long> targets) {
            round++;
            accepted = 0;
            refused = 0;
            failed = 0;
            int mine = round;
            for (int i = 0; i < count; i++) {
                long target = targets.get(i);
                long holder = holders.get(i);
                Stored sent = stored;
                write(holder, target, key, sent, new Written() {
                    @Override
                    public void replied(Version theirs) {
                        if (!sent.version().isOlderThan(theirs)) {
                            settle(mine, 1, 0, 0, targets);
                        } else {
                            clock.observe(theirs.hlc());
                            settle(mine, 0, 1, 0, targets);
                        }
                    }

                    @Override
                    public void failed() {
                        if (target == 0) {
                            keepHint(holder, key, sent);
                        }
                        settle(mine, 0, 0, 1, targets);
                    }
                });
            }
        }

        private void settle(int ofRound, int accepts, int refusals, int failures, List<Long> targets) {
            if (over || ofRound != round) {
                return;
            }
            accepted += accepts;
            refused += refusals;
            failed += failures;
            if (accepted >= required) {
                over = true;
                answer.written(stored.version());
            } else if (refused > count - required) {
                stored = stored.withVersion(nextVersion());
                send(targets);
            } else if (accepted + refused + failed == count) {
                over = true;
                answer.unknown("TIMEOUT " + accepted + " of " + required);
            }
        }
    }

    /** Told what became of a record sent to a replica. */
    private interface Written {
        /** @param theirs the version that the replica has of the key now */
        void replied(Version theirs);

        void failed();
    }

    private void write(long member, long target, String key, Stored stored, Written written) {
        if (member == memberId()) {
            written.replied(store(target, key, stored));
            return;
        }
        Calls.begin(writer, MessageType.WRITE).writeLong(target).writeText(key);
        stored.write(writer);
        boolean sent = calls.send(member, writer, CALL_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                written.replied(new Version(body.readLong(), body.readLong()));
            }

            @Override
            public void failed(long from, boolean timedOut) {
                written.failed();
            }
        });
        if (!sent) {
            loop.execute(written::failed);
        }
    }

    /** Stores a record, as a replica or for {@code target}; returns the version there is now. */
    private Version store(long target, String key, Stored stored) {
        if (target != 0 && target != memberId()) {
            keepHint(target, key, stored);
            return stored.version();
        }
        disk.merge(key, stored, has(Flaw.MERGE_BY_ARRIVAL));
        if (has(Flaw.WALL_CLOCK_VERSIONS) || has(Flaw.MERGE_BY_ARRIVAL)) {
            return stored.version();
        }
        Stored now = disk.data.getOrDefault(key, Stored.NOTHING);
        return now.version();
    }

    @Override
    public void write(byte[] key, byte[] value, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        new Write(text(key), text(value), expireAtMillis, level, answer).begin();
    }

    @Override
    public void delete(byte[] key, ConsistencyLevel level, Answer answer) {
        new Write(text(key), null, 0, level, answer).begin();
    }

    @Override
    public void writeAll(List<byte[]> keys, List<byte[]> values, ConsistencyLevel level, Answer answer) {
        Together together = new Together(answer, keys.size());
        for (int i = 0; i < keys.size(); i++) {
            write(keys.get(i), values.get(i), 0, level, together);
        }
    }

    /** Several writes as one: well when all are, and of unknown outcome when one is not. */
    private static final class Together implements Answer {
        private final Answer whole;
        private int pending;
        private @Nullable String failure;

        private Together(Answer whole, int count) {
            this.whole = whole;
            this.pending = count;
        }

        private void ended(@Nullable String why) {
            failure = why == null ? failure : why;
            if (--pending == 0) {
                if (failure == null) {
                    whole.written(null);
                } else {
                    whole.unknown(failure);
                }
            }
        }

        @Override
        public void read(byte @Nullable [] value, @Nullable Version version) {
            throw new AssertionError("a write was answered as a read");
        }

        @Override
        public void written(@Nullable Version version) {
            ended(null);
        }

        @Override
        public void counted(long count) {
            throw new AssertionError("a write was answered as an increment");
        }

        @Override
        public void unknown(String why) {
            ended(why);
        }

        @Override
        public void refused(String why) {
            ended(why);
        }
    }

    @Override
    public void clear(Answer answer) {
        answer.refused("ERR a reference node clears nothing");
    }

    @Override
    public void expire(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        answer.refused("ERR a reference node knows ends of values only");
    }

    // ---- reading

    /** A read under way: all replicas are asked, the first so many that answer are merged, and those that were behind are told before the answer. */
    private final class Read {
        private final String key;
        private final int required;
        private final Answer answer;
        private final int count;
        private final Map<Long, Stored> replies = new TreeMap<>();
        private int failed;
        private int holders;
        private boolean over;

        private Read(String key, ConsistencyLevel level, Answer answer) {
            this.key = key;
            this.answer = answer;
            this.count = replicaCount(key);
            this.required = required(level, key);
        }

        private void begin() {
            long[] preference = preference(key);
            int up = 0;
            for (int i = 0; i < count; i++) {
                up += isUp(preference[i]) ? 1 : 0;
            }
            if (up < required) {
                answer.refused("NOREPLICAS " + up + " of " + required);
                return;
            }
            for (int i = 0; i < count; i++) {
                ask(preference[i]);
            }
        }

        private void ask(long member) {
            if (member == memberId()) {
                replied(member, disk.data.getOrDefault(key, Stored.NOTHING));
                return;
            }
            Calls.begin(writer, MessageType.READ).writeText(key);
            boolean sent = calls.send(member, writer, CALL_TIMEOUT_MILLIS, new Calls.Callback() {
                @Override
                public void replied(long from, MessageType type, MessageReader body) {
                    Read.this.replied(from, Stored.read(body));
                }

                @Override
                public void failed(long from, boolean timedOut) {
                    Read.this.failed();
                }
            });
            if (!sent) {
                loop.execute(this::failed);
            }
        }

        private void failed() {
            failed++;
            if (!over && failed > count - required) {
                over = true;
                answer.unknown("TIMEOUT " + replies.size() + " of " + required);
            }
        }

        private void replied(long member, Stored stored) {
            if (over || replies.size() == required) {
                return;
            }
            replies.put(member, stored);
            if (replies.size() == required) {
                repair(merged());
            }
        }

        private Stored merged() {
            Stored merged = Stored.NOTHING;
            for (Stored reply : replies.values()) {
                merged = merged.merge(reply);
            }
            return merged;
        }

        /** Answers once so many hold what is answered that no later read can miss it. */
        private void repair(Stored merged) {
            clock.observe(merged.version().hlc());
            List<Long> behind = new ArrayList<>();
            long[] preference = preference(key);
            for (int i = 0; i < count; i++) {
                if (merged.equals(replies.get(preference[i]))) {
                    holders++;
                } else {
                    behind.add(preference[i]);
                }
            }
            int needed = count - required + 1;
            if (holders >= needed || has(Flaw.NO_READ_REPAIR) || merged.equals(Stored.NOTHING)) {
                finish(merged);
            }
            if (has(Flaw.NO_READ_REPAIR) || merged.equals(Stored.NOTHING)) {
                return;
            }
            int[] open = {behind.size()};
            for (long member : behind) {
                write(member, 0, key, merged, new Written() {
                    @Override
                    public void replied(Version theirs) {
                        // Having something newer is as good.
                        holders++;
                        settle();
                    }

                    @Override
                    public void failed() {
                        settle();
                    }

                    private void settle() {
                        open[0]--;
                        if (holders >= needed) {
                            finish(merged);
                        } else if (open[0] == 0 && !over) {
                            over = true;
                            answer.unknown("TIMEOUT read repair");
                        }
                    }
                });
            }
        }

        private void finish(Stored merged) {
            if (!over) {
                over = true;
                String value = merged.value();
                boolean live = merged.isLive(machine.clock().millis());
                answer.read(
                        value == null || !live ? null : value.getBytes(StandardCharsets.UTF_8), merged.version());
            }
        }
    }

    @Override
    public void read(byte[] key, ConsistencyLevel level, Answer answer) {
        new Read(text(key), level, answer).begin();
    }

    // ---- counting

    @Override
    public void increment(byte[] key, ConsistencyLevel level, Answer answer) {
        String text = text(key);
        long primary = preference(text)[0];
        if (primary == memberId()) {
            incrementHere(text, level, answer);
            return;
        }
        Calls.begin(writer, MessageType.FORWARD).writeText(text).writeText(level.name());
        boolean sent = isUp(primary) && calls.send(primary, writer, 4 * CALL_TIMEOUT_MILLIS, new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                long count = body.readLong();
                if (count > 0) {
                    answer.counted(count);
                } else {
                    answer.unknown("forwarded");
                }
            }

            @Override
            public void failed(long from, boolean timedOut) {
                answer.unknown("forwarded");
            }
        });
        if (!sent) {
            answer.refused("NOREPLICAS");
        }
    }

    private void incrementHere(String key, ConsistencyLevel level, Answer answer) {
        Deque<Runnable> waiting = increments.computeIfAbsent(key, unused -> new ArrayDeque<>());
        waiting.add(() -> new Read(key, level, new Step(key, answer) {
                    @Override
                    public void read(byte @Nullable [] value, @Nullable Version version) {
                        long count = 1 + (value == null ? 0 : Long.parseLong(text(value)));
                        new Write(key, Long.toString(count), 0, level, new Step(key, answer) {
                                    @Override
                                    public void written(@Nullable Version version) {
                                        answer.counted(count);
                                        nextIncrement(key);
                                    }
                                })
                                .begin();
                    }
                })
                .begin());
        if (waiting.size() == 1) {
            waiting.element().run();
        }
    }

    private void nextIncrement(String key) {
        Deque<Runnable> waiting = increments.get(key);
        if (waiting != null) {
            waiting.remove();
            if (waiting.isEmpty()) {
                increments.remove(key);
            } else {
                loop.execute(waiting.element());
            }
        }
    }

    /** One of the two steps of an increment, which ends it when it fails. */
    private class Step implements Answer {
        private final String key;
        private final Answer whole;

        private Step(String key, Answer whole) {
            this.key = key;
            this.whole = whole;
        }

        @Override
        public void read(byte @Nullable [] value, @Nullable Version version) {
            throw new AssertionError("a write was answered as a read");
        }

        @Override
        public void written(@Nullable Version version) {
            throw new AssertionError("a read was answered as a write");
        }

        @Override
        public void counted(long count) {
            throw new AssertionError("a step of an increment was answered as one");
        }

        @Override
        public void unknown(String why) {
            whole.unknown(why);
            nextIncrement(key);
        }

        @Override
        public void refused(String why) {
            whole.refused(why);
            nextIncrement(key);
        }
    }

    // ---- hints

    private void keepHint(long target, String key, Stored stored) {
        disk.hints.put(disk.nextHint++, new ReferenceDisk.Hint(target, key, stored));
    }

    private void deliverHints() {
        for (Map.Entry<Long, ReferenceDisk.Hint> entry : List.copyOf(disk.hints.entrySet())) {
            ReferenceDisk.Hint hint = entry.getValue();
            if (!transport.isResponsive(hint.target())) {
                continue;
            }
            if (has(Flaw.HINT_DELETED_EARLY)) {
                disk.hints.remove(entry.getKey());
            }
            write(hint.target(), 0, hint.key(), hint.stored(), new Written() {
                @Override
                public void replied(Version theirs) {
                    disk.hints.remove(entry.getKey());
                }

                @Override
                public void failed() {}
            });
        }
        loop.schedule(this::deliverHints, HINT_PERIOD_MILLIS);
    }

    // ---- topology

    /** Tells the others the topology there is, and now and then proposes the next. */
    private void spreadTopology() {
        for (long member : preference("")) {
            if (member != memberId()) {
                Calls.begin(writer, MessageType.DECIDED).writeLong(disk.epoch).writeText(disk.topology);
                calls.send(member, writer, CALL_TIMEOUT_MILLIS, new Ignored());
            }
        }
        if (loop.nanoTime() < PROPOSES_UNTIL_NANOS && machine.random().nextInt(PROPOSES_ONE_IN) == 0) {
            propose();
        }
        loop.schedule(this::spreadTopology, TOPOLOGY_PERIOD_MILLIS);
    }

    private void propose() {
        long next = disk.epoch + 1;
        String topology = this.machine + " at " + loop.nanoTime();
        if (!accept(next, topology)) {
            return;
        }
        int[] accepted = {1};
        if (has(Flaw.EPOCH_WITHOUT_MAJORITY)) {
            decided(next, topology);
        }
        for (long member : preference("")) {
            if (member == memberId()) {
                continue;
            }
            Calls.begin(writer, MessageType.ACCEPT).writeLong(next).writeText(topology);
            calls.send(member, writer, CALL_TIMEOUT_MILLIS, new Calls.Callback() {
                @Override
                public void replied(long from, MessageType type, MessageReader body) {
                    if (body.readBoolean() && 2 * ++accepted[0] > setup.clusterSize()) {
                        decided(next, topology);
                    }
                }

                @Override
                public void failed(long from, boolean timedOut) {}
            });
        }
    }

    /** Agrees to the first that is proposed for an epoch, and to no other: an epoch whose votes are split never comes. */
    private boolean accept(long epoch, String topology) {
        ReferenceDisk.Accepted before = disk.accepted;
        if (epoch != disk.epoch + 1 || (before != null && before.epoch() == epoch && !before.fingerprint().equals(topology))) {
            return false;
        }
        disk.accepted = new ReferenceDisk.Accepted(epoch, topology);
        return true;
    }

    private void decided(long epoch, String topology) {
        if (epoch > disk.epoch) {
            disk.epoch = epoch;
            setup.topologies().began(epoch, topology);
            disk.topology = topology;
        }
    }

    private static final class Ignored implements Calls.Callback {
        @Override
        public void replied(long from, MessageType type, MessageReader body) {}

        @Override
        public void failed(long from, boolean timedOut) {}
    }

    // ---- what arrives

    @Override
    public void request(ReplyPath from, byte[] message, int offset, int size) {
        MessageType type = reader.begin(message, offset, size);
        long id = reader.readLong();
        switch (type) {
            case WRITE -> {
                long target = reader.readLong();
                String key = reader.readText(MAX_TEXT);
                Version now = store(target, key, Stored.read(reader));
                send(from, Calls.beginReply(writer, MessageType.WRITE_REPLY, id).writeLong(now.hlc()).writeLong(now.actor()));
            }
            case READ -> {
                Stored stored = disk.data.getOrDefault(reader.readText(MAX_TEXT), Stored.NOTHING);
                stored.write(Calls.beginReply(writer, MessageType.READ_REPLY, id));
                send(from, writer);
            }
            case FORWARD -> {
                String key = reader.readText(MAX_TEXT);
                ConsistencyLevel level = ConsistencyLevel.of(reader.readText(MAX_TEXT));
                incrementHere(key, level, new ForwardedAnswer(from, id));
            }
            case ACCEPT -> {
                boolean agreed = accept(reader.readLong(), reader.readText(MAX_TEXT));
                send(from, Calls.beginReply(writer, MessageType.ACCEPT_REPLY, id).writeBoolean(agreed));
            }
            case DECIDED -> {
                decided(reader.readLong(), reader.readText(MAX_TEXT));
                send(from, Calls.beginReply(writer, MessageType.DECIDED_REPLY, id));
            }
            default -> throw new IllegalStateException("a request of type " + type);
        }
    }

    private static void send(ReplyPath to, MessageWriter message) {
        to.send(message.bytes(), 0, message.size());
    }

    /** Brings the outcome of an increment back to the node that was asked for it: the count, or 0. */
    private final class ForwardedAnswer implements Answer {
        private final ReplyPath from;
        private final long id;

        private ForwardedAnswer(ReplyPath from, long id) {
            this.from = from;
            this.id = id;
        }

        private void reply(long count) {
            send(from, Calls.beginReply(writer, MessageType.FORWARD_REPLY, id).writeLong(count));
        }

        @Override
        public void read(byte @Nullable [] value, @Nullable Version version) {
            throw new AssertionError("an increment was answered as a read");
        }

        @Override
        public void written(@Nullable Version version) {
            throw new AssertionError("an increment was answered as a write");
        }

        @Override
        public void counted(long count) {
            reply(count);
        }

        @Override
        public void unknown(String why) {
            reply(0);
        }

        @Override
        public void refused(String why) {
            reply(0);
        }
    }

    @Override
    public void reply(long memberId, byte[] message, int offset, int size) {
        calls.reply(memberId, message, offset, size);
    }

    @Override
    public void linkUp(long memberId) {}

    @Override
    public void linkDown(long memberId) {
        calls.linkDown(memberId);
    }

    // ---- what checkers ask

    @Override
    public long epoch() {
        return disk.epoch;
    }

    @Override
    public String topologyFingerprint() {
        return disk.topology;
    }

    @Override
    public long hintCount() {
        return disk.hints.size();
    }

    @Override
    public List<Gauge> gauges() {
        return List.of(new Gauge("calls pending", calls.pendingCount(), Calls.MAX_PENDING));
    }

    @Override
    public Map<String, Long> leftovers() {
        return Map.of("increments under way", (long) increments.size());
    }

    @Override
    public Map<String, Held> contents() {
        Map<String, Held> contents = new TreeMap<>();
        disk.data.forEach((key, stored) -> contents.put(key, stored.held()));
        return contents;
    }

    @Override
    public long clearedThroughHlc() {
        return 0;
    }

    @Override
    public boolean canWalk() {
        return false;
    }

    @Override
    public void walk(ConsistencyLevel level, Consumer<@Nullable List<String>> whenOver) {
        throw new UnsupportedOperationException("a reference node does not walk");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
