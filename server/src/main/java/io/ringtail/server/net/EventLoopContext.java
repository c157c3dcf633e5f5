package io.ringtail.server.net;

import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.server.command.CommandErrors;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.command.Dispatcher;
import io.ringtail.server.command.LoopData;
import io.ringtail.server.command.Services;
import io.ringtail.server.loop.SharedReceiveBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one event loop share, above all the turn.
 *
 * <p>A turn is one iteration of the loop: the requests of every connection that had something to say are run, then {@link #endTurn} hands
 * what they wrote to the log in one piece, and then each of those connections gets its replies in one write. So with a thousand clients
 * the log is appended to once and not a thousand times, and no client is told of a write that the log has not taken.
 *
 * <p>When the log wants the turn synced first, its replies wait in a queue in turn order, and every later turn waits behind it (so no
 * reply overtakes another, and nobody reads what may yet be lost in a power cut); requests are read and run meanwhile, up to {@value
 * #MAX_HELD_TURNS} turns ahead.
 *
 * <p>Confined to the event loop, except {@link #durable}.
 */
final class EventLoopContext {
    /** Turns whose replies wait for the disk before connections are no longer read. */
    private static final int MAX_HELD_TURNS = 1024;
    /** Commands of other nodes that are carried out here at one time; more are refused. */
    private static final int MAX_FORWARDED = 1 << 16;

    private static final byte[] TOO_MANY_FORWARDED =
            "-ERR too many commands wait at the node that carries out this one\r\n".getBytes(StandardCharsets.US_ASCII);

    final EventLoop loop;
    final Services services;
    final WorkerPool workers;
    final Limits limits;
    final ClientMemory clientMemory;
    final Dispatcher dispatcher;
    final SharedReceiveBuffer receiveBuffer = new SharedReceiveBuffer();

    private final LoopData loopData;
    private final DataSession data;
    private final List<TurnMember> ready = new ArrayList<>();
    private final Runnable endTurn = this::endTurn;
    private final Runnable releaseHeld = this::releaseHeld;
    private final Runnable refuseHeld = this::refuseHeld;
    private final AtomicBoolean releaseAsked = new AtomicBoolean();
    private final ArrayDeque<HeldTurn> held = new ArrayDeque<>();
    private volatile long durablePosition;
    private volatile boolean durableNoMore;

    private List<TurnMember> answered = new ArrayList<>();
    private List<TurnMember> answeredBefore = new ArrayList<>();
    private final List<TurnMember> stalled = new ArrayList<>();
    private final Set<ConnectionHandler> connections = new HashSet<>();
    private int forwardedCount;
    private final AtomicLong busyNanos;
    private boolean inTurn;
    private long turnMillis;
    private long turnNanos;
    private long neededPosition;

    EventLoopContext(EventLoop loop, Services services, WorkerPool workers, Limits limits, ClientMemory clientMemory) {
        this.loop = loop;
        this.services = services;
        this.workers = workers;
        this.limits = limits;
        this.clientMemory = clientMemory;
        this.loopData = services.data().openLoop(loop, this::beginTurn, this::forwarded);
        this.data = loopData.session();
        this.busyNanos = services.metrics().newLoop();
        this.dispatcher = new Dispatcher(services, data);
    }

    /** Called before anything is done for a connection: the first time in an iteration it begins a turn. */
    void beginTurn() {
        if (!inTurn) {
            inTurn = true;
            turnMillis = System.currentTimeMillis();
            turnNanos = System.nanoTime();
            ((SingleThreadEventLoop) loop).executeAfterEventLoopIteration(endTurn);
        }
    }

    /** The wall clock at the turn's begin. */
    long turnMillis() {
        return turnMillis;
    }

    /** Carries out a command that another node has sent here for that. */
    private void forwarded(ReplyPath from, long id, Acceptances acceptances, byte[] array, int offset, int size) {
        beginTurn();
        if (forwardedCount == MAX_FORWARDED) {
            loopData.answerForwarded(from, id, TOO_MANY_FORWARDED, 0, TOO_MANY_FORWARDED.length);
            return;
        }
        ForwardedCommand command = ForwardedCommand.read(this, from, id, acceptances, array, offset, size);
        forwardedCount++;
        command.begin();
    }

    /** Answers a command that another node has sent. */
    void answerForwarded(ReplyPath to, long id, byte[] reply, int offset, int size) {
        forwardedCount--;
        loopData.answerForwarded(to, id, reply, offset, size);
    }

    /** Has {@link TurnMember#sendReady} called at the end of the turn. */
    void atTurnEndSendReady(TurnMember member) {
        beginTurn();
        ready.add(member);
    }

    /** Notes that a connection may have replies to send, or something else to do, when the turn ends. */
    void atTurnEnd(TurnMember member) {
        beginTurn();
        answered.add(member);
    }

    /** Has the replies of this turn wait for {@code position} too, which a worker's command wrote. */
    void needDurable(long position) {
        neededPosition = Math.max(neededPosition, position);
    }

    private void endTurn() {
        inTurn = false;
        long position = neededPosition;
        neededPosition = 0;
        // On their way to other nodes while this one's log is written.
        loopData.sendRequests();
        WriteRefusedException refusal = null;
        try {
            position = Math.max(position, data.endTurn());
        } catch (WriteRefusedException e) {
            refusal = e;
        }
        List<TurnMember> ended = answered;
        answered = answeredBefore;
        answeredBefore = ended;
        if (refusal != null) {
            for (int i = 0; i < ended.size(); i++) {
                ended.get(i).refuse(refusal);
            }
        }
        boolean hold = position > durablePosition || !held.isEmpty();
        HeldTurn turn = hold ? new HeldTurn(Math.max(position, held.isEmpty() ? 0 : held.getLast().position)) : null;
        if (turn != null) {
            held.add(turn);
        }
        boolean stall = held.size() > MAX_HELD_TURNS || data.isCongested();
        for (int i = 0; i < ended.size(); i++) {
            TurnMember member = ended.get(i);
            try {
                member.endTurn(turn);
            } catch (RuntimeException e) {
                member.failed(e);
            }
            if (stall && member.stall()) {
                stalled.add(member);
            }
        }
        ended.clear();
        sendReady();
        loopData.endTurn(position, refusal == null ? null : CommandErrors.writeRefused(refusal));
        long took = System.nanoTime() - turnNanos;
        services.latencyEvents().record("eventloop", took);
        busyNanos.setRelease(busyNanos.getPlain() + took);
        // The log may have become durable between the question above and the answer's being queued.
        if (turn != null && turn.position <= durablePosition) {
            releaseHeld();
        }
        if (turn != null && durableNoMore) {
            refuseHeld();
        }
        if (!stall) {
            resumeStalled();
        }
    }

    private void sendReady() {
        for (int i = 0; i < ready.size(); i++) {
            TurnMember member = ready.get(i);
            try {
                member.sendReady();
            } catch (RuntimeException e) {
                member.failed(e);
            }
        }
        ready.clear();
    }

    /** The log is durable up to and including {@code position}, or {@link DataSource#DURABLE_NO_MORE}. Safe for concurrent use. */
    void durable(long position) {
        if (position == DataSource.DURABLE_NO_MORE) {
            durableNoMore = true;
            if (!loop.isShuttingDown()) {
                loop.execute(refuseHeld);
            }
        } else if (position > durablePosition) {
            durablePosition = position;
            if (releaseAsked.compareAndSet(false, true) && !loop.isShuttingDown()) {
                loop.execute(releaseHeld);
            }
        }
    }

    private void releaseHeld() {
        releaseAsked.set(false);
        long position = durablePosition;
        @Nullable HeldTurn turn;
        while ((turn = held.peek()) != null && turn.position <= position) {
            held.poll();
            turn.release();
        }
        loopData.durable(position);
        sendReady();
        resumeStalled();
    }

    /** Answers with errors what waited for a disk that has failed. */
    private void refuseHeld() {
        releaseHeld();
        String error = String.valueOf(services.data().writeRefusal());
        @Nullable HeldTurn turn;
        while ((turn = held.poll()) != null) {
            turn.refuse(error);
        }
        loopData.durableNoMore(error);
        sendReady();
        resumeStalled();
    }

    private void resumeStalled() {
        if (!stalled.isEmpty() && held.size() < MAX_HELD_TURNS / 2 && !data.isCongested()) {
            List<TurnMember> resumed = List.copyOf(stalled);
            stalled.clear();
            for (TurnMember member : resumed) {
                member.unstall();
            }
        }
    }

    void add(ConnectionHandler connection) {
        connections.add(connection);
    }

    void remove(ConnectionHandler connection) {
        connections.remove(connection);
    }

    void everySecond() {
        long now = System.currentTimeMillis();
        for (ConnectionHandler connection : List.copyOf(connections)) {
            connection.everySecond(now);
        }
    }

    /** Sends or drops what waits and gives back what the loop holds; on the loop, after its last connection closed. */
    void close() {
        @Nullable HeldTurn turn;
        while ((turn = held.poll()) != null) {
            turn.release();
        }
        sendReady();
        loopData.close();
        receiveBuffer.free();
    }
}
