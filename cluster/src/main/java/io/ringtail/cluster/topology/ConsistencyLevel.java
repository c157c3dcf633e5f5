package io.ringtail.cluster.topology;

import java.util.Locale;

/**
 * How many of a key's replicas have to take part: a number, or one of the names Cassandra uses. Immutable.
 *
 * <p>{@code LOCAL_ONE} and {@code LOCAL_QUORUM} count the replicas that are in the data center of the node that coordinates, and no others; {@code EACH_QUORUM} asks for a majority
 * of those of every data center that has any; every other level counts all replicas, wherever they are. Where all members are in one data center, named or not, the
 * {@code LOCAL_…} names mean what they mean without the prefix, and {@code EACH_QUORUM} is {@code QUORUM}.
 */
public final class ConsistencyLevel {
    public static final ConsistencyLevel ONE = new ConsistencyLevel("ONE", 1);
    public static final ConsistencyLevel QUORUM = new ConsistencyLevel("QUORUM", 0);
    public static final ConsistencyLevel ALL = new ConsistencyLevel("ALL", -1);

    /** Whose replicas are counted. */
    public enum Scope {
        ALL,
        /** Those of the coordinator's data center. */
        LOCAL,
        /** Those of each data center by themselves. */
        EACH
    }

    private final String name;
    private final Scope scope;
    /** A count; or 0 for the majority, -1 for all. */
    private final int count;

    private ConsistencyLevel(String name, int count) {
        this.name = name;
        this.scope = name.startsWith("LOCAL_") ? Scope.LOCAL : name.startsWith("EACH_") ? Scope.EACH : Scope.ALL;
        this.count = count;
    }

    /**
     * The level of that name, in any case, or number.
     *
     * @throws IllegalArgumentException naming what is allowed
     */
    public static ConsistencyLevel of(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        return switch (upper) {
            case "ONE", "LOCAL_ONE" -> new ConsistencyLevel(upper, 1);
            case "TWO" -> new ConsistencyLevel(upper, 2);
            case "THREE" -> new ConsistencyLevel(upper, 3);
            case "QUORUM", "LOCAL_QUORUM", "EACH_QUORUM" -> new ConsistencyLevel(upper, 0);
            case "ALL" -> ALL;
            default -> number(upper);
        };
    }

    private static ConsistencyLevel number(String text) {
        if (!text.matches("[1-9][0-9]?")) {
            throw new IllegalArgumentException(
                    "no consistency level: " + text + "; a number from 1 to 99 or ONE TWO THREE QUORUM ALL LOCAL_ONE LOCAL_QUORUM EACH_QUORUM");
        }
        return new ConsistencyLevel(text, Integer.parseInt(text));
    }

    public Scope scope() {
        return scope;
    }

    /** How many of {@code replicas} it asks for, which are those of its scope; may be more than there are. */
    public int required(int replicas) {
        return count > 0 ? count : count == 0 ? replicas / 2 + 1 : replicas;
    }

    public String name() {
        return name;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ConsistencyLevel level && level.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
