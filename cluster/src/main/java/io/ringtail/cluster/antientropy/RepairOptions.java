package io.ringtail.cluster.antientropy;

/**
 * The bounds of anti-entropy. Immutable.
 *
 * @param leafBits the ring is cut into {@code 2^leafBits} leaves. Must be alike on all members, lest they read their files where hashes would do
 * @param bytesPerSecond {@code repair-rate}: what this node sends and receives for the comparisons it begins
 * @param intervalMillis {@code repair-interval}: in which everything is compared with every other replica, if the rates allow; 0 is never
 * @param graceMillis {@code tombstone-grace}: how old a deletion must be at least before it may be forgotten
 */
public record RepairOptions(int leafBits, long bytesPerSecond, long intervalMillis, long graceMillis) {
    /** 262,144 leaves: 2 MiB of hashes for each replication factor in use. Four hundred keys each in a node of a hundred million. */
    public static final int DEFAULT_LEAF_BITS = 18;

    public static final RepairOptions DEFAULT = new RepairOptions(DEFAULT_LEAF_BITS, 4 << 20, 60_000, 600_000);

    public RepairOptions {
        if (leafBits < 6 || leafBits > 24 || bytesPerSecond < 1 || intervalMillis < 0 || graceMillis < 1) {
            throw new IllegalArgumentException(
                    "repair with 2^" + leafBits + " leaves, " + bytesPerSecond + " bytes a second, every " + intervalMillis + " ms, forgetting after " + graceMillis + " ms");
        }
    }

    /** The same at another rate and interval. */
    public RepairOptions withPace(long bytes, long interval) {
        return new RepairOptions(leafBits, bytes, interval, graceMillis);
    }

    /** The same with another grace. */
    public RepairOptions withGrace(long millis) {
        return new RepairOptions(leafBits, bytesPerSecond, intervalMillis, millis);
    }
}
