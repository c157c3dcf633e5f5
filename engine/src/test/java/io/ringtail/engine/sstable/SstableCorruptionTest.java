package io.ringtail.engine.sstable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Wrong bytes are told, with file and place, and never served. */
class SstableCorruptionTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final Path PATH = SstableFiles.path(DIRECTORY, 7);

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);

    private SstableContext context() {
        return new SstableContext(files, new BlockCache(1 << 16), Runnable::run, (path, failure) -> {});
    }

    private byte[] write(Compression compression) throws IOException {
        files.createDirectories(DIRECTORY);
        Key key = new Key();
        Record record = new Record();
        for (int i = 0; i < 24; i++) {
            key.set(0, ("key" + i / 8).getBytes());
            byte[] subkey = ("field" + i).getBytes();
            key.setSubkey(subkey, 0, subkey.length);
            byte[] value = ("value" + i).repeat(12).getBytes();
            record.setValue(i + 1, 1, i % 5 == 0 ? 1000 + i : 0, value, 0, value.length);
            byte[] encoded = new byte[record.size()];
            record.encode(encoded, 0);
            model.put(Arrays.copyOf(key.bytes(), key.size()), encoded);
        }
        SstableOptions options = new SstableOptions(compression, 1, 512, 10);
        try (SstableWriter writer = new SstableWriter(files, PATH, 1, 7, options)) {
            for (Map.Entry<byte[], byte[]> entry : model.entrySet()) {
                key.setEncoded(entry.getKey(), 0, entry.getKey().length);
                writer.add(key, record.wrap(entry.getValue(), 0, entry.getValue().length));
            }
            SstableProperties properties = writer.finish();
            assertThat(properties.blocks()).isGreaterThan(3);
            assertThat(properties.boundaries()).isGreaterThan(0);
        }
        return files.content(PATH);
    }

    @ParameterizedTest
    @EnumSource
    void everyFlippedBitIsFoundAndNeverServed(Compression compression) throws IOException {
        byte[] whole = write(compression);
        List<Integer> missed = new ArrayList<>();
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit >>> 3] ^= (byte) (1 << (bit & 7));
            files.overwrite(PATH, damaged);
            if (!isFound()) {
                missed.add(bit);
            }
        }
        assertThat(missed).isEmpty();
    }

    /** Whether opening it, or reading all of it, says that the file is damaged; what is read must be right. */
    private boolean isFound() throws IOException {
        Sstable table;
        try {
            table = Sstable.open(context(), PATH, 7);
        } catch (CorruptionException e) {
            assertThat(e.file()).isEqualTo(PATH);
            return true;
        }
        try {
            boolean found = false;
            Key key = new Key();
            Record record = new Record();
            for (Map.Entry<byte[], byte[]> entry : model.entrySet()) {
                key.setEncoded(entry.getKey(), 0, entry.getKey().length);
                try {
                    assertThat(table.get(key, key.filterHash(), record, true)).isEqualTo(Lookup.FOUND);
                    byte[] encoded = new byte[record.size()];
                    record.encode(encoded, 0);
                    assertThat(encoded).isEqualTo(entry.getValue());
                } catch (CorruptionException e) {
                    assertThat(e.offset()).isBetween(0L, table.bytes());
                    found = true;
                }
            }
            try {
                SstableVerifier.verify(table);
                assertThat(found).as("the verifier finds what a read finds").isFalse();
            } catch (CorruptionException e) {
                assertThat(found).as("a read finds what the verifier finds").isTrue();
            }
            return found;
        } finally {
            table.release();
        }
    }

    @Test
    void everyCutTailIsFoundAtOpen() throws IOException {
        byte[] whole = write(Compression.LZ4);
        for (int size = 1; size < whole.length; size++) {
            files.overwrite(PATH, Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> Sstable.open(context(), PATH, 7)).isInstanceOf(CorruptionException.class);
        }
    }

    /** Somebody, or a bug, made wrong properties and sealed them with a right checksum. */
    @Test
    void malformedPropertiesUnderRightChecksumsNeverLeadOutOfTheFile() throws IOException {
        byte[] whole = write(Compression.LZ4);
        long seed = 20250101;
        Random random = new Random(seed);
        int end = whole.length - FileFooter.SIZE;
        int propertiesSize = (int) Block.INT.get(whole, end - 4);
        int opened = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = whole.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                int at = end - 4 - propertiesSize + random.nextInt(propertiesSize + 4);
                damaged[at] = (byte) (random.nextBoolean() ? random.nextInt() : damaged[at] + random.nextInt(5) - 2);
            }
            int size = Math.clamp((int) Block.INT.get(damaged, end - 4), 0, end - 4 - FileHeader.SIZE);
            CRC32C crc = new CRC32C();
            crc.update(damaged, end - 4 - size, size + 4);
            byte[] footer = FileFooter.encode(end, 7, (int) crc.getValue());
            System.arraycopy(footer, 0, damaged, end, footer.length);
            files.overwrite(PATH, damaged);
            try {
                Sstable table = Sstable.open(context(), PATH, 7);
                try {
                    opened++;
                    SstableVerifier.verify(table);
                } finally {
                    table.release();
                }
            } catch (CorruptionException e) {
                assertThat(e.file()).as("seed " + seed).isEqualTo(PATH);
            }
        }
        assertThat(opened).as("seed " + seed).isBetween(300, 2700);
    }

    @Test
    void aTableUnderAnotherTablesNameIsFound() throws IOException {
        write(Compression.LZ4);
        assertThatThrownBy(() -> Sstable.open(context(), PATH, 8))
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("expected 8");
    }

    @Test
    void aFailedWriteLeavesNoFileBehind() throws IOException {
        files.createDirectories(DIRECTORY);
        files.failAll(SimulatedFileSystem.Operation.WRITE, new IOException("disk full"));
        SstableWriter writer = new SstableWriter(files, PATH, 1, 7, SstableOptions.DEFAULT);
        try (writer) {
            writer.add(new Key().set(0, "a".getBytes()), new Record().setTombstone(1, 1));
            assertThatThrownBy(writer::finish).hasMessageContaining("disk full");
        }
        assertThat(files.list(DIRECTORY)).isEmpty();
    }
}
