package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * One value of a key, or a deletion of it, or the beginning of a collection, that no later write has seen: its dot, its bytes, when it ends, and how far each actor had counted when it was written.
 *
 * <p>A part of a {@link Causal}, valid until that is changed. Its value is a slice of an array that may belong to somebody else. Confined to one thread at a time.
 */
public final class Sibling {
    private static final byte[] EMPTY = new byte[0];

    long hlc;
    long actor;
    boolean tombstone;
    /** It is no value, but what a collection's end is set on. */
    boolean collection;
    byte[] array = EMPTY;
    int offset;
    int size;
    final Expiries expiries = new Expiries();
    /** What the writer had seen of each actor's counting: the counter goes on from there. */
    final ActorCounts superseded = new ActorCounts();

    Sibling set(long hlc, long actor, boolean tombstone, byte[] array, int offset, int size) {
        this.hlc = hlc;
        this.actor = actor;
        expiries.clear();
        superseded.clear();
        return content(tombstone, array, offset, size);
    }

    Sibling content(boolean tombstone, byte[] array, int offset, int size) {
        this.tombstone = tombstone;
        this.collection = false;
        this.array = array;
        this.offset = offset;
        this.size = size;
        return this;
    }

    Sibling copy(Sibling other) {
        hlc = other.hlc;
        actor = other.actor;
        expiries.copy(other.expiries);
        superseded.copy(other.superseded);
        return contentOf(other);
    }

    private Sibling contentOf(Sibling other) {
        content(other.tombstone, other.array, other.offset, other.size);
        collection = other.collection;
        return this;
    }

    /** Becomes the beginning of a collection. */
    Sibling beginCollection() {
        content(false, EMPTY, 0, 0);
        collection = true;
        return this;
    }

    /** Becomes a deletion of the same dot. */
    void bury() {
        content(true, EMPTY, 0, 0);
    }

    /** Lets go of bytes that belong to others. */
    void release() {
        array = EMPTY;
        offset = 0;
        size = 0;
    }

    /** The hybrid logical time of the write, the first half of its dot. */
    public long hlc() {
        return hlc;
    }

    /** Who wrote it, the second half of its dot. */
    public long actor() {
        return actor;
    }

    public boolean isTombstone() {
        return tombstone;
    }

    /** Whether it is the beginning of a collection and no value. */
    public boolean isCollection() {
        return collection;
    }

    /** The array of which the value is the slice {@code [valueOffset(), valueOffset() + valueSize())}. */
    public byte[] valueArray() {
        return array;
    }

    public int valueOffset() {
        return offset;
    }

    public int valueSize() {
        return size;
    }

    /** A copy of the value. */
    public byte[] value() {
        return Arrays.copyOfRange(array, offset, offset + size);
    }

    /** How far each actor had counted when this was written, as its writer had seen it. */
    public ActorCounts supersededCounts() {
        return superseded;
    }

    /** Joins two of one dot. They should be equal but for their expiries; should they not be, a tombstone beats a value and greater bytes beat smaller, whoever is asked. */
    void merge(Context known, Sibling other, Context otherKnown) {
        int order = Boolean.compare(tombstone, other.tombstone);
        if (order == 0) {
            // A value that has the dot may be the floor, behind which there is no collection.
            order = Boolean.compare(other.collection, collection);
        }
        if (order == 0) {
            order = Arrays.compareUnsigned(array, offset, offset + size, other.array, other.offset, other.offset + other.size);
        }
        if (order < 0) {
            contentOf(other);
        }
        expiries.merge(known, other.expiries, otherKnown);
        superseded.merge(other.superseded);
    }

    boolean isSameAs(Sibling other) {
        return hlc == other.hlc
                && actor == other.actor
                && tombstone == other.tombstone
                && collection == other.collection
                && Arrays.equals(array, offset, offset + size, other.array, other.offset, other.offset + other.size)
                && expiries.isSameAs(other.expiries)
                && superseded.isSameAs(other.superseded);
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(hlc) + "@" + Long.toUnsignedString(actor) + (tombstone ? " tombstone" : collection ? " collection" : " " + size + " bytes")
                + expiries + (superseded.isEmpty() ? "" : " over counts " + superseded);
    }
}
