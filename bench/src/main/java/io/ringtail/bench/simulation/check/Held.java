package io.ringtail.bench.simulation.check;

import org.jspecify.annotations.Nullable;

/**
 * What a replica has stored under a key. Immutable.
 *
 * @param version of the value or tombstone; null when it is not told
 * @param value null for a tombstone
 * @param expireAtMillis 0 for never
 */
public record Held(@Nullable Version version, @Nullable String value, long expireAtMillis) {
    @Override
    public String toString() {
        return (value == null ? "tombstone" : value)
                + (version == null ? "" : " version " + version)
                + (expireAtMillis == 0 ? "" : " until " + expireAtMillis);
    }
}
