package io.ringtail.cluster.message;

import io.ringtail.engine.record.Record;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What tells two replicas' records of one key apart without their values: the versions themselves. A register and its expiry each have a version, and two
 * records of the same versions are the same record. Of a causal record there are too many: two hashes of them all stand for them, and one such covers another only when they are equal. What it lacks, if anything,
 * comes to light when the records are merged.
 *
 * <pre>
 *   flags (1): as a record's     hlc (8) · actor (8) when VALUE     expiry hlc (8) · expiry actor (8) when EXPIRY
 *   or flags (1) = CAUSAL        greatest hlc (8) · its actor (8) · hash (8) · hash (8)
 * </pre>
 *
 * <p>Reusable and mutable. Confined to one thread at a time.
 */
public final class Digest {
    /** It is that of a causal record. */
    static final int FLAG_CAUSAL = 8;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] NONE = new byte[0];
    /** Where the second hash begins, that is not to fall together with the first. */
    private static final long SECOND_SEED = 0x2545F4914F6CDD1DL;

    private int flags;
    private long hlc;
    private long actor;
    private long expiryHlc;
    private long expiryActor;
    /** The versions of a causal record, to be hashed. */
    private byte[] versions = NONE;

    /** Of a record, as it is. */
    public Digest set(Record record) {
        if (record.isCausal()) {
            return setCausal(record);
        }
        flags = (record.hasValue() ? Record.FLAG_VALUE : 0)
                | (record.isTombstone() ? Record.FLAG_TOMBSTONE : 0)
                | (record.hasExpiry() ? Record.FLAG_EXPIRY : 0);
        hlc = record.hasValue() ? record.hlc() : 0;
        actor = record.hasValue() ? record.actor() : 0;
        expiryHlc = record.expiryHlc();
        expiryActor = record.expiryActor();
        return this;
    }

    private Digest setCausal(Record record) {
        int room = record.size();
        if (versions.length < room || (versions.length > 1 << 16 && room < 1 << 12)) {
            versions = new byte[room];
        }
        int size = record.encodeVersions(versions, 0);
        flags = FLAG_CAUSAL;
        hlc = record.maxHlc();
        actor = record.maxActor();
        expiryHlc = hash(0, size);
        expiryActor = hash(SECOND_SEED, size);
        return this;
    }

    private long hash(long seed, int size) {
        long hash = mix(seed, size);
        int at = 0;
        for (; at + Long.BYTES <= size; at += Long.BYTES) {
            hash = mix(hash, (long) LONG.get(versions, at));
        }
        long rest = 0;
        for (; at < size; at++) {
            rest = rest << 8 | versions[at] & 0xFF;
        }
        return mix(hash, rest);
    }

    public void write(MessageWriter out) {
        if (isOfValue()) {
            out.writeTagged(flags, hlc, actor);
            return;
        }
        out.writeByte(flags);
        if (flags == FLAG_CAUSAL) {
            out.writeLong(hlc).writeLong(actor).writeLong(expiryHlc).writeLong(expiryActor);
            return;
        }
        if ((flags & Record.FLAG_VALUE) != 0) {
            out.writeLong(hlc).writeLong(actor);
        }
        if ((flags & Record.FLAG_EXPIRY) != 0) {
            out.writeLong(expiryHlc).writeLong(expiryActor);
        }
    }

    public Digest read(MessageReader in) {
        flags = in.readByte();
        if (flags == FLAG_CAUSAL) {
            hlc = in.readLong();
            actor = in.readLong();
            expiryHlc = in.readLong();
            expiryActor = in.readLong();
            return this;
        }
        if ((flags & ~(Record.FLAG_VALUE | Record.FLAG_TOMBSTONE | Record.FLAG_EXPIRY)) != 0) {
            throw new MalformedMessageException("digest with flags " + flags);
        }
        hlc = 0;
        actor = 0;
        expiryHlc = 0;
        expiryActor = 0;
        if ((flags & Record.FLAG_VALUE) != 0) {
            hlc = in.readLong();
            actor = in.readLong();
        }
        if ((flags & Record.FLAG_EXPIRY) != 0) {
            expiryHlc = in.readLong();
            expiryActor = in.readLong();
        }
        return this;
    }

    /** Makes this equal to {@code other}. */
    public void copy(Digest other) {
        flags = other.flags;
        hlc = other.hlc;
        actor = other.actor;
        expiryHlc = other.expiryHlc;
        expiryActor = other.expiryActor;
    }

    public boolean isSameAs(Digest other) {
        return flags == other.flags
                && hlc == other.hlc
                && actor == other.actor
                && expiryHlc == other.expiryHlc
                && expiryActor == other.expiryActor;
    }

    /** Whether merging a record of {@code other}'s versions into one of these would change nothing; of a causal record it is not said unless they are equal. */
    public boolean covers(Digest other) {
        if (((flags | other.flags) & FLAG_CAUSAL) != 0) {
            return isSameAs(other) || other.flags == 0;
        }
        boolean value = (other.flags & Record.FLAG_VALUE) == 0
                || ((flags & Record.FLAG_VALUE) != 0 && Record.compareVersion(hlc, actor, other.hlc, other.actor) >= 0);
        if (!value) {
            return false;
        }
        if ((other.flags & Record.FLAG_EXPIRY) == 0) {
            return true;
        }
        // An expiry older than the value is void.
        boolean isVoid = (flags & Record.FLAG_VALUE) != 0
                && Record.compareVersion(other.expiryHlc, other.expiryActor, hlc, actor) < 0;
        return isVoid
                || ((flags & Record.FLAG_EXPIRY) != 0
                        && Record.compareVersion(expiryHlc, expiryActor, other.expiryHlc, other.expiryActor) >= 0);
    }

    /** 64 bits that depend on all of the versions, and on {@code seed}; equal for equal ones. */
    public long hash(long seed) {
        long hash = mix(seed, flags);
        hash = mix(hash, hlc);
        hash = mix(hash, actor);
        hash = mix(hash, expiryHlc);
        return mix(hash, expiryActor);
    }

    /** One round of a multiplicative hash: odd factors lose nothing, the shifts bring the upper half down. */
    private static long mix(long hash, long value) {
        long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
        return mixed ^ mixed >>> 29;
    }

    /** Whether it is that of a last-write-wins value with no end set. */
    public boolean isOfValue() {
        return flags == Record.FLAG_VALUE;
    }

    /** The hybrid time of the register, 0 when there is none; the greatest of a causal record. */
    public long hlc() {
        return hlc;
    }

    public long actor() {
        return actor;
    }

    @Override
    public String toString() {
        return "Digest[flags=" + flags + " hlc=" + hlc + " actor=" + actor + " expiry=" + expiryHlc + "]";
    }
}
