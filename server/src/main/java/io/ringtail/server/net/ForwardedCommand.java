package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.CommandErrors;
import io.ringtail.server.command.ForwardedRequest;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.session.Connection;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.WatchedKey;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A command that another node has sent here because it is this node's turn to carry out what changes its keys. Run as a client's would be, in a session of its own; the
 * reply goes back when a client's would go out.
 *
 * <p>Made for each such command. Confined to the event loop.
 */
final class ForwardedCommand implements Connection, TurnMember, HeldReply.Owner {
    private final EventLoopContext context;
    private final ReplyPath from;
    private final long id;
    private final ForwardedRequest forwarded;
    private final Session session;
    private final ReplyWriter reply = new ReplyWriter();
    private @Nullable HeldReply held;
    private boolean answered;

    private ForwardedCommand(EventLoopContext context, ReplyPath from, long id, ForwardedRequest forwarded) {
        this.context = context;
        this.from = from;
        this.id = id;
        this.forwarded = forwarded;
        this.session = new Session(0, this, "node", "node", false, context.turnMillis());
        session.authenticated(true);
        session.database(forwarded.database());
        session.context().readLevel(forwarded.readLevel());
        session.context().writeLevel(forwarded.writeLevel());
        reply.protocolVersion(forwarded.protocolVersion());
        if (forwarded.transaction()) {
            for (WatchedKey watched : forwarded.watched()) {
                session.watch(watched);
            }
            session.beginTransaction();
            for (Request request : forwarded.requests()) {
                boolean ignored = session.transaction() != null && session.transaction().add(request, true);
            }
        }
    }

    /** Carries out what {@code array[offset, offset + size)} asks for. */
    static void run(
            EventLoopContext context, ReplyPath from, long id, Acceptances acceptances, byte[] array, int offset, int size) {
        ForwardedCommand command = new ForwardedCommand(context, from, id, ForwardedRequest.read(array, offset, size));
        command.session.context().countFor(acceptances);
        context.dispatcher.startClock();
        command.runNow();
    }

    private void runNow() {
        session.context().replyIndex(0);
        Outcome outcome = context.dispatcher.runForwarded(session, forwarded, reply);
        switch (outcome) {
            case ANSWERED -> {
                answered = true;
                context.atTurnEnd(this);
            }
            case AWAITED -> {}
            case POSTPONED -> context.loop.schedule(this::runAgain, 1, TimeUnit.MILLISECONDS);
            case NEEDS_WORKER -> throw new IllegalStateException("a forwarded command was " + outcome);
        }
    }

    @Override
    public void runAgain() {
        context.beginTurn();
        context.dispatcher.startClock();
        runNow();
    }

    @Override
    public void refuse(WriteRefusedException refusal) {
        if (session.wrote()) {
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
            throw new IllegalStateException("a forwarded command has no reply");
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
        context.answerForwarded(from, id, bytes, 0, bytes.length);
    }

    @Override
    public boolean stall() {
        return false;
    }

    @Override
    public void unstall() {}

    // ---- as a connection: there is none of its own

    @Override
    public void answerForwarded(byte[] array, int offset, int size) {
        throw new IllegalStateException("a forwarded command was forwarded again");
    }

    @Override
    public void trace(Request request) {
        throw new IllegalStateException("a forwarded command is to be traced");
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

    /** The text of the command, for people. */
    @Override
    public String toString() {
        return "ForwardedCommand[" + (forwarded.requests().isEmpty()
                ? "EXEC"
                : new String(forwarded.requests().getFirst().bytes(0), StandardCharsets.UTF_8)) + "]";
    }
}
