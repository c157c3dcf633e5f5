package io.ringtail.cluster.transfer;

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
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

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

    /** How far this node is. Immutable. */
    public record Progress(long epoch, int done, int wanted, long records, long bytes, long bytesPerSecond) {
        public static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0);

        /** Of an epoch that is over only what was sent in all. */
        public Progress of(long epochInForce) {
            return epoch == epochInForce ? this : new Progress(epoch, 0, 0, records, bytes, 0);
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
    /** Sorted, so that a simulation always goes the same way. */
    private final Map<Job, Handover> handovers = new TreeMap<>();

    private final long selfId;
    /** Written by the control loop, read by threads that read pages. */
    private volatile Ring ring;

    private boolean stopped;
    private long bytesPerSecond;
    private double allowanceBytes;
    private long allowanceNanos;
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
            refill();
            return !stopped && allowanceBytes > 0;
        }

        @Override
        public void carried(long moreRecords, long moreBytes) {
            allowanceBytes -= moreBytes;
            records += moreRecords;
            bytes += moreBytes;
        }

        @Override
        public void ended(Handover done) {
            goOn();
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

    /** @param ring in force until {@link #ringChanged} */
    public Transfers(
            long selfId,
            Store store,
            Ring ring,
            Loop loop,
            RecordCarrier carrier,
            long bytesPerSecond,
            Set<Flaw> flaws,
            StoreListener listener) {
        this.selfId = selfId;
        this.store = store;
        this.ring = ring;
        this.loop = loop;
        this.carrier = carrier;
        this.bytesPerSecond = bytesPerSecond;
        this.flaws = flaws;
        this.listener = listener;
        this.allowanceNanos = loop.nanoTime();
        this.rateNanos = allowanceNanos;
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
    public void bytesPerSecond(long rate) {
        if (rate < 1) {
            throw new IllegalArgumentException("transfers at " + rate + " bytes a second");
        }
        refill();
        bytesPerSecond = rate;
    }

    /** Begins what is to be handed over by this ring, and leaves what is not any more. */
    public void ringChanged(Ring now) {
        boolean sameKeyspaces = ring.topology().keyspaces().equals(now.topology().keyspaces());
        ring = now;
        Set<Job> wanted = sameKeyspaces ? wanted(now) : Set.of();
        handovers.entrySet().removeIf(entry -> {
            boolean isOver = !wanted.contains(entry.getKey());
            if (isOver) {
                entry.getValue().cancel();
            }
            return isOver;
        });
        // What was sent by other keyspaces need not be all that is to be sent by these.
        for (Job job : wanted(now)) {
            handovers.computeIfAbsent(job, unused -> new Handover(owner, loop, job.partition(), job.target()));
        }
        tell();
    }

    /** What is to be handed over by this node. */
    private Set<Job> wanted(Ring of) {
        Set<Job> jobs = new TreeSet<>();
        Topology topology = of.topology();
        int self = topology.indexOf(selfId);
        if (!topology.transition().isMoving() || self < 0) {
            return jobs;
        }
        for (Keyspace keyspace : topology.keyspaces()) {
            for (int partition = 0; partition < topology.partitions(); partition++) {
                ReplicaSet replicas = of.replicasOf(keyspace, partition);
                if (!replicas.isBefore(self)) {
                    continue;
                }
                for (int receiver : replicas.receivers()) {
                    if (receiver != self) {
                        jobs.add(new Job(partition, topology.members().get(receiver).id()));
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
        goOn();
    }

    private void goOn() {
        measure();
        int underWay = 0;
        for (Handover handover : List.copyOf(handovers.values())) {
            if (underWay >= CONCURRENT) {
                break;
            }
            if (!handover.isDone()) {
                handover.resume();
                underWay += handover.isBusy() ? 1 : 0;
            }
        }
        tell();
    }

    private void refill() {
        long now = loop.nanoTime();
        double more = (double) (now - allowanceNanos) * bytesPerSecond / TimeUnit.SECONDS.toNanos(1);
        double most = Math.max(CONCURRENT * (double) TransferPage.MAX_BYTES, 2.0 * TICK_MILLIS * bytesPerSecond / 1000);
        allowanceBytes = Math.min(most, allowanceBytes + more);
        allowanceNanos = now;
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
        int done = (int) handovers.values().stream().filter(Handover::isDone).count();
        progress = new Progress(ring.epoch(), done, handovers.size(), records, bytes, measuredRate);
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
        return new TransferStatus(progress, List.of());
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
        return new TransferStatus(progress, done);
    }
}
