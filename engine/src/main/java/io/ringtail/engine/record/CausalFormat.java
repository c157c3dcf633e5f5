package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes of a {@link Causal} record and of a {@link Context}.
 *
 * <pre>
 *   record    kind (1) = 2 · flags (1)
 *             [ floor HLC (8) · actor (8) ]                       flag 1
 *             [ expire-at ms (8) · HLC (8) · actor (8) ]          flag 4: what a last-write-wins EXPIRE said
 *             vector · counts · count of siblings (varint) · sibling …
 *   header    kind (1) = 3 · the rest as in a record, and behind its counts: type (1) · members · cleared       type with bit 7: the latest change added
 *   context   format (1) = 1 · flags (1) · [ floor ] · vector · counts · [ type (1) · members ]       flag 2: members
 *
 *   members, cleared   as vector
 *
 *   vector    count (varint) · { actor (8) · HLC (8) } …          ascending by actor
 *   counts    count (varint) · { actor (varint) · HLC (8) · sum (8) } …
 *   sibling   flags (1)                                           descending by dot
 *             [ actor (varint) · [ HLC (8) ] ]                    unless FLOOR: its dot is the floor; no HLC when LATEST: it is the vector's
 *             [ count (varint) · { expire-at ms (8) · actor (varint) · HLC (8) } … ]   ENDS, the greatest version first
 *             [ counts ]                                          OVER_COUNTS: what it superseded
 *             [ size (varint) · value bytes ]                     unless TOMBSTONE or COLLECTION, which a header's only may be
 * </pre>
 *
 * An actor that is a varint is its index in the vector. Whatever could be written in two ways is refused in all but one, so equal states are equal bytes, and one that a
 * last-write-wins record can say is one. Pure.
 */
final class CausalFormat {
    /** More siblings, actors, counts or ends than a record is read with. */
    static final int MAX_COUNT = 4096;

    private static final int CONTEXT_FORMAT = 1;
    private static final int FLAG_FLOOR = Record.FLAG_VALUE;
    private static final int FLAG_EXPIRY = Record.FLAG_EXPIRY;
    /** Of a context only; of a record the kind says it. */
    private static final int FLAG_MEMBERS = 2;

    private static final int TOMBSTONE = 1;
    private static final int FLOOR = 2;
    private static final int LATEST = 4;
    private static final int ENDS = 8;
    private static final int OVER_COUNTS = 16;
    private static final int COLLECTION = 32;
    private static final int SIBLING_FLAGS = TOMBSTONE | FLOOR | LATEST | ENDS | OVER_COUNTS | COLLECTION;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private CausalFormat() {}

    // ---- sizes

    static long size(Causal record) {
        long size = 2 + (record.hasExpiry ? 24 : 0) + bodySize(record.context) + varintSize(record.siblingCount());
        if (record.context.type != 0) {
            size += 1 + vectorSize(record.context.members) + vectorSize(record.cleared);
        }
        for (int i = 0; i < record.siblingCount(); i++) {
            size += siblingSize(record.context, record.sibling(i));
        }
        return size;
    }

    static int contextSize(Context context) {
        return 2 + bodySize(context) + (context.type == 0 ? 0 : 1 + vectorSize(context.members));
    }

    private static int bodySize(Context context) {
        return (context.hasFloor ? 16 : 0)
                + vectorSize(context.vector)
                + countsSize(context.counts, context.vector);
    }

    private static int vectorSize(VersionVector vector) {
        return varintSize(vector.size()) + 16 * vector.size();
    }

    private static int countsSize(ActorCounts counts, VersionVector vector) {
        int size = varintSize(counts.size()) + 16 * counts.size();
        for (int i = 0; i < counts.size(); i++) {
            size += varintSize(vector.indexOf(counts.actor(i)));
        }
        return size;
    }

    private static long siblingSize(Context context, Sibling sibling) {
        int flags = flags(context, sibling);
        long size = 1;
        if ((flags & FLOOR) == 0) {
            size += varintSize(context.vector.indexOf(sibling.actor)) + ((flags & LATEST) != 0 ? 0 : 8);
        }
        if ((flags & ENDS) != 0) {
            size += varintSize(sibling.expiries.size()) + 16L * sibling.expiries.size();
            for (int i = 0; i < sibling.expiries.size(); i++) {
                size += varintSize(context.vector.indexOf(sibling.expiries.actor(i)));
            }
        }
        if ((flags & OVER_COUNTS) != 0) {
            size += countsSize(sibling.superseded, context.vector);
        }
        return (flags & (TOMBSTONE | COLLECTION)) != 0 ? size : size + varintSize(sibling.size) + sibling.size;
    }

    private static int flags(Context context, Sibling sibling) {
        int flags = (sibling.tombstone ? TOMBSTONE : 0)
                | (sibling.collection ? COLLECTION : 0)
                | (sibling.expiries.size() > 0 ? ENDS : 0)
                | (sibling.superseded.isEmpty() ? 0 : OVER_COUNTS);
        if (context.isFloor(sibling.hlc, sibling.actor)) {
            return flags | FLOOR;
        }
        return context.vector.hlc(context.vector.indexOf(sibling.actor)) == sibling.hlc ? flags | LATEST : flags;
    }

    private static int varintSize(int value) {
        return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
    }

    // ---- writing

    /** @param values whether with the siblings' bytes, or with their sizes only */
    static int encode(Causal record, byte[] target, int offset, boolean values) {
        Context context = record.context;
        int at = offset;
        target[at++] = context.type == 0 ? Record.KIND_CAUSAL : Record.KIND_COLLECTION;
        target[at++] = (byte) ((context.hasFloor ? FLAG_FLOOR : 0) | (record.hasExpiry ? FLAG_EXPIRY : 0));
        at = putFloor(context, target, at);
        if (record.hasExpiry) {
            at = putLong(target, at, record.expireAtMillis);
            at = putLong(target, at, record.expiryHlc);
            at = putLong(target, at, record.expiryActor);
        }
        at = putBody(context, target, at);
        if (context.type != 0) {
            target[at++] = (byte) context.type;
            at = putVector(context.members, target, at);
            at = putVector(record.cleared, target, at);
        }
        at = putVarint(target, at, record.siblingCount());
        for (int i = 0; i < record.siblingCount(); i++) {
            at = putSibling(context, record.sibling(i), target, at, values);
        }
        return at - offset;
    }

    static int encodeContext(Context context, byte[] target, int offset) {
        int at = offset;
        target[at++] = CONTEXT_FORMAT;
        target[at++] = (byte) ((context.hasFloor ? FLAG_FLOOR : 0) | (context.type != 0 ? FLAG_MEMBERS : 0));
        at = putFloor(context, target, at);
        at = putBody(context, target, at);
        if (context.type != 0) {
            target[at++] = (byte) context.type;
            at = putVector(context.members, target, at);
        }
        return at - offset;
    }

    private static int putFloor(Context context, byte[] target, int offset) {
        return context.hasFloor ? putLong(target, putLong(target, offset, context.floorHlc), context.floorActor) : offset;
    }

    private static int putBody(Context context, byte[] target, int offset) {
        return putCounts(context.counts, context.vector, target, putVector(context.vector, target, offset));
    }

    private static int putVector(VersionVector vector, byte[] target, int offset) {
        int at = putVarint(target, offset, vector.size());
        for (int i = 0; i < vector.size(); i++) {
            at = putLong(target, at, vector.actor(i));
            at = putLong(target, at, vector.hlc(i));
        }
        return at;
    }

    private static int putCounts(ActorCounts counts, VersionVector vector, byte[] target, int offset) {
        int at = putVarint(target, offset, counts.size());
        for (int i = 0; i < counts.size(); i++) {
            at = putVarint(target, at, vector.indexOf(counts.actor(i)));
            at = putLong(target, at, counts.hlc(i));
            at = putLong(target, at, counts.sum(i));
        }
        return at;
    }

    private static int putSibling(Context context, Sibling sibling, byte[] target, int offset, boolean values) {
        int flags = flags(context, sibling);
        int at = offset;
        target[at++] = (byte) flags;
        if ((flags & FLOOR) == 0) {
            at = putVarint(target, at, context.vector.indexOf(sibling.actor));
            if ((flags & LATEST) == 0) {
                at = putLong(target, at, sibling.hlc);
            }
        }
        if ((flags & ENDS) != 0) {
            at = putVarint(target, at, sibling.expiries.size());
            for (int i = 0; i < sibling.expiries.size(); i++) {
                at = putLong(target, at, sibling.expiries.end(i));
                at = putVarint(target, at, context.vector.indexOf(sibling.expiries.actor(i)));
                at = putLong(target, at, sibling.expiries.hlc(i));
            }
        }
        if ((flags & OVER_COUNTS) != 0) {
            at = putCounts(sibling.superseded, context.vector, target, at);
        }
        if ((flags & (TOMBSTONE | COLLECTION)) != 0) {
            return at;
        }
        at = putVarint(target, at, sibling.size);
        if (values) {
            System.arraycopy(sibling.array, sibling.offset, target, at, sibling.size);
            at += sibling.size;
        }
        return at;
    }

    private static int putLong(byte[] target, int offset, long value) {
        LONG.set(target, offset, value);
        return offset + 8;
    }

    private static int putVarint(byte[] target, int offset, int value) {
        int at = offset;
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            target[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        target[at++] = (byte) rest;
        return at;
    }

    // ---- reading

    /**
     * @param in behind the kind; read to its end
     * @param collection whether it is the header of a collection
     * @throws IllegalArgumentException when it is no causal record
     */
    static void decode(Causal into, ByteSource in, boolean collection) {
        into.clear();
        Context context = into.context;
        int flags = in.u8();
        check((flags & ~(FLAG_FLOOR | FLAG_EXPIRY)) == 0, "flags");
        readFloor(context, in, (flags & FLAG_FLOOR) != 0);
        if ((flags & FLAG_EXPIRY) != 0) {
            into.raiseExpiry(in.i64(), in.i64(), in.i64());
            check(
                    !context.hasFloor
                            || Record.compareVersion(into.expiryHlc, into.expiryActor, context.floorHlc, context.floorActor) >= 0,
                    "an expiry that is void");
        }
        readBody(context, in);
        if (collection) {
            readMembers(context, in);
            readVector(context, into.cleared, in);
            for (int i = 0; i < into.cleared.size(); i++) {
                check(context.members.covers(into.cleared.hlc(i), into.cleared.actor(i)), "a cleared change that is not known");
            }
        }
        int siblings = in.varint(MAX_COUNT);
        for (int i = 0; i < siblings; i++) {
            Sibling sibling = into.append();
            readSibling(into, sibling, in);
            if (i > 0) {
                Sibling before = into.sibling(i - 1);
                check(Record.compareVersion(before.hlc, before.actor, sibling.hlc, sibling.actor) > 0, "siblings out of order");
            }
        }
        in.requireEnd();
        check(!into.isRegister() && !into.isEmpty(), "a register in disguise");
    }

    /** @throws IllegalArgumentException when the bytes are no context */
    static void decodeContext(Context into, byte[] source, int offset, int size) {
        ByteSource in = new ByteSource().set(source, offset, size);
        into.clear();
        check(in.u8() == CONTEXT_FORMAT, "the format of a context");
        int flags = in.u8();
        check((flags & ~(FLAG_FLOOR | FLAG_MEMBERS)) == 0, "flags");
        readFloor(into, in, (flags & FLAG_FLOOR) != 0);
        readBody(into, in);
        if ((flags & FLAG_MEMBERS) != 0) {
            readMembers(into, in);
        }
        in.requireEnd();
    }

    private static void readFloor(Context context, ByteSource in, boolean present) {
        if (present) {
            context.raiseFloor(in.i64(), in.i64());
        }
    }

    private static void readBody(Context context, ByteSource in) {
        readVector(context, context.vector, in);
        readCounts(context, context.counts, in);
    }

    private static void readMembers(Context context, ByteSource in) {
        context.type = in.u8();
        readVector(context, context.members, in);
        check((context.type & ~Context.ADDS) != 0 && !context.members.isEmpty(), "a collection without a type or members");
    }

    private static void readVector(Context context, VersionVector vector, ByteSource in) {
        int actors = in.varint(MAX_COUNT);
        for (int i = 0; i < actors; i++) {
            long actor = in.i64();
            long hlc = in.i64();
            check(i == 0 || Long.compareUnsigned(vector.actor(i - 1), actor) < 0, "actors out of order");
            check(!context.isThroughFloor(hlc, actor), "an actor whose events the floor covers");
            vector.append(actor, hlc);
        }
    }

    private static void readCounts(Context context, ActorCounts counts, ByteSource in) {
        int count = in.varint(MAX_COUNT);
        int before = -1;
        for (int i = 0; i < count; i++) {
            int index = readActor(context, in);
            long hlc = in.i64();
            check(index > before, "counts out of order");
            checkKnown(context, index, hlc);
            counts.append(context.vector.actor(index), hlc, in.i64());
            before = index;
        }
    }

    private static int readActor(Context context, ByteSource in) {
        return in.varint(context.vector.size() - 1);
    }

    /** An event that is here is in the vector, and none that the floor made void. */
    private static void checkKnown(Context context, int actorIndex, long hlc) {
        long actor = context.vector.actor(actorIndex);
        check(
                Long.compareUnsigned(hlc, context.vector.hlc(actorIndex)) <= 0 && !context.isThroughFloor(hlc, actor),
                "an event outside the context");
    }

    private static void readSibling(Causal record, Sibling sibling, ByteSource in) {
        Context context = record.context;
        int flags = in.u8();
        check((flags & ~SIBLING_FLAGS) == 0, "flags of a sibling");
        boolean tombstone = (flags & TOMBSTONE) != 0;
        if ((flags & FLOOR) != 0) {
            check(context.hasFloor && (flags & (LATEST | ENDS | OVER_COUNTS)) == (flags & ENDS), "a floor's sibling");
            sibling.set(context.floorHlc, context.floorActor, tombstone, in.bytes(), 0, 0);
        } else {
            int index = readActor(context, in);
            long latest = context.vector.hlc(index);
            long hlc = (flags & LATEST) != 0 ? latest : in.i64();
            check((flags & LATEST) != 0 || hlc != latest, "a latest time said twice");
            checkKnown(context, index, hlc);
            sibling.set(hlc, context.vector.actor(index), tombstone, in.bytes(), 0, 0);
        }
        if ((flags & ENDS) != 0) {
            readEnds(record, sibling, in);
        }
        if ((flags & OVER_COUNTS) != 0) {
            readCounts(context, sibling.superseded, in);
            check(!sibling.superseded.isEmpty() && sibling.superseded.isBefore(sibling.hlc, sibling.actor), "counts superseded");
        }
        if ((flags & COLLECTION) != 0) {
            check((flags & (TOMBSTONE | FLOOR)) == 0 && context.members.covers(sibling.hlc, sibling.actor), "a collection that no member began");
            sibling.beginCollection();
        } else if (!tombstone) {
            int size = in.varint(Integer.MAX_VALUE);
            sibling.content(false, in.bytes(), in.skip(size), size);
        }
    }

    private static void readEnds(Causal record, Sibling sibling, ByteSource in) {
        Context context = record.context;
        int count = in.varint(MAX_COUNT);
        check(count > 0, "no ends");
        for (int i = 0; i < count; i++) {
            long end = in.i64();
            int index = readActor(context, in);
            long hlc = in.i64();
            long actor = context.vector.actor(index);
            checkKnown(context, index, hlc);
            check(Record.compareVersion(hlc, actor, sibling.hlc, sibling.actor) >= 0, "an end older than what ends");
            check(
                    !record.hasExpiry || Record.compareVersion(hlc, actor, record.expiryHlc, record.expiryActor) > 0,
                    "an end that is void");
            if (i > 0) {
                check(
                        Record.compareVersion(sibling.expiries.hlc(i - 1), sibling.expiries.actor(i - 1), hlc, actor) > 0,
                        "ends out of order");
            }
            sibling.expiries.append(end, hlc, actor);
        }
    }

    private static void check(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException("malformed causal record: " + otherwise);
        }
    }
}
