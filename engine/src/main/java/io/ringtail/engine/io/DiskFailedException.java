package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.file.Path;

/** The operating system could not do what was asked with a file. Says which operation, which file, and why. */
public final class DiskFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;

    public DiskFailedException(Path file, String operation, IOException cause) {
        super(operation + " " + file + ": " + reason(cause), cause);
        this.file = file;
    }

    public DiskFailedException(Path file, String operation, String reason) {
        super(operation + " " + file + ": " + reason);
        this.file = file;
    }

    public Path file() {
        return file;
    }

    private static String reason(IOException cause) {
        String message = cause.getMessage();
        return message == null || message.isEmpty() ? cause.getClass().getSimpleName() : message;
    }
}
