package io.ringtail.bench.simulation.check;

import java.util.List;

/**
 * What an operation asked for. Immutable.
 *
 * @param replicas of its key
 * @param required of them that had to take part
 * @param strict whether only replicas count, and nobody stands in for them
 * @param parts what is certain of each data center, in an order that all operations of a run share; empty where replicas are in one, or it is not known how many are where
 * @param datacenter that alone was asked, by its place among the parts; {@link #ANYWHERE} for none
 */
public record Quorum(int replicas, int required, boolean strict, List<Part> parts, int datacenter) {
    public static final int ANYWHERE = -1;

    /**
     * Of one data center.
     *
     * @param replicas that it has
     * @param required of them that had to take part, whoever did elsewhere; may be none
     */
    public record Part(int replicas, int required) {}

    public Quorum {
        parts = List.copyOf(parts);
    }

    public Quorum(int replicas, int required, boolean strict) {
        this(replicas, required, strict, List.of(), ANYWHERE);
    }

    /** Whether any quorum of the one and any of the other have a replica in common. */
    public boolean meets(Quorum other) {
        return strict && other.strict && meetsAfterwards(other);
    }

    /** {@link #meets}, once whoever stood in for a replica has handed on what it took. */
    public boolean meetsAfterwards(Quorum other) {
        return required + other.required > Math.max(replicas, other.replicas) || meetsInADatacenter(other);
    }

    /** Whether it meets every other of its kind. */
    boolean isMajority() {
        return required > replicas / 2 || parts.stream().anyMatch(part -> part.required > part.replicas / 2);
    }

    private boolean meetsInADatacenter(Quorum other) {
        for (int i = 0; i < Math.min(parts.size(), other.parts.size()); i++) {
            Part mine = parts.get(i);
            Part its = other.parts.get(i);
            if (mine.required + its.required > Math.max(mine.replicas, its.replicas)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return required + "/" + replicas + (datacenter == ANYWHERE ? "" : " of " + parts.get(datacenter).replicas + " in data center " + datacenter)
                + (strict ? "" : " sloppy");
    }
}
