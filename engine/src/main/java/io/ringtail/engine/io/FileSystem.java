package io.ringtail.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Files, as the engine needs them: written at the end, read at a place or mapped, and durable only when synced.
 *
 * <p>There are two: the operating system's ({@link LocalFileSystem}) and one in memory that can lose what was not synced,
 * fill up, and fail the k-th call ({@code SimulatedFileSystem}). Safe for concurrent use.
 */
public interface FileSystem {
    /** Creates an empty file for appending; fails when it exists. */
    WritableFile create(Path file) throws IOException;

    /** Opens an existing file for appending at its end. */
    WritableFile append(Path file) throws IOException;

    /** Opens an existing file for positional reads. */
    ReadableFile open(Path file) throws IOException;

    /** Maps a whole existing, non-empty, immutable file read-only. The caller closes the region. */
    Region map(Path file) throws IOException;

    boolean exists(Path file);

    long size(Path file) throws IOException;

    /** Plain files of a directory, names sorted. */
    List<Path> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Replaces {@code to} when it exists. Durable after {@link #syncDirectory}. */
    void rename(Path from, Path to) throws IOException;

    /** A second name for the same file. */
    void link(Path existing, Path link) throws IOException;

    void delete(Path file) throws IOException;

    /** Makes creations, renames and deletions in the directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /** Bytes that can still be written to the file system that holds {@code directory}. */
    long usableBytes(Path directory) throws IOException;

    /**
     * Takes the exclusive lock of a directory for this process, by a lock file in it.
     *
     * @throws IOException when another process holds it; the message says so
     */
    Closeable lock(Path directory) throws IOException;

    /**
     * A number that stays the same for as long as a directory that has been {@linkplain #lock locked} is where it is, and is most probably another in a copy of it, one that was restored from a backup for instance; 0
     * when that cannot be told.
     */
    long place(Path directory) throws IOException;
}
