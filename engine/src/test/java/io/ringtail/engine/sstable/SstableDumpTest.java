package io.ringtail.engine.sstable;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SstableDumpTest {
    @Test
    void printsPropertiesAndEntriesSafeForATerminal() throws IOException {
        SimulatedFileSystem files = new SimulatedFileSystem();
        Path directory = Path.of("/store");
        files.createDirectories(directory);
        Path path = SstableFiles.path(directory, 3);
        try (SstableWriter writer = new SstableWriter(files, path, 0xABC, 3, SstableOptions.DEFAULT)) {
            byte[] value = "a\u001b[31m\"".getBytes();
            writer.add(
                    new Key().set(2, "key".getBytes()),
                    new Record().setValue(5L << 16 | 1, 9, 0, value, 0, value.length).merge(
                            new Record().setExpiry(6L << 16, 9, 1234)));
            writer.finish();
        }
        StringBuilder out = new StringBuilder();
        new SstableDump(files, out).dump(path, true);
        assertThat(out.toString())
                .contains("store id      abc")
                .contains("entries       1, tombstones 0, expiring 1, expiry updates 1")
                .contains("db2 \"key\" value 5.1 actor 9 7 bytes \"a\\x1b[31m\\x22\" expires 1234 set 6.0 actor 9");
        assertThat(SstableFiles.fileId(path)).isEqualTo(3);
        assertThat(SstableFiles.deleteOrphans(files, directory, java.util.Set.of())).containsExactly(path);
    }
}
