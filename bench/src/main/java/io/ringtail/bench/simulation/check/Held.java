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
    private static final char MEMBER = '/';
    /** In hexadecimal, as {@link #causal}. */
    private static final String HEADER_KIND = "03";
    public static final Held NOTHING = new Held(null, null, 0, null);

    public Held(@Nullable Version version, @Nullable String value, long expireAtMillis, @Nullable Version expiryVersion) {
        this(version, value, expireAtMillis, expiryVersion, null);
    }

    /** The name of what is held of a member of a set. */
    public static String member(String key, String member) {
        return key + MEMBER + member;
    }

    /** The key that a name is of, or of a member of. */
    public static String keyOf(String name) {
        int end = name.indexOf(MEMBER);
        return end < 0 ? name : name.substring(0, end);
    }

    public static boolean isMember(String name) {
        return name.indexOf(MEMBER) >= 0;
    }

    /** Whether it is the header of a collection, which may have lost its last member. */
    boolean isHeader() {
        return causal != null && causal.startsWith(HEADER_KIND);
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
