package io.ringtail.server.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import io.ringtail.server.command.CommandErrors;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.ShownReads;
import io.ringtail.server.loop.Addresses;
import io.ringtail.server.loop.RateLimitedLog;
import io.ringtail.server.session.Connection;
import io.ringtail.server.session.ReplyMode;
import io.ringtail.server.session.Session;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: its bytes go to the decoder, its requests to the dispatcher one after the other, its replies into one buffer that
 * the turn's end sends.
 *
 * <p>Made by the acceptor for each socket. Confined to the connection's event loop, except the methods of {@link Connection}. Long because a connection is one state
 * machine, whose transitions are easier to check side by side.
 *
 * <ol>
 *   <li>Requests are run in order. While one is on a worker or postponed ({@link State}), those behind it wait in the decoder, and the socket
 *       is not read.
 *   <li>{@code reply} belongs to the worker from {@link #endTurn}, which gives it away empty, to the worker's completion.
 *   <li>Held for a client are at most: unfinished requests up to {@code client-query-buffer-limit}, replies up to {@code
 *       client-output-buffer-limit} plus one reply; before it has authenticated far less of both.
 * </ol>
 */
final class ConnectionHandler extends ChannelInboundHandlerAdapter
        implements Connection, TurnMember, HeldReply.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);
    private static final RateLimitedLog WARNINGS = new RateLimitedLog(LOG);

    /** Replies of one connection in one turn; requests beyond wait for the next turn. */
    private static final int TURN_REPLY_BYTES = 1 << 20;

    /** Bytes of requests behind one that waits for other nodes, before the connection is no longer read. */
    private static final int MAX_BEHIND_BYTES = 256 * 1024;

    /** Pushed bytes on their way to the event loop. */
    private static final int MAX_PUSHED_BYTES = 64 << 20;

    private enum State {
        /** Requests are run as they come. */
        SERVING,
        /** The request in {@code waiting} goes to a worker at the turn's end. */
        FOR_WORKER,
        /** A worker has the request, and the reply writer. */
        ON_WORKER,
        /** The request in {@code awaiting} waits for other nodes. */
        AWAITING,
        /** {@code CLIENT PAUSE} holds back the request in {@code waiting}. */
        POSTPONED,
        /** No more requests are run: the connection ends when its replies are sent. */
        ENDING,
        CLOSED
    }

    private final EventLoopContext context;
    private final Channel channel;
    private final ChannelHandlerContextHolder pipeline = new ChannelHandlerContextHolder();
    private final RequestDecoder decoder = new RequestDecoder(ProtocolLimits.UNAUTHENTICATED);
    private final Request request = new Request();
    private final ReplyWriter reply = new ReplyWriter();
    private final AtomicInteger pushedBytes = new AtomicInteger();
    private final Session session;
    private State state = State.SERVING;
    private @Nullable Request waiting;
    /** While AWAITING: the request, still in the decoder's buffer until more is fed to it. */
    private @Nullable Request awaiting;
    /** While AWAITING: that is for all replies before it to have gone out. */
    private boolean behind;

    private boolean goesOnSoon;
    private final TurnReads turnReads;
    private final HeldReplies held = new HeldReplies();
    private boolean readyAtTurnEnd;
    private boolean atTurnEnd;
    private boolean authenticatedLimits;
    private boolean moreToServe;
    private boolean inputEnded;
    private boolean stalled;
    private boolean listed;
    private int answeredInTurn;
    private long countedBytes;
    private volatile long outputBytes;

    /** The pipeline's context, known once the handler is added. */
    private static final class ChannelHandlerContextHolder {
        @Nullable ChannelHandlerContext context;

        ChannelHandlerContext get() {
            ChannelHandlerContext known = context;
            if (known == null) {
                throw new IllegalStateException("the handler is not in a pipeline");
            }
            return known;
        }
    }

    ConnectionHandler(EventLoopContext context, Channel channel, boolean authenticated) {
        this.context = context;
        this.channel = channel;
        this.session = new Session(
                context.services.sessions().nextId(),
                this,
                Addresses.text(channel.remoteAddress()),
                Addresses.text(channel.localAddress()),
                Addresses.isLoopback(channel.remoteAddress()),
                System.currentTimeMillis());
        session.authenticated(authenticated);
        turnReads = new TurnReads(session);
    }

    Session session() {
        return session;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        pipeline.context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        listed = true;
        context.services.sessions().add(session);
        context.add(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (!listed) {
            // Gone before it was there: the place taken for it is given back here.
            context.services.sessions().leave();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        boolean workerHasIt = state == State.ON_WORKER;
        if (!workerHasIt) {
            context.dispatcher.abandon(session);
        }
        state = State.CLOSED;
        waiting = null;
        awaiting = null;
        held.drop();
        context.services.sessions().remove(session);
        context.remove(this);
        context.clientMemory.add(-countedBytes);
        countedBytes = 0;
        if (!workerHasIt) {
            session.endTransaction();
        }
    }

    // ---- in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (state == State.ENDING || state == State.CLOSED) {
                return;
            }
            context.beginTurn();
            int bytes = in.readableBytes();
            session.received(bytes, context.turnMillis());
            context.dispatcher.threadMetrics().received(bytes);
            if (awaiting == request) {
                awaiting = request.copy();
            }
            decoder.feed(in);
        } catch (OutOfMemoryError e) {
            endForMemory();
        } finally {
            in.release();
        }
        countMemory();
        if (state == State.SERVING) {
            serve();
        } else if (decoder.bufferedBytes() > MAX_BEHIND_BYTES) {
            stopReading();
        }
    }

    /** Runs requests until there are no more, or one has to wait, or the turn's replies are many enough. */
    private void serve() {
        if (!atTurnEnd) {
            atTurnEnd = true;
            context.atTurnEnd(this);
        }
        if (session.isAuthenticated() != authenticatedLimits || authenticatedLimits) {
            readLimits();
        }
        moreToServe = false;
        context.dispatcher.startClock();
        try {
            // The first request is run at once; if more have come with it, their keys are fetched together.
            int previewed = 1;
            while (state == State.SERVING && decoder.next(request)) {
                run(request);
                if (--previewed <= 0 && state == State.SERVING && decoder.bufferedBytes() > 0) {
                    previewed = context.dispatcher.lookAhead(decoder, session);
                }
                if (reply.size() >= TURN_REPLY_BYTES || overOutputLimit()) {
                    moreToServe = true;
                    return;
                }
            }
            if (state == State.SERVING) {
                context.dispatcher.forgetFetched(session);
            }
        } catch (ProtocolException e) {
            protocolError(String.valueOf(e.getMessage()));
        }
    }

    private void readLimits() {
        authenticatedLimits = session.isAuthenticated();
        decoder.limits(authenticatedLimits ? context.limits.protocol() : ProtocolLimits.UNAUTHENTICATED);
    }

    private void run(Request next) {
        int mark = reply.mark();
        session.context().commandBegins();
        boolean replies = session.replyMode() == ReplyMode.ON;
        session.context().replyIndex(replies ? answeredInTurn : -1);
        session.context().showsReads(replies && turnReads.takesNext());
        int shownBefore = session.context().shownInTurn();
        Outcome outcome = context.dispatcher.run(session, next, reply);
        switch (outcome) {
            case ANSWERED -> {
                if (session.context().shownInTurn() > shownBefore) {
                    turnReads.add(next, answeredInTurn);
                }
                answered(mark);
            }
            case NEEDS_WORKER -> {
                waiting = next.copy();
                state = State.FOR_WORKER;
                stopReading();
            }
            case POSTPONED -> postpone(next.copy());
            case AWAITED -> {
                awaiting = next;
                state = State.AWAITING;
                if (decoder.bufferedBytes() > 0) {
                    context.dispatcher.fetchAhead(decoder, session);
                }
            }
            case BEHIND -> {
                awaiting = next;
                behind = true;
                state = State.AWAITING;
                if (held.isEmpty() && reply.size() == 0) {
                    goOnSoon();
                }
            }
        }
    }

    /** What was behind others goes on in a moment: they have no replies that could be waited for. */
    private void goOnSoon() {
        if (!goesOnSoon) {
            goesOnSoon = true;
            context.loop.schedule(
                    () -> {
                        goesOnSoon = false;
                        goOnBehind();
                    },
                    1,
                    TimeUnit.MILLISECONDS);
        }
    }

    private void goOnBehind() {
        if (behind && state == State.AWAITING && held.isEmpty()) {
            behind = false;
            runAgain();
        }
    }

    @Override
    public void runAgain() {
        Request again = awaiting;
        if (state != State.AWAITING || again == null) {
            return;
        }
        awaiting = null;
        state = State.SERVING;
        context.beginTurn();
        context.dispatcher.startClock();
        try {
            run(again);
            goOn();
        } catch (RuntimeException e) {
            // Called by whoever has brought the last record, and brings others theirs: this connection alone is broken.
            exceptionCaught(pipeline.get(), e);
        }
    }

    @Override
    public void answerForwarded(byte[] array, int offset, int size) {
        if (state != State.AWAITING) {
            return;
        }
        awaiting = null;
        state = State.SERVING;
        context.beginTurn();
        context.dispatcher.forwarded(session, array, offset, size);
        int mark = reply.mark();
        reply.raw(array, offset, size);
        answered(mark);
        goOn();
    }

    @Override
    public void trace(Request request) {
        TracedCommand.run(context, session, request);
    }

    /** After a request that has waited, those behind it. */
    private void goOn() {
        if (!atTurnEnd) {
            atTurnEnd = true;
            context.atTurnEnd(this);
        }
        if (state == State.SERVING) {
            serve();
        }
        readAgain();
    }

    private void answered(int mark) {
        answeredInTurn++;
        if (session.replyMode() != ReplyMode.ON) {
            switch (session.replyMode()) {
                case SKIP_THIS -> session.replyMode(ReplyMode.SKIP_NEXT);
                case SKIP_NEXT -> session.replyMode(ReplyMode.ON);
                default -> {}
            }
            reply.rollback(mark);
            answeredInTurn--;
        }
        if (session.isAuthenticated() != authenticatedLimits) {
            readLimits();
        }
        if (session.isClosing()) {
            state = State.ENDING;
        }
    }

    private void protocolError(String message) {
        context.services.metrics().protocolErrors.increment();
        if (message.contains("query buffer limit")) {
            context.services.metrics().queryLimitDisconnections.increment();
        }
        WARNINGS.warn("protocol error from {}: {}", session.peer(), message);
        if (message.startsWith("HTTP")) {
            // A browser or proxy that was made to talk to us: nothing of what it sent is run, and it learns nothing.
            state = State.ENDING;
            channel.close();
            return;
        }
        reply.error("ERR Protocol error: " + message);
        state = State.ENDING;
    }

    private boolean overOutputLimit() {
        long limit = session.isAuthenticated()
                ? context.limits.outputBytes()
                : Math.min(Limits.UNAUTHENTICATED_OUTPUT_BYTES, context.limits.outputBytes());
        return reply.size() + held.bytes() + pendingBytes() > limit;
    }

    /** Tells what this connection's buffers occupy; when all clients' are too much, the largest client has to go. */
    private void countMemory() {
        if (state == State.CLOSED) {
            return;
        }
        long output = held.bytes() + pendingBytes();
        outputBytes = output;
        long bytes = decoder.capacityBytes() + reply.capacityBytes() + output;
        long counted = bytes < ClientMemory.COUNTED_BYTES ? 0 : bytes;
        if (counted == countedBytes) {
            return;
        }
        boolean grown = counted > countedBytes;
        context.clientMemory.add(counted - countedBytes);
        countedBytes = counted;
        if (grown && context.clientMemory.isExceeded()) {
            Session largest = context.clientMemory.largest();
            if (largest == session || largest == null) {
                endForMemory();
            } else {
                WARNINGS.warn("closed {}: of all clients, whose buffers may occupy {} bytes, it had the largest",
                        largest.peer(), context.clientMemory.limitBytes());
                largest.connection().kill();
            }
        }
    }

    private void endForMemory() {
        WARNINGS.warn("closed {}: of all clients, whose buffers may occupy {} bytes, it had the largest",
                session.peer(), context.clientMemory.limitBytes());
        state = State.ENDING;
        channel.close();
    }

    private long pendingBytes() {
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        return pending == null ? 0 : pending.totalPendingWriteBytes();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // The peer says no more but may still read: what it asked for so far is answered, then the connection ends.
            inputEnded = true;
            if (!atTurnEnd) {
                atTurnEnd = true;
                context.atTurnEnd(this);
            }
        }
    }

    // ---- out

    /** Sends what was answered, or hands it to {@code turn} to wait; then goes on with what the connection has to do. */
    @Override
    public void endTurn(@Nullable HeldTurn turn) {
        atTurnEnd = false;
        int answered = answeredInTurn;
        answeredInTurn = 0;
        if (state == State.CLOSED || state == State.ON_WORKER) {
            return;
        }
        session.wrote(false);
        if (overOutputLimit()) {
            closeOverLimit();
            return;
        }
        countMemory();
        if (!channel.isOpen()) {
            return;
        }
        ByteBuf out = reply.drain(channel.alloc());
        if (out != null) {
            int bytes = out.readableBytes();
            session.sent(bytes);
            context.dispatcher.threadMetrics().sent(bytes);
            WriteGroup group = session.context().takeGroup();
            ShownReads reads = turnReads.take();
            if (turn == null && group == null && reads == null && held.isEmpty()) {
                send(out);
            } else {
                hold(new HeldReply(this, out, answered, group, reads), turn);
            }
        } else {
            // Nobody is told of these writes.
            WriteGroup ignored = session.context().takeGroup();
        }
        if (behind && held.isEmpty()) {
            goOnSoon();
        }
        if (state == State.FOR_WORKER) {
            submit();
        } else if (state == State.ENDING || (inputEnded && state == State.SERVING && !moreToServe)) {
            state = State.ENDING;
            closeWhenSent();
        } else if (moreToServe && channel.isWritable()) {
            context.loop.execute(this::serveMore);
        }
        if (!channel.isWritable()) {
            stopReading();
        }
        countMemory();
    }

    private void send(ByteBuf out) {
        ChannelHandlerContext ctx = pipeline.get();
        ctx.writeAndFlush(out, ctx.voidPromise());
        outputBytes = pendingBytes() + held.bytes();
    }

    private void hold(HeldReply replies, @Nullable HeldTurn turn) {
        held.add(replies);
        if (turn != null) {
            turn.add(replies);
        }
        if (replies.isDue()) {
            heldChanged();
        }
        if (held.areMany()) {
            stopReading();
        }
    }

    @Override
    public void heldGrew(int bytes) {
        held.grew(bytes);
        if (overOutputLimit()) {
            closeOverLimit();
        } else {
            countMemory();
        }
    }

    @Override
    public void heldChanged() {
        if (!readyAtTurnEnd && state != State.CLOSED) {
            readyAtTurnEnd = true;
            context.atTurnEndSendReady(this);
        }
    }

    @Override
    public void sendReady() {
        readyAtTurnEnd = false;
        if (state == State.CLOSED) {
            return;
        }
        boolean sent = false;
        HeldReply ready;
        while ((ready = held.takeReady()) != null) {
            ShownReads told = ready.shown();
            if (told != null) {
                turnReads.told(told);
            }
            ChannelHandlerContext ctx = pipeline.get();
            ctx.write(ready.take(channel.alloc()), ctx.voidPromise());
            sent = true;
        }
        HeldReply first = held.first();
        ShownReads doubtful = first == null ? null : first.toRepeat();
        if (first != null && doubtful != null) {
            RepeatedReads.begin(context, session, first, doubtful);
        }
        if (sent) {
            channel.flush();
            outputBytes = pendingBytes() + held.bytes();
            if (behind && held.isEmpty()) {
                context.loop.execute(this::goOnBehind);
            }
            if (state == State.ENDING) {
                closeWhenSent();
            }
            readAgain();
        }
    }

    private void closeWhenSent() {
        if (held.isEmpty()) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void closeOverLimit() {
        context.services.metrics().outputLimitDisconnections.increment();
        WARNINGS.warn("closed {}: it left more than {} bytes of replies unread", session.peer(),
                reply.size() + held.bytes() + pendingBytes());
        state = State.ENDING;
        channel.close();
    }

    private void serveMore() {
        if (state == State.SERVING) {
            context.beginTurn();
            serve();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable() && !stalled) {
            if (moreToServe) {
                serveMore();
            }
            readAgain();
        }
    }

    private void stopReading() {
        if (channel.config().isAutoRead()) {
            channel.config().setAutoRead(false);
        }
    }

    private void readAgain() {
        if (state == State.SERVING
                && !stalled
                && !held.areMany()
                && !inputEnded
                && channel.isActive()
                && channel.isWritable()
                && !channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public void failed(RuntimeException cause) {
        exceptionCaught(pipeline.get(), cause);
    }

    @Override
    public boolean stall() {
        if (stalled || state == State.CLOSED) {
            return false;
        }
        stalled = true;
        stopReading();
        return true;
    }

    @Override
    public void unstall() {
        stalled = false;
        if (moreToServe) {
            serveMore();
        }
        readAgain();
    }

    /** Takes back every reply of this turn if this client wrote in it, and answers each command with the reason. */
    @Override
    public void refuse(WriteRefusedException refusal) {
        if (!session.wrote() || state == State.ON_WORKER) {
            return;
        }
        reply.rollback(0);
        String error = CommandErrors.writeRefused(refusal);
        for (int i = 0; i < answeredInTurn; i++) {
            reply.error(error);
        }
    }

    // ---- workers and pauses

    private void submit() {
        Request work = waiting;
        waiting = null;
        if (work == null) {
            return;
        }
        state = State.ON_WORKER;
        boolean taken = context.workers.submit(session, work, reply, new WorkerPool.Completion() {
            @Override
            public void done(Outcome outcome, long position) {
                context.loop.execute(() -> workDone(work, outcome, position));
            }

            @Override
            public void refused(WriteRefusedException refusal) {
                reply.rollback(0);
                reply.error(CommandErrors.writeRefused(refusal));
                context.loop.execute(() -> workDone(work, Outcome.ANSWERED, 0));
            }
        });
        if (!taken) {
            reply.error("ERR too many commands wait for the disk");
            context.loop.execute(() -> workDone(work, Outcome.ANSWERED, 0));
        }
    }

    private void workDone(Request work, Outcome outcome, long position) {
        if (state == State.CLOSED) {
            return;
        }
        context.beginTurn();
        context.needDurable(position);
        session.wrote(false);
        state = State.SERVING;
        if (!atTurnEnd) {
            atTurnEnd = true;
            context.atTurnEnd(this);
        }
        if (outcome == Outcome.POSTPONED) {
            postpone(work);
            return;
        }
        answered(0);
        serve();
        readAgain();
    }

    /** Keeps a request until the pause ends, by itself or by a command. */
    private void postpone(Request held) {
        waiting = held;
        state = State.POSTPONED;
        session.postponed(true);
        stopReading();
        long millis = context.services.pause().endMillis() - System.currentTimeMillis();
        context.loop.schedule(this::retry, Math.clamp(millis, 1, 1000), TimeUnit.MILLISECONDS);
    }

    /** Tries a postponed request again. */
    private void retry() {
        Request again = waiting;
        if (state != State.POSTPONED || again == null) {
            return;
        }
        waiting = null;
        state = State.SERVING;
        session.postponed(false);
        context.beginTurn();
        context.dispatcher.startClock();
        run(again);
        serve();
        readAgain();
    }

    // ---- from anywhere

    @Override
    public void kill() {
        channel.close();
    }

    @Override
    public void push(byte[] encoded) {
        if (pushedBytes.addAndGet(encoded.length) > MAX_PUSHED_BYTES) {
            channel.close();
            return;
        }
        context.loop.execute(() -> {
            pushedBytes.addAndGet(-encoded.length);
            if (state == State.CLOSED || state == State.ENDING) {
                return;
            }
            if (pendingBytes() + held.bytes() + encoded.length > context.limits.outputBytes()) {
                closeOverLimit();
                return;
            }
            send(Unpooled.wrappedBuffer(encoded));
        });
    }

    @Override
    public void resume() {
        context.loop.execute(this::retry);
    }

    @Override
    public long outputBytes() {
        return outputBytes;
    }

    @Override
    public int queryBytes() {
        return decoder.bufferedBytes();
    }

    @Override
    public int queryCapacityBytes() {
        return decoder.capacityBytes();
    }

    /** Gives back memory an idle connection does not need, and ends one that is idle for longer than it may. */
    void everySecond(long nowMillis) {
        long idleMillis = nowMillis - session.activeMillis();
        if (state != State.SERVING || idleMillis < 2000) {
            return;
        }
        decoder.trim();
        reply.trim();
        countMemory();
        long limit = context.limits.idleMillis();
        if (limit > 0 && idleMillis > limit && !session.isMonitor()) {
            channel.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            LOG.debug("connection of {} broke: {}", session.peer(), cause.toString());
        } else {
            LOG.error("connection of {} failed", session.peer(), cause);
        }
        ctx.close();
    }
}
