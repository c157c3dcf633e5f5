package io.ringtail.bench.simulation.check;

import io.ringtail.engine.record.Record;

/** The version of a value or of a deletion: hybrid time, then actor, both unsigned. Immutable. */
public record Version(long hlc, long actor) implements Comparable<Version> {
    /** Of a key that nobody has ever written to. */
    public static final Version NONE = new Version(0, 0);

    @Override
    public int compareTo(Version other) {
        return Record.compareVersion(hlc, actor, other.hlc, other.actor);
    }

    public boolean isOlderThan(Version other) {
        return compareTo(other) < 0;
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(hlc >>> 16) + "." + (hlc & 0xFFFF) + "@" + Long.toHexString(actor);
    }
}
