package io.ringtail.bench.compare;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a comparison needs of a storage engine. Opened by an {@link Opener}, closed by the comparison; confined to its
 * thread. An engine has one implementation here for each contender.
 */
interface Engine extends Closeable {
    /** Adds a pair to the batch. Neither array is kept. */
    void put(byte[] key, byte[] value) throws IOException;

    /** Hands the batch over: logged, not synced. */
    void commit() throws IOException;

    /** Reads a key's value into {@code value}, which is large enough; its size, or -1 when there is none. */
    int get(byte[] key, byte[] value) throws IOException;

    /** Shows every pair to {@code visitor}, in the engine's own order. */
    void scan(Visitor visitor) throws IOException;

    /** Returns when all that was committed is in sorted files and the engine has no more to merge. */
    void settle() throws IOException;

    /** Is shown pairs; what it is given is valid during the call only. */
    interface Visitor {
        void pair(byte[] key, int keyOffset, byte[] value, int valueOffset, int valueSize) throws IOException;
    }

    /** One contender. */
    interface Opener {
        String name();

        /** Opens the engine in a directory, which is created when missing. */
        Engine open(Path directory, Memory memory) throws IOException;
    }

    /**
     * What each contender gets.
     *
     * @param writeBufferBytes of one memtable; one is written to and two may wait for their flush
     * @param blockCacheBytes of decompressed blocks
     */
    record Memory(long writeBufferBytes, long blockCacheBytes) {}
}
