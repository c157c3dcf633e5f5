package io.ringtail.cluster.message;

import io.ringtail.engine.record.Record;

/**
 * What tells two replicas' records of one key apart without their values: the versions themselves. A register and its expiry each have a version, and two
 * records of the same versions are the same record.
 *
 * <pre>
 *   flags (1): as a record's     hlc (8) · actor (8) when VALUE     expiry hlc (8) · expiry actor (8) when EXPIRY
 * </pre>
 *
 * <p>Reusable and mutable. Confined to one thread at a time.
 */
public final class Digest {
    private int flags;
    private long hlc;
    private long actor;
    private long expiryHlc;
    private long expiryActor;

    /** Of a record, as it is. */
    public Digest set(Record record) {
        flags = (record.hasValue() ? Record.FLAG_VALUE : 0)
                | (record.isTombstone() ? Record.FLAG_TOMBSTONE : 0)
                | (record.hasExpiry() ? Record.FLAG_EXPIRY : 0);
        hlc = record.hasValue() ? record.hlc() : 0;
        actor = record.hasValue() ? record.actor() : 0;
        expiryHlc = record.expiryHlc();
        expiryActor = record.expiryActor();
        return this;
    }

    public void write(MessageWriter out) {
        out.writeByte(flags);
        if ((flags & Record.FLAG_VALUE) != 0) {
            out.writeLong(hlc).writeLong(actor);
        }
        if ((flags & Record.FLAG_EXPIRY) != 0) {
            out.writeLong(expiryHlc).writeLong(expiryActor);
        }
    }

    public Digest read(MessageReader in) {
        flags = in.readByte();
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

    /** Whether merging a record of {@code other}'s versions into one of these would change nothing. */
    public boolean covers(Digest other) {
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

    /** The hybrid time of the register, 0 when there is none. */
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
