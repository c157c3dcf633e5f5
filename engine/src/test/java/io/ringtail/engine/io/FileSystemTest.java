package io.ringtail.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What both file systems do alike. */
class FileSystemTest {
    @TempDir
    Path directory;

    static Stream<FileSystem> fileSystems() {
        return Stream.of(new LocalFileSystem(), new SimulatedFileSystem());
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String content(FileSystem fileSystem, Path file) throws IOException {
        try (ReadableFile in = fileSystem.open(file)) {
            ByteBuffer target = ByteBuffer.allocate((int) in.size() + 10);
            int read = in.read(target, 0);
            assertThat(in.read(ByteBuffer.allocate(1), read)).isZero();
            return new String(target.array(), 0, read, StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @MethodSource("fileSystems")
    void writesTruncatesAndAppends(FileSystem fileSystem) throws IOException {
        fileSystem.createDirectories(directory);
        Path file = directory.resolve("a");
        try (WritableFile out = fileSystem.create(file)) {
            out.reserve(1 << 20);
            assertThat(fileSystem.size(file)).isZero();
            out.write(bytes("hello world"));
            assertThat(out.position()).isEqualTo(11);
            out.truncate(5);
            out.write(bytes("!"));
            out.sync();
            out.truncate(out.position()); // frees what was reserved
        }
        try (WritableFile out = fileSystem.append(file)) {
            assertThat(out.position()).isEqualTo(6);
            out.write(bytes("?"));
        }
        assertThat(content(fileSystem, file)).isEqualTo("hello!?");
        try (Region region = fileSystem.map(file)) {
            assertThat(region.size()).isEqualTo(7);
            assertThat(region.getByte(5)).isEqualTo((byte) '!');
        }
    }

    @ParameterizedTest
    @MethodSource("fileSystems")
    void renamesLinksListsAndDeletes(FileSystem fileSystem) throws IOException {
        fileSystem.createDirectories(directory);
        Path a = directory.resolve("a");
        Path b = directory.resolve("b");
        Path c = directory.resolve("c");
        for (Path file : new Path[] {b, a}) {
            try (WritableFile out = fileSystem.create(file)) {
                out.write(bytes(file.getFileName().toString()));
            }
        }
        assertThat(fileSystem.list(directory)).containsExactly(a, b);
        assertThatThrownBy(() -> fileSystem.create(a)).isInstanceOf(IOException.class);
        fileSystem.rename(a, b);
        fileSystem.link(b, c);
        fileSystem.delete(b);
        fileSystem.syncDirectory(directory);
        assertThat(fileSystem.list(directory)).containsExactly(c);
        assertThat(content(fileSystem, c)).isEqualTo("a");
        assertThat(fileSystem.exists(b)).isFalse();
        assertThatThrownBy(() -> fileSystem.open(b)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> fileSystem.delete(b)).isInstanceOf(NoSuchFileException.class);
        assertThat(fileSystem.usableBytes(directory)).isPositive();
    }

    @ParameterizedTest
    @MethodSource("fileSystems")
    void aDirectoryIsLockedOnce(FileSystem fileSystem) throws IOException {
        fileSystem.createDirectories(directory);
        Closeable lock = fileSystem.lock(directory);
        assertThatThrownBy(() -> fileSystem.lock(directory))
                .isInstanceOf(DirectoryLockedException.class)
                .hasMessageContaining(directory + " is in use by ");
        lock.close();
        fileSystem.lock(directory).close();
    }

    /** Two gigabytes times a million do not fit on any disk. */
    @ParameterizedTest
    @MethodSource("fileSystems")
    void reservingMoreThanThereIsSaysThatTheDiskIsFull(FileSystem fileSystem) throws IOException {
        fileSystem.createDirectories(directory);
        if (fileSystem instanceof SimulatedFileSystem simulated) {
            simulated.capacity(1 << 30);
        }
        try (WritableFile out = fileSystem.create(directory.resolve("large"))) {
            long tooMuch = fileSystem.usableBytes(directory) + (8L << 30);
            assertThatThrownBy(() -> out.reserve(tooMuch))
                    .isInstanceOf(DiskFullException.class)
                    .hasMessageContaining("large");
        }
    }
}
