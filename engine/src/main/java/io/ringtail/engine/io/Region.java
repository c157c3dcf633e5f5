package io.ringtail.engine.io;

/**
 * A stretch of memory outside the heap: anonymous and writable, or a mapped file and read-only.
 *
 * <p>Offsets are bytes from its start; integers are big endian, as in every format of Ringtail. Bounds are the caller's to
 * keep (assertions check them in tests): an offset out of range, or any access after {@link #close}, may end the process.
 * Who made a region closes it, once, when no reader holds it any more.
 *
 * <p>Plain access is safe from several threads as plain memory is; the {@code Volatile} accessors publish.
 */
public interface Region extends AutoCloseable {
    /** Bytes. */
    long size();

    byte getByte(long offset);

    int getInt(long offset);

    long getLong(long offset);

    void putByte(long offset, byte value);

    void putInt(long offset, int value);

    void putLong(long offset, long value);

    /** Reads with acquire semantics; {@code offset} is a multiple of 4. */
    int getIntAcquire(long offset);

    /** Writes with release semantics; {@code offset} is a multiple of 4. */
    void putIntRelease(long offset, int value);

    /** Copies out of the region. */
    void read(long offset, byte[] target, int targetOffset, int size);

    /** Copies into the region. */
    void write(long offset, byte[] source, int sourceOffset, int size);

    /** Unsigned byte order of {@code [offset, offset + size)} against a slice of an array. */
    int compare(long offset, int size, byte[] other, int otherOffset, int otherSize);

    /** The address of its first byte, for checksums and system calls. */
    long address();

    @Override
    void close();
}
