package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is stored under a key: a last-write-wins register with an expiry that has a version of its own, or a {@link Causal} state that keeps conflicts and counts.
 *
 * <pre>
 *   kind (1) · flags (1)
 *   [ HLC (8) · actor (8) ]                               when flags has VALUE:  the register's version
 *   [ expire-at ms (8) · HLC (8) · actor (8) ]            when flags has EXPIRY
 *   value bytes                                           when flags has VALUE and not TOMBSTONE
 * </pre>
 *
 * Integers are big endian. An expire-at of 0 says "does not expire" (what {@code PERSIST} writes). A record without VALUE
 * is what {@code EXPIRE} writes: it changes only when the key ends, never what it holds. The bytes of a causal record are in {@link CausalFormat}.
 *
 * <p>{@link #merge} is the one way two records become one. It takes, part by part, the greater version: the register with
 * the greater (HLC, actor); the expiry with the greater (HLC, actor), which is void when it is older than the register.
 * It is commutative, associative and idempotent, and what it shows is never older than what either side showed. Two
 * registers of one version should be equal; should they not be, a tombstone beats a value and greater bytes beat smaller,
 * so that the laws hold all the same. Where one of the two is causal, the register is taken for the causal state that it is, and {@link Causal#merge} has the law.
 *
 * <p>Of a causal record the accessors tell what a plain reader sees: the sibling with the greatest dot among those that are live, or the sum of a counter. {@link #isLive} chooses it for
 * its moment; without it, what has an end is taken for live.
 *
 * <p>Reusable and mutable, so that a request allocates nothing. The value is a slice of an array that may belong to
 * somebody else: it is valid as long as that array is left alone. Confined to one thread at a time.
 *
 * <p>Long because it is one value with two forms, and each question asked of it is answered for both side by side: what a causal record says it has {@link Causal} say.
 */
public final class Record {
    /** The kind byte of a last-write-wins register. */
    public static final byte KIND_REGISTER = 1;

    /** The kind byte of a record with siblings or counts. */
    public static final byte KIND_CAUSAL = 2;

    /** The kind byte of the header of a collection: a causal record that also knows of its members. */
    public static final byte KIND_COLLECTION = 3;

    /** A collection that is a set. */
    public static final int TYPE_SET = 1;

    public static final int FLAG_VALUE = 1;
    public static final int FLAG_TOMBSTONE = 2;
    public static final int FLAG_EXPIRY = 4;
    private static final int FLAGS_KNOWN = FLAG_VALUE | FLAG_TOMBSTONE | FLAG_EXPIRY;

    /** The longest header of a last-write-wins register. */
    public static final int MAX_HEADER_SIZE = 42;

    /** As many siblings as a key should have: beyond, whoever writes is told. Merging keeps them all the same. */
    public static final int MAX_SIBLINGS = 128;

    /** As many actors as a context should name: beyond, whoever writes calls {@link #prune}. */
    public static final int MAX_ACTORS = 64;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] EMPTY = new byte[0];
    /** Never changed. */
    private static final ActorCounts NO_COUNTS = new ActorCounts();

    private int flags;
    private long hlc;
    private long actor;
    private long expireAtMillis;
    private long expiryHlc;
    private long expiryActor;
    private byte[] value = EMPTY;
    private int valueOffset;
    private int valueSize;
    /** Where {@link #load} copies to; the value may be a slice of it. */
    private byte[] own = EMPTY;
    /** Whether {@link CausalRoom#state} is the record, and the fields above only what is shown of it. */
    private boolean causal;
    /** Of a causal record: for when those fields tell what is shown. Most are merged and written on without anybody looking. */
    private int shown;

    private static final int NOT_SHOWN = 0;
    private static final int SHOWN_AT_A_MOMENT = 1;
    /** Nothing in it ends. */
    private static final int SHOWN_FOR_GOOD = 2;

    /** Of a causal record: whether a collection is shown, and whether a member of it is surely there. */
    private boolean showsCollection;

    private boolean surelyFilled;

    private @Nullable CausalRoom room;

    // ---- making one

    /** An empty record: merging it changes nothing. */
    public Record clear() {
        causal = false;
        flags = 0;
        value = EMPTY;
        valueOffset = 0;
        valueSize = 0;
        return this;
    }

    /**
     * A value that ends at {@code expireAtMillis} (0: never). The bytes are not copied.
     */
    public Record setValue(long hlc, long actor, long expireAtMillis, byte[] value, int offset, int size) {
        this.causal = false;
        this.flags = FLAG_VALUE;
        this.hlc = hlc;
        this.actor = actor;
        this.value = value;
        this.valueOffset = offset;
        this.valueSize = size;
        if (expireAtMillis != 0) {
            addExpiry(expireAtMillis, hlc, actor);
        }
        return this;
    }

    public Record setTombstone(long hlc, long actor) {
        clear();
        this.flags = FLAG_VALUE | FLAG_TOMBSTONE;
        this.hlc = hlc;
        this.actor = actor;
        return this;
    }

    /** Only an expiry; {@code expireAtMillis} 0 takes an expiry away. */
    public Record setExpiry(long hlc, long actor, long expireAtMillis) {
        clear();
        addExpiry(expireAtMillis, hlc, actor);
        return this;
    }

    private void addExpiry(long expireAtMillis, long hlc, long actor) {
        this.flags |= FLAG_EXPIRY;
        this.expireAtMillis = expireAtMillis;
        this.expiryHlc = hlc;
        this.expiryActor = actor;
    }

    /**
     * Reads the encoded record in {@code source[offset, offset + size)} without copying its value.
     *
     * @throws IllegalArgumentException when the bytes are no record
     */
    public Record wrap(byte[] source, int offset, int size) {
        if (size < 2) {
            throw new IllegalArgumentException("record of " + size + " bytes");
        }
        if (source[offset] != KIND_REGISTER) {
            return wrapCausal(source, offset, size);
        }
        causal = false;
        flags = source[offset + 1];
        if ((flags & ~FLAGS_KNOWN) != 0 || (flags & (FLAG_VALUE | FLAG_TOMBSTONE)) == FLAG_TOMBSTONE) {
            throw new IllegalArgumentException("record flags " + flags);
        }
        int headerSize = headerSize();
        if (size < headerSize || (size > headerSize && (flags & (FLAG_VALUE | FLAG_TOMBSTONE)) != FLAG_VALUE)) {
            throw new IllegalArgumentException("record of " + size + " bytes with flags " + flags);
        }
        int at = offset + 2;
        if ((flags & FLAG_VALUE) != 0) {
            hlc = (long) LONG.get(source, at);
            actor = (long) LONG.get(source, at + 8);
            at += 16;
        }
        if ((flags & FLAG_EXPIRY) != 0) {
            expireAtMillis = (long) LONG.get(source, at);
            expiryHlc = (long) LONG.get(source, at + 8);
            expiryActor = (long) LONG.get(source, at + 16);
        }
        value = source;
        valueOffset = offset + headerSize;
        valueSize = size - headerSize;
        return this;
    }

    private Record wrapCausal(byte[] source, int offset, int size) {
        if (source[offset] != KIND_CAUSAL && source[offset] != KIND_COLLECTION) {
            throw new IllegalArgumentException("record kind " + source[offset]);
        }
        clear();
        CausalRoom room = room();
        CausalFormat.decode(room.state, room.source.set(source, offset + 1, size - 1), source[offset] == KIND_COLLECTION);
        return settle();
    }

    /**
     * An array of at least {@code size} bytes that belongs to this record, to be filled and then given to {@link #wrap}.
     * An array that has become large is given up again once a small one will do.
     */
    public byte[] ownArray(int size) {
        if (own.length < size) {
            own = new byte[Math.max(size, Math.min(2 * own.length, 1 << 20))];
        } else if (own.length > (1 << 20) && size < (1 << 16)) {
            own = new byte[1 << 16];
        }
        return own;
    }

    /** Copies the value into this record's own array, if it is a slice of another. */
    public Record detach() {
        if (causal) {
            // Its values may lie in its own array and in others at once.
            byte[] array = new byte[size()];
            encode(array, 0);
            own = array;
            return wrap(array, 0, array.length);
        }
        return value == own || valueSize == 0 ? this : copyOf(this);
    }

    /** Makes this a copy of {@code other}, its value included. */
    public Record copyOf(Record other) {
        if (other == this && causal) {
            return detach();
        }
        int size = other.size();
        byte[] array = ownArray(size);
        other.encode(array, 0);
        return wrap(array, 0, size);
    }

    /** Gives what this record writes, its value or else its expiry, a later version of the same actor. An expiry written together with the value goes with it. Of a causal record it is
     * the greatest version, that of the event that made it. */
    public Record reversion(long newHlc) {
        if (causal) {
            state().reversion(newHlc);
            return settle();
        }
        boolean together = hasValue() && hasExpiry() && compareVersion(expiryHlc, expiryActor, hlc, actor) == 0;
        if (hasValue()) {
            hlc = newHlc;
        }
        if (together || !hasValue()) {
            expiryHlc = newHlc;
        }
        return this;
    }

    /**
     * Takes away each part, the value and the expiry, whose hybrid time is {@code floorHlc} or older. An expiry that is later than the value may be left alone: it is
     * of use to a value that comes to be known of later, with a version between the two.
     */
    public Record forgetThrough(long floorHlc) {
        if (causal) {
            state().forgetThrough(floorHlc);
            return settle();
        }
        if (hasExpiry() && Long.compareUnsigned(expiryHlc, floorHlc) <= 0) {
            flags &= ~FLAG_EXPIRY;
        }
        if (hasValue() && Long.compareUnsigned(hlc, floorHlc) <= 0) {
            flags &= ~(FLAG_VALUE | FLAG_TOMBSTONE);
            valueSize = 0;
        }
        return this;
    }

    /** Makes this what another is but for its value, of which nothing is kept. */
    public Record versionsOf(Record other) {
        clear();
        if (other.causal) {
            state().copy(other.state()).dropValues();
            return settle();
        }
        flags = other.flags;
        hlc = other.hlc;
        actor = other.actor;
        expiryHlc = other.expiryHlc;
        expiryActor = other.expiryActor;
        expireAtMillis = other.expireAtMillis;
        return this;
    }

    // ---- writing over a causal state

    /**
     * Writes a value that ends at {@code expireAtMillis} (0: never) in place of all that {@code seen} has seen; the bytes are not copied. What this record holds beyond that stays, as siblings.
     *
     * <p>This record is to be what the actor itself has of the key, merged: the new state says of the actor's own writes that they are all known. And the write is to be later than all of it.
     *
     * @param seen null when that is all that this record holds
     * @throws IllegalArgumentException when {@code hlc} is not later than all that this record and {@code seen} know
     */
    public Record addSibling(
            long hlc, long actor, @Nullable Context seen, byte[] value, int offset, int size, long expireAtMillis) {
        Causal state = causalState();
        state.write(hlc, actor, seen == null ? state.context : seen, false, value, offset, size, expireAtMillis);
        return settle();
    }

    /** Writes a tombstone in place of all that {@code seen} has seen; see {@link #addSibling}. */
    public Record addTombstone(long hlc, long actor, @Nullable Context seen) {
        Causal state = causalState();
        state.write(hlc, actor, seen == null ? state.context : seen, true, EMPTY, 0, 0, 0);
        return settle();
    }

    /**
     * Adds to what this actor has counted; see {@link #addSibling}. When nothing is live at {@code nowMillis} the counter begins anew, with the delta. Whether the sum fits is the caller's to ask.
     *
     * @throws IllegalArgumentException when what is live is not an integer
     */
    public Record increment(long hlc, long actor, long delta, long nowMillis) {
        boolean live = isLive(nowMillis);
        if (live && !Decimal.isLong(value, valueOffset, valueSize)) {
            throw new IllegalArgumentException("not an integer");
        }
        causalState().increment(hlc, actor, delta, live);
        return settle();
    }

    /** Says when every sibling of this record ends, 0 for never, in place of what it says now; siblings that it does not have are as they were. See {@link #addSibling}. */
    public Record expire(long hlc, long actor, long expireAtMillis) {
        return expire(hlc, actor, expireAtMillis, Long.MIN_VALUE);
    }

    /** The same of what may be a collection, at a moment: what an end before it has ended is not brought back. */
    public Record expire(long hlc, long actor, long expireAtMillis, long nowMillis) {
        causalState().expire(hlc, actor, expireAtMillis, nowMillis);
        return settle();
    }

    /**
     * Makes known that this actor has changed a member of the collection whose header this is. The member, a record of its own, has the same version. See {@link #addSibling}; a write over the
     * header, or its deletion, voids the changes of members that its context knows.
     *
     * @param type {@link #TYPE_SET}
     */
    public Record changeMember(long hlc, long actor, int type) {
        checkType(type);
        causalState().change(hlc, actor, type, false);
        return settle();
    }

    private static void checkType(int type) {
        if (type < 1 || type >= Context.ADDS) {
            throw new IllegalArgumentException("collection of type " + type);
        }
    }

    /**
     * Makes known that this actor has changed members, each a record of its own with the same version, and says what becomes of what else the header holds. See {@link #addSibling}.
     *
     * @param adds whether members were added, and not removed
     * @param seen what the writer has seen of the header
     * @param begins whether there was no such collection at {@code nowMillis}: then all that was seen is void
     */
    public Record changeMembers(long hlc, long actor, int type, boolean adds, Context seen, boolean begins, long nowMillis) {
        checkType(type);
        causalState().changeMembers(hlc, actor, type, adds, seen, begins, nowMillis);
        return settle();
    }

    /** Whether the collection whose header this is has {@code member} at a moment: the member has something that is live, and that nobody has voided who deleted the collection or wrote over it. */
    public boolean hasMember(Record member, long nowMillis) {
        CausalRoom room = room();
        Causal header = causal ? room.state : room.trial.fromRegister(this);
        return header.shows(member.causal ? member.state() : room.theirs.fromRegister(member), nowMillis);
    }

    /** Whether {@code member}, of the collection whose header this is, may as well not be there: all that it says, and all that it hides, is void by this header and every one that it is merged into. */
    public boolean voids(Record member) {
        CausalRoom room = room();
        Causal header = causal ? room.state : room.trial.fromRegister(this);
        return header.voids(member.causal ? member.state() : room.theirs.fromRegister(member));
    }

    /** Of a collection whose end has come, and will not be said otherwise any more, makes that void what it has ended: from then on the header says so itself. */
    public Record endCollection() {
        if (causal) {
            state().endCollection();
            return settle();
        }
        return this;
    }

    /**
     * Shortens the context of a causal record to {@code maxActors}, if that can be, the oldest first. What those had superseded may come back from a replica that still has it; nothing is lost.
     */
    public Record prune(int maxActors) {
        if (causal) {
            state().prune(maxActors);
            return settle();
        }
        return this;
    }

    /**
     * Takes from a causal record the siblings whose hybrid time is {@code throughHlc} or older and that {@code held} does not have. For a copy that comes late to somebody who has had everything through that
     * time, and may have forgotten what superseded it.
     */
    public Record dropUnlessHeld(long throughHlc, Record held) {
        if (causal) {
            state().dropUnlessHeld(throughHlc, held.causal ? held.state() : room().theirs.fromRegister(held));
            return settle();
        }
        return this;
    }

    /** Makes tombstones of all that a causal record holds; their ends stay. */
    public Record bury() {
        if (causal) {
            state().bury();
            return settle();
        }
        return this;
    }

    // ---- reading it

    /** Whether it has siblings or counts, and {@link #causal} more to tell. */
    public boolean isCausal() {
        return causal;
    }

    /** Whether it is the header of a collection. */
    public boolean isCollection() {
        return causal && state().type() != 0;
    }

    /**
     * Whether a plain reader sees a collection, at the moment that {@link #isLive} was asked about last. Of a value and a collection that were made at the same time, the later is seen. Whether it has
     * members is another question, when it is not {@linkplain #isSurelyFilled surely filled}: one that has none is not there.
     */
    public boolean showsCollection() {
        see();
        return causal && showsCollection;
    }

    /** Whether the header alone tells that the collection which is seen has a member: the latest change of all added one. */
    public boolean isSurelyFilled() {
        see();
        return causal && surelyFilled;
    }

    /** Siblings, context and counts; valid until this record changes. Only when {@link #isCausal}. */
    public Causal causal() {
        if (!causal) {
            throw new IllegalStateException("a last-write-wins record");
        }
        return state();
    }

    public boolean isEmpty() {
        return flags == 0 && !causal;
    }

    /** Whether it says what the key holds (a value or a tombstone), and not only when it ends. */
    public boolean hasValue() {
        see();
        return (flags & FLAG_VALUE) != 0;
    }

    /** Whether it says that there is nothing: a deletion, or the header of a collection of which all is void. */
    public boolean isTombstone() {
        see();
        return (flags & FLAG_TOMBSTONE) != 0;
    }

    public boolean hasExpiry() {
        see();
        return (flags & FLAG_EXPIRY) != 0;
    }

    /** Whether a reader at {@code nowMillis} sees a value. */
    public boolean isLive(long nowMillis) {
        if (causal) {
            see(nowMillis);
        }
        return (flags & (FLAG_VALUE | FLAG_TOMBSTONE)) == FLAG_VALUE && !isShownExpired(nowMillis);
    }

    public boolean isExpired(long nowMillis) {
        if (causal) {
            see(nowMillis);
        }
        return isShownExpired(nowMillis);
    }

    private boolean isShownExpired(long nowMillis) {
        return (flags & FLAG_EXPIRY) != 0 && expireAtMillis != 0 && expireAtMillis <= nowMillis;
    }

    /** The hybrid logical time of the value or tombstone; meaningful when {@link #hasValue}. */
    public long hlc() {
        see();
        return hlc;
    }

    public long actor() {
        see();
        return actor;
    }

    /** When the key ends, in milliseconds since 1970, or 0 when it does not. */
    public long expireAtMillis() {
        see();
        return (flags & FLAG_EXPIRY) != 0 ? expireAtMillis : 0;
    }

    /** The hybrid logical time of the expiry, or 0 when there is none. */
    public long expiryHlc() {
        see();
        return (flags & FLAG_EXPIRY) != 0 ? expiryHlc : 0;
    }

    public long expiryActor() {
        see();
        return (flags & FLAG_EXPIRY) != 0 ? expiryActor : 0;
    }

    /** The greatest hybrid logical time in it; unsigned. */
    public long maxHlc() {
        if (causal) {
            return state().maxHlc();
        }
        long value = hasValue() ? hlc : 0;
        long expiry = expiryHlc();
        return Long.compareUnsigned(value, expiry) >= 0 ? value : expiry;
    }

    /** The actor of the greatest version in it. */
    public long maxActor() {
        if (causal) {
            return state().maxActor();
        }
        if (!hasExpiry() || (hasValue() && compareVersion(hlc, actor, expiryHlc, expiryActor) >= 0)) {
            return actor;
        }
        return expiryActor;
    }

    /** The smallest hybrid logical time of what it brings to light, unsigned: value, expiry, siblings, counts. */
    public long minHlc() {
        if (causal) {
            return state().minHlc();
        }
        return hasValue() && (!hasExpiry() || Long.compareUnsigned(hlc, expiryHlc) <= 0) ? hlc : expiryHlc();
    }

    /** The hybrid logical time of the write that it is: of its value, or else of its expiry. */
    public long writtenHlc() {
        if (causal) {
            return state().maxHlc();
        }
        return hasValue() ? hlc : expiryHlc();
    }

    /** Whether nothing of hybrid time {@code throughHlc} or older can change it. Siblings do not hide each other; what a last-write-wins write left behind hides. */
    public boolean hidesAllThrough(long throughHlc) {
        if (causal) {
            Context context = state().context;
            return context.hasFloor && Long.compareUnsigned(context.floorHlc, throughHlc) > 0;
        }
        return hasValue() && Long.compareUnsigned(hlc, throughHlc) > 0;
    }

    /** When the last of what it holds ends, in milliseconds since 1970; 0 when something does not, or when it is a tombstone. */
    public long lastEndMillis() {
        return causal ? state().lastEndMillis() : expireAtMillis();
    }

    /** When the first of what it holds ends, if {@link #lastEndMillis} says that all does. */
    public long firstEndMillis() {
        return causal ? state().firstEndMillis() : expireAtMillis();
    }

    /** Whether an expiry is in it that was not set together with what it ends. */
    public boolean hasExpiryUpdate() {
        if (causal) {
            return state().hasExpiryUpdate();
        }
        return hasExpiry() && (!hasValue() || expiryHlc != hlc || expiryActor != actor);
    }

    /** The array of which the value is the slice {@code [valueOffset(), valueOffset() + valueSize())}. */
    public byte[] valueArray() {
        see();
        return value;
    }

    public int valueOffset() {
        see();
        return valueOffset;
    }

    public int valueSize() {
        see();
        return valueSize;
    }

    /** A copy of the value. */
    public byte[] value() {
        see();
        return Arrays.copyOfRange(value, valueOffset, valueOffset + valueSize);
    }

    // ---- writing it

    /** Bytes of the encoded record before its {@linkplain #tailSize tail}. */
    public int headerSize() {
        if (causal) {
            return size();
        }
        return 2 + ((flags & FLAG_VALUE) != 0 ? 16 : 0) + ((flags & FLAG_EXPIRY) != 0 ? 24 : 0);
    }

    /** Bytes of the encoded record behind its header, {@code tailArray()[tailOffset() …]}: a register's value. A causal record is header through and through. */
    public int tailSize() {
        return causal ? 0 : valueSize;
    }

    public byte[] tailArray() {
        return value;
    }

    public int tailOffset() {
        return causal ? 0 : valueOffset;
    }

    /** Bytes of the encoded record. */
    public int size() {
        if (causal) {
            return room().size();
        }
        return headerSize() + valueSize;
    }

    /** Writes the header at {@code target[offset …]}; returns its size. */
    public int encodeHeader(byte[] target, int offset) {
        if (causal) {
            return CausalFormat.encode(state(), target, offset, true);
        }
        int at = offset;
        target[at++] = KIND_REGISTER;
        target[at++] = (byte) flags;
        if ((flags & FLAG_VALUE) != 0) {
            LONG.set(target, at, hlc);
            LONG.set(target, at + 8, actor);
            at += 16;
        }
        if ((flags & FLAG_EXPIRY) != 0) {
            LONG.set(target, at, expireAtMillis);
            LONG.set(target, at + 8, expiryHlc);
            LONG.set(target, at + 16, expiryActor);
            at += 24;
        }
        return at - offset;
    }

    /** The array that begins with the {@link #size} bytes of a causal record: made once, for all who take them. Valid until this record changes; not to be changed. */
    public byte[] encoded() {
        assert causal;
        return room().encoded();
    }

    /** Writes the whole record at {@code target[offset …]}; returns its size. */
    public int encode(byte[] target, int offset) {
        int header = encodeHeader(target, offset);
        System.arraycopy(tailArray(), tailOffset(), target, offset + header, tailSize());
        return header + tailSize();
    }

    /** Writes a causal record without its siblings' bytes, of which {@link #size} are more than enough room; returns its size. Two states are equal when these bytes are. */
    public int encodeVersions(byte[] target, int offset) {
        return CausalFormat.encode(causal(), target, offset, false);
    }

    // ---- merge

    /**
     * Makes this the merge of itself and {@code other}. The value kept stays a slice of the array it was in.
     *
     * @return this
     */
    public Record merge(Record other) {
        if (causal | other.causal) {
            causalState().merge(other.causal ? other.state() : room().theirs.fromRegister(other));
            return settle();
        }
        if (other.hasValue() && (!hasValue() || compareRegister(other) < 0)) {
            hlc = other.hlc;
            actor = other.actor;
            value = other.value;
            valueOffset = other.valueOffset;
            valueSize = other.valueSize;
            flags = (flags & ~(FLAG_VALUE | FLAG_TOMBSTONE)) | (other.flags & (FLAG_VALUE | FLAG_TOMBSTONE));
        }
        if (other.hasExpiry() && (!hasExpiry() || compareExpiry(other) < 0)) {
            addExpiry(other.expireAtMillis, other.expiryHlc, other.expiryActor);
        }
        if (hasValue() && hasExpiry() && compareVersion(expiryHlc, expiryActor, hlc, actor) < 0) {
            flags &= ~FLAG_EXPIRY;
        }
        return this;
    }

    /**
     * Whether a write of this record over {@code held} would be lost on readers: a value or tombstone when that has one of a greater version; an expiry alone when
     * that has a value, or an expiry, of a greater version. The same version is not hidden.
     *
     * <p>Of a causal record it is the event that made it, its greatest version, that counts: it is hidden when {@code held} knows of the event and has nothing of it any more. A last-write-wins value is hidden by a causal record that has
     * anything later.
     */
    public boolean isHiddenBy(Record held) {
        if (causal | held.causal) {
            return isHiddenByCausal(held);
        }
        if (hasValue()) {
            return held.hasValue() && compareVersion(hlc, actor, held.hlc, held.actor) < 0;
        }
        return hasExpiry()
                && ((held.hasValue() && compareVersion(expiryHlc, expiryActor, held.hlc, held.actor) < 0)
                        || (held.hasExpiry()
                                && compareVersion(expiryHlc, expiryActor, held.expiryHlc, held.expiryActor) < 0));
    }

    /** The hybrid time of the version by which this hides {@code hidden}; see {@link #isHiddenBy}. */
    public long hidingHlc(Record hidden) {
        return !(causal | hidden.causal) && hidden.hasValue() ? hlc : maxHlc();
    }

    /** The actor of {@link #hidingHlc}. */
    public long hidingActor(Record hidden) {
        return !(causal | hidden.causal) && hidden.hasValue() ? actor : maxActor();
    }

    /** Whether merging {@code other} into this would change nothing. */
    public boolean covers(Record other) {
        if (causal | other.causal) {
            return coversCausal(other);
        }
        if (other.hasValue() && (!hasValue() || compareRegister(other) < 0)) {
            return false;
        }
        return !other.hasExpiry()
                || (hasExpiry() && compareExpiry(other) >= 0)
                || (hasValue() && compareVersion(other.expiryHlc, other.expiryActor, hlc, actor) < 0);
    }

    private boolean isHiddenByCausal(Record held) {
        Causal theirs = held.causal ? held.state() : room().theirs.fromRegister(held);
        if (!causal && !hasValue()) {
            return hasExpiry() && theirs.hidesExpiry(expiryHlc, expiryActor);
        }
        if (!causal && compareVersion(hlc, actor, held.maxHlc(), held.maxActor()) < 0) {
            // Its writer means it to take the place of all there is, and what is later would be shown in its stead.
            return true;
        }
        long ownHlc = causal ? maxHlc() : hlc;
        long ownActor = causal ? maxActor() : actor;
        return theirs.context.knows(ownHlc, ownActor) && !theirs.holds(ownHlc, ownActor);
    }

    private boolean coversCausal(Record other) {
        CausalRoom room = room();
        Causal mine = causal ? room.state : room.state.fromRegister(this);
        room.trial.copy(mine).merge(other.causal ? other.state() : room.theirs.fromRegister(other));
        return room.trial.isSameAs(mine);
    }

    private int compareRegister(Record other) {
        int order = compareVersion(hlc, actor, other.hlc, other.actor);
        if (order != 0) {
            return order;
        }
        order = Boolean.compare(isTombstone(), other.isTombstone());
        return order != 0
                ? order
                : Arrays.compareUnsigned(
                        value,
                        valueOffset,
                        valueOffset + valueSize,
                        other.value,
                        other.valueOffset,
                        other.valueOffset + other.valueSize);
    }

    private int compareExpiry(Record other) {
        int order = compareVersion(expiryHlc, expiryActor, other.expiryHlc, other.expiryActor);
        return order != 0 ? order : Long.compareUnsigned(expireAtMillis, other.expireAtMillis);
    }

    /** The order of versions: by hybrid logical time, then by actor, both unsigned. */
    public static int compareVersion(long hlcA, long actorA, long hlcB, long actorB) {
        int order = Long.compareUnsigned(hlcA, hlcB);
        return order != 0 ? order : Long.compareUnsigned(actorA, actorB);
    }

    // ---- the causal part

    private CausalRoom room() {
        CausalRoom made = room;
        if (made == null) {
            made = new CausalRoom();
            room = made;
        }
        return made;
    }

    private Causal state() {
        return room().state;
    }

    /** This as a causal state, whatever it is; {@link #settle} follows. */
    private Causal causalState() {
        return causal ? state() : state().fromRegister(this);
    }

    /** Becomes what the causal state is: a last-write-wins record when that says it all. */
    private Record settle() {
        Causal state = state();
        if (!state.isEmpty() && !state.isRegister()) {
            causal = true;
            shown = NOT_SHOWN;
            room().forgetEncoded();
            return this;
        }
        clear();
        if (state.siblingCount() > 0) {
            showSibling(state, 0);
        }
        flags &= ~FLAG_EXPIRY;
        if (state.hasExpiry) {
            addExpiry(state.expireAtMillis, state.expiryHlc, state.expiryActor);
        }
        return this;
    }

    /** Has the accessors tell what a plain reader sees, as of the moment that was asked about last; at first, before anything has ended. */
    private void see() {
        if (causal && shown == NOT_SHOWN) {
            show(Long.MIN_VALUE);
        }
    }

    private void see(long nowMillis) {
        if (shown != SHOWN_FOR_GOOD) {
            show(nowMillis);
        }
    }

    private void show(long nowMillis) {
        Causal state = state();
        shown = state.hasEnds() ? SHOWN_AT_A_MOMENT : SHOWN_FOR_GOOD;
        flags = 0;
        value = EMPTY;
        valueOffset = 0;
        valueSize = 0;
        showsCollection = false;
        surelyFilled = false;
        showValue(state, nowMillis);
        if (state.context.type != 0) {
            showCollection(state, nowMillis);
        }
    }

    private void showValue(Causal state, long nowMillis) {
        int shown = state.shown(nowMillis);
        if (shown >= 0) {
            showSibling(state, shown);
        }
        ActorCounts counts = state.context.counts;
        if (counts.isEmpty()) {
            return;
        }
        if (shown < 0 || !state.isEnded(shown, nowMillis)) {
            showCount(counts, shown < 0 ? null : state.sibling(shown));
        }
        for (int i = 0; i < counts.size(); i++) {
            // Who watches the version sees every increment.
            if (shown < 0 && i == 0 || compareVersion(counts.hlc(i), counts.actor(i), hlc, actor) > 0) {
                hlc = counts.hlc(i);
                actor = counts.actor(i);
            }
        }
    }

    /** A collection, unless what is shown by now is live and later than its latest change. */
    private void showCollection(Causal state, long nowMillis) {
        int latest = state.latestChange(nowMillis);
        if (latest < 0) {
            return;
        }
        VersionVector members = state.context.members;
        boolean live = (flags & (FLAG_VALUE | FLAG_TOMBSTONE)) == FLAG_VALUE && !isShownExpired(nowMillis);
        if (live && compareVersion(hlc, actor, members.hlc(latest), members.actor(latest)) > 0) {
            return;
        }
        showsCollection = true;
        surelyFilled = state.isSurelyFilled(latest);
        flags = FLAG_VALUE;
        hlc = members.hlc(latest);
        actor = members.actor(latest);
        value = EMPTY;
        valueOffset = 0;
        valueSize = 0;
        long end = state.collectionEndMillis();
        if (end > nowMillis && end != 0) {
            addExpiry(end, hlc, actor);
        }
    }

    private void showSibling(Causal state, int index) {
        Sibling sibling = state.sibling(index);
        // What a collection began with is no value: whether that is there its members' changes say.
        flags = FLAG_VALUE | (sibling.tombstone || sibling.collection ? FLAG_TOMBSTONE : 0);
        hlc = sibling.hlc;
        actor = sibling.actor;
        value = sibling.array;
        valueOffset = sibling.offset;
        valueSize = sibling.size;
        int holding = sibling.expiries.holding();
        if (holding >= 0) {
            addExpiry(sibling.expiries.end(holding), sibling.expiries.hlc(holding), sibling.expiries.actor(holding));
        } else if (state.isHeldByExpiry(sibling)) {
            addExpiry(state.expireAtMillis, state.expiryHlc, state.expiryActor);
        }
    }

    /** What is shown of a counter: the number that was set last, and all that was counted since by whom has not seen it. */
    private void showCount(ActorCounts counts, @Nullable Sibling base) {
        boolean live = base != null && !base.tombstone && !base.collection;
        if (live && !Decimal.isLong(value, valueOffset, valueSize)) {
            return;
        }
        ActorCounts superseded = base == null ? NO_COUNTS : base.superseded;
        boolean counted = counts.differsFrom(superseded);
        if (!live && !counted) {
            return;
        }
        if (counted) {
            byte[] digits = room().digits;
            long start = live ? Decimal.parse(value, valueOffset, valueSize) : 0;
            valueOffset = Decimal.format(counts.totalSince(superseded, start), digits);
            value = digits;
            valueSize = digits.length - valueOffset;
        }
        flags = (flags & ~FLAG_TOMBSTONE) | FLAG_VALUE;
    }

    @Override
    public String toString() {
        if (causal) {
            return "Record[causal " + state() + "]";
        }
        return "Record[flags=" + flags + " hlc=" + hlc + " actor=" + actor + " expireAt=" + expireAtMillis() + " value="
                + valueSize + " bytes]";
    }
}
