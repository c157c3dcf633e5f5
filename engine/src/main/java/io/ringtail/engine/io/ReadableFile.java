package io.ringtail.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A file open for positional reads. Safe for concurrent use. */
public interface ReadableFile extends Closeable {
    long size() throws IOException;

    /** Reads into {@code target} from {@code position} until it is full or the file ends; returns the bytes read, 0 at the end. */
    int read(ByteBuffer target, long position) throws IOException;
}
