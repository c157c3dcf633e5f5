package io.ringtail.cluster.transfer;

import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.record.TokenRanges;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drops what this node holds of partitions that it does not keep: what it has handed over, and what it held while it stood in for others.
 *
 * <p>For two reasons. It takes space: that is given back when partitions have not moved for a while, or this node has stood in for others, and no hint waits here, since until a hint is delivered a sloppy read may
 * want the record it is of. And it is stale: a partition that comes back to this node must not find here what was deleted, and forgotten, elsewhere. So before it is given partitions that it
 * does not keep it makes sure that it holds nothing of them, and says so; nobody moves partitions towards a node that has not said so of the present epoch.
 *
 * <p>Tables are written again one by one, on a thread that may wait. What is to be dropped is asked anew for each, once it is settled what the table holds: so nothing is dropped that was written because
 * the partition had become this node's own meanwhile.
 *
 * <p>Confined to the control loop, but for {@link #cleanEpoch}.
 */
public final class Cleanup {
    private static final long TICK_MILLIS = 250;
    /** For how long nothing must have moved before space is given back. */
    private static final long REST_MILLIS = 10_000;

    private static final long RETRY_MILLIS = 10_000;

    /** What one ring means to this node. Immutable. */
    private record Duty(long epoch, boolean isMoving, TokenRanges foreign, TokenRanges awaited) {}

    private final long selfId;
    private final Store store;
    private final HintStore hints;
    private final Consumer<TokenRanges> whenDropped;
    private final Loop loop;
    private final StoreListener listener;
    private final Set<Long> without = ConcurrentHashMap.newKeySet();

    private volatile @Nullable Duty duty;
    /** The ring in force, while it is not known what it means; null when it is. */
    private @Nullable Ring unexamined;

    private boolean examining;
    private volatile long cleanEpoch;
    /** Since when nothing has moved, or the last time that space was given back. */
    private long restsSinceNanos;

    private long tidyEpoch;
    /** Hints that had ever been kept when that last began: whoever keeps another stands in for somebody, perhaps. */
    private long tidyHints = -1;

    private long tidyingHints;
    private long discardingEpoch;
    /** Not to try again before, after a failure. */
    private long retryAtNanos;

    private boolean working;
    private boolean stopped;

    /** @param whenDropped told of ranges of which something may have been dropped, on any thread */
    public Cleanup(
            long selfId, Store store, HintStore hints, Loop loop, Consumer<TokenRanges> whenDropped, StoreListener listener) {
        this.selfId = selfId;
        this.store = store;
        this.hints = hints;
        this.loop = loop;
        this.whenDropped = whenDropped;
        this.listener = listener;
    }

    public void start() {
        retryAtNanos = loop.nanoTime();
        tick();
    }

    public void stop() {
        stopped = true;
    }

    /** The last epoch in which this node held nothing of the partitions that it was going to be given; 0 when there was none. For any thread. */
    public long cleanEpoch() {
        return cleanEpoch;
    }

    /** Another ring has been adopted. What it means is worked out beside the loop: of the largest clusters that takes seconds. */
    public void ringChanged(Ring ring) {
        duty = null;
        restsSinceNanos = loop.nanoTime();
        // Removed: nobody knows whether others have all that is here.
        unexamined = ring.topology().indexOf(selfId) < 0 ? null : ring;
        examine();
    }

    /** Finds out what the ring in force means to this node, unless that is under way, or known. */
    private void examine() {
        Ring ring = unexamined;
        if (ring == null || examining) {
            return;
        }
        // Where too many tasks wait the next tick is another try.
        examining = loop.offload(() -> {
            Duty found = duty(ring);
            loop.execute(() -> {
                examining = false;
                if (unexamined == ring) {
                    unexamined = null;
                    duty = found;
                } else {
                    examine();
                }
            });
        });
    }

    private Duty duty(Ring ring) {
        Topology topology = ring.topology();
        BitSet kept = new BitSet();
        addKept(ring, kept);
        BitSet awaited = new BitSet();
        List<Transition.Move> next = topology.transition().isMoving() ? List.of() : TransitionGoal.of(topology).moves();
        if (!next.isEmpty()) {
            addKept(Ring.of(topology.next(topology.transition().withMoves(next))), awaited);
            if (next.size() == Transition.MAX_MOVES) {
                // More will follow: on the way to where all is to be it may be given others for a while.
                addKept(Ring.of(topology.placed()), awaited);
            }
            awaited.andNot(kept);
        }
        BitSet foreign = new BitSet();
        foreign.set(0, topology.partitions());
        foreign.andNot(kept);
        return new Duty(ring.epoch(), topology.transition().isMoving(), ranges(ring, foreign), ranges(ring, awaited));
    }

    /** Adds the partitions that this node is a replica of, or is to be. */
    private void addKept(Ring ring, BitSet kept) {
        int self = ring.topology().indexOf(selfId);
        for (Keyspace keyspace : ring.topology().keyspaces()) {
            for (int partition = 0; self >= 0 && partition < ring.topology().partitions(); partition++) {
                ReplicaSet replicas = ring.replicasOf(keyspace, partition);
                if (replicas.contains(self)) {
                    kept.set(partition);
                }
            }
        }
    }

    private static TokenRanges ranges(Ring ring, BitSet partitions) {
        TokenRanges.Builder ranges = new TokenRanges.Builder();
        partitions.stream().forEach(partition -> ranges.add(ring.firstToken(partition), ring.lastToken(partition)));
        return ranges.build();
    }

    private void tick() {
        if (stopped) {
            return;
        }
        loop.schedule(this::tick, TICK_MILLIS);
        examine();
        Duty now = duty;
        if (now == null || working || loop.nanoTime() - retryAtNanos < 0) {
            return;
        }
        if (cleanEpoch != now.epoch) {
            work(now, true);
        } else if ((tidyEpoch != now.epoch || tidyHints != hints.addedCount())
                && !now.isMoving
                && hints.count() == 0
                && loop.nanoTime() - restsSinceNanos >= TimeUnit.MILLISECONDS.toNanos(REST_MILLIS)) {
            work(now, false);
        }
    }

    private TokenRanges toDrop(long epoch, boolean forMoves) {
        Duty now = duty;
        if (now == null || now.epoch != epoch) {
            return TokenRanges.NONE;
        }
        return forMoves ? now.awaited : now.foreign;
    }

    /** Drops from one table what is to be dropped; when there is nothing left, that is noted. */
    private void work(Duty of, boolean forMoves) {
        TokenRanges ranges = toDrop(of.epoch, forMoves);
        if (ranges.isEmpty()) {
            tidyingHints = hints.addedCount();
            done(of.epoch, forMoves);
            return;
        }
        working = loop.offload(() -> {
            boolean more = true;
            boolean failed = false;
            try {
                more = dropSome(of.epoch, forMoves, ranges);
            } catch (IOException e) {
                listener.backgroundFailure("dropping what other nodes keep", e);
                failed = true;
            }
            boolean again = more;
            boolean waits = failed;
            loop.execute(() -> {
                working = false;
                if (waits) {
                    retryAtNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
                }
                Duty now = duty;
                if (!again && !stopped && now != null && now.epoch == of.epoch) {
                    done(of.epoch, forMoves);
                }
            });
        });
    }

    /** Whether there may be more. */
    private boolean dropSome(long epoch, boolean forMoves, TokenRanges ranges) throws IOException {
        long begun = forMoves ? epoch : -epoch;
        if (discardingEpoch != begun) {
            tidyingHints = hints.addedCount();
            if (!store.holdsAny(ranges)) {
                return false;
            }
            without.clear();
            store.flush();
            discardingEpoch = begun;
        }
        boolean more = false;
        try {
            more = store.discardNext(() -> toDrop(epoch, forMoves), without);
        } finally {
            // When it fails all is looked at again.
            discardingEpoch = more ? begun : 0;
            whenDropped.accept(ranges);
        }
        return more;
    }

    private void done(long epoch, boolean forMoves) {
        if (forMoves) {
            cleanEpoch = epoch;
        } else {
            tidyEpoch = epoch;
            tidyHints = tidyingHints;
            restsSinceNanos = loop.nanoTime();
        }
    }
}
