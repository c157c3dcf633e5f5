package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.file.Path;

/** Bytes on disk that are not what was written. Always says which file and where. */
public final class CorruptionException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final long offset;

    public CorruptionException(Path file, long offset, String what) {
        super(file + " at offset " + offset + ": " + what);
        this.file = file;
        this.offset = offset;
    }

    public Path file() {
        return file;
    }

    public long offset() {
        return offset;
    }
}
