package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What is stored under a key: a last-write-wins register with an expiry that has a version of its own.
 *
 * <pre>
 *   kind (1) · flags (1)
 *   [ HLC (8) · actor (8) ]                               when flags has VALUE:  the register's version
 *   [ expire-at ms (8) · HLC (8) · actor (8) ]            when flags has EXPIRY
 *   value bytes                                           when flags has VALUE and not TOMBSTONE
 * </pre>
 *
 * Integers are big endian. An expire-at of 0 says "does not expire" (what {@code PERSIST} writes). A record without VALUE
 * is what {@code EXPIRE} writes: it changes only when the key ends, never what it holds.
 *
 * <p>{@link #merge} is the one way two records become one. It takes, part by part, the greater version: the register with
 * the greater (HLC, actor); the expiry with the greater (HLC, actor), which is void when it is older than the register.
 * It is commutative, associative and idempotent, and what it shows is never older than what either side showed. Two
 * registers of one version should be equal; should they not be, a tombstone beats a value and greater bytes beat smaller,
 * so that the laws hold all the same.
 *
 * <p>Reusable and mutable, so that a request allocates nothing. The value is a slice of an array that may belong to
 * somebody else: it is valid as long as that array is left alone. Confined to one thread at a time.
 */
public final class Record {
    /** The kind byte of a last-write-wins register. */
    public static final byte KIND_REGISTER = 1;

    public static final int FLAG_VALUE = 1;
    public static final int FLAG_TOMBSTONE = 2;
    public static final int FLAG_EXPIRY = 4;
    private static final int FLAGS_KNOWN = FLAG_VALUE | FLAG_TOMBSTONE | FLAG_EXPIRY;

    /** The longest header. */
    public static final int MAX_HEADER_SIZE = 42;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] EMPTY = new byte[0];

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

    // ---- making one

    /** An empty record: merging it changes nothing. */
    public Record clear() {
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
            throw new IllegalArgumentException("record kind " + source[offset]);
        }
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
        return value == own || valueSize == 0 ? this : copyOf(this);
    }

    /** Makes this a copy of {@code other}, its value included. */
    public Record copyOf(Record other) {
        int size = other.size();
        byte[] array = ownArray(size);
        other.encode(array, 0);
        return wrap(array, 0, size);
    }

    /** Gives what this record writes, its value or else its expiry, a later version of the same actor. An expiry written together with the value goes with it. */
    public Record reversion(long newHlc) {
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
        flags = other.flags;
        hlc = other.hlc;
        actor = other.actor;
        expiryHlc = other.expiryHlc;
        expiryActor = other.expiryActor;
        expireAtMillis = other.expireAtMillis;
        return this;
    }

    // ---- reading it

    public boolean isEmpty() {
        return flags == 0;
    }

    /** Whether it says what the key holds (a value or a tombstone), and not only when it ends. */
    public boolean hasValue() {
        return (flags & FLAG_VALUE) != 0;
    }

    public boolean isTombstone() {
        return (flags & FLAG_TOMBSTONE) != 0;
    }

    public boolean hasExpiry() {
        return (flags & FLAG_EXPIRY) != 0;
    }

    /** Whether a reader at {@code nowMillis} sees a value. */
    public boolean isLive(long nowMillis) {
        return (flags & (FLAG_VALUE | FLAG_TOMBSTONE)) == FLAG_VALUE && !isExpired(nowMillis);
    }

    public boolean isExpired(long nowMillis) {
        return (flags & FLAG_EXPIRY) != 0 && expireAtMillis != 0 && expireAtMillis <= nowMillis;
    }

    /** The hybrid logical time of the value or tombstone; meaningful when {@link #hasValue}. */
    public long hlc() {
        return hlc;
    }

    public long actor() {
        return actor;
    }

    /** When the key ends, in milliseconds since 1970, or 0 when it does not. */
    public long expireAtMillis() {
        return (flags & FLAG_EXPIRY) != 0 ? expireAtMillis : 0;
    }

    /** The hybrid logical time of the expiry, or 0 when there is none. */
    public long expiryHlc() {
        return (flags & FLAG_EXPIRY) != 0 ? expiryHlc : 0;
    }

    public long expiryActor() {
        return (flags & FLAG_EXPIRY) != 0 ? expiryActor : 0;
    }

    /** The greatest hybrid logical time in it; unsigned. */
    public long maxHlc() {
        long value = hasValue() ? hlc : 0;
        long expiry = expiryHlc();
        return Long.compareUnsigned(value, expiry) >= 0 ? value : expiry;
    }

    /** The actor of the greatest version in it. */
    public long maxActor() {
        if (!hasExpiry() || (hasValue() && compareVersion(hlc, actor, expiryHlc, expiryActor) >= 0)) {
            return actor;
        }
        return expiryActor;
    }

    /** The array of which the value is the slice {@code [valueOffset(), valueOffset() + valueSize())}. */
    public byte[] valueArray() {
        return value;
    }

    public int valueOffset() {
        return valueOffset;
    }

    public int valueSize() {
        return valueSize;
    }

    /** A copy of the value. */
    public byte[] value() {
        return Arrays.copyOfRange(value, valueOffset, valueOffset + valueSize);
    }

    // ---- writing it

    public int headerSize() {
        return 2 + ((flags & FLAG_VALUE) != 0 ? 16 : 0) + ((flags & FLAG_EXPIRY) != 0 ? 24 : 0);
    }

    /** Bytes of the encoded record. */
    public int size() {
        return headerSize() + valueSize;
    }

    /** Writes the header at {@code target[offset …]}; returns its size. */
    public int encodeHeader(byte[] target, int offset) {
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

    /** Writes the whole record at {@code target[offset …]}; returns its size. */
    public int encode(byte[] target, int offset) {
        int header = encodeHeader(target, offset);
        System.arraycopy(value, valueOffset, target, offset + header, valueSize);
        return header + valueSize;
    }

    // ---- merge

    /**
     * Makes this the merge of itself and {@code other}. The value kept stays a slice of the array it was in.
     *
     * @return this
     */
    public Record merge(Record other) {
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
     */
    public boolean isHiddenBy(Record held) {
        if (hasValue()) {
            return held.hasValue() && compareVersion(hlc, actor, held.hlc, held.actor) < 0;
        }
        return hasExpiry()
                && ((held.hasValue() && compareVersion(expiryHlc, expiryActor, held.hlc, held.actor) < 0)
                        || (held.hasExpiry()
                                && compareVersion(expiryHlc, expiryActor, held.expiryHlc, held.expiryActor) < 0));
    }

    /** Whether merging {@code other} into this would change nothing. */
    public boolean covers(Record other) {
        if (other.hasValue() && (!hasValue() || compareRegister(other) < 0)) {
            return false;
        }
        return !other.hasExpiry()
                || (hasExpiry() && compareExpiry(other) >= 0)
                || (hasValue() && compareVersion(other.expiryHlc, other.expiryActor, hlc, actor) < 0);
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

    @Override
    public String toString() {
        return "Record[flags=" + flags + " hlc=" + hlc + " actor=" + actor + " expireAt=" + expireAtMillis() + " value="
                + valueSize + " bytes]";
    }
}
