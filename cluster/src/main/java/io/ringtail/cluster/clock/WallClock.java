package io.ringtail.cluster.clock;

/** The time of day, handed in so that a simulation can skew it. Safe for concurrent use. */
@FunctionalInterface
public interface WallClock {
    /** The machine's own clock. */
    WallClock SYSTEM = System::currentTimeMillis;

    /** Milliseconds since 1970. */
    long millis();
}
