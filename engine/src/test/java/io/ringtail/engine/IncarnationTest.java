package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose versions a run makes: never those that an earlier run may have made and this one does not know of. */
final class IncarnationTest {
    @TempDir
    Path directory;

    private static StoreOptions options(Path path) {
        return StoreOptions.of(path).withoutThreads();
    }

    private static long actorOfRun(StoreOptions options) throws IOException {
        try (Store store = Store.open(options, StoreListener.NONE)) {
            return store.actor();
        }
    }

    private static long actorOfRunThatDies(StoreOptions options) throws IOException {
        Store store = Store.open(options, StoreListener.NONE);
        store.abandon();
        return store.actor();
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(each)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Test
    void aCleanStopIsFollowedByTheSame() throws IOException {
        StoreOptions options = options(directory.resolve("data"));
        long first = actorOfRun(options);
        assertThat(actorOfRun(options)).isEqualTo(first);
    }

    @Test
    void aCrashIsFollowedByAnotherOfTheSameNode() throws IOException {
        StoreOptions options = options(Path.of("/store")).withFileSystem(new SimulatedFileSystem());
        long first = actorOfRunThatDies(options);
        long second = actorOfRunThatDies(options);
        assertThat(second).isNotEqualTo(first);
        assertThat(second >>> 16).isEqualTo(first >>> 16);
        assertThat(actorOfRun(options)).isNotEqualTo(second);
    }

    @Test
    void aCopyIsAnotherThanWhatItWasMadeFrom() throws IOException {
        Path data = directory.resolve("data");
        long first = actorOfRun(options(data));
        copy(data, directory.resolve("backup"));
        long restored = actorOfRun(options(directory.resolve("backup")));
        assertThat(restored).isNotEqualTo(first);
        assertThat(restored >>> 16).isEqualTo(first >>> 16);
        assertThat(actorOfRun(options(directory.resolve("backup")))).as("once it has been started where it is now").isEqualTo(restored);
        assertThat(actorOfRun(options(data))).isEqualTo(first);
    }

    @Test
    void aCopyIsAnotherThanWhatWentOnAfterACrash() throws IOException {
        long[] next = {0};
        StoreOptions options = options(Path.of("/store")).withSources(new StoreSources(() -> 1, () -> 1, () -> next[0]++));
        SimulatedFileSystem disk = new SimulatedFileSystem();
        long first = actorOfRunThatDies(options.withFileSystem(disk));
        SimulatedFileSystem backup = disk.copy();
        backup.moveTo(2);
        long wentOn = actorOfRunThatDies(options.withFileSystem(disk));
        assertThat(actorOfRun(options.withFileSystem(backup))).isNotIn(first, wentOn);
    }
}
