package io.ringtail.engine.commitlog;

import java.io.IOException;

/** The log has failed for good (a sync failed): nothing more is written to it. The cause says what happened. */
public final class CommitLogFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    CommitLogFailedException(IOException cause) {
        super("the commit log has failed and takes no more writes: " + cause.getMessage(), cause);
    }
}
