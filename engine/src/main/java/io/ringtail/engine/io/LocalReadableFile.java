package io.ringtail.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A file of the operating system, open for positional reads. Its user closes it. Safe for concurrent use. */
final class LocalReadableFile implements ReadableFile {
    private final Path file;
    private final FileChannel channel;

    LocalReadableFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    @Override
    public long size() throws IOException {
        try {
            return channel.size();
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "size of", e, 0);
        }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int total = 0;
        try {
            while (target.hasRemaining()) {
                int read = channel.read(target, position + total);
                if (read < 0) {
                    break;
                }
                total += read;
            }
        } catch (IOException e) {
            throw LocalFileSystem.typed(file, "read", e, 0);
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
