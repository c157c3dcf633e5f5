package io.ringtail.engine;

import java.security.SecureRandom;
import java.util.function.LongSupplier;

/**
 * Where a store has time and chance from, handed in so that a simulation can decide about both. Immutable; safe for concurrent use if what it holds is.
 *
 * @param wallMillis milliseconds since 1970: what has expired, what is old enough to be forgotten
 * @param nanos a clock that only goes forward: when to sync, how long something took
 * @param randoms numbers that nobody can predict: a new store's id and its node's, the salts of the log's segments
 */
public record StoreSources(LongSupplier wallMillis, LongSupplier nanos, LongSupplier randoms) {
    /** The machine's. */
    public static final StoreSources SYSTEM =
            new StoreSources(System::currentTimeMillis, System::nanoTime, new SecureRandom()::nextLong);
}
