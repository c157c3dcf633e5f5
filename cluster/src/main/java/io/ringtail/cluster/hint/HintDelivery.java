package io.ringtail.cluster.hint;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.TokenBucket;
import io.ringtail.engine.StoreListener;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Brings members that are up again what they missed, at a limited rate; forgets what was acknowledged and what is too old. What is for members no more goes to those
 * who have the keys now: {@link HintSender} knows them.
 *
 * <p>Made by the node, on its control loop, to which it is confined; {@link #stop} ends it. What blocks, reading and deleting, runs as {@link Loop#offload} has
 * it. It is moved by one timer and by acknowledgments, so that a target's next batch follows the last one as fast as the rate allows.
 *
 * <p>Each target has one thing under way at a time: a read, or a batch that was sent. What was not acknowledged is sent again after a pause, which doubles with every
 * failure: a member may get a hint twice, and merges it twice to the same end. Only what was acknowledged is deleted; a crash in between has it delivered again.
 *
 * <pre>
 *   idle ── up, has hints, the rate allows ──→ reading ──→ sent ── acknowledged ──→ (delete and read on) reading ── nothing left ──→ idle
 *                                                            └──── failed ──→ pause, then reading from where the failed batch began
 * </pre>
 */
public final class HintDelivery {
    private static final long TICK_MILLIS = 100;
    /** Of one batch, unless a hint alone is larger. */
    static final long BATCH_BYTES = 256 << 10;

    private static final long BACKOFF_MIN_MILLIS = 500;
    private static final long BACKOFF_MAX_MILLIS = 10_000;
    /** Between two looks for hints that are too old, of a target that is not up. */
    private static final long AGING_MILLIS = 60_000;

    private final HintStore store;
    private final Loop loop;
    private final HintSender sender;
    private final LongPredicate up;
    private final Set<Flaw> flaws;
    private final StoreListener listener;
    /** Ascending, so that a simulation always goes the same way. */
    private final Map<Long, Delivery> deliveries = new TreeMap<>();

    private long @Nullable [] members;
    private boolean stopped;
    private final TokenBucket rate;
    private long deliveredCount;
    private long deliveredBytes;
    private long failedBatches;

    /** What is done for one target. */
    private static final class Delivery {
        final long target;
        boolean busy;
        /** Reads go on after this; null from the start. */
        byte @Nullable [] after;
        /** {@link HintStore#additions} when reading began from the start. */
        long additions;

        HintStore.Purpose purpose = HintStore.Purpose.DELIVER;
        long oldestKeptMillis;
        long notBeforeNanos;
        long agedNanos;
        long backoffMillis = BACKOFF_MIN_MILLIS;

        Delivery(long target, long nowNanos) {
            this.target = target;
            this.notBeforeNanos = nowNanos;
            this.agedNanos = nowNanos;
        }

        void rewind() {
            after = null;
            oldestKeptMillis = Long.MAX_VALUE;
        }
    }

    /**
     * @param up whether a member is taken to be alive and can be sent to
     * @param flaws what a test has planted; empty in production
     * @param listener hears of reads and deletions that failed
     */
    public HintDelivery(
            HintStore store, Loop loop, HintSender sender, LongPredicate up, Set<Flaw> flaws, StoreListener listener) {
        this.store = store;
        this.loop = loop;
        this.sender = sender;
        this.up = up;
        this.flaws = flaws;
        this.listener = listener;
        // What is not used within two ticks is forgone, a batch at least can always be saved up for.
        this.rate = new TokenBucket(store.options().bytesPerSecond(), 2 * TICK_MILLIS, BATCH_BYTES, loop.nanoTime());
    }

    /** Begins to look for hints, now and then every tick. Called once. */
    public void start() {
        loop.schedule(this::tick, TICK_MILLIS);
    }

    /** Ends it: what is under way ends unheard, and is delivered again another time. */
    public void stop() {
        stopped = true;
    }

    /** Who is a member, from now on: hints for others go to those who have the keys now. */
    public void members(long[] ids) {
        long[] sorted = ids.clone();
        Arrays.sort(sorted);
        members = sorted;
    }

    /** Changes {@code hint-rate}. */
    public void bytesPerSecond(long bytesPerSecond) {
        rate.bytesPerSecond(bytesPerSecond, loop.nanoTime());
    }

    /** Hints that were acknowledged. */
    public long deliveredCount() {
        return deliveredCount;
    }

    public long deliveredBytes() {
        return deliveredBytes;
    }

    /** Batches that were not acknowledged. */
    public long failedBatches() {
        return failedBatches;
    }

    /** Whether anything is being read or waits for its acknowledgment. */
    public boolean isBusy() {
        for (Delivery delivery : deliveries.values()) {
            if (delivery.busy) {
                return true;
            }
        }
        return false;
    }

    // ---- what is to be done

    private void tick() {
        if (stopped) {
            return;
        }
        loop.schedule(this::tick, TICK_MILLIS);
        for (long target : store.targets()) {
            Delivery delivery = deliveries.get(target);
            if (delivery == null) {
                delivery = new Delivery(target, loop.nanoTime());
                deliveries.put(target, delivery);
            }
            if (!delivery.busy) {
                consider(delivery);
            }
        }
    }

    /** Starts what there is to do for a target that is not busy, if anything. */
    private void consider(Delivery delivery) {
        long now = loop.nanoTime();
        if (stopped || now - delivery.notBeforeNanos < 0) {
            return;
        }
        if (canSend(delivery.target)) {
            if (rate.isOpen(now) && store.pending(delivery.target).count() > 0) {
                begin(delivery, HintStore.Purpose.DELIVER, null);
            }
        } else if (now - delivery.agedNanos >= 0 && isTooOld(delivery.target)) {
            begin(delivery, HintStore.Purpose.DROP_OLD, null);
        }
    }

    /** Whoever has what a member had that has gone is found by whoever sends. */
    private boolean canSend(long target) {
        return !isMember(target) || up.test(target);
    }

    private boolean isMember(long target) {
        long[] known = members;
        return known == null || Arrays.binarySearch(known, target) >= 0;
    }

    private boolean isTooOld(long target) {
        PendingHints pending = store.pending(target);
        return pending.count() > 0 && pending.oldestMillis() < store.oldestDeliveredMillis();
    }

    // ---- doing it

    /** Has the next batch read, and before it deleted what was acknowledged. */
    private void begin(Delivery delivery, HintStore.Purpose purpose, @Nullable HintBatch acknowledged) {
        if (purpose != delivery.purpose) {
            delivery.purpose = purpose;
            delivery.rewind();
        }
        if (delivery.after == null) {
            delivery.rewind();
            delivery.additions = store.additions(delivery.target);
        }
        delivery.busy = true;
        byte[] after = delivery.after;
        boolean taken = loop.offload(() -> {
            HintBatch batch = null;
            IOException problem = null;
            try {
                if (acknowledged != null) {
                    store.delete(acknowledged);
                }
                batch = store.read(delivery.target, after, BATCH_BYTES, purpose);
                store.deleteDropped(batch);
                if (flaws.contains(Flaw.HINT_DELETED_EARLY)) {
                    store.delete(batch);
                }
            } catch (IOException e) {
                problem = e;
            }
            HintBatch read = batch;
            IOException failure = problem;
            loop.execute(() -> ended(delivery, read, failure));
        });
        if (!taken) {
            // Too much waits for threads that block. What was acknowledged and not deleted will be delivered again, from the start.
            delivery.rewind();
            pause(delivery);
        }
    }

    private void ended(Delivery delivery, @Nullable HintBatch batch, @Nullable IOException failure) {
        if (stopped) {
            return;
        }
        if (batch == null || failure != null) {
            if (failure != null) {
                listener.backgroundFailure("hints for member " + Long.toHexString(delivery.target), failure);
            }
            delivery.rewind();
            pause(delivery);
            return;
        }
        if (!batch.isEmpty()) {
            send(delivery, batch);
            return;
        }
        goOnAfter(delivery, batch);
        if (batch.isEnd()) {
            store.wentThrough(delivery.target, delivery.additions, delivery.oldestKeptMillis);
            delivery.rewind();
            delivery.agedNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGING_MILLIS);
            delivery.busy = false;
        } else {
            proceed(delivery, null);
        }
    }

    private static void goOnAfter(Delivery delivery, HintBatch batch) {
        byte[] last = batch.last();
        if (last != null) {
            delivery.after = last;
        }
        delivery.oldestKeptMillis = Math.min(delivery.oldestKeptMillis, batch.oldestKeptMillis());
    }

    private void send(Delivery delivery, HintBatch batch) {
        boolean sent = canSend(delivery.target)
                && sender.send(delivery.target, batch, acknowledged -> answered(delivery, batch, acknowledged));
        if (sent) {
            rate.spend(batch.bytes());
        } else {
            pause(delivery);
        }
    }

    private void answered(Delivery delivery, HintBatch batch, boolean acknowledged) {
        if (stopped) {
            return;
        }
        if (!acknowledged) {
            failedBatches++;
            pause(delivery);
            return;
        }
        deliveredCount += batch.count();
        deliveredBytes += batch.bytes();
        delivery.backoffMillis = BACKOFF_MIN_MILLIS;
        goOnAfter(delivery, batch);
        proceed(delivery, flaws.contains(Flaw.HINT_DELETED_EARLY) ? null : batch);
    }

    /** Goes on with the purpose it has, at once if the rate allows, else once it does. */
    private void proceed(Delivery delivery, @Nullable HintBatch acknowledged) {
        if (stopped) {
            return;
        }
        long waitMillis = delivery.purpose == HintStore.Purpose.DELIVER ? rate.waitMillis(loop.nanoTime()) : 0;
        if (waitMillis == 0) {
            begin(delivery, delivery.purpose, acknowledged);
            return;
        }
        loop.schedule(() -> proceed(delivery, acknowledged), waitMillis);
    }

    /** Lets go of the target for a while; then it is tried again, from the hints that were tried last. */
    private void pause(Delivery delivery) {
        delivery.busy = false;
        delivery.notBeforeNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delivery.backoffMillis);
        delivery.backoffMillis = Math.min(BACKOFF_MAX_MILLIS, 2 * delivery.backoffMillis);
    }
}
