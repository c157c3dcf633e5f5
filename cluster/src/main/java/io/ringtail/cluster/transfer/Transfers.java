package io.ringtail.cluster.transfer;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.TokenBucket;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * All that this node hands over: to each member that becomes a replica of a partition of which this node is one, what this node holds of it. At most {@value
 * #CONCURRENT} at a time, at a limited rate, for as long as the topology says that the partition is handed over.
 *
 * <p>Made by the node, on its control loop, to which it is confined but for {@link #progress}. What is done stays done while the hand-over is under way, through
 * epochs that change something else; a restart begins again, which costs the comparing only.
 */
public final class Transfers {
    private static final long TICK_MILLIS = 50;
    private static final int CONCURRENT = 4;
    /** Between two complaints that a record is ahead of a member's clock. */
    private static final long COMPLAINT_MILLIS = 60_000;

    /**
     * How far this node is. Immutable.
     *
     * @param heldUp how many hand-overs wait because the clock of the member that they are for is too far behind a record's time
     */
    public record Progress(long epoch, int done, int wanted, int heldUp, long records, long bytes, long bytesPerSecond) {
        public static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0, 0);

        /** Of an epoch that is over only what was sent in all. */
        public Progress of(long epochInForce) {
            return epoch == epochInForce ? this : new Progress(epoch, 0, 0, 0, records, bytes, 0);
        }
    }

    /** One partition, one member. */
    public record Job(int partition, long target) implements Comparable<Job> {
        @Override
        public int compareTo(Job other) {
            int byPartition = Integer.compare(partition, other.partition);
            return byPartition != 0 ? byPartition : Long.compare(target, other.target);
        }
    }

    private final Store store;
    private final Loop loop;
    private final RecordCarrier carrier;
    private final StoreListener listener;
    private final Set<Flaw> flaws;
    private final MessageWriter writer = new MessageWriter();
    private final LongSupplier hintsWaiting;
    /** All there are. Sorted, as the others, so that a simulation always goes the same way. */
    private final Map<Job, Handover> handovers = new TreeMap<>();
    /** Those that have their turn: at most {@value #CONCURRENT}. */
    private final Map<Job, Handover> current = new TreeMap<>();
    /** Those that wait for their turn. */
    private final TreeSet<Handover> waiting = new TreeSet<>(Comparator.<Handover>comparingInt(each -> each.turn)
            .thenComparingInt(each -> each.partition)
            .thenComparingLong(each -> each.target));
    /** Those that failed, until it is time to try them again, soonest first. */
    private final PriorityQueue<Handover> resting = new PriorityQueue<>(
            Comparator.comparingLong(Handover::notBeforeNanos).thenComparingInt(each -> each.partition).thenComparingLong(each -> each.target));

    private final long selfId;
    /** Written by the control loop, read by threads that read pages. */
    private volatile Ring ring;

    private boolean stopped;
    private final TokenBucket rate;
    private long complainedNanos;
    private boolean hasComplained;
    private int doneCount;
    /** As of the last tick. */
    private int heldUp;

    private long records;
    private long bytes;
    private long rateNanos;
    private long rateBytes;
    private long measuredRate;
    private volatile Progress progress = Progress.NONE;

    private final Handover.Owner owner = new Handover.Owner() {
        @Override
        public Store store() {
            return store;
        }

        @Override
        public Ring ring() {
            return ring;
        }

        @Override
        public RecordCarrier carrier() {
            return carrier;
        }

        @Override
        public boolean mayCarry(Handover asking) {
            return !stopped && rate.isOpen(loop.nanoTime());
        }

        @Override
        public void carried(long moreRecords, long moreBytes) {
            rate.spend(moreBytes);
            records += moreRecords;
            bytes += moreBytes;
        }

        @Override
        public void ended(Handover done) {
            if (current.remove(jobOf(done)) != null) {
                doneCount++;
            }
            goOn();
        }

        @Override
        public void rests(Handover failed) {
            if (current.remove(jobOf(failed)) != null) {
                resting.add(failed);
            }
        }

        @Override
        public void tooFarAhead(Handover refused, long recordHlc) {
            complain(refused, recordHlc);
        }

        @Override
        public boolean skipsLastPage() {
            return flaws.contains(Flaw.TRANSFER_CUT_SHORT);
        }

        @Override
        public StoreListener listener() {
            return listener;
        }
    };

    /**
     * @param ring in force until {@link #ringChanged}
     * @param hintsWaiting how many writes this node keeps for other members; asked on the control loop
     */
    public Transfers(
            long selfId,
            Store store,
            Ring ring,
            Loop loop,
            RecordCarrier carrier,
            long bytesPerSecond,
            Set<Flaw> flaws,
            LongSupplier hintsWaiting,
            StoreListener listener) {
        this.selfId = selfId;
        this.store = store;
        this.ring = ring;
        this.loop = loop;
        this.carrier = carrier;
        this.flaws = flaws;
        this.hintsWaiting = hintsWaiting;
        this.listener = listener;
        this.rateNanos = loop.nanoTime();
        this.rate = new TokenBucket(bytesPerSecond, 2 * TICK_MILLIS, CONCURRENT * (long) TransferPage.MAX_BYTES, rateNanos);
    }

    /** Begins to look for something to do, now and then every tick. Called once. */
    public void start() {
        loop.schedule(this::tick, TICK_MILLIS);
    }

    public void stop() {
        stopped = true;
        handovers.values().forEach(Handover::cancel);
    }

    /** Changes {@code stream-rate}. */
    public void bytesPerSecond(long bytesPerSecond) {
        rate.bytesPerSecond(bytesPerSecond, loop.nanoTime());
    }

    /** Begins what is to be handed over by this ring, and leaves what is not any more. */
    public void ringChanged(Ring now) {
        boolean sameKeyspaces = ring.topology().keyspaces().equals(now.topology().keyspaces());
        ring = now;
        Set<Job> wanted = sameKeyspaces ? wanted(now).keySet() : Set.of();
        handovers.entrySet().removeIf(entry -> {
            boolean isOver = !wanted.contains(entry.getKey());
            if (isOver) {
                leave(entry.getKey(), entry.getValue());
            }
            return isOver;
        });
        // What was sent by other keyspaces need not be all that is to be sent by these.
        wanted(now).forEach((job, turn) -> {
            if (!handovers.containsKey(job)) {
                Handover begun = new Handover(owner, loop, job.partition(), job.target(), turn);
                handovers.put(job, begun);
                waiting.add(begun);
            }
        });
        tell();
    }

    private void leave(Job job, Handover left) {
        left.cancel();
        doneCount -= left.isDone() ? 1 : 0;
        boolean ignored = current.remove(job) != null || waiting.remove(left) || resting.remove(left);
    }

    private static Job jobOf(Handover handover) {
        return new Job(handover.partition, handover.target);
    }

    /**
     * What is to be handed over by this node, and in which turn: first the partitions of which it is the first replica, then those of which it is the second, and so on. So each
     * partition's replicas do not send the same at the same time, and the later ones find that it is there already.
     */
    private Map<Job, Integer> wanted(Ring of) {
        Map<Job, Integer> jobs = new TreeMap<>();
        Topology topology = of.topology();
        int self = topology.indexOf(selfId);
        if (!topology.transition().isMoving() || self < 0) {
            return jobs;
        }
        for (Keyspace keyspace : topology.keyspaces()) {
            for (int partition = 0; partition < topology.partitions(); partition++) {
                ReplicaSet replicas = of.replicasOf(keyspace, partition);
                int turn = replicas.placeBefore(self);
                if (turn < 0) {
                    continue;
                }
                for (int receiver : replicas.receivers()) {
                    if (receiver != self) {
                        jobs.merge(new Job(partition, topology.members().get(receiver).id()), turn, Math::min);
                    }
                }
            }
        }
        return jobs;
    }

    private void tick() {
        if (stopped) {
            return;
        }
        loop.schedule(this::tick, TICK_MILLIS);
        heldUp = (int) Stream.concat(resting.stream(), current.values().stream()).filter(Handover::isHeldUp).count();
        goOn();
    }

    private void goOn() {
        measure();
        long now = loop.nanoTime();
        while (!resting.isEmpty() && now - resting.element().notBeforeNanos() >= 0) {
            Handover rested = resting.remove();
            waiting.add(rested);
        }
        // Those among them that wait for nothing but the rate.
        List.copyOf(current.values()).forEach(Handover::resume);
        while (current.size() < CONCURRENT && !waiting.isEmpty()) {
            Handover next = waiting.removeFirst();
            current.put(jobOf(next), next);
            next.resume();
        }
        tell();
    }

    private void complain(Handover refused, long recordHlc) {
        long now = loop.nanoTime();
        if (!hasComplained || now - complainedNanos >= TimeUnit.MILLISECONDS.toNanos(COMPLAINT_MILLIS)) {
            hasComplained = true;
            complainedNanos = now;
            listener.backgroundFailure(
                    "handing over partition " + refused.partition + " to node " + String.format(Locale.ROOT, "%012x", refused.target),
                    new IOException("a record of it has the time " + Instant.ofEpochMilli(HybridLogicalClock.millis(recordHlc))
                            + ", further ahead of that node's clock than its clock-drift-max; it is tried again until it is not"));
        }
    }

    private void measure() {
        long now = loop.nanoTime();
        long passed = now - rateNanos;
        if (passed >= TimeUnit.SECONDS.toNanos(1)) {
            measuredRate = (long) ((double) (bytes - rateBytes) * TimeUnit.SECONDS.toNanos(1) / passed);
            rateNanos = now;
            rateBytes = bytes;
        }
    }

    private void tell() {
        progress = new Progress(ring.epoch(), doneCount, handovers.size(), heldUp, records, bytes, measuredRate);
    }

    /** How far this node is, as of about now. Safe for concurrent use. */
    public Progress progress() {
        return progress;
    }

    // ---- telling others

    /** Answers who asks how far this node is. */
    public void request(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        boolean withJobs = body.readBoolean();
        body.finish();
        Calls.beginReply(writer, MessageType.TRANSFERS_REPLY, id);
        (withJobs ? status() : brief()).write(writer);
        from.send(writer.bytes(), 0, writer.size());
    }

    private TransferStatus brief() {
        tell();
        return new TransferStatus(progress, hintsWaiting.getAsLong(), List.of());
    }

    /** How far this node is. */
    public TransferStatus status() {
        tell();
        List<Job> done = new ArrayList<>();
        handovers.forEach((job, handover) -> {
            if (handover.isDone()) {
                done.add(job);
            }
        });
        return new TransferStatus(progress, hintsWaiting.getAsLong(), done);
    }
}
