package io.ringtail.server.net;

import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.ForwardedRequest;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.WatchedKey;

/**
 * A command that another node has sent here because it is this node's turn to carry out what changes its keys. Run as a client's would be; the reply goes back when a
 * client's would go out.
 *
 * <p>Made for each such command. Confined to the event loop.
 */
final class ForwardedCommand implements SideRun.Task {
    private final EventLoopContext context;
    private final ReplyPath from;
    private final long id;
    private final ForwardedRequest forwarded;

    private final SideRun run;

    private ForwardedCommand(EventLoopContext context, ReplyPath from, long id, ForwardedRequest forwarded) {
        this.context = context;
        this.from = from;
        this.id = id;
        this.forwarded = forwarded;
        this.run = new SideRun(context, "node", forwarded.database(), forwarded.protocolVersion(), this);
        Session session = run.session();
        session.context().readLevel(forwarded.readLevel());
        session.context().writeLevel(forwarded.writeLevel());
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

    /** The command that {@code array[offset, offset + size)} asks for; copied. */
    static ForwardedCommand read(EventLoopContext context, ReplyPath from, long id, byte[] array, int offset, int size) {
        return new ForwardedCommand(context, from, id, ForwardedRequest.read(array, offset, size));
    }

    /** Begins to carry it out. */
    void begin() {
        run.begin();
    }

    @Override
    public Outcome run(Session session, ReplyWriter reply) {
        return context.dispatcher.runForwarded(session, forwarded, reply);
    }

    @Override
    public void answered(byte[] reply) {
        context.answerForwarded(from, id, reply, 0, reply.length);
    }
}
