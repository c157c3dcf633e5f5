package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.antientropy.CompareMessage.Floor;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.settle.SettledTimes;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Merges here what another replica was found to have more of. As any write that comes from elsewhere: with the version it has, unless something held hides it, and not while this node
 * has promised to take no data.
 *
 * <p>Safe for concurrent use, by threads that may wait for the disk. Floors, too, are raised with the time they have.
 */
final class RepairedData {
    private final Store store;
    private final SettledTimes times;
    private final RingView ringView;
    private final ReplicaClock clock;
    private final boolean tellsClearings;

    RepairedData(Store store, SettledTimes times, RingView ringView, ReplicaClock clock, Set<Flaw> flaws) {
        this.store = store;
        this.times = times;
        this.ringView = ringView;
        this.clock = clock;
        this.tellsClearings = !flaws.contains(Flaw.CLEARING_NOT_COMPARED);
    }

    /** Up to which time each database is void here. */
    List<Floor> floors() {
        List<Floor> floors = new ArrayList<>();
        try (StoreSession session = store.session()) {
            for (int database = 0; tellsClearings && database < Key.MAX_DATABASES; database++) {
                long hlc = session.floor(database);
                if (hlc != 0) {
                    floors.add(new Floor(database, hlc));
                }
            }
        }
        return floors;
    }

    /** Why nothing can be taken now; null when it can. The caller holds the write lock. */
    private void checkTakes(long epoch) throws IOException {
        String refusal = store.refusal();
        if (refusal != null) {
            throw new IOException(refusal);
        }
        if (ringView.isFrozen() || ringView.ring().epoch() != epoch) {
            throw new IOException("the topology is changing");
        }
    }

    /** Raises floors to those that another has, where they are later. @param epoch that they were told in */
    void raise(List<Floor> floors, long epoch) throws IOException {
        boolean raised = false;
        try (StoreSession session = store.session()) {
            for (Floor floor : floors) {
                if (Long.compareUnsigned(floor.hlc(), session.floor(floor.database())) <= 0 || clock.isTooFarAhead(floor.hlc())) {
                    continue;
                }
                store.writeLock().lock();
                try {
                    checkTakes(epoch);
                    clock.observe(floor.hlc());
                    store.clear(floor.database(), floor.hlc());
                    raised = true;
                } finally {
                    store.writeLock().unlock();
                }
            }
        }
        if (raised) {
            append();
        }
    }

    /** One record that another has. */
    record Item(Key key, Record record) {}

    /** What became of records. @param leftOut because they are too far ahead of this node's clock */
    record Taken(int taken, int leftOut) {}

    /** Merges records that another replica has: of those taken each is held now, or something later is. */
    Taken accept(List<Item> items, long epoch) throws IOException {
        int taken = 0;
        int leftOut = 0;
        try (StoreSession session = store.session()) {
            Record held = new Record();
            for (Item item : items) {
                if (item.record.isEmpty()) {
                    continue;
                }
                if (clock.isTooFarAhead(item.record.maxHlc())) {
                    leftOut++;
                    continue;
                }
                // Has what the comparison needs read before the lock is taken, which everybody who writes waits for.
                var ignored = session.get(item.key, held, true);
                store.writeLock().lock();
                try {
                    checkTakes(epoch);
                    clock.observe(item.record.maxHlc());
                    Acceptance acceptance = times.acceptCopy(session, item.key, item.record, true);
                    taken += acceptance == Acceptance.COLD ? 0 : 1;
                } finally {
                    store.writeLock().unlock();
                }
            }
        }
        append();
        return new Taken(taken, leftOut);
    }

    /**
     * Deletes what a replica that was whole through its time did not know of. Of this version and no other: each becomes a tombstone of its own, which hides nothing else.
     *
     * @return how many
     */
    int supersede(List<Item> items, long epoch) throws IOException {
        int deleted = 0;
        try (StoreSession session = store.session()) {
            for (Item item : items) {
                store.writeLock().lock();
                try {
                    checkTakes(epoch);
                    if (item.record.hasValue() && !times.isWhole(item.key, item.record)) {
                        Record superseded = item.record;
                        session.merge(
                                item.key,
                                superseded.isCausal()
                                        ? new Record().setTombstone(superseded.maxHlc(), superseded.maxActor())
                                        : new Record().setTombstone(superseded.hlc(), superseded.actor()));
                        deleted++;
                    }
                } finally {
                    store.writeLock().unlock();
                }
            }
        }
        append();
        return deleted;
    }

    private void append() throws IOException {
        long ignored = store.append();
    }

    /** Makes all that was taken durable, whatever the policy. */
    void sync() throws IOException {
        append();
        store.awaitDurable();
    }
}
