package io.ringtail.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.protocol.client.Reply;
import io.ringtail.server.process.ServerProcess;
import io.ringtail.server.process.SmallDisk;
import io.ringtail.server.process.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Damaged files and unusable directories: said in one line with a file's name and an exit code, or found when read; never served.
 *
 * <p>{@code -Dringtail.seed=N} repeats a run's random choices.
 */
@Execution(ExecutionMode.CONCURRENT)
final class DamageTest {
    private static final int KEYS = 2_000;
    private static final long SEED = Long.getLong("ringtail.seed", System.nanoTime());
    private static final String[] OPTIONS = {"--memory-limit", "64mb"};

    @TempDir
    static Path template;

    @TempDir
    Path directory;

    private Path data;
    private final Random random = new Random(SEED);

    /** Keys 0 … 1999 are in a table, and overwritten keys 0 … 999 in the log; the server was killed. */
    @BeforeAll
    static void makeStore() throws Exception {
        try (ServerProcess server = ServerProcess.start(template, OPTIONS);
                WireClient wire = new WireClient(server.port())) {
            write(wire, 0, KEYS, 1);
            assertThat(wire.text("SAVE")).isEqualTo("OK");
            write(wire, 0, KEYS / 2, 2);
            server.kill();
        }
    }

    @BeforeEach
    void copyStore() throws IOException {
        data = directory.resolve("store");
        try (Stream<Path> files = Files.walk(template)) {
            for (Path file : files.toList()) {
                Files.copy(file, data.resolve(template.relativize(file).toString()));
            }
        }
    }

    private static void write(WireClient wire, int from, int to, int generation) throws IOException {
        for (int begin = from; begin < to; begin += 100) {
            for (int i = begin; i < begin + 100; i++) {
                wire.add("SET", "key" + i, value(i, generation));
            }
            wire.flush();
            for (int i = 0; i < 100; i++) {
                assertThat(WireClient.text(wire.receive())).isEqualTo("OK");
            }
        }
    }

    private static String value(int key, int generation) {
        return "generation " + generation + " of " + key + " " + Integer.toString(key * 7919, 36).repeat(20);
    }

    private Path only(String part, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve(part))) {
            List<Path> found = files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .filter(file -> Files.isRegularFile(file))
                    .sorted((a, b) -> Long.compare(b.toFile().length(), a.toFile().length()))
                    .toList();
            assertThat(found).as("files in " + part).isNotEmpty();
            return found.getFirst();
        }
    }

    private String flipOneBit(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--; // what is reserved, and holds nothing
        }
        int offset = random.nextInt(end);
        bytes[offset] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
        return file + ", bit flipped at " + offset + " of " + end + ", -Dringtail.seed=" + SEED;
    }

    /** The start fails, with one line about it that names the path. */
    private static void assertRefused(ServerProcess server, Path named, String context) {
        int code = server.awaitExit();
        assertThat(code).as(context + ": " + server.output()).isNotZero();
        assertThat(server.output())
                .as(context)
                .filteredOn(line -> line.startsWith("ringtail: "))
                .singleElement()
                .asString()
                .contains(named.toString());
        assertThat(server.output()).as(context).noneMatch(line -> line.startsWith("\tat "));
    }

    @Test
    void aBitFlippedInTheManifestStopsTheStart() throws Exception {
        Path manifest = only(".", "manifest");
        String context = flipOneBit(manifest);
        try (ServerProcess server = ServerProcess.launch(Map.of(), List.of(), data, OPTIONS)) {
            assertRefused(server, manifest.normalize(), context);
        }
    }

    @Test
    void aBitFlippedInATableIsFoundAtStartOrWhenRead() throws Exception {
        Path table = only("tables", "");
        String context = flipOneBit(table);
        try (ServerProcess server = ServerProcess.launch(Map.of(), List.of(), data, OPTIONS)) {
            if (!server.awaitReady()) {
                assertRefused(server, table, context);
                return;
            }
            try (WireClient wire = new WireClient(server.port())) {
                int failures = 0;
                for (int i = 0; i < KEYS; i++) {
                    Reply reply = wire.call("GET", "key" + i);
                    if (reply instanceof Reply.Failure failure) {
                        assertThat(failure.text()).as(context).contains(table.getFileName().toString());
                        failures++;
                    } else {
                        assertThat(WireClient.text(reply)).as(context).isEqualTo(value(i, i < KEYS / 2 ? 2 : 1));
                    }
                }
                assertThat(failures).as(context + ": keys that cannot be read").isBetween(1, KEYS / 2);
                assertThat(wire.text("PING")).isEqualTo("PONG");
                assertThat(server.output()).as(context).noneMatch(line -> line.startsWith("\tat "));
            }
        }
    }

    @Test
    void aBitFlippedInTheLogStopsTheStartOrIsCutWithItsTail() throws Exception {
        Path segment = only("log", "");
        String context = flipOneBit(segment);
        try (ServerProcess server = ServerProcess.launch(Map.of(), List.of(), data, OPTIONS)) {
            if (!server.awaitReady()) {
                assertRefused(server, segment, context);
                return;
            }
            assertTailCut(server, segment, context);
        }
    }

    @Test
    void aTruncatedLogIsCutAtItsLastWholeFrameAndCounted() throws Exception {
        Path segment = only("log", "");
        byte[] bytes = Files.readAllBytes(segment);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        Files.write(segment, java.util.Arrays.copyOf(bytes, end - 10));
        String context = segment + " truncated to " + (end - 10);
        try (ServerProcess server = ServerProcess.launch(Map.of(), List.of(), data, OPTIONS)) {
            assertThat(server.awaitReady()).as(context + ": " + server.output()).isTrue();
            assertTailCut(server, segment, context);
        }
    }

    /** What the log held is served up to some write, and as it was before from there on. */
    private static void assertTailCut(ServerProcess server, Path segment, String context) throws IOException {
        assertThat(server.output())
                .as(context)
                .filteredOn(line -> line.contains("were cut"))
                .singleElement()
                .asString()
                .contains(segment.getFileName().toString())
                .containsPattern("last \\d+ bytes");
        try (WireClient wire = new WireClient(server.port())) {
            boolean cut = false;
            for (int i = 0; i < KEYS; i++) {
                String found = wire.text("GET", "key" + i);
                if (i < KEYS / 2 && !cut && !found.equals(value(i, 2))) {
                    cut = true;
                }
                assertThat(found).as(context).isEqualTo(value(i, i < KEYS / 2 && !cut ? 2 : 1));
            }
            assertThat(cut).as(context).isTrue();
        }
    }

    @Test
    void aSecondServerOnTheSameDirectoryIsRefused() throws Exception {
        try (ServerProcess first = ServerProcess.start(data, OPTIONS);
                ServerProcess second = ServerProcess.launch(Map.of(), List.of(), data, OPTIONS)) {
            assertRefused(second, data, "second server");
            assertThat(second.output()).anyMatch(line -> line.contains("in use"));
            try (WireClient wire = new WireClient(first.port())) {
                assertThat(wire.text("GET", "key0")).isEqualTo(value(0, 2));
            }
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsRefused() throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("disk"), "size=1m,ro");
                ServerProcess server =
                        ServerProcess.launch(Map.of(), List.of(), disk.path().resolve("store"), OPTIONS)) {
            assertRefused(server, disk.path(), "read-only directory");
        }
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        try (ServerProcess server = ServerProcess.launch(Map.of(), List.of(), file, OPTIONS)) {
            assertRefused(server, file, "a file in the directory's place");
        }
    }
}
