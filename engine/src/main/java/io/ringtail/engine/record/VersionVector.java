package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * Says which events are known: of each actor it names, all through one hybrid time. Two vectors unite actor by actor, by the greater time.
 *
 * <p>Sorted by actor, unsigned, each actor once. Reusable and mutable; confined to one thread at a time.
 */
public final class VersionVector {
    private static final long[] NONE = new long[0];

    private long[] actors = NONE;
    private long[] hlcs = NONE;
    private int size;

    VersionVector clear() {
        size = 0;
        return this;
    }

    VersionVector copy(VersionVector other) {
        ensureRoom(other.size);
        System.arraycopy(other.actors, 0, actors, 0, other.size);
        System.arraycopy(other.hlcs, 0, hlcs, 0, other.size);
        size = other.size;
        return this;
    }

    /** How many actors it names. */
    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public long actor(int index) {
        return actors[index];
    }

    /** Through which time the events of an actor are known. */
    public long hlc(int index) {
        return hlcs[index];
    }

    /** Where an actor is, or, when it is not named, {@code -1 - index} of where it would be. */
    public int indexOf(long actor) {
        return ActorSearch.find(actors, size, actor);
    }

    /** Whether the event is known. */
    public boolean covers(long hlc, long actor) {
        int index = indexOf(actor);
        return index >= 0 && Long.compareUnsigned(hlc, hlcs[index]) <= 0;
    }

    /** Makes all events of an actor through {@code hlc} known. */
    void raise(long actor, long hlc) {
        int index = indexOf(actor);
        if (index < 0) {
            insert(-1 - index, actor, hlc);
        } else if (Long.compareUnsigned(hlc, hlcs[index]) > 0) {
            hlcs[index] = hlc;
        }
    }

    /** Adds an actor that is greater than all it names. */
    void append(long actor, long hlc) {
        insert(size, actor, hlc);
    }

    private void insert(int index, long actor, long hlc) {
        ensureRoom(size + 1);
        System.arraycopy(actors, index, actors, index + 1, size - index);
        System.arraycopy(hlcs, index, hlcs, index + 1, size - index);
        actors[index] = actor;
        hlcs[index] = hlc;
        size++;
    }

    private void ensureRoom(int capacity) {
        if (capacity > actors.length) {
            int room = Math.max(4, capacity * 2);
            actors = Arrays.copyOf(actors, room);
            hlcs = Arrays.copyOf(hlcs, room);
        }
    }

    void merge(VersionVector other) {
        for (int i = 0; i < other.size; i++) {
            raise(other.actors[i], other.hlcs[i]);
        }
    }

    /** Gives an actor's time another value. */
    void rename(long actor, long hlc, long newHlc) {
        int index = indexOf(actor);
        if (index >= 0 && hlcs[index] == hlc) {
            hlcs[index] = newHlc;
        }
    }

    void remove(int index) {
        size--;
        System.arraycopy(actors, index + 1, actors, index, size - index);
        System.arraycopy(hlcs, index + 1, hlcs, index, size - index);
    }

    /** Leaves out what a floor of this version says as well. */
    void dropThrough(long floorHlc, long floorActor) {
        for (int i = size - 1; i >= 0; i--) {
            if (Record.compareVersion(hlcs[i], actors[i], floorHlc, floorActor) <= 0) {
                remove(i);
            }
        }
    }

    /** The index of the greatest version it names; -1 when it is empty. */
    int greatest() {
        int greatest = -1;
        for (int i = 0; i < size; i++) {
            if (greatest < 0 || Record.compareVersion(hlcs[i], actors[i], hlcs[greatest], actors[greatest]) > 0) {
                greatest = i;
            }
        }
        return greatest;
    }

    boolean isSameAs(VersionVector other) {
        return Arrays.equals(actors, 0, size, other.actors, 0, other.size)
                && Arrays.equals(hlcs, 0, size, other.hlcs, 0, other.size);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < size; i++) {
            text.append(i == 0 ? "" : " ").append(Long.toUnsignedString(actors[i])).append(':').append(Long.toUnsignedString(hlcs[i]));
        }
        return text.append('}').toString();
    }
}
