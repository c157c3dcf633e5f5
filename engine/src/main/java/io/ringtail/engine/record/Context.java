package io.ringtail.engine.record;

/**
 * What somebody who read a key has seen of it: which events are known, and how far each actor had counted. What a client is given with the value and gives back with its next
 * write, which then supersedes what the client saw and nothing else.
 *
 * <p>An event is an (HLC, actor), its <em>dot</em>. Known are all events whose version is not greater than the <em>floor</em>, which a last-write-wins write leaves behind, and
 * of each actor in the <em>vector</em> all through its time. So two contexts unite exactly: by the greater floor, and actor by actor.
 *
 * <p>Reusable and mutable; confined to one thread at a time. As bytes: {@link CausalFormat}.
 */
public final class Context {
    boolean hasFloor;
    long floorHlc;
    long floorActor;
    final VersionVector vector = new VersionVector();
    final ActorCounts counts = new ActorCounts();
    /** Of a collection: the changes of its members that are known. */
    final VersionVector members = new VersionVector();
    /** What the members make; 0 when there are none. With {@link #ADDS} when the latest change of a member that is known is an addition: who has removed what was added has made a later change. */
    int type;

    /** Of {@link #type}. */
    static final int ADDS = 0x80;

    /** Knows nothing. */
    public Context clear() {
        hasFloor = false;
        vector.clear();
        counts.clear();
        members.clear();
        type = 0;
        return this;
    }

    /** What somebody has seen who has read {@code record}. */
    public Context of(Record record) {
        if (record.isCausal()) {
            return copy(record.causal().context);
        }
        clear();
        if (record.hasValue()) {
            raiseFloor(record.hlc(), record.actor());
        }
        return this;
    }

    public Context copy(Context other) {
        hasFloor = other.hasFloor;
        floorHlc = other.floorHlc;
        floorActor = other.floorActor;
        vector.copy(other.vector);
        counts.copy(other.counts);
        members.copy(other.members);
        type = other.type;
        return this;
    }

    /** Makes this the context of somebody who has seen both. */
    public Context merge(Context other) {
        if (other.hasFloor) {
            raiseFloor(other.floorHlc, other.floorActor);
        }
        vector.merge(other.vector);
        counts.merge(other.counts);
        mergeType(other);
        members.merge(other.members);
        reduce();
        return this;
    }

    /** Of two types that is kept of which the latest change is known; they differ only when two made different collections of one key at the same time. */
    private void mergeType(Context other) {
        int mine = members.greatest();
        int theirs = other.members.greatest();
        if (mine < 0 || theirs < 0) {
            type = mine < 0 ? other.type : type;
            return;
        }
        int order = Record.compareVersion(
                members.hlc(mine), members.actor(mine), other.members.hlc(theirs), other.members.actor(theirs));
        if (order < 0 || (order == 0 && other.type > type)) {
            type = other.type;
        }
    }

    void raiseFloor(long hlc, long actor) {
        if (!hasFloor || Record.compareVersion(hlc, actor, floorHlc, floorActor) > 0) {
            hasFloor = true;
            floorHlc = hlc;
            floorActor = actor;
        }
    }

    /** Leaves out what the floor says as well, so that equal contexts are the same bytes. */
    void reduce() {
        if (hasFloor) {
            vector.dropThrough(floorHlc, floorActor);
            counts.dropThrough(floorHlc, floorActor);
            members.dropThrough(floorHlc, floorActor);
        }
        if (members.isEmpty()) {
            type = 0;
        }
    }

    /** Whether the event is known. */
    public boolean knows(long hlc, long actor) {
        return isThroughFloor(hlc, actor) || vector.covers(hlc, actor);
    }

    boolean isThroughFloor(long hlc, long actor) {
        return hasFloor && Record.compareVersion(hlc, actor, floorHlc, floorActor) <= 0;
    }

    boolean isFloor(long hlc, long actor) {
        return hasFloor && hlc == floorHlc && actor == floorActor;
    }

    /** Whether there is a floor. */
    public boolean hasFloor() {
        return hasFloor;
    }

    /** The hybrid time of the floor; meaningful when there is one. */
    public long floorHlc() {
        return floorHlc;
    }

    public long floorActor() {
        return floorActor;
    }

    /** Of each actor, through which time its events are known, as far as the floor does not say it. */
    public VersionVector vector() {
        return vector;
    }

    /** How far each actor had counted. */
    public ActorCounts counts() {
        return counts;
    }

    /** Of each actor, through which time its changes of a collection's members are known. */
    public VersionVector members() {
        return members;
    }

    boolean isEmpty() {
        return !hasFloor && vector.isEmpty() && members.isEmpty();
    }

    /** The vector with the greatest version; what is in either is later than the floor. */
    private VersionVector latest() {
        int events = vector.greatest();
        int changes = members.greatest();
        return changes >= 0
                        && (events < 0
                                || Record.compareVersion(
                                                members.hlc(changes), members.actor(changes), vector.hlc(events), vector.actor(events))
                                        > 0)
                ? members
                : vector;
    }

    /** The greatest hybrid time in it, unsigned; 0 when it knows nothing. */
    public long maxHlc() {
        VersionVector latest = latest();
        int greatest = latest.greatest();
        long max = greatest < 0 ? 0 : latest.hlc(greatest);
        return hasFloor && Long.compareUnsigned(floorHlc, max) > 0 ? floorHlc : max;
    }

    /** The actor of the greatest version in it. */
    long maxActor() {
        VersionVector latest = latest();
        int greatest = latest.greatest();
        return greatest >= 0 ? latest.actor(greatest) : floorActor;
    }

    boolean isSameAs(Context other) {
        return hasFloor == other.hasFloor
                && (!hasFloor || (floorHlc == other.floorHlc && floorActor == other.floorActor))
                && vector.isSameAs(other.vector)
                && counts.isSameAs(other.counts)
                && type == other.type
                && members.isSameAs(other.members);
    }

    /** Bytes of the encoded context. */
    public int size() {
        return CausalFormat.contextSize(this);
    }

    /** Writes it at {@code target[offset …]}; returns its size. */
    public int encode(byte[] target, int offset) {
        return CausalFormat.encodeContext(this, target, offset);
    }

    /**
     * Reads an encoded context.
     *
     * @throws IllegalArgumentException when the bytes are none
     */
    public Context decode(byte[] source, int offset, int size) {
        CausalFormat.decodeContext(this, source, offset, size);
        return this;
    }

    @Override
    public String toString() {
        return (hasFloor ? "floor " + Long.toUnsignedString(floorHlc) + "@" + Long.toUnsignedString(floorActor) + " " : "")
                + vector + (counts.isEmpty() ? "" : " counts " + counts)
                + (members.isEmpty() ? "" : " type " + (type & ~ADDS) + ((type & ADDS) != 0 ? " added to, members " : " members ") + members);
    }
}
