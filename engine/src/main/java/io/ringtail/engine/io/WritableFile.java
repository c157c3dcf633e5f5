package io.ringtail.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A file open for appending. Confined to one thread at a time, {@link #sync} excepted, which any thread may call. */
public interface WritableFile extends Closeable {
    /** Writes all remaining bytes of {@code source} at the end of what was written. */
    void write(ByteBuffer source) throws IOException;

    /** Bytes written so far, those that were there when it was opened included. */
    long position();

    /** Cuts the file to {@code size} bytes; what is written next goes there. */
    void truncate(long size) throws IOException;

    /** Reserves room for the file to grow to {@code size} bytes, so that writing them cannot fail for want of space. */
    void reserve(long size) throws IOException;

    /** Returns when all that was written before the call would survive a power cut. */
    void sync() throws IOException;
}
