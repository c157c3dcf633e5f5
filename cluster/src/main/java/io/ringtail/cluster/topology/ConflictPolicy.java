package io.ringtail.cluster.topology;

import java.util.Locale;

/** What becomes of writes to one key that had not seen each other. */
public enum ConflictPolicy {
    /** The last one, by its version, is kept; writing needs no read. */
    LWW,
    /** All are kept, until somebody who has seen them writes; counts are added up. */
    SIBLINGS;

    /** As configuration and replies have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException when it is none */
    public static ConflictPolicy of(String text) {
        for (ConflictPolicy policy : values()) {
            if (policy.text().equalsIgnoreCase(text)) {
                return policy;
            }
        }
        throw new IllegalArgumentException("conflict '" + text + "', must be lww or siblings");
    }
}
