package io.ringtail.bench.simulation;

/** How replicas that missed something come to have it, besides by being read. */
public enum Mending {
    /** What was kept for them is delivered. */
    HINTS,
    /** They compare what they hold, too. */
    HINTS_AND_REPAIR,
    /** They compare what they hold, and nobody has room for hints. */
    REPAIR;

    public boolean repairs() {
        return this != HINTS;
    }

    public boolean hints() {
        return this != REPAIR;
    }
}
