package io.ringtail.cluster.node;

import io.ringtail.cluster.antientropy.AntiEntropy;
import io.ringtail.cluster.antientropy.RepairServer;
import io.ringtail.cluster.coordinator.ClusterSession;
import io.ringtail.cluster.coordinator.ClusterWalk;
import io.ringtail.cluster.coordinator.ForwardListener;
import io.ringtail.cluster.coordinator.Forwarding;
import io.ringtail.cluster.coordinator.KeyWalks;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.MemberSet;
import io.ringtail.cluster.quorum.QuorumOptions;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.quorum.QuorumsInReach;
import io.ringtail.cluster.quorum.Reachability;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.Relay;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.cluster.transport.TransportListener;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop has of the cluster: its requests to others, its share of theirs, and the session through which its clients' commands reach the data.
 *
 * <p>The loop runs turns: it hands in messages and commands, then calls {@link #sendRequests}, hands what was written to the log, calls {@link #endTurn} with what came of
 * that, and flushes its transport. Confined to the loop.
 */
public final class DataLoop implements TransportListener, Forwarding {
    /** A client forgotten is told of what its writes were answered for. */
    private static final int CLIENTS_MAX = 4096;

    private final ClusterNode node;
    private final Loop loop;
    private final Calls calls;
    private final Quorums quorums;
    private final Replica replica;
    private final Relay relay;
    private final RepairServer repairs;
    private final Reachability reachability;
    private final ClusterSession session;
    private final ForwardHandler forwardHandler;
    private final MessageReader reader = new MessageReader();
    private final MessageWriter forwarded = new MessageWriter();
    private final MessageWriter answer = new MessageWriter();
    private final MessageWriter question = new MessageWriter();
    private final int forwardTimeoutMillis;
    private static final String SETS_NEED = "ERR sets need version " + ProtocolVersion.SIBLINGS + " of the protocol between nodes, and ";
    /** The ring all of whose members were found to read sets. */
    private @Nullable Ring ringOfSets;

    private final int askTimeoutMillis;
    private final Runnable beginTurn;
    /** Who has what was carried out here for clients of other nodes, the last {@value #CLIENTS_MAX} of them. */
    private final Map<OtherClient, Acceptances> otherClients = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<OtherClient, Acceptances> eldest) {
            return size() > CLIENTS_MAX;
        }
    };

    /** A client of another node, by the name that this has given it. */
    private record OtherClient(long memberId, long name) {}

    DataLoop(ClusterNode node, Loop loop, Transport transport, Runnable beginTurn, ForwardHandler forwardHandler) {
        this.node = node;
        this.loop = loop;
        this.forwardHandler = forwardHandler;
        QuorumOptions options = node.options().quorums();
        // What is forwarded waits for a read and a write there.
        this.askTimeoutMillis = options.writeTimeoutMillis();
        this.beginTurn = beginTurn;
        this.forwardTimeoutMillis = options.readTimeoutMillis() + options.writeTimeoutMillis();
        calls = new Calls(transport, loop);
        reachability = id -> transport.isResponsive(id) && !node.liveness().isDown(id);
        HintSink hints = node.hintSink();
        ReplicaData data = new ReplicaData(node.store(), node.settledTimes(), node.options().flaws());
        quorums = new Quorums(
                node.selfId(), calls, loop, node, reachability, data, node.clock(), hints, options, beginTurn);
        replica = new Replica(data, node, node.clock(), hints, loop, beginTurn);
        relay = new Relay(node.selfId(), replica, calls, reachability::isReachable, options.writeTimeoutMillis(), beginTurn);
        repairs = node.antiEntropy().server(loop, beginTurn);
        session = new ClusterSession(
                new ClusterSession.Self(node.selfId(), node.store().actor(), node::refusal, this::setsRefusal),
                node.local(),
                quorums,
                node,
                reachability,
                node.locks(),
                node.clock(),
                loop,
                this);
    }

    Calls calls() {
        return calls;
    }

    /** Why sets cannot be written: not before all members can read them. Those that are down do not count, as with a topology that they could not read. */
    private @Nullable String setsRefusal() {
        Ring ring = node.ring();
        if (ring == ringOfSets) {
            return null;
        }
        if (ProtocolVersion.NEWEST < ProtocolVersion.SIBLINGS) {
            return SETS_NEED + "this node speaks " + ProtocolVersion.NEWEST;
        }
        boolean allKnown = true;
        for (Member member : ring.topology().members()) {
            if (member.id() == node.selfId()) {
                continue;
            }
            int version = calls.version(member.id());
            allKnown &= version != 0;
            if (node.liveness().isDown(member.id()) || version >= ProtocolVersion.SIBLINGS) {
                continue;
            }
            return SETS_NEED + (version == 0
                    ? "what node " + member.name() + " speaks is not known yet"
                    : "node " + member.name() + " speaks " + version + ": upgrade it first");
        }
        if (allKnown) {
            ringOfSets = ring;
        }
        return null;
    }

    public Loop loop() {
        return loop;
    }

    /** The way of anti-entropy to the other members. */
    AntiEntropy.Carrier repairCarrier() {
        return new AntiEntropy.Carrier(loop, calls, reachability::isReachable, quorums::isCongested);
    }

    public Quorums quorums() {
        return quorums;
    }

    /** The way to the data for the commands of this loop's clients. */
    public ClusterSession session() {
        return session;
    }

    /** Whether this loop's clients could be served now, whatever key they ask for: its links are up, and the node is sure of its clock. On the loop. */
    public boolean canServeAll() {
        return node.clock().refusal() == null && QuorumsInReach.ofAllPartitions(node.ring(), node.selfId(), reachability);
    }

    /** Walks over the cluster's keys that are made on this loop. */
    KeyWalks walks() {
        long timeoutMillis = 2L * node.options().quorums().readTimeoutMillis();
        return (database, from, through, level, now) ->
                new ClusterWalk(quorums, loop, database, from, through, level, now, timeoutMillis);
    }

    public int pendingCalls() {
        return calls.pendingCount();
    }

    /** Answers to others that wait for the log's sync. */
    public int heldReplies() {
        return replica.heldCount();
    }

    // ---- links

    @Override
    public void request(ReplyPath from, byte[] message, int offset, int size) {
        MessageType type = reader.begin(message, offset, size);
        if (type == MessageType.FORWARD) {
            long id = reader.readLong();
            OtherClient client = new OtherClient(from.memberId(), reader.readLong());
            int from0 = reader.skip(reader.remaining());
            Acceptances acceptances = otherClients.computeIfAbsent(client, unused -> new Acceptances());
            forwardHandler.forwarded(from, id, acceptances, message, from0, offset + size - from0);
        } else if (type == MessageType.COPIES) {
            long id = reader.readLong();
            CopiesMessage.Question asked = CopiesMessage.Question.read(reader);
            tellCopies(from, id, new OtherClient(from.memberId(), asked.client()), asked.sync());
        } else if (!replica.request(from, type, reader) && !relay.request(from, type, reader) && !repairs.request(from, type, reader)) {
            throw new MalformedMessageException(type + " on a data link");
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

    // ---- turns

    /**
     * Sends other nodes what this turn has for them, and hands the turn's hints to their log; before any reply goes, since in a sloppy keyspace a hint may be all that
     * a replica has of a write.
     */
    public void sendRequests() {
        quorums.endTurn();
        long position = 0;
        String failure = null;
        try {
            position = node.hints().endTurn(quorums.awaitsHints() || replica.awaitsHints());
        } catch (IOException e) {
            node.hintsFailed(e);
            failure = "MISCONF the log of hints takes none: " + e.getMessage();
        }
        replica.hintsLogged(position, failure);
        quorums.hintsLogged(position, failure);
    }

    /**
     * Ends the turn: answers other nodes, or keeps the answers until the log is durable up to {@code position} (0: as it is).
     *
     * @param failure why the log did not take what was written in this turn; null when it did
     */
    public void endTurn(long position, @Nullable String failure) {
        replica.endTurn(position, failure);
        quorums.logged(position, failure);
    }

    public void durable(long position) {
        replica.durable(position);
        quorums.durable(position);
    }

    public void durableNoMore(String failure) {
        replica.durableNoMore(failure);
        quorums.durableNoMore(failure);
    }

    /** The log of the hints is durable up to {@code position}. */
    public void hintsDurable(long position) {
        replica.hintsDurable(position);
        quorums.hintsDurable(position);
    }

    /** The log of the hints will not become durable any more. */
    public void hintsDurableNoMore(String failure) {
        replica.hintsDurableNoMore(failure);
        quorums.hintsDurableNoMore(failure);
    }

    // ---- forwarding

    @Override
    public long newClientName() {
        return node.newClientName();
    }

    @Override
    public boolean forward(long memberId, long client, byte[] bytes, int offset, int size, ForwardListener listener) {
        // What the client wrote before comes before: the command reads it there.
        quorums.endTurn();
        Calls.begin(forwarded, MessageType.FORWARD).writeLong(client).writeRaw(bytes, offset, size);
        return calls.send(memberId, forwarded, forwardTimeoutMillis, new Calls.Callback() {
            @Override
            public void replied(long member, MessageType type, MessageReader body) {
                // What this node's clients write next comes after what the command wrote.
                node.clock().observe(body.readLong());
                int count = body.remaining();
                int at = body.skip(count);
                listener.replied(body.array(), at, count);
            }

            @Override
            public void failed(long member, boolean timedOut) {
                listener.failed("TIMEOUT the outcome of this command is unknown: the node that carries it out "
                        + (timedOut ? "did not answer within " + forwardTimeoutMillis + " ms" : "was lost"));
            }
        });
    }

    @Override
    public void ask(long memberId, long client, boolean sync, CopiesListener listener) {
        if (memberId == node.selfId()) {
            syncHere(synced -> listener.told(synced, 0, false, new MemberSet()), sync);
            return;
        }
        new CopiesMessage.Question(client, sync).write(Calls.begin(question, MessageType.COPIES));
        boolean sent = calls.send(memberId, question, askTimeoutMillis, new Calls.Callback() {
            @Override
            public void replied(long member, MessageType type, MessageReader body) {
                CopiesMessage.Answer told = CopiesMessage.Answer.read(body);
                listener.told(told.synced(), told.copies(), told.settled(), told.acceptors());
            }

            @Override
            public void failed(long member, boolean timedOut) {
                listener.failed();
            }
        });
        if (!sent) {
            loop.execute(listener::failed);
        }
    }

    /** Syncs the log on a thread that may wait, if that is asked for; told on the loop whether it is synced. */
    private void syncHere(Consumer<Boolean> synced, boolean sync) {
        boolean taken = sync && loop.offload(() -> {
            boolean done = node.syncLog();
            loop.execute(() -> synced.accept(done));
        });
        if (!taken) {
            loop.execute(() -> synced.accept(false));
        }
    }

    private void tellCopies(ReplyPath from, long id, OtherClient client, boolean sync) {
        syncHere(
                synced -> {
                    beginTurn.run();
                    Acceptances known = otherClients.get(client);
                    CopiesMessage.Answer told = known == null
                            ? new CopiesMessage.Answer(synced, 0, false, new MemberSet())
                            : new CopiesMessage.Answer(synced, quorums.copies(known), known.isSettled(), known.acceptors());
                    told.write(Calls.beginReply(answer, MessageType.COPIES_REPLY, id));
                    if (known != null) {
                        known.told();
                    }
                    from.send(answer.bytes(), 0, answer.size());
                },
                sync);
    }

    /** Answers a command that was forwarded to this node. */
    public void answerForward(ReplyPath to, long id, byte[] reply, int offset, int size) {
        Calls.beginReply(answer, MessageType.FORWARD_REPLY, id).writeLong(node.clock().nowHlc()).writeRaw(reply, offset, size);
        to.send(answer.bytes(), 0, answer.size());
    }

    /** Gives back what the loop holds. */
    public void close() {
        session.close();
        replica.close();
    }
}
