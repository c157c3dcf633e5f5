package io.ringtail.server.net;

import io.ringtail.cluster.quorum.RequestTrace;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.TraceReply;
import io.ringtail.server.session.Session;

/**
 * A command whose client wants to see how it is carried out: when its reply would go out, with all that has happened until then, the client gets both, as one reply.
 * Reads are traced as reads of all the replicas that they need, without the short cut of showing first what is here.
 *
 * <p>Made for each such command. Confined to the event loop of its client.
 */
final class TracedCommand implements SideRun.Task {
    private final EventLoopContext context;
    private final Session client;
    private final Request request;
    private final RequestTrace trace = new RequestTrace(System::nanoTime);

    private TracedCommand(EventLoopContext context, Session client, Request request) {
        this.context = context;
        this.client = client;
        this.request = request;
    }

    /** Runs what {@code request}, which is kept, asks for; the client's connection waits, and is answered as it is when a command was forwarded. */
    static void run(EventLoopContext context, Session client, Request request) {
        TracedCommand command = new TracedCommand(context, client, request);
        SideRun run = new SideRun(context, client.peer(), client.database(), client.protocolVersion(), command);
        Session session = run.session();
        session.name(client.name());
        session.context().readLevel(client.context().readLevel());
        session.context().writeLevel(client.context().writeLevel());
        session.context().trace(command.trace);
        context.loop.execute(run::begin);
    }

    @Override
    public Outcome run(Session session, ReplyWriter reply) {
        Outcome outcome = context.dispatcher.run(session, request, reply);
        return switch (outcome) {
            case NEEDS_WORKER -> {
                reply.error("ERR what waits for this node's disk alone cannot be traced; the command was not run");
                yield Outcome.ANSWERED;
            }
            case POSTPONED -> {
                reply.error("ERR clients are paused; the command was not run");
                yield Outcome.ANSWERED;
            }
            case ANSWERED, AWAITED, BEHIND -> outcome;
        };
    }

    @Override
    public void answered(byte[] reply) {
        byte[] whole = TraceReply.of(context.services, trace, client.protocolVersion(), reply, 0, reply.length);
        // Not from within a turn's end, which goes over the connections that have answered.
        context.loop.execute(() -> client.connection().answerForwarded(whole, 0, whole.length));
    }
}
