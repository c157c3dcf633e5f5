package io.ringtail.server.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * All counters of a server: what each thread counts for itself, summed when somebody asks, and what happens seldom enough to be counted
 * in one place. Safe for concurrent use.
 */
public final class Metrics {
    /** Most different error prefixes counted apart; more are counted together. */
    private static final int MAX_ERROR_KINDS = 128;

    private final List<ThreadMetrics> threads = new CopyOnWriteArrayList<>();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final long startMillis = System.currentTimeMillis();
    private final long startNanos = System.nanoTime();

    public final LongAdder connectionsReceived = new LongAdder();
    public final LongAdder connectionsRejected = new LongAdder();
    public final LongAdder protocolErrors = new LongAdder();
    public final LongAdder outputLimitDisconnections = new LongAdder();
    public final LongAdder queryLimitDisconnections = new LongAdder();
    public final LongAdder coldReads = new LongAdder();

    /** Nanoseconds that each event loop was at work, one cell a loop, which its loop alone writes. */
    private final List<AtomicLong> busy = new CopyOnWriteArrayList<>();
    private final List<DecayingRate> busyRates = new ArrayList<>();
    private final DecayingRate commandRate = new DecayingRate(0, startNanos);
    private final DecayingRate cpuRate = new DecayingRate(NodeUse.cpuNanos(), startNanos);
    private volatile double decayingCommandsPerSecond;
    private volatile int cpuPermille;
    private volatile int busyPermille;

    private long rateNanos = System.nanoTime();
    private long rateCommands;
    private long rateReceived;
    private long rateSent;
    private volatile long commandsPerSecond;
    private volatile double receivedKibPerSecond;
    private volatile double sentKibPerSecond;

    /** Makes the counters of one more thread. */
    public ThreadMetrics newThread(int commandCount) {
        ThreadMetrics metrics = new ThreadMetrics(commandCount);
        threads.add(metrics);
        return metrics;
    }

    /** Where one more event loop counts the nanoseconds that it is at work. Nobody else writes there. */
    public AtomicLong newLoop() {
        AtomicLong nanos = new AtomicLong();
        synchronized (this) {
            busyRates.add(new DecayingRate(0, System.nanoTime()));
            busy.add(nanos);
        }
        return nanos;
    }

    /** Counts an error reply by its first word. */
    public void error(String reply) {
        int space = reply.indexOf(' ');
        String prefix = space < 0 ? reply : reply.substring(0, space);
        if (errors.size() >= MAX_ERROR_KINDS && !errors.containsKey(prefix)) {
            prefix = "OTHER";
        }
        errors.computeIfAbsent(prefix, unused -> new LongAdder()).increment();
    }

    /** Error replies by first word, in order. */
    public Map<String, Long> errors() {
        Map<String, Long> sums = new TreeMap<>();
        errors.forEach((prefix, count) -> sums.put(prefix, count.sum()));
        return sums;
    }

    public long startMillis() {
        return startMillis;
    }

    public long uptimeSeconds() {
        return (System.nanoTime() - startNanos) / 1_000_000_000L;
    }

    public long calls(int command) {
        return sum(thread -> thread.calls(command));
    }

    public long nanos(int command) {
        return sum(thread -> thread.nanos(command));
    }

    public long rejected(int command) {
        return sum(thread -> thread.rejectedCount(command));
    }

    public long failed(int command) {
        return sum(thread -> thread.failedCount(command));
    }

    public long receivedBytes() {
        return sum(ThreadMetrics::receivedBytes);
    }

    public long sentBytes() {
        return sum(ThreadMetrics::sentBytes);
    }

    /** All durations of one command. */
    public LatencyHistogram histogram(int command) {
        LatencyHistogram all = new LatencyHistogram();
        for (ThreadMetrics thread : threads) {
            LatencyHistogram one = thread.histogram(command);
            if (one != null && !thread.isReset()) {
                all.add(one);
            }
        }
        return all;
    }

    private long sum(java.util.function.ToLongFunction<ThreadMetrics> counter) {
        long sum = 0;
        for (ThreadMetrics thread : threads) {
            sum += thread.isReset() ? 0 : counter.applyAsLong(thread);
        }
        return sum;
    }

    /** Works out the rates since the last time; called about once a second. */
    public synchronized void tick(long commands) {
        long now = System.nanoTime();
        double seconds = (now - rateNanos) / 1e9;
        if (seconds < 0.01) {
            return;
        }
        long received = receivedBytes();
        long sent = sentBytes();
        commandsPerSecond = Math.max(0, Math.round((commands - rateCommands) / seconds));
        receivedKibPerSecond = Math.max(0, (received - rateReceived) / seconds / 1024);
        sentKibPerSecond = Math.max(0, (sent - rateSent) / seconds / 1024);
        decayingCommandsPerSecond = commandRate.update(commands, now);
        cpuPermille = (int) Math.round(cpuRate.update(NodeUse.cpuNanos(), now) / 1e6 / Runtime.getRuntime().availableProcessors());
        double busiest = 0;
        for (int i = 0; i < busyRates.size(); i++) {
            busiest = Math.max(busiest, busyRates.get(i).update(busy.get(i).getPlain(), now));
        }
        busyPermille = (int) Math.min(1000, Math.round(busiest / 1e6));
        rateNanos = now;
        rateCommands = commands;
        rateReceived = received;
        rateSent = sent;
    }

    public long commandsPerSecond() {
        return commandsPerSecond;
    }

    /** Commands a second, as a mean that forgets: see {@link DecayingRate}. */
    public double decayingCommandsPerSecond() {
        return decayingCommandsPerSecond;
    }

    /** Of what all processors of the machine could do, the process' own share in thousandths, as a mean that forgets. */
    public int cpuPermille() {
        return cpuPermille;
    }

    /** Of the time, how much the busiest event loop was at work, in thousandths, as a mean that forgets. */
    public int busyPermille() {
        return busyPermille;
    }

    public double receivedKibPerSecond() {
        return receivedKibPerSecond;
    }

    public double sentKibPerSecond() {
        return sentKibPerSecond;
    }

    /** {@code CONFIG RESETSTAT}. */
    public void reset() {
        threads.forEach(ThreadMetrics::reset);
        errors.clear();
        for (LongAdder adder : List.of(
                connectionsReceived,
                connectionsRejected,
                protocolErrors,
                outputLimitDisconnections,
                queryLimitDisconnections,
                coldReads)) {
            adder.reset();
        }
    }
}
