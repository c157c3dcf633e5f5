package io.ringtail.cluster.settle;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.cluster.gossip.MemberState;
import io.ringtail.cluster.gossip.Settled;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Brings the times of this node on: closes the books, learns from gossip how far the others are, notes what a whole comparison with all of them has shown.
 *
 * <p>What others rely on is durable before it is said: through which time the books are closed, and the data that make it whole. That it was whole is not kept over a start: the
 * data directory may be an old copy, whose deletions others have forgotten since. Closing asks for no hint to be waiting here, whatever its age; so with a member down
 * for which hints are kept nothing new is closed, and nothing written since is forgotten.
 *
 * <p>When the replicas of a partition change, what is settled begins anew, and whoever was whole stays so; a change of any keyspace begins everything anew, since it may make replicas of members that
 * never had the keys. While a partition is handed over nothing more of it is settled.
 *
 * <p>Confined to the control loop, unless it says otherwise.
 */
public final class Settlement implements Books {
    private static final long KEPT_CLOSED = 64;

    private static final long PERIOD_MILLIS = 1_000;

    /** This node's clock. */
    public interface Clock {
        /** Whether it has been compared with the others', and agrees. */
        boolean isTrusted();

        /** Milliseconds since 1970. */
        long millis();

        /** Has later versions be greater than a hybrid time. */
        void observe(long hlc);
    }

    /** The times of members that this node knows of, in the order of the topology's. */
    private record Heard(long closedByAll, long[] wholeOf) {}

    /** Through which time all members of an epoch had closed their books. */
    private record ClosedByAll(long epoch, long hlc) {}

    private final long selfId;
    private final Store store;
    private final HintStore hints;
    private final SettledTimes times;
    private final Clock clock;
    private final Loop loop;
    private final Supplier<List<MemberState>> states;
    private final Runnable whenSettled;
    private final long graceMillis;
    private final StoreListener listener;

    private @Nullable Ring ring;
    /** By partition, the members that keep it: their ids, ascending, and their indexes. */
    private long[][] keepers = new long[0][];

    private int[][] keeperIndexes = new int[0][];

    private long closingHlc;
    private long closingNanos;
    private boolean keeping;
    private boolean stopped;
    private volatile Settled said;
    private volatile ClosedByAll closedByAll = new ClosedByAll(0, 0);

    /**
     * @param states what gossip knows
     * @param whenSettled called when partitions are settled through other times
     * @param graceMillis how old a write must be at least before the books are closed through its time
     */
    public Settlement(
            long selfId,
            Store store,
            HintStore hints,
            SettledTimes times,
            Clock clock,
            Loop loop,
            Supplier<List<MemberState>> states,
            Runnable whenSettled,
            long graceMillis,
            StoreListener listener) {
        this.selfId = selfId;
        this.store = store;
        this.hints = hints;
        this.times = times;
        this.clock = clock;
        this.loop = loop;
        this.states = states;
        this.whenSettled = whenSettled;
        this.graceMillis = graceMillis;
        this.listener = listener;
        this.said = new Settled(store.kept(KEPT_CLOSED), 0, 0, 0);
        closeHere(said.closed());
        hints.closedThrough(said.closed());
    }

    public void start() {
        beginClosing();
        tick();
    }

    public void stop() {
        stopped = true;
    }

    /** What this node tells others; for any thread. */
    public Settled said() {
        return said;
    }

    @Override
    public long closedByAll(long epoch) {
        ClosedByAll known = closedByAll;
        return known.epoch == epoch ? known.hlc : 0;
    }

    /** Through which time the least settled of the partitions that this node keeps is settled; 0 when one is not at all. For any thread. */
    public long settledEverywhere() {
        SettledTimes.ByPartition known = times.byPartition();
        long least = -1;
        for (long settled : known.settled()) {
            // Of partitions of others it is known as well.
            least = Long.compareUnsigned(settled, least) < 0 ? settled : least;
        }
        return least;
    }

    @Override
    public void whole(long epoch, long through) {
        if (through != 0) {
            loop.execute(() -> becomeWhole(epoch, through));
        }
    }

    // ---- the ring

    /** Another ring has been adopted. */
    public void ringChanged(Ring adopted) {
        Ring before = ring;
        long[][] keepersBefore = keepers;
        int[][] indexesNow = keeperIndexes(adopted);
        long[][] keepersNow = keepers(adopted, indexesNow);
        int partitions = keepersNow.length;
        long[] whole = new long[partitions];
        long[] settled = new long[partitions];
        SettledTimes.ByPartition known = times.byPartition();
        boolean comparable = before != null
                && keepersBefore.length == partitions
                && before.topology().keyspaces().equals(adopted.topology().keyspaces());
        for (int partition = 0; partition < partitions; partition++) {
            if (before == null || !comparable) {
                continue;
            }
            if (Arrays.binarySearch(keepersNow[partition], selfId) >= 0 && keepsNoMore(before, adopted, partition)) {
                // Whoever else keeps it now: what is as old, and not here, was superseded.
                whole[partition] = known.whole()[partition];
            }
            if (Arrays.equals(keepersBefore[partition], keepersNow[partition])) {
                settled[partition] = known.settled()[partition];
            }
        }
        ring = adopted;
        keepers = keepersNow;
        keeperIndexes = indexesNow;
        closedByAll = new ClosedByAll(adopted.epoch(), 0);
        times.byPartition(new SettledTimes.ByPartition(whole, settled));
        whenSettled.run();
    }

    /** Whether this node keeps of a partition, or is being given of it, by any keyspace, nothing that it did not keep before. */
    private boolean keepsNoMore(Ring before, Ring now, int partition) {
        int selfBefore = before.topology().indexOf(selfId);
        int selfNow = now.topology().indexOf(selfId);
        for (Keyspace keyspace : now.topology().keyspaces()) {
            if (selfNow >= 0
                    && now.replicasOf(keyspace, partition).contains(selfNow)
                    && !(selfBefore >= 0 && before.replicasOf(keyspace, partition).isBefore(selfBefore))) {
                return false;
            }
        }
        return true;
    }

    private static int[][] keeperIndexes(Ring ring) {
        int[][] indexes = new int[ring.topology().partitions()][];
        Arrays.setAll(indexes, ring::keepersOf);
        return indexes;
    }

    private static long[][] keepers(Ring ring, int[][] indexes) {
        List<Member> members = ring.topology().members();
        long[][] keepers = new long[indexes.length][];
        for (int partition = 0; partition < keepers.length; partition++) {
            // Ascending, as indexes are: members are sorted by id.
            keepers[partition] = new long[indexes[partition].length];
            for (int i = 0; i < keepers[partition].length; i++) {
                keepers[partition][i] = members.get(indexes[partition][i]).id();
            }
        }
        return keepers;
    }

    /** Raises this node's wholeness, of the partitions that it keeps and is not being given more of: what comes of those has not been compared. */
    private void raise(Ring by, long[] whole, long through) {
        for (int partition = 0; partition < whole.length; partition++) {
            if (Arrays.binarySearch(keepers[partition], selfId) >= 0 && keepsNoMore(by, by, partition)) {
                whole[partition] = later(whole[partition], through);
            }
        }
    }

    private static long later(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    // ---- period by period

    private void tick() {
        if (stopped) {
            return;
        }
        close();
        hear();
        loop.schedule(this::tick, Math.max(1, Math.min(PERIOD_MILLIS, graceMillis / 2)));
    }

    /** Remembers the time now: when the grace is over, and the clock has not been found wrong meanwhile, the books are closed through it. */
    private void beginClosing() {
        closingNanos = loop.nanoTime();
        closingHlc = clock.isTrusted() ? HybridLogicalClock.lastOf(clock.millis()) : 0;
    }

    private void close() {
        if (loop.nanoTime() - closingNanos < TimeUnit.MILLISECONDS.toNanos(graceMillis) || keeping) {
            return;
        }
        Ring now = ring;
        if (now == null || now.isAlone() || now.topology().indexOf(selfId) < 0) {
            // Nobody else has anything, or nobody to compare the clock with.
            beginClosing();
            return;
        }
        long hlc = closingHlc;
        boolean isGood = hlc != 0
                && clock.isTrusted()
                && Long.compareUnsigned(hlc, HybridLogicalClock.lastOf(clock.millis())) <= 0
                && Long.compareUnsigned(hlc, times.closed()) > 0;
        if (isGood) {
            if (!hints.closeThrough(hlc)) {
                // Tried again soon, through the same time.
                return;
            }
            closeHere(hlc);
            keep(Map.of(KEPT_CLOSED, hlc), () -> said = new Settled(hlc, said.whole(), said.wholeEpoch(), 0));
        }
        beginClosing();
    }

    private void closeHere(long hlc) {
        store.writeLock().lock();
        try {
            times.close(hlc);
            // Whatever this node's clock does, what it writes from now on comes later.
            clock.observe(hlc);
        } finally {
            store.writeLock().unlock();
        }
    }

    private void becomeWhole(long epoch, long through) {
        Ring now = ring;
        if (stopped || now == null || now.epoch() != epoch) {
            return;
        }
        if (said.wholeEpoch() == epoch && Long.compareUnsigned(through, said.whole()) <= 0) {
            return;
        }
        said = new Settled(said.closed(), through, epoch, 0);
        SettledTimes.ByPartition known = times.byPartition();
        long[] whole = known.whole().clone();
        raise(now, whole, through);
        times.byPartition(new SettledTimes.ByPartition(whole, known.settled()));
    }

    /** Keeps numbers on the disk, then goes on; when that fails it does not, and the next time is another try. */
    private void keep(Map<Long, Long> numbers, Runnable kept) {
        keeping = loop.offload(() -> {
            boolean done;
            try {
                store.keep(numbers);
                done = true;
            } catch (IOException e) {
                listener.backgroundFailure("noting how far replicas are settled", e);
                done = false;
            }
            boolean isKept = done;
            loop.execute(() -> {
                keeping = false;
                if (isKept && !stopped) {
                    kept.run();
                }
            });
        });
    }

    // ---- what the others say

    private void hear() {
        Ring now = ring;
        if (now == null || now.isAlone()) {
            return;
        }
        Heard heard = heard(now);
        closedByAll = new ClosedByAll(now.epoch(), heard.closedByAll);
        SettledTimes.ByPartition known = times.byPartition();
        long[] settled = null;
        for (int partition = 0; partition < keepers.length; partition++) {
            long least = -1;
            for (int member : keeperIndexes[partition]) {
                least = Long.compareUnsigned(heard.wholeOf[member], least) < 0 ? heard.wholeOf[member] : least;
            }
            if (isHandedOver(now, partition)) {
                // Whoever is given it must come to have all that hides what it may have: nothing more of that is forgotten meanwhile.
                continue;
            }
            if (least != -1 && Long.compareUnsigned(least, known.settled()[partition]) > 0) {
                settled = settled == null ? known.settled().clone() : settled;
                settled[partition] = least;
            }
        }
        if (settled != null) {
            times.byPartition(new SettledTimes.ByPartition(known.whole(), settled));
            whenSettled.run();
        }
    }

    private static boolean isHandedOver(Ring ring, int partition) {
        if (!ring.topology().transition().isMoving()) {
            return false;
        }
        for (Keyspace keyspace : ring.topology().keyspaces()) {
            if (ring.replicasOf(keyspace, partition).receivers().length > 0) {
                return true;
            }
        }
        return false;
    }

    private Heard heard(Ring now) {
        List<Member> members = now.topology().members();
        long[] wholeOf = new long[members.size()];
        long[] closedOf = new long[members.size()];
        for (MemberState state : states.get()) {
            int index = now.topology().indexOf(state.id());
            if (index >= 0) {
                note(state.id() == selfId ? said : state.report().settled(), now.epoch(), index, closedOf, wholeOf);
            }
        }
        long least = -1;
        for (long closed : closedOf) {
            least = Long.compareUnsigned(closed, least) < 0 ? closed : least;
        }
        return new Heard(least, wholeOf);
    }

    private static void note(Settled told, long epoch, int index, long[] closedOf, long[] wholeOf) {
        closedOf[index] = told.closed();
        wholeOf[index] = told.wholeEpoch() == epoch ? told.whole() : 0;
    }
}
