package io.ringtail.engine;

import io.ringtail.engine.commitlog.CommitLog;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store takes writes, and why not. Made by the store; safe for concurrent use.
 *
 * <p>Writes are refused while the log cannot be written (for good, once a sync has failed) and while too many memtables wait for a flush that fails.
 * The listener is told when that begins and when it ends.
 */
final class Writability {
    private final CommitLog log;
    private final StoreListener listener;
    private volatile @Nullable String flushRefusal;
    private volatile boolean toldRefusing;

    Writability(CommitLog log, StoreListener listener) {
        this.log = log;
        this.listener = listener;
    }

    /** The reason, in words fit for a client; null when writes are taken. Costs a few volatile reads. */
    @Nullable String refusal() {
        return log.writable() && flushRefusal == null ? null : describe();
    }

    private @Nullable String describe() {
        IOException failure = log.failure();
        if (failure != null) {
            return "MISCONF the store is read-only since syncing its commit log failed: " + failure.getMessage();
        }
        IOException reason = log.unwritableReason();
        if (reason != null) {
            return "MISCONF writes are refused until the commit log can be written again: " + reason.getMessage();
        }
        return flushRefusal;
    }

    /** @param tooMany whether so many memtables wait that writes are to be refused until a flush succeeds */
    void flushFailed(IOException cause, boolean tooMany) {
        if (tooMany) {
            flushRefusal = "MISCONF writes are refused until memory can be written out: " + cause.getMessage();
        }
        tellChange();
    }

    void flushSucceeded() {
        flushRefusal = null;
        tellChange();
    }

    /** Tells the listener if it is otherwise than it was told last. */
    void tellChange() {
        String reason = describe();
        boolean before = toldRefusing;
        toldRefusing = reason != null;
        if (reason != null && !before) {
            listener.refusingWrites(reason);
        } else if (reason == null && before) {
            listener.takingWrites();
        }
    }
}
