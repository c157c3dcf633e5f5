package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * What each actor has added to a counter: the sum of all its increments, and the version of the last. Of two sums of one actor the later holds; a sum is never taken away, so
 * no increment is lost. Sums are added and subtracted modulo 2^64: a difference of two is right as long as it fits, however often the counter has been set anew between.
 *
 * <p>Sorted by actor, unsigned, each actor once. Reusable and mutable; confined to one thread at a time.
 */
public final class ActorCounts {
    private static final long[] NONE = new long[0];

    private long[] actors = NONE;
    private long[] hlcs = NONE;
    private long[] sums = NONE;
    private int size;

    ActorCounts clear() {
        size = 0;
        return this;
    }

    ActorCounts copy(ActorCounts other) {
        ensureRoom(other.size);
        System.arraycopy(other.actors, 0, actors, 0, other.size);
        System.arraycopy(other.hlcs, 0, hlcs, 0, other.size);
        System.arraycopy(other.sums, 0, sums, 0, other.size);
        size = other.size;
        return this;
    }

    /** How many actors have counted. */
    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public long actor(int index) {
        return actors[index];
    }

    /** The hybrid time of an actor's last increment. */
    public long hlc(int index) {
        return hlcs[index];
    }

    public long sum(int index) {
        return sums[index];
    }

    int indexOf(long actor) {
        return ActorSearch.find(actors, size, actor);
    }

    /** The sum of an actor, 0 when it has none. */
    public long sumOf(long actor) {
        int index = indexOf(actor);
        return index < 0 ? 0 : sums[index];
    }

    /** Takes an actor's sum of a time, unless a later one is held; of two of one time, which should be equal, the greater. */
    void raise(long actor, long hlc, long sum) {
        int index = indexOf(actor);
        if (index < 0) {
            insert(-1 - index, actor, hlc, sum);
            return;
        }
        int order = Long.compareUnsigned(hlc, hlcs[index]);
        if (order > 0 || (order == 0 && sum > sums[index])) {
            hlcs[index] = hlc;
            sums[index] = sum;
        }
    }

    /** Adds an actor that is greater than all that have counted. */
    void append(long actor, long hlc, long sum) {
        insert(size, actor, hlc, sum);
    }

    private void insert(int index, long actor, long hlc, long sum) {
        ensureRoom(size + 1);
        System.arraycopy(actors, index, actors, index + 1, size - index);
        System.arraycopy(hlcs, index, hlcs, index + 1, size - index);
        System.arraycopy(sums, index, sums, index + 1, size - index);
        actors[index] = actor;
        hlcs[index] = hlc;
        sums[index] = sum;
        size++;
    }

    private void ensureRoom(int capacity) {
        if (capacity > actors.length) {
            int room = Math.max(4, capacity * 2);
            actors = Arrays.copyOf(actors, room);
            hlcs = Arrays.copyOf(hlcs, room);
            sums = Arrays.copyOf(sums, room);
        }
    }

    void merge(ActorCounts other) {
        for (int i = 0; i < other.size; i++) {
            raise(other.actors[i], other.hlcs[i], other.sums[i]);
        }
    }

    void rename(long actor, long hlc, long newHlc) {
        int index = indexOf(actor);
        if (index >= 0 && hlcs[index] == hlc) {
            hlcs[index] = newHlc;
        }
    }

    /** Leaves out what is not later than a version, which made it void. */
    void dropThrough(long floorHlc, long floorActor) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (Record.compareVersion(hlcs[i], actors[i], floorHlc, floorActor) > 0) {
                actors[kept] = actors[i];
                hlcs[kept] = hlcs[i];
                sums[kept++] = sums[i];
            }
        }
        size = kept;
    }

    /** Whether all of it is older than a version. */
    boolean isBefore(long hlc, long actor) {
        for (int i = 0; i < size; i++) {
            if (Record.compareVersion(hlcs[i], actors[i], hlc, actor) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether some actor has counted on, or back, since {@code base}. */
    boolean differsFrom(ActorCounts base) {
        for (int i = 0; i < size; i++) {
            if (sums[i] != base.sumOf(actors[i])) {
                return true;
            }
        }
        return false;
    }

    /** {@code start} and all that was counted since {@code base}; the nearest number of 64 bits when it does not fit. */
    long totalSince(ActorCounts base, long start) {
        long low = start;
        long high = start >> 63;
        for (int i = 0; i < size; i++) {
            long difference = sums[i] - base.sumOf(actors[i]);
            long sum = low + difference;
            high += (difference >> 63) + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
            low = sum;
        }
        if (high == low >> 63) {
            return low;
        }
        return high < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    boolean isSameAs(ActorCounts other) {
        return Arrays.equals(actors, 0, size, other.actors, 0, other.size)
                && Arrays.equals(hlcs, 0, size, other.hlcs, 0, other.size)
                && Arrays.equals(sums, 0, size, other.sums, 0, other.size);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < size; i++) {
            text.append(i == 0 ? "" : " ").append(Long.toUnsignedString(actors[i])).append(':').append(Long.toUnsignedString(hlcs[i]));
            text.append('=').append(sums[i]);
        }
        return text.append('}').toString();
    }
}
