package io.ringtail.engine.manifest;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a manifest says. Immutable; the {@code with} methods give changed copies.
 *
 * @param storeId of the store, drawn once when it is created
 * @param nextFileId no table with this id or a greater one is live
 * @param logSegment where replay of the commit log starts: everything before is in tables
 * @param logOffset the place in that segment
 * @param tables file ids of the live tables
 * @param clearFloors per database a hybrid logical time: all that is not later is void, as {@code FLUSHDB} left it
 * @param attributes what other parts of the node keep here across restarts (its actor, its incarnation), by numbers of
 *     theirs
 */
public record ManifestState(
        long storeId,
        long nextFileId,
        long logSegment,
        long logOffset,
        SortedSet<Long> tables,
        SortedMap<Integer, Long> clearFloors,
        SortedMap<Long, Long> attributes) {
    public ManifestState {
        tables = Collections.unmodifiableSortedSet(new TreeSet<>(tables));
        clearFloors = Collections.unmodifiableSortedMap(new TreeMap<>(clearFloors));
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
        for (long table : tables) {
            if (table < 0 || table >= nextFileId) {
                throw new IllegalArgumentException("table " + table + ", next file id " + nextFileId);
            }
        }
        for (int database : clearFloors.keySet()) {
            if (database < 0 || database > 255) {
                throw new IllegalArgumentException("clear floor of database " + database);
            }
        }
    }

    /** What a new store begins with: nothing, and the first file id is 1. */
    public static ManifestState empty(long storeId) {
        return new ManifestState(storeId, 1, 0, 0, new TreeSet<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** Takes tables away and adds others; {@code nextFileId} never goes down. */
    public ManifestState withTables(Collection<Long> removed, Collection<Long> added) {
        TreeSet<Long> changed = new TreeSet<>(tables);
        if (!changed.containsAll(removed)) {
            throw new IllegalArgumentException("tables " + removed + " are not all among " + tables);
        }
        changed.removeAll(removed);
        long next = nextFileId;
        for (long table : added) {
            changed.add(table);
            next = Math.max(next, table + 1);
        }
        return new ManifestState(storeId, next, logSegment, logOffset, changed, clearFloors, attributes);
    }

    public ManifestState withLogPosition(long segment, long offset) {
        return new ManifestState(storeId, nextFileId, segment, offset, tables, clearFloors, attributes);
    }

    /** Raises a database's floor; a lower one than it has changes nothing. */
    public ManifestState withClearFloor(int database, long hlc) {
        TreeMap<Integer, Long> changed = new TreeMap<>(clearFloors);
        changed.merge(database, hlc, (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b);
        return new ManifestState(storeId, nextFileId, logSegment, logOffset, tables, changed, attributes);
    }

    public ManifestState withAttribute(long name, long value) {
        TreeMap<Long, Long> changed = new TreeMap<>(attributes);
        changed.put(name, value);
        return new ManifestState(storeId, nextFileId, logSegment, logOffset, tables, clearFloors, changed);
    }
}
