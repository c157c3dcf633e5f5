package io.ringtail.server.durability;

import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Client threads that write without pause until their server goes or they are told to stop, each with a {@link ClientHistory}.
 *
 * <p>Made by a test for a directory; {@link #start} and {@link #finish} are called in turns, for one run of the server each.
 */
final class Load {
    private final List<ClientHistory> histories = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;

    Load(int clients, long seed, int valueBytesMax) {
        for (int client = 0; client < clients; client++) {
            histories.add(new ClientHistory(client, seed, valueBytesMax));
        }
    }

    void start(int port) {
        stopping = false;
        for (ClientHistory history : histories) {
            threads.add(Thread.ofPlatform().name("load").start(() -> run(history, port)));
        }
    }

    private void run(ClientHistory history, int port) {
        try (WireClient wire = new WireClient(port)) {
            while (!stopping) {
                int before = history.acknowledged();
                history.pipeline(wire);
                acknowledged.addAndGet(history.acknowledged() - before);
            }
        } catch (IOException e) {
            // The server was killed: what was not acknowledged stays open.
        } catch (RuntimeException | AssertionError e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Waits until so many more steps were acknowledged since the start of all. */
    void awaitAcknowledged(long total) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (acknowledged.get() < total && failure.get() == null) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("only " + acknowledged.get() + " of " + total + " steps within a minute");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Waits for the clients' end, which the server's end brings about, or which is asked for here. */
    void finish() throws InterruptedException {
        stopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
        threads.clear();
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError("the load failed before the server was stopped", failed);
        }
    }

    List<ClientHistory> histories() {
        return histories;
    }

    /**
     * Checks that a restarted server has kept all that was acknowledged before a moment, and that what it kept is a prefix of all that happened: no
     * step is missing that was acknowledged before a step that survived was sent.
     *
     * @return how many steps surely were lost that had been acknowledged
     */
    long check(int port, long acknowledgedBeforeNanos, String context) throws IOException {
        List<ClientHistory.Survival> survivals = new ArrayList<>();
        long newestSurvivorNanos = acknowledgedBeforeNanos;
        long lost = 0;
        try (WireClient wire = new WireClient(port)) {
            for (ClientHistory history : histories) {
                ClientHistory.Survival survival = history.compare(wire, context);
                survivals.add(survival);
                if (survival.least() > 0) {
                    long sent = history.sentNanos(survival.least() - 1);
                    newestSurvivorNanos = sent - newestSurvivorNanos > 0 ? sent : newestSurvivorNanos;
                }
                lost += Math.max(0, history.acknowledged() - survival.greatest());
            }
            for (int client = 0; client < survivals.size(); client++) {
                ClientHistory history = histories.get(client);
                int must = history.acknowledgedBefore(acknowledgedBeforeNanos);
                int survived = survivals.get(client).greatest();
                if (survived < must) {
                    throw new AssertionError(context + ": client " + client + " lost " + (must - survived)
                            + " acknowledged steps: " + survived + " of " + must + " are there");
                }
                int before = history.acknowledgedBefore(newestSurvivorNanos);
                if (survived < before) {
                    throw new AssertionError(context + ": client " + client + " kept " + survived
                            + " steps, though a step survived that was sent after its step " + before + " was acknowledged");
                }
            }
        }
        return lost;
    }

    /** Says how old the oldest acknowledged step is, counted back from a moment, that did not survive. */
    String describeLoss(int port, long momentNanos) throws IOException {
        long oldestNanos = momentNanos;
        int steps = 0;
        try (WireClient wire = new WireClient(port)) {
            for (ClientHistory history : histories) {
                int survived = history.compare(wire, "loss").greatest();
                int before = history.acknowledgedBefore(momentNanos);
                if (survived < before) {
                    steps += before - survived;
                    oldestNanos = Math.min(oldestNanos, history.acknowledgedNanos(survived));
                }
            }
        }
        return steps + " steps acknowledged before the moment are lost, the oldest "
                + (momentNanos - oldestNanos) / 1_000_000 + " ms old";
    }

    /** Lets new histories begin with what the server holds. */
    void beginAgain(int port) throws IOException {
        try (WireClient wire = new WireClient(port)) {
            for (ClientHistory history : histories) {
                history.beginAgain(wire);
            }
        }
    }
}
