package io.ringtail.engine.commitlog;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Hears what happens to a log. Called by the log's thread, by one that appends, or by the one that opens the log, with
 * none of the log's locks held (what the caller of {@link CommitLog#append} holds is its own business); must not block.
 */
public interface CommitLogListener {
    /** Hears nothing. */
    CommitLogListener NONE = new CommitLogListener() {};

    /**
     * Everything up to {@code position} is durable. Positions of successive calls may repeat, but do not matter then.
     */
    default void synced(long position) {}

    /** A sync failed: the log has failed for good. */
    default void failed(IOException cause) {}

    /** A write failed; it is kept and tried again, and until then {@link CommitLog#writable} is false. */
    default void writeFailed(IOException cause) {}

    /** The write that had failed is done. */
    default void writableAgain() {}

    /** The next segment was made ahead of time. */
    default void segmentCreated(Path file) {}

    /** A segment is whole and durable and has its footer. */
    default void segmentSealed(Path file) {}

    /** A released segment is gone. */
    default void segmentDeleted(Path file) {}

    /** Making the next segment ahead of time failed, which is no failure yet. */
    default void segmentNotCreated(IOException cause) {}

    /**
     * At start, what follows {@code offset} was not whole and had never been synced; it was cut.
     *
     * @param bytes cut, in this and later segments
     * @param wholeFrames among them, which came after a hole
     */
    default void tornTailCut(Path file, long offset, long bytes, long wholeFrames) {}
}
