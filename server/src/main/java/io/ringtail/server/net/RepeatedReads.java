package io.ringtail.server.net;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.ShownReads;
import io.ringtail.server.session.Session;
import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * Reads that were answered with what this node holds, and that other replicas did not confirm: those of one turn are run again, some at a time, on records that are
 * read of as many replicas as they need, and their replies take the place of the first ones.
 *
 * <p>Made where there is any doubt. Confined to the event loop.
 */
final class RepeatedReads implements SideRun.Task {
    /** Commands whose records are read together. */
    private static final int TOGETHER_MAX = 64;

    private final EventLoopContext context;
    private final Session client;
    private final HeldReply held;
    private final ShownReads shown;
    private final ShownReads.Doubtful doubtful;
    private final ByteArrayOutputStream replies = new ByteArrayOutputStream();
    private int begun;
    private int end;

    private RepeatedReads(EventLoopContext context, Session client, HeldReply held, ShownReads shown) {
        this.context = context;
        this.client = client;
        this.held = held;
        this.shown = shown;
        this.doubtful = shown.doubtful();
    }

    /** Begins to run again what is doubtful in {@code held}, which is told. */
    static void begin(EventLoopContext context, Session client, HeldReply held, ShownReads shown) {
        client.context().repeats(shown.group());
        new RepeatedReads(context, client, held, shown).beginNext();
    }

    private void beginNext() {
        begun = end;
        end = Math.min(doubtful.requests().size(), begun + TOGETHER_MAX);
        SideRun run = new SideRun(context, client.peer(), shown.database(), shown.protocolVersion(), this);
        run.session().context().readLevel(shown.readLevel());
        // Not from within a turn's end, which goes over those that have something to send.
        context.loop.execute(run::begin);
    }

    private List<Request> requests() {
        return doubtful.requests().subList(begun, end);
    }

    @Override
    public Outcome run(Session session, ReplyWriter reply) {
        return context.dispatcher.repeat(session, requests(), reply);
    }

    @Override
    public int replyCount() {
        return end - begun;
    }

    @Override
    public void answered(byte[] some) {
        replies.writeBytes(some);
        // Too much of it ends the connection.
        held.repeating(some.length);
        if (held.isDropped()) {
            return;
        }
        if (end < doubtful.requests().size()) {
            beginNext();
        } else {
            // What was shown of these keys meanwhile may be older than what they are now known to be.
            client.context().repeats(shown.group());
            held.repeated(doubtful.replyIndexes(), replies.toByteArray());
        }
    }
}
