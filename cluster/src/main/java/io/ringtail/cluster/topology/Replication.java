package io.ringtail.cluster.topology;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How many replicas a key has: so many, wherever they are, or so many in each of some data centers. Immutable.
 *
 * <p>A plain number is a number of replicas on the whole ring, whatever data centers its members are in. People write {@code 3}, or {@code dc1:3,dc2:2}.
 *
 * @param count of all replicas, as far as there are members
 * @param shares of the data centers, sorted by name; empty when it is a plain number
 */
public record Replication(int count, List<Share> shares) {
    private static final String SEPARATORS = ":,;\"'";

    /** What a data center has of the replicas. */
    public record Share(String datacenter, int count) {}

    public Replication {
        List<Share> sorted = new ArrayList<>(shares);
        sorted.sort(Comparator.comparing(Share::datacenter));
        shares = List.copyOf(sorted);
        Set<String> names = new HashSet<>();
        int sum = 0;
        for (Share share : shares) {
            if (share.count() < 1 || share.count() > Keyspace.MAX_REPLICATION_FACTOR) {
                throw outOfRange(share.count());
            }
            if (share.datacenter().isEmpty() || !isDatacenterName(share.datacenter())) {
                throw new IllegalArgumentException("'" + share.datacenter() + "' cannot be the name of a data center");
            }
            if (!names.add(share.datacenter())) {
                throw new IllegalArgumentException("data center '" + share.datacenter() + "' is there twice");
            }
            sum += share.count();
        }
        if (count < 1 || count > Keyspace.MAX_REPLICATION_FACTOR || (!shares.isEmpty() && sum != count)) {
            throw outOfRange(count);
        }
    }

    private static IllegalArgumentException outOfRange(int count) {
        return new IllegalArgumentException("replication factor " + count + ", must be 1 to " + Keyspace.MAX_REPLICATION_FACTOR
                + ", in all data centers together");
    }

    /** So many, wherever they are. */
    public static Replication of(int count) {
        return new Replication(count, List.of());
    }

    /** So many in each data center. */
    public static Replication of(List<Share> shares) {
        return new Replication(shares.stream().mapToInt(Share::count).sum(), shares);
    }

    /**
     * Reads what people write.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static Replication parse(String text) {
        if (text.indexOf(':') < 0) {
            return of(number(text, text));
        }
        List<Share> shares = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            int colon = part.lastIndexOf(':');
            if (colon < 0) {
                throw new IllegalArgumentException("'" + part + "' in '" + text + "' is no NAME:COUNT");
            }
            shares.add(new Share(part.substring(0, colon), number(part.substring(colon + 1), text)));
        }
        return of(shares);
    }

    private static int number(String digits, String within) {
        int value = digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : 0;
        if (value < 1 || value > Keyspace.MAX_REPLICATION_FACTOR) {
            throw new IllegalArgumentException("'" + within + "', must be 1 to " + Keyspace.MAX_REPLICATION_FACTOR
                    + ", or so many for each data center, as in dc1:3,dc2:2");
        }
        return value;
    }

    /** Whether a data center may be called so; the empty name is that of all members that have been given none. */
    public static boolean isDatacenterName(String name) {
        return name.length() <= Member.MAX_NAME_SIZE
                && name.chars().noneMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c) || SEPARATORS.indexOf(c) >= 0);
    }

    public boolean isPerDatacenter() {
        return !shares.isEmpty();
    }

    @Override
    public boolean equals(Object other) {
        // Most often it is compared with itself.
        return this == other || (other instanceof Replication that && count == that.count && shares.equals(that.shares));
    }

    @Override
    public int hashCode() {
        return count * 31 + shares.hashCode();
    }

    /** What {@link #parse} reads as this. */
    @Override
    public String toString() {
        return shares.isEmpty()
                ? Integer.toString(count)
                : shares.stream()
                        .map(share -> String.format(Locale.ROOT, "%s:%d", share.datacenter(), share.count()))
                        .collect(Collectors.joining(","));
    }
}
