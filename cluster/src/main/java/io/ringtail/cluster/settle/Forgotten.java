package io.ringtail.cluster.settle;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.HeaderAbove;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a walk over a store, in the order of keys, is silent about: what compaction may have dropped elsewhere already. Of members of a collection its header says so: it is met before them, or looked for, where a walk begins among them.
 *
 * <p>A member that its header voids is not told of, whatever is settled. A replica that lacks the header may tell of it, and be told of the header; when both hold the same header they are silent about the same members.
 *
 * <p>One for each walk, confined to its thread, which may wait for the disk.
 */
public final class Forgotten {
    private final Store store;
    private final SettledTimes times;
    private final HeaderAbove above = new HeaderAbove();

    public Forgotten(Store store, SettledTimes times) {
        this.store = store;
        this.times = times;
    }

    /** Whether nothing is to be told of what the walk stands at. */
    public boolean is(Key key, Record record) {
        return times.byPartition().isForgotten(key.token(), through(key, record));
    }

    /** Up to which time its partition has to be settled for what the walk stands at to be forgotten; {@link SettledTimes#NEVER}, or {@link SettledTimes#ALREADY}. */
    public long through(Key key, Record record) {
        if (!HeaderAbove.isMember(key)) {
            above.meet(key, record);
            return times.forgottenThrough(record);
        }
        if (!record.isCausal()) {
            return times.forgottenThrough(record);
        }
        if (!above.isAbove(key)) {
            above.begin(key);
            lookFor(above.key());
        }
        return times.forgottenThrough(above.record(), record);
    }

    private void lookFor(Key header) {
        Record held = new Record();
        try (StoreSession session = store.session()) {
            if (session.get(header, held, true) == Lookup.FOUND) {
                above.merge(held);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
