package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A file of the operating system, open for appending. Made by {@link LocalFileSystem}; its user closes it. Confined to
 * one thread at a time, {@link #sync} excepted.
 *
 * <p>Writes go to an explicit place, so that what a failed write may have left is overwritten or cut, never skipped
 * over.
 */
final class LocalWritableFile implements WritableFile {
    private final Path file;
    private final FileChannel channel;
    private long position;
    private long reserved;

    LocalWritableFile(Path file, FileChannel channel, long position) {
        this.file = file;
        this.channel = channel;
        this.position = position;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        try {
            while (source.hasRemaining()) {
                position += channel.write(source, position);
            }
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "write to", e, source.remaining());
        }
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public void truncate(long size) throws IOException {
        if (size > position) {
            throw new IllegalArgumentException("truncate " + file + " of " + position + " bytes to " + size);
        }
        try {
            // The channel does nothing when the size stays, but then there may still be reserved room to free.
            boolean cut = reserved > size && NativeFiles.truncate(file, size) == NativeFiles.OK;
            if (!cut) {
                channel.truncate(size);
            }
            reserved = 0;
            position = size;
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "truncate", e, 0);
        }
    }

    @Override
    public void reserve(long size) throws IOException {
        if (size <= Math.max(position, reserved)) {
            return;
        }
        int error = NativeFiles.reserve(file, size);
        switch (error) {
            case NativeFiles.OK -> reserved = size;
            case NativeFiles.UNSUPPORTED -> {
                if (!LocalFileSystem.hasRoom(file, size - position)) {
                    throw new DiskFullException(file, "reserve " + size + " bytes for");
                }
            }
            case NativeFiles.ENOSPC, NativeFiles.EDQUOT -> throw new DiskFullException(
                    file, "reserve " + size + " bytes for");
            default -> throw new DiskFailedException(file, "reserve " + size + " bytes for", "error number " + error);
        }
    }

    @Override
    public void sync() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "sync", e, 0);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "close", e, 0);
        }
    }
}
