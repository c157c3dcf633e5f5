package io.ringtail.engine.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OfflineStoreTest {
    private static final Path DIRECTORY = Path.of("/store");

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final OfflineStore offline = new OfflineStore(files, DIRECTORY);

    @BeforeEach
    void fillAStore() throws IOException {
        try (Store store = open();
                StoreSession session = store.session()) {
            for (int i = 0; i < 600; i++) {
                if (i == 300) {
                    store.flush();
                }
                byte[] name = ("key" + i).getBytes(StandardCharsets.UTF_8);
                store.writeLock().lock();
                try {
                    session.merge(new Key().set(0, name), new Record().setValue(i + 1, 1, 0, name, 0, name.length));
                } finally {
                    store.writeLock().unlock();
                }
                store.append();
            }
        }
    }

    private Store open() throws IOException {
        return Store.open(StoreOptions.of(DIRECTORY).withFileSystem(files), StoreListener.NONE);
    }

    @Test
    void aWholeStoreIsFoundWhole() throws IOException {
        StringBuilder out = new StringBuilder();
        assertThat(offline.check(out)).isEmpty();
        assertThat(out.toString()).contains("1 tables with 300 entries");
    }

    @Test
    void aFlippedBitInAnyFileOfTheStoreIsFoundByTheCheckAndStopsTheStartOrTheRead() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (String place : new String[] {"", "tables", "log"}) {
            Path file = files.list(DIRECTORY.resolve(place)).stream()
                    .filter(candidate -> !candidate.endsWith("LOCK"))
                    .findFirst()
                    .orElseThrow();
            byte[] content = files.content(file);
            byte[] damaged = content.clone();
            // Not in the last bytes of the log, where a torn tail may lie; every single place is tried by the tests of each format.
            int within = place.equals("log") ? content.length - 200 : content.length;
            damaged[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
            files.overwrite(file, damaged);
            assertThat(offline.check(new StringBuilder())).as("seed %d, %s", seed, file).isNotEmpty();
            assertThatThrownBy(this::readEverything)
                    .as("seed %d, %s", seed, file)
                    .satisfies(thrown -> assertThat(thrown instanceof CorruptionException
                                    || thrown.getCause() instanceof CorruptionException)
                            .isTrue());
            files.overwrite(file, content);
            assertThat(offline.check(new StringBuilder())).isEmpty();
        }
    }

    private void readEverything() throws IOException {
        try (Store store = open();
                StoreSession session = store.session();
                var cursor = session.scan(0, -1)) {
            int count = 0;
            while (cursor.next()) {
                count++;
            }
            assertThat(count).isEqualTo(600);
        }
    }

    @Test
    void aDirectoryWithoutAManifestIsNoStore() {
        assertThatThrownBy(() -> new OfflineStore(files, Path.of("/elsewhere")).check(new StringBuilder()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/elsewhere");
    }
}
