package io.ringtail.server.net;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.command.Dispatcher;
import io.ringtail.server.command.Outcome;
import io.ringtail.server.command.Services;
import io.ringtail.server.session.Session;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that run the commands that may wait for a disk, one command of a connection at a time; each thread has a data session of its
 * own that may block.
 *
 * <p>Safe for concurrent use. The queue holds at most {@value #QUEUE_CAPACITY} commands; {@link #submit} refuses more.
 */
final class WorkerPool {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);

    private static final int QUEUE_CAPACITY = 16 * 1024;

    /** A thread's dispatcher and data. */
    private record Desk(Dispatcher dispatcher, DataSession data) {}

    /** Told, on the worker, what became of a command. */
    interface Completion {
        /** @param position where the log must be durable before the reply may go, or 0 */
        void done(Outcome outcome, long position);

        void refused(WriteRefusedException refusal);
    }

    private final Services services;
    private final ThreadPoolExecutor threads;
    private final List<Desk> desks = new CopyOnWriteArrayList<>();
    private final ThreadLocal<Desk> desk;

    WorkerPool(Services services, int threadCount) {
        this.services = services;
        AtomicInteger number = new AtomicInteger();
        this.desk = ThreadLocal.withInitial(this::newDesk);
        this.threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUE_CAPACITY),
                task -> new Thread(task, "worker-" + number.incrementAndGet()));
    }

    private Desk newDesk() {
        DataSession data = services.data().session(true);
        Desk made = new Desk(new Dispatcher(services, data), data);
        desks.add(made);
        return made;
    }

    /** Has a worker run one request; false when too many wait already. Until it is done the session and the reply are the worker's. */
    boolean submit(Session session, Request request, ReplyWriter reply, Completion completion) {
        try {
            threads.execute(() -> run(session, request, reply, completion));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void run(Session session, Request request, ReplyWriter reply, Completion completion) {
        try {
            Desk here = desk.get();
            here.dispatcher().startClock();
            Outcome outcome = here.dispatcher().run(session, request, reply);
            completion.done(outcome, here.data().endTurn());
        } catch (WriteRefusedException e) {
            completion.refused(e);
        } catch (RuntimeException | Error e) {
            // Whatever it is, the connection waits for its worker and must be told.
            LOG.error("a command of client {} failed on a worker", session.peer(), e);
            completion.refused(new WriteRefusedException("ERR internal error"));
        }
    }

    int active() {
        return threads.getActiveCount();
    }

    int queued() {
        return threads.getQueue().size();
    }

    /** Ends the threads after what they have begun, and closes their data sessions. */
    void close(long timeoutMillis) throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(timeoutMillis, TimeUnit.MILLISECONDS)) {
            threads.shutdownNow();
        }
        for (Desk used : desks) {
            used.data().close();
        }
    }
}
