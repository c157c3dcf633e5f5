package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.settle.Books;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.TokenBucket;
import io.ringtail.engine.Store;
import io.ringtail.engine.record.TokenRanges;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A node's anti-entropy: compares all that it holds with every other replica, over and over, and mends what differs. Without it a replica that missed a write for which no hint was
 * kept would have it only when the key is read.
 *
 * <p>A cycle goes through all that is shared with others, in an order drawn anew each time, evenly spread over the interval; while nothing differs that is a message for every
 * {@value RepairJobs#PARTITIONS_MAX} partitions and replica. Both sides of a pair do so, and neither depends on the other. Beside the cycle anybody may ask for a range, a
 * partition, or everything at once.
 *
 * <p>Conversations run on one event loop, over its links, as all messages with data do; reading and hashing runs beside it. What sends is held to {@code repair-rate}, what hashes to
 * a tenth of a thread ({@link LeafHashes}), and both wait while the store or writes under way are behind.
 *
 * <p>Made by the node before its loops, started when it takes its place. What is asked for may be asked by any thread.
 */
public final class AntiEntropy {
    /** Rounds and single ranges under way at one time, the cycle apart. */
    private static final int ASKED_MAX = 64;

    /** How often a node that shares nothing looks whether it does now, at most. */
    private static final long IDLE_MILLIS = 1_000;
    /** What of the rate is not used within so long is forgone. */
    private static final long BURST_MILLIS = 200;

    /** The loop whose links are used: its calls; whether a member can be asked; whether clients' writes are to be let ahead. */
    public record Carrier(Loop loop, Calls calls, LongPredicate isReachable, BooleanSupplier isCongested) {}

    private final long selfId;
    private final Store store;
    private final RingView ringView;
    private final ReplicaClock clock;
    private final RandomGenerator random;
    private final Books books;
    private final boolean trustsAnyCycle;
    private final RepairCounters counters = new RepairCounters();
    private final LeafHashes leaves;
    private final RangeReader reader;
    private final RepairedData data;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile RepairOptions options;
    private volatile boolean stopped;
    private volatile @Nullable Started started;

    /** What there is from {@link #start} on; its parts are confined to the loop. */
    private record Started(Loop loop, LongPredicate isReachable, RangeRepair.Surroundings around, TokenBucket rate) {}

    /**
     * @param ring as it is before there is one
     * @param monotonic whose clock only goes forward; its loop is not used for anything else
     */
    public AntiEntropy(
            long selfId,
            Store store,
            SettledTimes times,
            Books books,
            RingView ringView,
            Ring ring,
            ReplicaClock clock,
            Loop monotonic,
            RandomGenerator random,
            RepairOptions options,
            Set<Flaw> flaws) {
        this.selfId = selfId;
        this.trustsAnyCycle = flaws.contains(Flaw.WHOLE_WITHOUT_ALL);
        this.store = store;
        this.ringView = ringView;
        this.clock = clock;
        this.random = random;
        this.options = options;
        this.books = books;
        this.leaves = new LeafHashes(store, times, options.leafBits(), ring, monotonic::nanoTime, flaws);
        this.reader = new RangeReader(store, times, leaves);
        this.data = new RepairedData(store, times, ringView, clock, flaws);
    }

    /** Answers other members on one loop. */
    public RepairServer server(Loop loop, Runnable beginTurn) {
        return new RepairServer(
                new RepairServer.Shared(ringView, clock, leaves, reader, data, counters), loop, beginTurn);
    }

    /** Begins the first cycle, some time within an interval. */
    public void start(Carrier carrier) {
        Loop loop = carrier.loop;
        TokenBucket rate = new TokenBucket(options.bytesPerSecond(), BURST_MILLIS, RangeReader.BATCH_BYTES, loop.nanoTime());
        RangeRepair.Surroundings around = new RangeRepair.Surroundings(
                loop,
                carrier.calls,
                ringView,
                clock,
                leaves,
                reader,
                data,
                rate,
                () -> carrier.isCongested.getAsBoolean() || store.throttleNanos() > 0,
                () -> stopped,
                counters);
        Started begun = new Started(loop, carrier.isReachable, around, rate);
        started = begun;
        long interval = options.intervalMillis();
        // Drawn here: on the control loop, which the random numbers are confined to.
        Random order = new Random(random.nextLong());
        long first = interval == 0 ? IDLE_MILLIS : random.nextLong(interval + 1);
        loop.execute(() -> loop.schedule(() -> cycle(begun, order), Math.min(first, IDLE_MILLIS * 10)));
    }

    /** Ends it all: what is under way ends unheard. */
    public void stop() {
        stopped = true;
    }

    /** What was held in some ranges may have been dropped. For any thread. */
    public void discarded(TokenRanges ranges) {
        for (int i = 0; i < ranges.count(); i++) {
            leaves.mark(ranges.first(i), ranges.last(i));
        }
    }

    /** Partitions are settled through other times than before. */
    public void timesChanged() {
        leaves.timesChanged();
    }

    /** Another ring has been adopted. */
    public void ringChanged(Ring ring) {
        leaves.ring(ring);
    }

    /** Changes {@code repair-rate} and {@code repair-interval}. */
    public void pace(long bytesPerSecond, long intervalMillis) {
        options = options.withPace(bytesPerSecond, intervalMillis);
        Started begun = started;
        if (begun != null) {
            begun.loop.execute(() -> begun.rate.bytesPerSecond(bytesPerSecond, begun.loop.nanoTime()));
        }
    }

    public RepairCounters counters() {
        return counters;
    }

    /** Leaves that were written to since they were hashed, or that never have been. */
    public int dirtyLeaves() {
        return leaves.dirtyCount();
    }

    public long keysHashed() {
        return leaves.keysHashed();
    }

    // ---- the cycle

    private void cycle(Started begun, Random order) {
        if (stopped) {
            return;
        }
        long interval = options.intervalMillis();
        Ring ring = ringView.ring();
        // Before anything is compared: what is closed by now is on some replica, or never will be.
        long closed = books.closedByAll(ring.epoch());
        List<RepairJobs.Job> jobs = interval == 0 ? List.of() : new ArrayList<>(RepairJobs.of(ring, selfId));
        if (jobs.isEmpty()) {
            if (interval > 0) {
                // Nobody else keeps what this node does.
                books.whole(ring.epoch(), closed);
            }
            long idle = interval == 0 ? IDLE_MILLIS : Math.min(interval, IDLE_MILLIS);
            begun.loop.schedule(() -> cycle(begun, order), idle);
            return;
        }
        Collections.shuffle(jobs, order);
        long beganNanos = begun.loop.nanoTime();
        long pauseMillis = Math.max(1, interval / jobs.size());
        new RepairRound(begun.around, begun.isReachable, ring, jobs, pauseMillis, report -> {
                    if (report.isWhole() || trustsAnyCycle) {
                        counters.cycleEnded(clock.nowMillis());
                        becomeWhole(begun, ring.epoch(), closed);
                    }
                    long tookMillis = (begun.loop.nanoTime() - beganNanos) / 1_000_000;
                    begun.loop.schedule(() -> cycle(begun, order), Math.max(pauseMillis, interval - tookMillis));
                })
                .next();
    }

    /** Everything was compared with everybody: once it is durable here, this node says so. */
    private void becomeWhole(Started begun, long epoch, long closed) {
        if (closed == 0) {
            return;
        }
        // When there is no room for it the next cycle is as good.
        boolean ignored = begun.loop.offload(() -> {
            try {
                data.sync();
            } catch (IOException e) {
                // The store has told its listener why, whichever of writing and syncing failed. The next cycle is another try.
                return;
            }
            books.whole(epoch, closed);
        });
    }

    // ---- what is asked for

    private static RepairReport failed(String why) {
        return new RepairReport(0, 1, 0, 0, 0, 0, why);
    }

    /** Runs something on the loop, unless too much is under way already. */
    private void ask(RepairListener listener, Consumer<Started> what) {
        Started begun = started;
        if (begun == null || stopped) {
            listener.ended(failed("the node is not running"));
        } else if (asked.incrementAndGet() > ASKED_MAX) {
            asked.decrementAndGet();
            listener.ended(failed("too many repairs are under way"));
        } else {
            begun.loop.execute(() -> what.accept(begun));
        }
    }

    private RepairListener counted(RepairListener listener) {
        return new RepairListener() {
            @Override
            public void progress(RepairReport report) {
                listener.progress(report);
            }

            @Override
            public void ended(RepairReport report) {
                asked.decrementAndGet();
                listener.ended(report);
            }
        };
    }

    /** Compares with all other replicas, at once, all that this node has of a partition; of -1: of all partitions. */
    public void repair(int partition, RepairListener listener) {
        ask(listener, begun -> {
            Ring ring = ringView.ring();
            long closed = books.closedByAll(ring.epoch());
            List<RepairJobs.Job> jobs =
                    partition < 0 ? RepairJobs.of(ring, selfId) : RepairJobs.of(ring, selfId, partition);
            RepairListener counted = counted(listener);
            new RepairRound(begun.around, begun.isReachable, ring, jobs, 0, partition >= 0 ? counted : new RepairListener() {
                        @Override
                        public void progress(RepairReport report) {
                            counted.progress(report);
                        }

                        @Override
                        public void ended(RepairReport report) {
                            if (report.isWhole()) {
                                becomeWhole(begun, ring.epoch(), closed);
                            }
                            counted.ended(report);
                        }
                    })
                    .next();
        });
    }

    /**
     * Makes what this node and a member hold in a range the same: each is given what the other has more of. Nothing is asked of the ring but that it stays the same: either may, but
     * need not be a replica of the range.
     *
     * <p>When the listener is told of the end, what this node was given is durable, whatever the policy; what it has sent is as durable as the member's policy asks for.
     *
     * @param fromToken inclusive, as is {@code throughToken}; both unsigned
     * @param share only keys of a share, as {@code KeyClasses} says; 1 is all
     */
    public void repairRange(long memberId, long fromToken, long throughToken, int share, RepairListener listener) {
        range(memberId, fromToken, throughToken, share, true, new RepairListener() {
            @Override
            public void progress(RepairReport report) {
                listener.progress(report);
            }

            @Override
            public void ended(RepairReport report) {
                if (report.isWhole()) {
                    syncThenTell(report, listener);
                } else {
                    listener.ended(report);
                }
            }
        });
    }

    private void syncThenTell(RepairReport report, RepairListener listener) {
        Started begun = Objects.requireNonNull(started);
        boolean taken = begun.loop.offload(() -> {
            RepairReport synced = report;
            try {
                data.sync();
            } catch (IOException e) {
                synced = report.failedBecause("what was received could not be synced: " + e.getMessage());
            }
            RepairReport told = synced;
            begun.loop.execute(() -> listener.ended(told));
        });
        if (!taken) {
            listener.ended(report.failedBecause("too many requests wait for this node's disk"));
        }
    }

    /** Compares without changing anything: {@link RepairReport#leavesDiffering} is 0 when both hold the same. */
    public void compareRange(long memberId, long fromToken, long throughToken, int share, RepairListener listener) {
        range(memberId, fromToken, throughToken, share, false, listener);
    }

    private void range(
            long memberId, long fromToken, long throughToken, int share, boolean mends, RepairListener listener) {
        List<TreeNode> nodes = TreeNode.covering(fromToken, throughToken);
        ask(listener, begun -> new RangeRepair(begun.around, memberId, nodes, share, mends, counted(listener)).start());
    }

    /** How a member's part of a partition compares with this node's. */
    public record Comparison(long memberId, boolean isKnown, boolean isEqual, String failure) {}

    /** The hash of a partition and how the other replicas' compare; {@code root} is of all that this node holds of it. */
    public record Comparisons(long root, List<Comparison> members) {}

    /** Compares a partition with all other replicas, without changing anything. Told on the loop. */
    public void compare(int partition, Consumer<Comparisons> listener) {
        Ring ring = ringView.ring();
        List<RepairJobs.Job> jobs = RepairJobs.of(ring, selfId, partition);
        compareNext(ring, partition, jobs, new ArrayList<>(), listener);
    }

    private void compareNext(
            Ring ring, int partition, List<RepairJobs.Job> jobs, List<Comparison> known, Consumer<Comparisons> listener) {
        if (known.size() == jobs.size()) {
            TreeNode node = new TreeNode(
                    ring.firstToken(partition), Integer.numberOfTrailingZeros(ring.topology().partitions()));
            listener.accept(new Comparisons(leaves.hash(node, 1), known));
            return;
        }
        RepairJobs.Job job = jobs.get(known.size());
        compareRange(job.memberId(), ring.firstToken(partition), ring.lastToken(partition), job.share(), report -> {
            String failure = report.failure();
            known.add(new Comparison(
                    job.memberId(), failure == null, report.leavesDiffering() == 0, failure == null ? "" : failure));
            compareNext(ring, partition, jobs, known, listener);
        });
    }
}
