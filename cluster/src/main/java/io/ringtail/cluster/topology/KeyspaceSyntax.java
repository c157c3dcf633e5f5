package io.ringtail.cluster.topology;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * A keyspace as people write it in the configuration, after the word {@code keyspace}:
 *
 * <pre>
 *   cart: replication-factor 5 quorum sloppy read-consistency ONE write-consistency QUORUM
 *   user: replication-factor dc1:3,dc2:2 read-consistency LOCAL_QUORUM conflict siblings
 * </pre>
 *
 * The first word is the prefix, as it stands ({@code ""} for the empty one); pairs of a name and a value follow in any order, each name at most once. What is not
 * said is as in the keyspace of all other keys. A prefix with blanks in it cannot be written so. Pure functions.
 */
public final class KeyspaceSyntax {
    private static final String EMPTY_PREFIX = "\"\"";

    private KeyspaceSyntax() {}

    /**
     * Reads one.
     *
     * @param defaults for what is not said
     * @throws IllegalArgumentException naming the word that is wrong
     */
    public static Keyspace parse(String text, Keyspace defaults) {
        String trimmed = text.strip();
        if (trimmed.isEmpty()) {
            throw new IllegalArgumentException("keyspace without a prefix");
        }
        String[] words = trimmed.split("\\s+", -1);
        String prefix = words[0].equals(EMPTY_PREFIX) ? "" : words[0];
        Replication replication = defaults.replication();
        ConsistencyLevel readLevel = defaults.readLevel();
        ConsistencyLevel writeLevel = defaults.writeLevel();
        boolean sloppy = defaults.sloppy();
        ConflictPolicy conflict = defaults.conflict();
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < words.length; i += 2) {
            String name = words[i].toLowerCase(Locale.ROOT);
            if (i + 1 == words.length) {
                throw new IllegalArgumentException("keyspace " + words[0] + ": '" + words[i] + "' without a value");
            }
            if (!seen.add(name)) {
                throw new IllegalArgumentException("keyspace " + words[0] + ": '" + words[i] + "' is there twice");
            }
            String value = words[i + 1];
            switch (name) {
                case "replication-factor" -> replication = replication(words[0], value);
                case "quorum" -> sloppy = sloppy(words[0], value);
                case "read-consistency" -> readLevel = level(words[0], value);
                case "write-consistency" -> writeLevel = level(words[0], value);
                case "conflict" -> conflict = conflict(words[0], value);
                default -> throw new IllegalArgumentException("keyspace " + words[0] + ": '" + words[i]
                        + "' is none of replication-factor quorum read-consistency write-consistency conflict");
            }
        }
        return new Keyspace(prefix, replication, readLevel, writeLevel, sloppy, conflict);
    }

    /** The text that {@link #parse} reads as this keyspace, whatever the defaults. */
    public static String format(Keyspace keyspace) {
        return (keyspace.prefix().isEmpty() ? EMPTY_PREFIX : keyspace.prefix())
                + " replication-factor " + keyspace.replication()
                + " quorum " + (keyspace.sloppy() ? "sloppy" : "strict")
                + " read-consistency " + keyspace.readLevel().name()
                + " write-consistency " + keyspace.writeLevel().name()
                + " conflict " + keyspace.conflict().text();
    }

    private static Replication replication(String prefix, String value) {
        try {
            return Replication.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("keyspace " + prefix + ": replication-factor " + e.getMessage(), e);
        }
    }

    private static ConflictPolicy conflict(String prefix, String value) {
        try {
            return ConflictPolicy.of(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("keyspace " + prefix + ": " + e.getMessage(), e);
        }
    }

    private static boolean sloppy(String prefix, String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "sloppy" -> true;
            case "strict" -> false;
            default -> throw new IllegalArgumentException("keyspace " + prefix + ": quorum '" + value + "', must be strict or sloppy");
        };
    }

    private static ConsistencyLevel level(String prefix, String value) {
        try {
            return ConsistencyLevel.of(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("keyspace " + prefix + ": " + e.getMessage(), e);
        }
    }
}
