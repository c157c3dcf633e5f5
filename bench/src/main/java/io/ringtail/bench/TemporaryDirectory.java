package io.ringtail.bench;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A directory for the time of a benchmark. Made by who needs it, and deleted with all it holds by {@link #close}, or
 * when the process ends before that. Safe for concurrent use.
 */
public final class TemporaryDirectory implements Closeable {
    private static final int LAST_ATTEMPTS = 50;
    private static final long LAST_ATTEMPTS_EVERY_NANOS = 20_000_000;

    private final Path path;
    private final Thread atExit = new Thread(this::deleteQuietly, "delete temporary directory");

    private TemporaryDirectory(Path path) {
        this.path = path;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** In the system's place for such directories, unless {@code java.io.tmpdir} says otherwise. */
    public static TemporaryDirectory create(String prefix) throws IOException {
        return new TemporaryDirectory(Files.createTempDirectory(prefix));
    }

    /** In {@code parent}. */
    public static TemporaryDirectory create(Path parent, String prefix) throws IOException {
        Files.createDirectories(parent);
        return new TemporaryDirectory(Files.createTempDirectory(parent, prefix));
    }

    public Path path() {
        return path;
    }

    /** Bytes of all files in it whose names end so, now. */
    public long bytes(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(file -> Files.isRegularFile(file) && file.toString().endsWith(suffix))
                    .mapToLong(TemporaryDirectory::size)
                    .sum();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0; // deleted while we walked
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        delete();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // the process ends already, and the hook finds nothing left
        }
    }

    private void delete() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        List<Path> found;
        try (Stream<Path> files = Files.walk(path)) {
            found = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : found) {
            Files.deleteIfExists(file);
        }
    }

    /** Beside other hooks: who writes here may not have been killed yet, so a failure is tried again. */
    private void deleteQuietly() {
        for (int attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
            try {
                delete();
                return;
            } catch (IOException | UncheckedIOException e) {
                LockSupport.parkNanos(LAST_ATTEMPTS_EVERY_NANOS); // nobody is left to be told
            }
        }
    }
}
