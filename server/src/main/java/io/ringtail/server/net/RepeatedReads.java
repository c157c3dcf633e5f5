package io.ringtail.server.net;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.ShownReads;
import io.ringtail.server.session.Session;
import java.util.List;

/**
 * Reads that were answered with what this node holds, and that other replicas did not confirm: all of one turn are run again together, on records that are read of as
 * many replicas as they need, and their replies take the place of the first ones.
 *
 * <p>Made where there is any doubt. Confined to the event loop.
 */
final class RepeatedReads implements SideRun.Task {
    private final EventLoopContext context;
    private final HeldReply held;
    private final int[] replyIndexes;
    private final List<Request> requests;

    private RepeatedReads(EventLoopContext context, HeldReply held, ShownReads shown) {
        this.context = context;
        this.held = held;
        this.replyIndexes = shown.doubtfulReplies();
        this.requests = shown.doubtfulRequests();
    }

    /** Begins to run again what is doubtful in {@code held}, which is told. */
    static void begin(EventLoopContext context, Session client, HeldReply held, ShownReads shown) {
        RepeatedReads reads = new RepeatedReads(context, held, shown);
        SideRun run = new SideRun(context, client.peer(), shown.database(), shown.protocolVersion(), reads);
        run.session().context().readLevel(shown.readLevel());
        // Not from within a turn's end, which goes over those that have something to send.
        context.loop.execute(run::begin);
    }

    @Override
    public Outcome run(Session session, ReplyWriter reply) {
        return context.dispatcher.repeat(session, requests, reply);
    }

    @Override
    public int replyCount() {
        return requests.size();
    }

    @Override
    public void answered(byte[] replies) {
        held.repeated(replyIndexes, replies);
    }
}
