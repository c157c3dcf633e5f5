package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * Up to which hybrid logical time each database has been cleared: a record of that time or older is void.
 *
 * <p>What makes {@code FLUSHDB} cost the same however much it deletes. Two sets of floors merge by the greater time for each database.
 * Immutable.
 */
public final class ClearFloors {
    /** No database was ever cleared. */
    public static final ClearFloors NONE = new ClearFloors(new long[0]);

    /** The floor of each database, 0 for never; only as long as the highest database cleared. */
    private final long[] floors;

    private ClearFloors(long[] floors) {
        this.floors = floors;
    }

    /** The floor of a database; 0 when it was never cleared. */
    public long of(int database) {
        return database < floors.length ? floors[database] : 0;
    }

    /** How many databases may have a floor: all of {@code size()} and beyond have none. */
    public int size() {
        return floors.length;
    }

    /** These floors with a database's raised to {@code hlc}, if that is higher. */
    public ClearFloors raise(int database, long hlc) {
        if (Long.compareUnsigned(hlc, of(database)) <= 0) {
            return this;
        }
        long[] raised = Arrays.copyOf(floors, Math.max(floors.length, database + 1));
        raised[database] = hlc;
        return new ClearFloors(raised);
    }

    /** The greater of both, database by database. */
    public ClearFloors merge(ClearFloors other) {
        ClearFloors merged = this;
        for (int database = 0; database < other.floors.length; database++) {
            merged = merged.raise(database, other.floors[database]);
        }
        return merged;
    }

    /** Takes from a record what the floor of its database makes void: what its key holds, when it ends, or both. */
    public void apply(int database, Record record) {
        if (database < floors.length && floors[database] != 0) {
            record.forgetThrough(floors[database]);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClearFloors that && Arrays.equals(floors, that.floors);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(floors);
    }

    @Override
    public String toString() {
        return "ClearFloors" + Arrays.toString(floors);
    }
}
