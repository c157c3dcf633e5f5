package io.ringtail.cluster.message;

/**
 * The versions of the protocol between nodes that this program speaks. Two nodes speak the newest that both do; what a version has that the one before it has not is
 * listed in {@code docs/formats/node-protocol.md}. A node of version n reads topologies up to version n.
 */
public final class ProtocolVersion {
    /** A node that speaks nothing as new as this is refused. */
    public static final int OLDEST = 1;

    /** The newest that there is. */
    public static final int LATEST = 6;

    /** From which on a record for several replicas of another data center is sent to one of them, which passes it on. */
    public static final int RELAYS = 4;

    /** From which on a keyspace may keep siblings, and records may have them. */
    public static final int SIBLINGS = 5;

    /** From which on a node that is its cluster's only one can be invited into another. */
    public static final int INVITATIONS = 6;

    private static final String PROPERTY = "ringtail.protocol.version";

    /**
     * The newest that this process speaks: {@link #LATEST}, unless {@code -Dringtail.protocol.version} holds it to an older one, to have a node of the version before beside
     * newer ones, or to keep a way back.
     */
    public static final int NEWEST = newest(Integer.getInteger(PROPERTY, LATEST));

    private ProtocolVersion() {}

    private static int newest(int asked) {
        if (asked < OLDEST || asked > LATEST) {
            throw new IllegalArgumentException(PROPERTY + " is " + asked + ", can be " + OLDEST + " to " + LATEST);
        }
        return asked;
    }
}
