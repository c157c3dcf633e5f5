package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * When a sibling ends, as those have said who did not know of each other: each entry is an end and the version of the event that set it. Most often there is one, or none.
 *
 * <p>Of several the latest end holds, and {@code PERSIST}, an end of 0, is later than any: who wanted the value for longer is not to find it gone.
 *
 * <p>Sorted by version, greatest first, each once. Reusable and mutable; confined to one thread at a time.
 */
final class Expiries {
    private static final long[] NONE = new long[0];

    private long[] ends = NONE;
    private long[] hlcs = NONE;
    private long[] actors = NONE;
    private int size;

    Expiries clear() {
        size = 0;
        return this;
    }

    Expiries copy(Expiries other) {
        ensureRoom(other.size);
        System.arraycopy(other.ends, 0, ends, 0, other.size);
        System.arraycopy(other.hlcs, 0, hlcs, 0, other.size);
        System.arraycopy(other.actors, 0, actors, 0, other.size);
        size = other.size;
        return this;
    }

    int size() {
        return size;
    }

    long end(int index) {
        return ends[index];
    }

    long hlc(int index) {
        return hlcs[index];
    }

    long actor(int index) {
        return actors[index];
    }

    private int indexOf(long hlc, long actor) {
        for (int i = 0; i < size; i++) {
            if (hlcs[i] == hlc && actors[i] == actor) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLater(long end, long other) {
        // One less makes 0, which is never, the greatest.
        return Long.compareUnsigned(end - 1, other - 1) > 0;
    }

    /** Adds an entry in its place; when its version is there already, of the two ends the later holds. */
    void add(long end, long hlc, long actor) {
        int at = 0;
        while (at < size && Record.compareVersion(hlcs[at], actors[at], hlc, actor) > 0) {
            at++;
        }
        if (at < size && hlcs[at] == hlc && actors[at] == actor) {
            ends[at] = isLater(end, ends[at]) ? end : ends[at];
            return;
        }
        insert(at, end, hlc, actor);
    }

    /** Adds an entry that is older than all. */
    void append(long end, long hlc, long actor) {
        insert(size, end, hlc, actor);
    }

    private void insert(int at, long end, long hlc, long actor) {
        ensureRoom(size + 1);
        System.arraycopy(ends, at, ends, at + 1, size - at);
        System.arraycopy(hlcs, at, hlcs, at + 1, size - at);
        System.arraycopy(actors, at, actors, at + 1, size - at);
        ends[at] = end;
        hlcs[at] = hlc;
        actors[at] = actor;
        size++;
    }

    private void ensureRoom(int capacity) {
        if (capacity > ends.length) {
            int room = Math.max(2, capacity * 2);
            ends = Arrays.copyOf(ends, room);
            hlcs = Arrays.copyOf(hlcs, room);
            actors = Arrays.copyOf(actors, room);
        }
    }

    private void remove(int index) {
        size--;
        System.arraycopy(ends, index + 1, ends, index, size - index);
        System.arraycopy(hlcs, index + 1, hlcs, index, size - index);
        System.arraycopy(actors, index + 1, actors, index, size - index);
    }

    /** Keeps what both have, and what one has and the other does not know of. */
    void merge(Context known, Expiries other, Context otherKnown) {
        for (int i = size - 1; i >= 0; i--) {
            if (otherKnown.knows(hlcs[i], actors[i]) && other.indexOf(hlcs[i], actors[i]) < 0) {
                remove(i);
            }
        }
        for (int i = 0; i < other.size; i++) {
            if (!known.knows(other.hlcs[i], other.actors[i]) || indexOf(other.hlcs[i], other.actors[i]) >= 0) {
                add(other.ends[i], other.hlcs[i], other.actors[i]);
            }
        }
    }

    /** Merges with one that has none of these, but may know of them: whoever knows of an end knows of what ends, unless its context was pruned. */
    void forgetKnown(Context otherKnown) {
        for (int i = size - 1; i >= 0; i--) {
            if (otherKnown.knows(hlcs[i], actors[i])) {
                remove(i);
            }
        }
    }

    /** Leaves out what is not later than a version, which made it void. */
    void dropThrough(long floorHlc, long floorActor) {
        while (size > 0 && Record.compareVersion(hlcs[size - 1], actors[size - 1], floorHlc, floorActor) <= 0) {
            size--;
        }
    }

    void rename(long hlc, long actor, long newHlc) {
        int index = indexOf(hlc, actor);
        if (index >= 0) {
            hlcs[index] = newHlc;
        }
    }

    /** The entry that holds; -1 when there is none. */
    int holding() {
        int holding = size == 0 ? -1 : 0;
        for (int i = 1; i < size; i++) {
            if (isLater(ends[i], ends[holding])) {
                holding = i;
            }
        }
        return holding;
    }

    boolean isSameAs(Expiries other) {
        return Arrays.equals(ends, 0, size, other.ends, 0, other.size)
                && Arrays.equals(hlcs, 0, size, other.hlcs, 0, other.size)
                && Arrays.equals(actors, 0, size, other.actors, 0, other.size);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < size; i++) {
            text.append(" ends ").append(ends[i]).append(" by ").append(Long.toUnsignedString(hlcs[i])).append('@');
            text.append(Long.toUnsignedString(actors[i]));
        }
        return text.toString();
    }
}
