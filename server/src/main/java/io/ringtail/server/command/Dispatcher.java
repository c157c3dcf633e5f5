package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.ColdReadException;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.NotFetchedException;
import io.ringtail.cluster.coordinator.RingChangedException;
import io.ringtail.cluster.coordinator.ReplicasAwaitedException;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.engine.record.Key;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import io.ringtail.protocol.RequestPreview;
import io.ringtail.server.config.Settings;
import io.ringtail.server.metrics.LatencyEvents;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.metrics.SlowLog;
import io.ringtail.server.metrics.ThreadMetrics;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one request to its command: looks it up, makes the checks that need no knowledge of the command, in Redis' order, runs it, and
 * turns what it throws into an error reply.
 *
 * <p>One for each thread that runs commands, an event loop or a worker; confined to it. Allocates nothing for a command that goes well.
 *
 * <p>Invariant: when {@link #run} returns {@link Outcome#ANSWERED} exactly one reply was written, else none.
 */
public final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private static final long UNREADABLE_LOG_INTERVAL_NANOS = 1_000_000_000L;

    private final Services services;
    private final CommandTable table;
    private final DataSource source;
    private final Metrics metrics;
    private final SlowLog slowLog;
    private final LatencyEvents latencyEvents;
    private final ThreadMetrics threadMetrics;
    private final DataSession data;
    private final Call call;
    private final DistributedRuns distributedRuns;
    /** Requests behind one that waits whose records are fetched with its own: as many as a connection keeps records of. */
    private static final int FETCHED_AHEAD_MAX = 63;

    private final RequestPreview fetchPreview = new RequestPreview(FETCHED_AHEAD_MAX);
    private final RequestPreview preview = new RequestPreview(DataSession.PREFETCH_MAX);
    private long lastUnreadableNanos = System.nanoTime() - UNREADABLE_LOG_INTERVAL_NANOS - 1;

    /** @param data this thread's session, which the caller closes */
    public Dispatcher(Services services, DataSession data) {
        this.services = services;
        this.table = services.table();
        this.source = services.data();
        this.metrics = services.metrics();
        this.slowLog = services.slowLog();
        this.latencyEvents = services.latencyEvents();
        this.threadMetrics = metrics.newThread(table.indexed().size());
        this.data = data;
        this.call = new Call(data);
        call.dispatcher(this);
        distributedRuns = new DistributedRuns(this, table, data, call);
        services.configuration()
                .whenChanged(
                        Settings.PROTO_MAX_BULK_LEN,
                        settings -> call.limits(
                                settings.integer(Settings.DATABASES), settings.integer(Settings.PROTO_MAX_BULK_LEN)));
    }

    public ThreadMetrics threadMetrics() {
        return threadMetrics;
    }

    /** Notes that the commands that follow begin now, and that what was looked ahead at before is no longer there. */
    public void startClock() {
        call.startClock();
        call.expectNothing();
    }

    /**
     * Has the keys of the next requests in {@code decoder} brought closer, all at a time.
     *
     * @return after how many requests to look ahead again
     */
    public int lookAhead(RequestDecoder decoder, Session session) {
        decoder.preview(preview);
        if (preview.count() > 1) {
            call.expect(preview, session.database(), table);
        }
        return Math.max(1, preview.count());
    }

    /**
     * Has the records that the read commands among the next requests in {@code decoder} will ask for fetched together with those of the one that waits already.
     */
    public void fetchAhead(RequestDecoder decoder, Session session) {
        if (session.transaction() == null) {
            decoder.preview(fetchPreview);
            distributedRuns.fetchAhead(fetchPreview, session);
        }
    }

    /** The requests that had come are all run: what was fetched ahead and not asked for is let go. */
    public void forgetFetched(Session session) {
        if (session.context().hasFetched()) {
            data.abandon(session.context());
        }
    }

    /** A command that another node carried out for {@code session} has been answered. */
    public void forwarded(Session session, byte[] array, int offset, int size) {
        distributedRuns.forwarded(session, array, offset, size);
    }

    /** The client is gone while a command of its waited. */
    public void abandon(Session session) {
        data.abandon(session.context());
    }

    /** Carries out a command for another node, which has asked only because it is to be done here. */
    public Outcome runForwarded(Session session, ForwardedRequest forwarded, ReplyWriter reply) {
        return distributedRuns.runForwarded(session, forwarded, reply);
    }

    /** Runs again reads that were run before, each with a reply, on what is read for all of them of as many replicas as they need. */
    public Outcome repeat(Session session, List<Request> requests, ReplyWriter reply) {
        return distributedRuns.repeat(session, requests, reply);
    }

    /** Runs one request of {@code session}, or says why not. */
    public Outcome run(Session session, Request request, ReplyWriter reply) {
        Command command = table.find(request.array(), request.offset(0), request.size(0));
        if (command == null) {
            return reject(session, reply, null, CommandErrors.unknownCommand(request));
        }
        CommandIndex subcommands = command.subcommandIndex();
        if (subcommands != null && request.count() > 1) {
            Command subcommand = subcommands.find(request.array(), request.offset(1), request.size(1));
            if (subcommand == null) {
                return reject(session, reply, command, CommandErrors.unknownSubcommand(command, request));
            }
            command = subcommand;
        }
        int arity = command.arity();
        int count = request.count();
        if (arity >= 0 ? count != arity : count < -arity) {
            return reject(session, reply, command, CommandErrors.wrongArity(command));
        }
        if (!session.isAuthenticated() && !command.has(CommandFlag.NO_AUTH)) {
            return reject(session, reply, command, "NOAUTH Authentication required.");
        }
        boolean distributed;
        try {
            distributed = data.begin(session.context());
        } catch (QuorumException e) {
            if (command.has(CommandFlag.STALE)) {
                distributed = false;
            } else {
                return reject(session, reply, command, String.valueOf(e.getMessage()));
            }
        }
        Transaction transaction = session.transaction();
        boolean writes = command.has(CommandFlag.WRITE)
                || (transaction != null && transaction.writes() && command.name().equals("exec"));
        if (writes && !distributed) {
            String refusal = source.writeRefusal();
            if (refusal != null) {
                return reject(session, reply, command, refusal);
            }
        }
        // One that has waited for its records has its slot's lock, which others wait for: it is not held back any more.
        boolean goesOn = session.context().isAwaited();
        if (services.pause().holds(writes) && !goesOn && !command.has(CommandFlag.NO_AUTH) && !command.fullName().startsWith("client|")) {
            return Outcome.POSTPONED;
        }
        if (transaction != null && command.isQueued()) {
            if (distributed && (command.has(CommandFlag.WORKER) || command.has(CommandFlag.CONNECTION) || command.has(CommandFlag.GATHERS))) {
                return reject(session, reply, command, "ERR " + command.fullName() + " is not allowed in a transaction of a cluster");
            }
            return queue(session, transaction, command, request, reply);
        }
        if (command.has(CommandFlag.TRACES)) {
            return trace(session, command, request, reply);
        }
        if (command.has(CommandFlag.WORKER) && !data.mayBlock()) {
            return Outcome.NEEDS_WORKER;
        }
        if (distributed && data.mayBlock() && (writes || command.has(CommandFlag.EXCLUSIVE))) {
            // Sent to a worker when this node was alone. Here it would hold everybody up while it waits for other nodes.
            Outcome rejected = reject(session, reply, command, "CLUSTERDOWN other nodes have just come to the cluster, try again");
            if (command.name().equals("exec")) {
                session.endTransaction();
            }
            return rejected;
        }
        call.session(session);
        if (!goesOn) {
            session.began(command.fullName());
        }
        if (!goesOn && services.sessions().isMonitored() && !command.has(CommandFlag.SKIP_MONITOR)) {
            MonitorFeed.send(services.sessions(), session, request);
        }
        if (!distributed || data.mayBlock()) {
            return runOne(command, request, reply);
        }
        return distributedRuns.run(command, session, request, reply);
    }

    /** Has the command that the arguments are run beside this connection, which waits for its reply. */
    private Outcome trace(Session session, Command tracing, Request request, ReplyWriter reply) {
        byte[][] arguments = new byte[request.count() - 1][];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = request.bytes(i + 1);
        }
        Request traced = Request.of(arguments);
        Command command = table.resolve(traced);
        if (command == null) {
            return reject(session, reply, tracing, CommandErrors.unknownCommand(traced));
        }
        if (command.has(CommandFlag.WORKER) || !(command.has(CommandFlag.READONLY) || command.has(CommandFlag.WRITE))) {
            return reject(session, reply, tracing, "ERR " + command.fullName()
                    + " cannot be traced: only commands that read or write the keys they name can");
        }
        if (session.context().hasUnsettledReads() || session.context().hasUnsettledWrites()) {
            return Outcome.BEHIND;
        }
        session.began(tracing.fullName());
        session.connection().trace(traced);
        return Outcome.AWAITED;
    }

    private Outcome queue(
            Session session, Transaction transaction, Command command, Request request, ReplyWriter reply) {
        if (command.has(CommandFlag.NO_MULTI)) {
            return reject(session, reply, command, "ERR Command not allowed inside a transaction");
        }
        boolean writes = command.has(CommandFlag.WRITE);
        if (!transaction.add(request, writes)) {
            return reject(session, reply, command, "ERR transaction is too large");
        }
        reply.queued();
        return Outcome.ANSWERED;
    }

    Outcome reject(Session session, ReplyWriter reply, @Nullable Command command, String error) {
        if (command != null) {
            threadMetrics.rejected(command.index());
        }
        Transaction transaction = session.transaction();
        if (transaction != null) {
            transaction.fail();
        }
        metrics.error(error);
        reply.error(error);
        return Outcome.ANSWERED;
    }

    /** Runs a command that passed all checks: one of its own, or one of a transaction. */
    Outcome runOne(Command command, Request request, ReplyWriter reply) {
        Session session = call.session();
        int mark = reply.mark();
        boolean write = command.has(CommandFlag.WRITE);
        boolean exclusive = write || command.has(CommandFlag.EXCLUSIVE);
        call.begin(request, reply, session.database());
        long start = call.clockNanos();
        if (exclusive) {
            if (data.mayBlock()) {
                lookUp(command, request, session);
            }
            data.enterExclusive();
        } else if (command.has(CommandFlag.READONLY)) {
            data.awaitExclusive();
        }
        try {
            if (exclusive && (write || call.session().transaction() != null)) {
                data.admitWrites();
            }
            command.handler().run(call);
            if (write) {
                session.wrote(true);
            }
        } catch (CommandException e) {
            answerError(command, reply, mark, String.valueOf(e.getMessage()));
        } catch (RingChangedException e) {
            reply.rollback(mark);
            return session.context().retriesForRing() ? Outcome.POSTPONED : answeredError(command, reply, mark, e);
        } catch (NotFetchedException | ReplicasAwaitedException e) {
            reply.rollback(mark);
            return Outcome.AWAITED;
        } catch (QuorumException e) {
            session.wrote(session.wrote() || write);
            answerError(command, reply, mark, String.valueOf(e.getMessage()));
        } catch (ColdReadException e) {
            metrics.coldReads.increment();
            reply.rollback(mark);
            return Outcome.NEEDS_WORKER;
        } catch (io.ringtail.cluster.coordinator.WriteRefusedException e) {
            answerError(command, reply, mark, CommandErrors.writeRefused(e));
        } catch (UncheckedIOException e) {
            String reason = reasonOf(e);
            session.wrote(session.wrote() || write);
            logUnreadable(command, reason);
            answerError(command, reply, mark, "ERR the data cannot be read: " + reason);
        } catch (OutOfMemoryError e) {
            // One huge allocation that failed leaves the heap as it was: values may be larger than what is free.
            LOG.error("command {} of client {} needs more memory than there is", command.fullName(), session.peer());
            session.wrote(session.wrote() || write);
            answerError(command, reply, mark, "ERR out of memory");
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("command {} failed for client {}", command.fullName(), session.peer(), e);
            session.wrote(session.wrote() || write);
            answerError(command, reply, mark, "ERR internal error");
        } finally {
            if (exclusive) {
                data.exitExclusive();
            }
        }
        call.startClock();
        long nanos = call.clockNanos() - start;
        session.context().ringSettled();
        threadMetrics.called(command.index(), nanos);
        if (slowLog.wants(nanos) && !command.has(CommandFlag.SKIP_SLOWLOG)) {
            slowLog.add(nanos, SlowLogArguments.of(request), session.peer(), session.name());
        }
        latencyEvents.record(command.has(CommandFlag.FAST) ? "fast-command" : "command", nanos);
        return Outcome.ANSWERED;
    }

    private static String reasonOf(UncheckedIOException e) {
        @Nullable IOException cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }

    /** The disk failed, or what is on it is damaged: told once a second, however often it is met. */
    private void logUnreadable(Command command, String reason) {
        long now = System.nanoTime();
        if (now - lastUnreadableNanos > UNREADABLE_LOG_INTERVAL_NANOS) {
            lastUnreadableNanos = now;
            LOG.error("command {} cannot read its data: {}", command.fullName(), reason);
        }
    }

    /** Waits for the disk before the exclusive stretch begins, and not within it, where everybody would wait too. */
    private void lookUp(Command command, Request request, Session session) {
        Transaction transaction = session.transaction();
        if (transaction != null && command.name().equals("exec")) {
            TransactionCommands.lookUpKeys(table, call, transaction);
        } else {
            KeyPositions.forEach(command, request, index -> {
                if (request.size(index) <= Key.MAX_USER_KEY_SIZE) {
                    Key key = call.key(index, call.otherKey());
                    boolean ignored = data.exists(key);
                    TransactionCommands.lookUpMembers(call, command, request, key);
                }
            });
        }
    }

    private Outcome answeredError(Command command, ReplyWriter reply, int mark, RuntimeException e) {
        answerError(command, reply, mark, String.valueOf(e.getMessage()));
        return Outcome.ANSWERED;
    }

    private void answerError(Command command, ReplyWriter reply, int mark, String error) {
        reply.rollback(mark);
        reply.error(error);
        metrics.error(error);
        threadMetrics.failed(command.index());
    }
}
