package io.ringtail.engine;

import java.io.IOException;
import java.nio.file.Path;

/** Hears what a store does in the background. Called on the store's threads; must not block. Logging is one such listener. */
public interface StoreListener {
    /** Hears nothing. */
    StoreListener NONE = new StoreListener() {};

    /** Everything up to this position of the log is durable. */
    default void durable(long position) {}

    /** Syncing the log has failed: what is not durable by now never will be known to be. Told once. */
    default void durableNoMore() {}

    /** At start, the end of the log was not whole; it was cut. */
    default void tornTailCut(Path file, long offset, long bytes) {}

    /** A memtable was written out. */
    default void flushed(long entries, long memtableBytes, long tableBytes, long nanos) {}

    /** Tables were merged. */
    default void compacted(int inputs, int outputs, long bytesRead, long bytesWritten, long nanos) {}

    /** Writes are refused from now on; {@code reason} is fit for a client. */
    default void refusingWrites(String reason) {}

    /** Writes are taken again. */
    default void takingWrites() {}

    /** Something in the background failed; it will be tried again unless writes are refused for good. */
    default void backgroundFailure(String what, IOException cause) {}
}
