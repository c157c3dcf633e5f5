package io.ringtail.bench.simulation.check;

/**
 * What an operation asked for. Immutable.
 *
 * @param replicas of its key
 * @param required of them that had to take part
 * @param strict whether only replicas count, and nobody stands in for them
 */
public record Quorum(int replicas, int required, boolean strict) {
    /** Whether any quorum of the one and any of the other have a replica in common. */
    public boolean meets(Quorum other) {
        return strict && other.strict && meetsAfterwards(other);
    }

    /** {@link #meets}, once whoever stood in for a replica has handed on what it took. */
    public boolean meetsAfterwards(Quorum other) {
        return required + other.required > Math.max(replicas, other.replicas);
    }

    @Override
    public String toString() {
        return required + "/" + replicas + (strict ? "" : " sloppy");
    }
}
