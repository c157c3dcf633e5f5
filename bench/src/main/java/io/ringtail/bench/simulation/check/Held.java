package io.ringtail.bench.simulation.check;

import org.jspecify.annotations.Nullable;

/**
 * What a replica has stored under a key. Immutable.
 *
 * @param version of the value or tombstone; null when there is none, or it is not told
 * @param value null for a tombstone
 * @param expireAtMillis 0 for never
 * @param expiryVersion of when it ends; null when nothing is said of that, or it is not told
 * @param causal all of a record that keeps siblings or counts, in hexadecimal; null for one of which the last writer wins
 */
public record Held(
        @Nullable Version version,
        @Nullable String value,
        long expireAtMillis,
        @Nullable Version expiryVersion,
        @Nullable String causal) {
    public static final Held NOTHING = new Held(null, null, 0, null);

    public Held(@Nullable Version version, @Nullable String value, long expireAtMillis, @Nullable Version expiryVersion) {
        this(version, value, expireAtMillis, expiryVersion, null);
    }

    /** What this is where everything up to {@code floor} was cleared: deleted then, where it is not told what is there. When it ends may be later than that, and stays. */
    public Held above(@Nullable Version floor) {
        return version == null && floor != null ? new Held(floor, null, expireAtMillis, expiryVersion, causal) : this;
    }

    public Held withValue(@Nullable String other) {
        return new Held(version, other, expireAtMillis, expiryVersion, causal);
    }

    @Override
    public String toString() {
        return (value == null ? "tombstone" : value)
                + (version == null ? "" : " version " + version)
                + (expireAtMillis == 0 ? "" : " until " + expireAtMillis)
                + (expiryVersion == null ? "" : ", says version " + expiryVersion)
                + (causal == null ? "" : ", in all " + causal);
    }
}
