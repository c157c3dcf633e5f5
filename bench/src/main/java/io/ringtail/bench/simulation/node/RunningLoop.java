package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.Answer;
import io.ringtail.bench.simulation.Entrance;
import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedTransport;
import io.ringtail.cluster.coordinator.ClusterSession;
import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.coordinator.ForwardListener;
import io.ringtail.cluster.coordinator.NotFetchedException;
import io.ringtail.cluster.coordinator.RingChangedException;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.cluster.node.DataLoop;
import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.ReadGroup;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.Store;
import io.ringtail.engine.record.Causal;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One event loop of a running node, in the server's place: runs clients' commands, ends turns, and holds replies until they are durable.
 *
 * <p>Made by {@link RunningNode}. Confined to the world's thread, and to the loop's turns where it is asked for something.
 */
final class RunningLoop implements Entrance {
    static final long PENDING_BYTES_MAX = 1 << 20;
    /** So few that a walk takes several pages. */
    private static final int WALK_ENTRIES_MAX = 7;
    /** One read in so many asks a quorum at once, without the short cut. */
    private static final int PLAIN_READS_ONE_IN = 4;

    private static final long RETRY_MILLIS = 1;
    static final String NOTHING_TO_REMOVE = "there is nothing to remove";

    private final NodeFactory.Setup setup;
    private final SimulatedMachine machine;
    private final ClusterNode node;
    private final Store store;
    private final SimulatedLoop loop;
    private final SimulatedTransport transport;
    private final Runnable syncSoon;
    private final DataLoop data;
    private final ClusterSession session;
    private final TurnReplies replies = new TurnReplies();
    private final List<Command> begunInTurn = new ArrayList<>();
    private int readsBegun;
    private int commandsUnderWay;

    /**
     * @param kind of its links: they are to the loops of the same kind
     * @param syncSoon has the log synced
     */
    RunningLoop(NodeFactory.Setup setup, ClusterNode node, Store store, SimulatedLoop loop, int kind, Runnable syncSoon) {
        this.setup = setup;
        this.machine = setup.machine();
        this.node = node;
        this.store = store;
        this.loop = loop;
        this.syncSoon = syncSoon;
        transport = machine.world().network().open(loop, kind, store.nodeId());
        data = node.dataLoop(loop, transport, this::beginTurn, this::forwarded);
        session = data.session();
    }

    void start() {
        loop.atTurnEnd(this::endTurn);
        transport.start(data);
    }

    void members(List<Member> others) {
        transport.members(others);
    }

    @Override
    public SimulatedLoop loop() {
        return loop;
    }

    void durable(long position) {
        data.durable(position);
        replies.durable(position);
    }

    void hintsDurable(long position) {
        data.hintsDurable(position);
    }

    void close() {
        data.close();
    }

    void addGauges(List<Gauge> gauges) {
        gauges.add(new Gauge(loop + " calls pending", data.pendingCalls(), Calls.MAX_PENDING));
        gauges.add(new Gauge(loop + " bytes of writes pending", data.quorums().pendingWriteBytes(), PENDING_BYTES_MAX));
    }

    void addLeftovers(Map<String, Long> leftovers) {
        leftovers.put(loop + " reads pending", data.quorums().pendingReads());
        leftovers.put(loop + " writes pending", data.quorums().pendingWrites());
        leftovers.put(loop + " bytes of writes pending", data.quorums().pendingWriteBytes());
        leftovers.put(loop + " answers held", (long) data.heldReplies() + replies.heldCount());
        leftovers.put(loop + " commands under way", (long) commandsUnderWay);
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
        if (position > 0) {
            syncSoon.run();
        }
    }

    // ---- what clients ask for

    /** Something a client, or another node for a client, has asked for. */
    private final class Command {
        /** Of a command about one key. */
        private final Key key;
        private final CommandContext context = new CommandContext();
        private final Answer answer;
        private final long revisedBefore = data.quorums().writesRevised();
        private Runnable whole = () -> {};
        private boolean over;

        private Command(LockedChange change, Answer answer) {
            this(change.key(), change.level(), answer);
            context.changesSets(change.kind().changesSet());
        }

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

        /** Carries out the command, and again from the start for as long as it meets a ring in change. */
        private void begin(Runnable body) {
            whole = body;
            run(body);
        }

        /** Runs what may be refused at once. */
        private void run(Runnable part) {
            try {
                boolean ignored = session.begin(context);
                part.run();
            } catch (RingChangedException e) {
                if (context.retriesForRing()) {
                    loop.schedule(() -> run(whole), RETRY_MILLIS);
                } else {
                    refuse(String.valueOf(e.getMessage()));
                }
            } catch (QuorumException | WriteRefusedException e) {
                refuse(String.valueOf(e.getMessage()));
            }
        }

        /** As the server does it: answers with what this node holds when others confirm that; if they cannot, or are not asked, with what a quorum holds. */
        private void read() {
            Record record = new Record();
            context.showsReads(readsBegun++ % PLAIN_READS_ONE_IN != 0);
            boolean isLive;
            try {
                isLive = session.read(key, record);
            } catch (NotFetchedException e) {
                readAtQuorum();
                return;
            }
            byte[] value = isLive ? record.value() : null;
            Version version = version(record);
            ReadGroup group = context.takeReads();
            if (group == null || group.isDone()) {
                shown(group, value, version);
            } else {
                group.whenDone(() -> shown(group, value, version));
            }
        }

        private void shown(@Nullable ReadGroup group, byte @Nullable [] value, @Nullable Version version) {
            if (group != null && group.isDoubtful()) {
                try {
                    readAtQuorum();
                } catch (QuorumException e) {
                    refuse(String.valueOf(e.getMessage()));
                }
            } else {
                finish(to -> to.read(value, version));
            }
        }

        private void readAtQuorum() {
            data.quorums().read(key, context.readLevel(), (record, failure) -> {
                if (failure != null) {
                    finish(to -> to.unknown(failure));
                    return;
                }
                byte[] value = record.isLive(machine.clock().millis()) ? record.value() : null;
                Version version = version(record);
                finish(to -> to.read(value, version));
            });
        }

        /** What a read saw; null when that cannot be told: of what was deleted after a clearing the clearing may be all that is remembered. */
        private @Nullable Version version(Record record) {
            boolean isForgotten = setup.mending().repairs() && record.hasValue() && record.actor() == ReplicaData.FLOOR_ACTOR;
            return record.hasValue() && !isForgotten ? new Version(record.hlc(), record.actor()) : null;
        }

        /** Writes, and answers {@code how} once it is accepted; to be called from {@link #run}. */
        private void write(Runnable body, Consumer<Version> how) {
            session.enterExclusive();
            Version version;
            try {
                session.admitWrites();
                begunInTurn.add(this);
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

        /** All siblings of the key, as {@code RT.GET} tells them. */
        private void readSiblings() {
            data.quorums().read(key, context.readLevel(), (record, failure) -> {
                if (failure != null) {
                    finish(to -> to.unknown(failure));
                    return;
                }
                Context seen = new Context().of(record);
                List<byte[]> values = siblings(record);
                finish(to -> to.siblings(values, seen));
            });
        }

        private List<byte[]> siblings(Record record) {
            long now = machine.clock().millis();
            List<byte[]> values = new ArrayList<>();
            if (!record.isCausal()) {
                if (record.isLive(now)) {
                    values.add(record.value());
                }
                return values;
            }
            Causal causal = record.causal();
            for (int i = 0; i < causal.siblingCount(); i++) {
                if (causal.isLive(i, now)) {
                    values.add(causal.sibling(i).value());
                }
            }
            return values;
        }

        /** Reads the key under its slot's lock, then makes the change; to be called from {@link #run}. */
        private void change(LockedChange change) {
            Key[] keys = change.kind() == LockedChange.Kind.ADD || change.kind() == LockedChange.Kind.REMOVE
                    ? new Key[] {key, member(change)}
                    : new Key[] {key};
            if (session.fetch(keys, keys.length, key.slot(), () -> run(() -> changeFetched(change)))) {
                changeFetched(change);
            }
        }

        private void changeFetched(LockedChange change) {
            try {
                if (context.failure() != null) {
                    refuse(String.valueOf(context.failure()));
                    return;
                }
                context.readable(true);
                if (!session.mayWriteSiblings(2)) {
                    // What this node holds is on its disk, and is being read; begun again as when the ring changes.
                    throw RingChangedException.INSTANCE;
                }
                switch (change.kind()) {
                    case INCREMENT -> incrementFetched();
                    case WRITE -> {
                        byte[] value = Objects.requireNonNull(change.value());
                        write(() -> session.write(key, value, 0, value.length, change.expireAtMillis(), change.seen()), this::changed);
                    }
                    case EXPIRE -> expireFetched(change.expireAtMillis());
                    case DELETE -> write(() -> session.delete(key, change.seen()), this::changed);
                    case ADD, REMOVE, DELETE_SET -> setFetched(change);
                }
            } finally {
                session.finish();
            }
        }

        /** As {@code RT.GET} and {@code EXPIRE} in one transaction do it. */
        private void expireFetched(long expireAtMillis) {
            Record record = new Record();
            List<byte[]> values = session.read(key, record) ? siblings(record) : List.of();
            if (values.isEmpty()) {
                refuse(NOTHING_TO_REMOVE);
                return;
            }
            write(() -> session.expire(key, expireAtMillis), unused -> finish(to -> to.expired(values)));
        }

        private Key member(LockedChange change) {
            byte[] member = Objects.requireNonNull(change.value());
            return MemberKeys.set(new Key(), key, Record.TYPE_SET, member, 0, member.length);
        }

        /** As {@code SADD}, {@code SREM} and {@code DEL} do it, but that it is refused when there is nothing to remove. */
        private void setFetched(LockedChange change) {
            Record header = new Record();
            boolean found = session.readRecord(key, header);
            if (change.kind() == LockedChange.Kind.ADD) {
                Key[] member = {member(change)};
                write(() -> session.changeMembers(key, member, 1, true, !found), this::changed);
                return;
            }
            if (!found) {
                refuse(NOTHING_TO_REMOVE);
            } else if (change.kind() == LockedChange.Kind.DELETE_SET) {
                session.changesSet(key);
                write(() -> session.delete(key, null), this::changed);
            } else {
                Key[] member = {member(change)};
                Record record = new Record();
                if (session.readRecord(member[0], record) && header.hasMember(record, session.nowMillis())) {
                    write(() -> session.changeMembers(key, member, 1, false, false), this::changed);
                } else {
                    refuse(NOTHING_TO_REMOVE);
                }
            }
        }

        /** All members of a set, as {@code SMEMBERS} tells them. */
        private void readSet() {
            if (session.fetch(new Key[] {key}, 1, -1, () -> run(this::headerFetched))) {
                headerFetched();
            }
        }

        private void headerFetched() {
            try {
                if (context.failure() != null) {
                    throw new QuorumException(String.valueOf(context.failure()));
                }
                context.readable(true);
                Record header = new Record();
                List<byte[]> members = session.readRecord(key, header) ? session.gather(key, header, 0, Integer.MAX_VALUE, false) : List.of();
                List<byte[]> copies = List.copyOf(members);
                session.finish();
                finish(to -> to.members(copies));
            } catch (NotFetchedException e) {
                if (session.fetchMembers(() -> run(this::headerFetched))) {
                    headerFetched();
                }
            } catch (QuorumException e) {
                session.finish();
                throw e;
            }
        }

        private void changed(Version unused) {
            finish(to -> to.written(null));
        }

        private void incrementFetched() {
            Record record = new Record();
            long count = 1 + (session.read(key, record) ? Long.parseLong(text(record.value())) : 0);
            byte[] value = Long.toString(count).getBytes(StandardCharsets.UTF_8);
            write(
                    () -> {
                        if (session.keepsSiblings(key)) {
                            session.increment(key, 1, record);
                        } else {
                            session.write(key, value, 0, value.length, 0);
                        }
                    },
                    unused -> finish(to -> to.counted(count)));
        }
    }

    @Override
    public void read(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(command::read);
    }

    @Override
    public void write(byte[] key, byte[] value, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(() -> command.write(
                () -> session.write(command.key, value, 0, value.length, expireAtMillis), command::wrote));
    }

    @Override
    public void delete(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(() -> command.write(() -> session.delete(command.key), command::wrote));
    }

    @Override
    public void expire(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(() -> command.write(() -> session.expire(command.key, expireAtMillis), command::wrote));
    }

    @Override
    public void increment(byte[] key, ConsistencyLevel level, Answer answer) {
        change(new LockedChange(LockedChange.Kind.INCREMENT, level, key, null, 0, null), answer);
    }

    @Override
    public void readSiblings(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(command::readSiblings);
    }

    @Override
    public void writeSibling(
            byte[] key, byte @Nullable [] value, long expireAtMillis, @Nullable Context seen, ConsistencyLevel level, Answer answer) {
        LockedChange.Kind kind = value == null ? LockedChange.Kind.DELETE : LockedChange.Kind.WRITE;
        change(new LockedChange(kind, level, key, value, expireAtMillis, seen), answer);
    }

    @Override
    public void expireSiblings(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        change(new LockedChange(LockedChange.Kind.EXPIRE, level, key, null, expireAtMillis, null), answer);
    }

    @Override
    public void readSet(byte[] key, ConsistencyLevel level, Answer answer) {
        Command command = new Command(key, level, answer);
        command.begin(command::readSet);
    }

    @Override
    public void addMember(byte[] key, byte[] member, ConsistencyLevel level, Answer answer) {
        change(new LockedChange(LockedChange.Kind.ADD, level, key, member, 0, null), answer);
    }

    @Override
    public void removeMember(byte[] key, byte @Nullable [] member, ConsistencyLevel level, Answer answer) {
        LockedChange.Kind kind = member == null ? LockedChange.Kind.DELETE_SET : LockedChange.Kind.REMOVE;
        change(new LockedChange(kind, level, key, member, 0, null), answer);
    }

    /** Has a change made where changes of its key are. */
    private void change(LockedChange change, Answer answer) {
        Command command = new Command(change, answer);
        command.begin(() -> {
            long primary = session.primary(command.key);
            if (primary == 0) {
                command.change(change);
                return;
            }
            byte[] request = change.encode();
            boolean sent = session.forward(primary, request, 0, request.length, new ForwardListener() {
                @Override
                public void replied(byte[] array, int offset, int size) {
                    String reply = text(Arrays.copyOfRange(array, offset, offset + size));
                    if (Character.isDigit(reply.charAt(0))) {
                        command.finish(to -> to.counted(Long.parseLong(reply)));
                    } else if (reply.equals(ForwardedAnswer.WRITTEN)) {
                        command.finish(to -> to.written(null));
                    } else if (reply.startsWith(ForwardedAnswer.EXPIRED)) {
                        String[] values = reply.substring(ForwardedAnswer.EXPIRED.length()).split(" ", -1);
                        command.finish(to -> to.expired(Arrays.stream(values).map(value -> value.getBytes(StandardCharsets.UTF_8)).toList()));
                    } else if (reply.equals(ForwardedAnswer.NOTHING_TO_REMOVE)) {
                        command.refuse(NOTHING_TO_REMOVE);
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

    /** Carries out a change that another node has sent; answers as {@link ForwardedAnswer} says. */
    private void forwarded(ReplyPath from, long id, Acceptances acceptances, byte[] array, int offset, int size) {
        LockedChange change = LockedChange.decode(array, offset, size);
        Answer back = new ForwardedAnswer(reply -> {
            byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
            data.answerForward(from, id, bytes, 0, bytes.length);
        });
        Command command = new Command(change, back);
        command.context.countFor(acceptances);
        command.begin(() -> command.change(change));
    }

    @Override
    public void writeAll(List<byte[]> keys, List<byte[]> values, ConsistencyLevel level, Answer answer) {
        Command command = new Command(keys.getFirst(), level, answer);
        List<Key> written = keys.stream().map(key -> new Key().set(0, key)).toList();
        command.begin(() -> {
            written.forEach(session::checkWritable);
            command.write(
                    () -> {
                        for (int i = 0; i < written.size(); i++) {
                            byte[] value = values.get(i);
                            session.write(written.get(i), value, 0, value.length, 0);
                        }
                    },
                    unused -> command.finish(to -> to.written(null)));
        });
    }

    @Override
    public void clear(Answer answer) {
        Command command = new Command(new byte[0], ConsistencyLevel.QUORUM, answer);
        command.begin(() -> command.write(() -> session.clearDatabase(0), unused -> command.finish(to -> to.written(null))));
    }

    /** See {@link io.ringtail.bench.simulation.SimulatedNode#walk}. */
    void walk(ConsistencyLevel level, Consumer<@Nullable List<String>> whenOver) {
        loop.execute(() -> walkFrom(0, new byte[0], level, new ArrayList<>(), whenOver));
    }

    private void walkFrom(
            long fromToken, byte[] after, ConsistencyLevel level, List<String> met, Consumer<@Nullable List<String>> whenOver) {
        ReplicaScan.Request request =
                new ReplicaScan.Request(0, fromToken, -1, after, WALK_ENTRIES_MAX, ReplicaScan.MAX_BYTES);
        data.quorums().walk(request, level, (page, failure) -> {
            if (page == null) {
                whenOver.accept(null);
                return;
            }
            while (page.next(machine.clock().millis())) {
                met.add(text(page.key().userKey()));
            }
            byte[] horizon = page.horizon();
            if (horizon != null) {
                walkFrom(fromToken, horizon, level, met, whenOver);
            } else if (page.throughToken() == -1) {
                whenOver.accept(met);
            } else {
                walkFrom(page.throughToken() + 1, new byte[0], level, met, whenOver);
            }
        });
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
