package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.History;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Operation.Outcome;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.world.SimulatedClock;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Context;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A client: one connection to one node at a time, one request at a time, with some thought in between. What it asks for and is told goes into the {@link History}.
 *
 * <p>A node that is off refuses the connection, which is no operation. A node that dies under a request, or does not answer in time, leaves its outcome unknown.
 *
 * <p>Confined to the world's thread.
 */
final class SimulatedClient {
    private static final long TIMEOUT_MILLIS = 8_000;
    private static final long WAY_MIN_NANOS = 50_000;
    private static final long WAY_SPREAD_NANOS = 200_000;
    /** One request in so many goes to another node than the one before. */
    private static final int MOVES_ONE_IN = 5;

    private static final int WRITES_BLINDLY_ONE_IN = 4;
    private static final int CONTEXTS_FORGOTTEN_ONE_IN = 2;
    private static final int DELETES_SETS_ONE_IN = 8;

    private final SimulatedWorld world;
    private final SimulatedCluster cluster;
    private final Workload workload;
    private final History history;
    private final RandomGenerator random;
    private final int number;
    /** By key, what this client has last read of those that keep siblings. */
    private final Map<String, Seen> seen = new HashMap<>();
    private int nodeIndex;
    private @Nullable Pending pending;
    private boolean stopped;

    /** Siblings that were read, and the context that stands for them. */
    private record Seen(List<String> values, Context context) {}

    private static final Seen NOTHING_SEEN = new Seen(List.of(), new Context());

    SimulatedClient(SimulatedWorld world, SimulatedCluster cluster, Workload workload, History history, int number) {
        this.world = world;
        this.cluster = cluster;
        this.workload = workload;
        this.history = history;
        this.random = world.newRandom();
        this.number = number;
        this.nodeIndex = random.nextInt(cluster.size());
        cluster.onCrash(this::connectionsBreak);
    }

    /** Asks again and again, until {@link #stop}. */
    void run() {
        if (stopped) {
            return;
        }
        if (random.nextInt(MOVES_ONE_IN) == 0) {
            nodeIndex = random.nextInt(cluster.size());
        }
        Workload.Wish wish = workload.next(random, world.nowNanos());
        if (ask(wish, nodeIndex, unused -> thinkAndRun())) {
            return;
        }
        nodeIndex = random.nextInt(cluster.size());
        thinkAndRun();
    }

    private void thinkAndRun() {
        world.after(random.nextLong(workload.thoughtNanos(world.nowNanos())), this::run);
    }

    /** No further requests; the one under way goes on. */
    void stop() {
        stopped = true;
    }

    boolean isIdle() {
        return pending == null;
    }

    /**
     * Makes one request, now, and tells when it is over.
     *
     * @return false when the node is off
     */
    boolean ask(Workload.Wish wish, int coordinator, Consumer<Operation> whenOver) {
        SimulatedNode node = cluster.node(coordinator);
        if (node == null || !node.isReady()) {
            return false;
        }
        List<Operation> operations = new ArrayList<>();
        Seen context = wish.kind() != Kind.WRITE_SIBLING
                ? null
                : !Workload.isSet(wish.key()) ? drawContext(wish.key()) : wish.value() == null ? drawMember(wish.key()) : NOTHING_SEEN;
        operations.add(invoke(wish, coordinator, context));
        for (Workload.Wish other : wish.also()) {
            operations.add(invoke(other, coordinator, null));
        }
        Pending mine = new Pending(operations, node, cluster.machine(coordinator), whenOver);
        pending = mine;
        Entrance entrance = node.entrance(number);
        entrance.loop().arrive(wayNanos(), () -> hand(entrance, wish, operations.getFirst(), context, mine));
        world.afterMillis(TIMEOUT_MILLIS, () -> mine.end(Outcome.UNKNOWN, null, null, "no answer"));
        return true;
    }

    private Operation invoke(Workload.Wish wish, int coordinator, @Nullable Seen context) {
        return history.invoke(
                new Operation.Request(
                        number,
                        wish.kind(),
                        wish.key(),
                        wish.value(),
                        expireAt(wish),
                        coordinator,
                        workload.quorum(wish, coordinator),
                        context == null ? null : context.values),
                world.nowNanos());
    }

    /** Which member to remove: one that it has seen; null for the whole set. */
    private @Nullable Seen drawMember(String key) {
        Seen last = seen.get(key);
        return last == null || last.values.isEmpty() || random.nextInt(DELETES_SETS_ONE_IN) == 0
                ? null
                : new Seen(List.of(last.values.get(random.nextInt(last.values.size()))), new Context());
    }

    /** What to say that it has seen: most often what it has last read, which may have been long ago; now and then nothing. One that is used again makes a sibling of what it was used for before. */
    private @Nullable Seen drawContext(String key) {
        Seen last = seen.get(key);
        if (random.nextInt(CONTEXTS_FORGOTTEN_ONE_IN) == 0) {
            seen.remove(key);
        }
        return random.nextInt(WRITES_BLINDLY_ONE_IN) == 0 ? null : last;
    }

    private long expireAt(Workload.Wish wish) {
        return wish.livesMillis() == 0
                ? 0
                : SimulatedClock.WORLD_BEGINS_MILLIS + world.nowNanos() / 1_000_000 + wish.livesMillis();
    }

    private static void hand(Entrance node, Workload.Wish wish, Operation operation, @Nullable Seen context, Answer answer) {
        byte[] key = bytes(wish.key());
        ConsistencyLevel level = wish.level();
        long expireAt = operation.request().expireAtMillis();
        switch (wish.kind()) {
            case READ -> node.read(key, level, answer);
            case WRITE -> {
                if (wish.also().isEmpty()) {
                    node.write(key, value(wish), expireAt, level, answer);
                } else {
                    List<byte[]> keys = new ArrayList<>(List.of(key));
                    List<byte[]> values = new ArrayList<>(List.of(value(wish)));
                    for (Workload.Wish other : wish.also()) {
                        keys.add(bytes(other.key()));
                        values.add(value(other));
                    }
                    node.writeAll(keys, values, level, answer);
                }
            }
            case DELETE -> node.delete(key, level, answer);
            case EXPIRE -> node.expire(key, expireAt, level, answer);
            case INCREMENT, COUNT -> node.increment(key, level, answer);
            case READ_SIBLINGS -> node.readSiblings(key, level, answer);
            case READ_SET -> node.readSet(key, level, answer);
            case WRITE_SIBLING -> writeSibling(node, key, wish, expireAt, context, answer);
            case EXPIRE_SIBLINGS -> node.expireSiblings(key, expireAt, level, answer);
            case CLEAR -> node.clear(answer);
        }
    }

    private static void writeSibling(
            Entrance node, byte[] key, Workload.Wish wish, long expireAt, @Nullable Seen context, Answer answer) {
        byte[] value = wish.value() == null ? null : value(wish);
        if (!Workload.isSet(wish.key())) {
            node.writeSibling(key, value, expireAt, context == null ? null : context.context, wish.level(), answer);
        } else if (value != null) {
            node.addMember(key, value, wish.level(), answer);
        } else {
            node.removeMember(key, context == null ? null : bytes(context.values.getFirst()), wish.level(), answer);
        }
    }

    private static byte[] value(Workload.Wish wish) {
        String value = wish.value();
        return Padding.add(bytes(value == null ? "" : value), wish.padding());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long wayNanos() {
        return WAY_MIN_NANOS + random.nextLong(WAY_SPREAD_NANOS);
    }

    private void connectionsBreak() {
        Pending mine = pending;
        if (mine != null && !mine.answered && (!mine.machine.isOn() || mine.machine.life() != mine.life)) {
            mine.answered = true;
            world.after(wayNanos(), () -> mine.end(Outcome.UNKNOWN, null, null, "the connection broke"));
        }
    }

    /** A request under way: what the node answers travels back. */
    private final class Pending implements Answer {
        private final List<Operation> operations;
        private final SimulatedNode node;
        private final SimulatedMachine machine;
        private final Consumer<Operation> whenOver;
        private final long epoch;
        private final int life;
        private final int jumps;
        private final long wallMillis;
        private boolean answered;
        private boolean over;

        private Pending(List<Operation> operations, SimulatedNode node, SimulatedMachine machine, Consumer<Operation> whenOver) {
            this.operations = operations;
            this.node = node;
            this.epoch = node.epoch();
            this.machine = machine;
            this.whenOver = whenOver;
            this.life = machine.life();
            this.jumps = machine.clock().jumps();
            this.wallMillis = machine.clock().millis();
        }

        private void answer(Outcome outcome, @Nullable String result, @Nullable Version version, String remark) {
            if (answered && machine.life() == life) {
                throw new IllegalStateException("a node answered twice, the second time " + outcome + " " + remark + ": " + operations);
            }
            answered = true;
            operations.forEach(operation -> operation.epochs(epoch, node.epoch()));
            world.after(wayNanos(), () -> end(outcome, result, version, remark));
        }

        private void end(Outcome outcome, @Nullable String result, @Nullable Version version, String remark) {
            if (over) {
                return;
            }
            over = true;
            pending = null;
            for (Operation operation : operations) {
                history.complete(operation, outcome, result, version, remark, world.nowNanos());
                operation.wall(machine.clock().jumps() == jumps ? wallMillis : 0, cluster.highestWallMillis());
            }
            whenOver.accept(operations.getFirst());
        }

        @Override
        public void read(byte @Nullable [] value, @Nullable Version version) {
            require(kind() == Kind.READ);
            answer(Outcome.OK, value == null ? null : Padding.remove(new String(value, StandardCharsets.UTF_8)), version, "");
        }

        @Override
        public void siblings(List<byte[]> values, Context context) {
            require(kind() == Kind.READ_SIBLINGS);
            Operation read = operations.getFirst();
            List<String> found = values.stream().map(value -> Padding.remove(new String(value, StandardCharsets.UTF_8))).toList();
            read.siblings(found);
            seen.put(read.key(), new Seen(found, context));
            answer(Outcome.OK, null, null, "");
        }

        @Override
        public void members(List<byte[]> members) {
            require(kind() == Kind.READ_SET);
            Operation read = operations.getFirst();
            List<String> found = members.stream().map(member -> new String(member, StandardCharsets.UTF_8)).toList();
            read.siblings(found);
            seen.put(read.key(), new Seen(found, new Context()));
            answer(Outcome.OK, null, null, "");
        }

        @Override
        public void expired(List<byte[]> values) {
            require(kind() == Kind.EXPIRE_SIBLINGS);
            operations.getFirst().siblings(values.stream().map(value -> new String(value, StandardCharsets.UTF_8)).toList());
            answer(Outcome.OK, null, null, "");
        }

        @Override
        public void written(@Nullable Version version) {
            require(kind() != Kind.READ && kind() != Kind.INCREMENT);
            answer(Outcome.OK, null, version, "");
        }

        @Override
        public void counted(long count) {
            require(kind() == Kind.INCREMENT || kind() == Kind.COUNT);
            answer(Outcome.OK, Long.toString(count), null, "");
        }

        private Kind kind() {
            return operations.getFirst().kind();
        }

        private void require(boolean fits) {
            if (!fits) {
                throw new IllegalStateException("an answer of another kind of request: " + operations);
            }
        }

        @Override
        public void unknown(String why) {
            answer(Outcome.UNKNOWN, null, null, why);
        }

        @Override
        public void refused(String why) {
            answer(Outcome.REFUSED, null, null, why);
        }
    }
}
