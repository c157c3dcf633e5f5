package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.Version;
import io.ringtail.engine.record.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a node answers a simulated client. Exactly one of these is called, once. Versions are for the checkers; null when the node does not tell. */
public interface Answer {
    /** A read: what is under the key, null for nothing, and the version of that or of its deletion. */
    void read(byte @Nullable [] value, @Nullable Version version);

    /** A read of siblings: all that are there, and the context that says what has been seen. */
    default void siblings(List<byte[]> values, Context context) {
        throw new IllegalStateException("siblings where nobody asked for them");
    }

    /** A read of a set: its members, in no order. */
    default void members(List<byte[]> members) {
        throw new IllegalStateException("members where nobody asked for them");
    }

    /** A write, delete or expiry is done, as far as was asked for. */
    void written(@Nullable Version version);

    /** Siblings have been given an end: these at least. */
    default void expired(List<byte[]> values) {
        throw new IllegalStateException("an expiry where nobody asked for one");
    }

    /** An increment is done. */
    void counted(long count);

    /** It may have been done or not, and may yet be. */
    void unknown(String why);

    /** It has certainly not been done and never will be. */
    void refused(String why);
}
