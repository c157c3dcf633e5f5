package io.ringtail.cluster.antientropy;

/** Told how a repair goes. Called on the loop that repairs are made on; must not block. */
@FunctionalInterface
public interface RepairListener {
    /** It is over. Called once. */
    void ended(RepairReport report);

    /** So far, now and then. */
    default void progress(RepairReport report) {}
}
