package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.RequestTrace;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.CommandErrors;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.TraceReply;
import io.ringtail.server.session.Connection;
import io.ringtail.server.session.Session;
import org.jspecify.annotations.Nullable;

/**
 * A command whose client wants to see how it is carried out: run in a session of its own, like one that another node has forwarded, so that its reply can be looked at when
 * it would go out, with all that has happened until then. Then the client gets both, as one reply.
 *
 * <p>Made for each such command. Confined to the event loop of its client.
 */
final class TracedCommand implements Connection, TurnMember, HeldReply.Owner {
    private final EventLoopContext context;
    private final Session client;
    private final Request request;
    private final Session session;
    private final RequestTrace trace = new RequestTrace(System::nanoTime);
    private final ReplyWriter reply = new ReplyWriter();
    private @Nullable HeldReply held;
    private boolean answered;

    private TracedCommand(EventLoopContext context, Session client, Request request) {
        this.context = context;
        this.client = client;
        this.request = request;
        session = new Session(client.id(), this, client.peer(), client.local(), client.isLoopback(), client.createdMillis());
        session.authenticated(true);
        session.database(client.database());
        session.protocolVersion(client.protocolVersion());
        session.name(client.name());
        session.context().readLevel(client.context().readLevel());
        session.context().writeLevel(client.context().writeLevel());
        session.context().trace(trace);
        reply.protocolVersion(client.protocolVersion());
    }

    /** Runs what {@code request}, which is kept, asks for; the client's connection waits, and is answered as it is when a command was forwarded. */
    static void run(EventLoopContext context, Session client, Request request) {
        TracedCommand command = new TracedCommand(context, client, request);
        context.loop.execute(command::runAgain);
    }

    @Override
    public void runAgain() {
        context.beginTurn();
        context.dispatcher.startClock();
        session.context().replyIndex(0);
        Outcome outcome = context.dispatcher.run(session, request, reply);
        switch (outcome) {
            case ANSWERED -> answered();
            case AWAITED -> {}
            case NEEDS_WORKER -> {
                reply.error("ERR what waits for this node's disk alone cannot be traced; the command was not run");
                answered();
            }
            case POSTPONED -> {
                reply.error("ERR clients are paused; the command was not run");
                answered();
            }
        }
    }

    private void answered() {
        answered = true;
        context.atTurnEnd(this);
    }

    @Override
    public void refuse(WriteRefusedException refusal) {
        if (answered && session.wrote()) {
            reply.rollback(0);
            reply.error(CommandErrors.writeRefused(refusal));
        }
    }

    @Override
    public void endTurn(@Nullable HeldTurn turn) {
        if (!answered) {
            return;
        }
        ByteBuf out = reply.drain(UnpooledByteBufAllocator.DEFAULT);
        if (out == null) {
            throw new IllegalStateException("a traced command has no reply");
        }
        WriteGroup group = session.context().takeGroup();
        HeldReply now = new HeldReply(this, out, 1, group);
        held = now;
        if (turn != null) {
            turn.add(now);
        }
        if (now.isReady()) {
            heldChanged();
        }
    }

    @Override
    public void heldChanged() {
        context.atTurnEndSendReady(this);
    }

    @Override
    public void sendReady() {
        HeldReply ready = held;
        if (ready == null || !ready.isReady()) {
            return;
        }
        held = null;
        ByteBuf out = ready.take(UnpooledByteBufAllocator.DEFAULT);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        out.release();
        answerForwarded(bytes, 0, bytes.length);
    }

    /** Here in both cases: when this node has carried the command out, and when another has. */
    @Override
    public void answerForwarded(byte[] array, int offset, int size) {
        byte[] whole = TraceReply.of(context.services, trace, client.protocolVersion(), array, offset, size);
        // Not from within a turn's end, which goes over the connections that have answered.
        context.loop.execute(() -> client.connection().answerForwarded(whole, 0, whole.length));
    }

    @Override
    public boolean stall() {
        return false;
    }

    @Override
    public void unstall() {}

    // ---- as a connection: there is none of its own

    @Override
    public void trace(Request traced) {
        throw new IllegalStateException("a traced command is traced again");
    }

    @Override
    public void kill() {}

    @Override
    public void push(byte[] encoded) {}

    @Override
    public void resume() {}

    @Override
    public long outputBytes() {
        return 0;
    }

    @Override
    public int queryBytes() {
        return 0;
    }

    @Override
    public int queryCapacityBytes() {
        return 0;
    }
}
