package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.CommandErrors;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.session.Connection;
import io.ringtail.server.session.Session;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commands that are run beside a client's connection, in a session of their own: those that another node has sent, those that are traced, and reads that are run again.
 * What they answer is handed on when a client's replies would go out: when the log is durable and the replicas have accepted as is asked for.
 *
 * <p>Made for each such run. Confined to the event loop.
 */
final class SideRun implements Connection, TurnMember, HeldReply.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(SideRun.class);

    private static final long RETRY_MILLIS = 1;

    /** What is run, and who is told. */
    interface Task {
        /** Runs it, or begins to; called again when what it has waited for is here. */
        Outcome run(Session session, ReplyWriter reply);

        /** How many replies {@link #run} writes. */
        default int replyCount() {
            return 1;
        }

        /** It is over; {@code replies} are the receiver's. Not from within {@link SideRun#begin}. */
        void answered(byte[] replies);
    }

    private final EventLoopContext context;
    private final Session session;
    private final Task task;
    private final ReplyWriter reply = new ReplyWriter();
    private @Nullable HeldReply held;
    private boolean answered;

    /**
     * @param peer who asks, for people
     * @param protocolVersion of the replies
     */
    SideRun(EventLoopContext context, String peer, int database, int protocolVersion, Task task) {
        this.context = context;
        this.task = task;
        this.session = new Session(0, this, peer, peer, false, context.turnMillis());
        session.authenticated(true);
        session.database(database);
        session.protocolVersion(protocolVersion);
        reply.protocolVersion(protocolVersion);
    }

    /** For its levels, its transaction and the like to be set. */
    Session session() {
        return session;
    }

    /** Runs it, in the turn that goes on or one that begins now. */
    void begin() {
        context.beginTurn();
        context.dispatcher.startClock();
        session.context().replyIndex(0);
        Outcome outcome;
        try {
            outcome = task.run(session, reply);
        } catch (RuntimeException e) {
            // Whoever waits for it is told, and nobody else is concerned.
            LOG.error("a command of {} failed", session.peer(), e);
            fail("ERR internal error");
            return;
        }
        switch (outcome) {
            case ANSWERED -> {
                answered = true;
                context.atTurnEnd(this);
            }
            case AWAITED -> {}
            case POSTPONED, BEHIND -> context.loop.schedule(this::begin, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            case NEEDS_WORKER -> fail("ERR this command has to wait for the disk of a node that cannot");
        }
    }

    private void fail(String error) {
        reply.rollback(0);
        for (int i = 0; i < task.replyCount(); i++) {
            reply.error(error);
        }
        answered = true;
        context.atTurnEnd(this);
    }

    @Override
    public void runAgain() {
        begin();
    }

    @Override
    public void refuse(WriteRefusedException refusal) {
        if (answered && session.wrote()) {
            reply.rollback(0);
            for (int i = 0; i < task.replyCount(); i++) {
                reply.error(CommandErrors.writeRefused(refusal));
            }
        }
    }

    @Override
    public void endTurn(@Nullable HeldTurn turn) {
        if (!answered) {
            return;
        }
        ByteBuf out = reply.drain(UnpooledByteBufAllocator.DEFAULT);
        if (out == null) {
            throw new IllegalStateException("a command has no reply");
        }
        WriteGroup group = session.context().takeGroup();
        HeldReply now = new HeldReply(this, out, task.replyCount(), group, null);
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
    public void heldGrew(int bytes) {
        throw new IllegalStateException("a command that is run beside a connection shows no reads that may be repeated");
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
        task.answered(bytes);
    }

    /** Another node has carried it out: that is the reply. */
    @Override
    public void answerForwarded(byte[] array, int offset, int size) {
        task.answered(Arrays.copyOfRange(array, offset, offset + size));
    }

    @Override
    public void failed(RuntimeException cause) {
        LOG.error("a command of {} failed when it was to be answered", session.peer(), cause);
    }

    @Override
    public boolean stall() {
        return false;
    }

    @Override
    public void unstall() {}

    // ---- as a connection: there is none of its own

    @Override
    public void trace(Request request) {
        throw new IllegalStateException("a command that is run beside a connection is to be traced");
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
