package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.file.Path;

/** A directory belongs to somebody else, alive. Its message is one sentence for the user. */
public final class DirectoryLockedException extends IOException {
    private static final long serialVersionUID = 1L;

    public DirectoryLockedException(Path directory, String owner) {
        super("directory " + directory + " is in use by " + owner + "; only one server can use it at a time");
    }
}
