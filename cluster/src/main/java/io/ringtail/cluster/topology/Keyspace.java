package io.ringtail.cluster.topology;

/**
 * How keys of one prefix are kept, shared by the whole cluster. Immutable.
 *
 * @param prefix of the user keys it is for; empty is every key that no longer prefix is for
 * @param replication replicas of each key, as far as there are members
 * @param readLevel unless a connection asks for another
 * @param writeLevel unless a connection asks for another
 * @param sloppy whether healthy nodes stand in for replicas that are down, and count
 * @param conflict what becomes of writes that had not seen each other
 */
public record Keyspace(
        String prefix,
        Replication replication,
        ConsistencyLevel readLevel,
        ConsistencyLevel writeLevel,
        boolean sloppy,
        ConflictPolicy conflict) {
    public static final int MAX_REPLICATION_FACTOR = 15;
    public static final int MAX_PREFIX_SIZE = 255;

    public static final Keyspace DEFAULT = new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false);

    public Keyspace {
        if (prefix.length() > MAX_PREFIX_SIZE) {
            throw new IllegalArgumentException("a prefix of " + prefix.length() + " characters, the limit is " + MAX_PREFIX_SIZE);
        }
    }

    /** One of whose conflicts the last writer wins. */
    public Keyspace(
            String prefix, Replication replication, ConsistencyLevel readLevel, ConsistencyLevel writeLevel, boolean sloppy) {
        this(prefix, replication, readLevel, writeLevel, sloppy, ConflictPolicy.LWW);
    }

    /** One with so many replicas of each key, whatever data centers there are. */
    public Keyspace(
            String prefix, int replicationFactor, ConsistencyLevel readLevel, ConsistencyLevel writeLevel, boolean sloppy) {
        this(prefix, Replication.of(replicationFactor), readLevel, writeLevel, sloppy);
    }

    /** Whether writes that had not seen each other are kept side by side. */
    public boolean keepsSiblings() {
        return conflict == ConflictPolicy.SIBLINGS;
    }

    /** Replicas of each key, those of all data centers together. */
    public int replicationFactor() {
        return replication.count();
    }
}
