package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.file.Path;

/** There was no room, or no quota, for what was to be written. Says what was being done to which file. */
public final class DiskFullException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;

    public DiskFullException(Path file, String operation) {
        super(operation + " " + file + ": no space left on device");
        this.file = file;
    }

    public DiskFullException(Path file, String operation, IOException cause) {
        super(operation + " " + file + ": " + cause.getMessage(), cause);
        this.file = file;
    }

    public Path file() {
        return file;
    }
}
