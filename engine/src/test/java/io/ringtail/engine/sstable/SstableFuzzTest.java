package io.ringtail.engine.sstable;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Whatever bytes a table file has, opening and walking it ends in a table or in a corruption error, and nothing else. */
class SstableFuzzTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final Path PATH = SstableFiles.path(DIRECTORY, 7);

    @FuzzTest(maxDuration = "5s")
    void anyBytes(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            openAndWalk(bytes);
        }
    }

    /** Between a right header and a footer with the right checksum, so that the bytes are looked at. */
    @FuzzTest(maxDuration = "5s")
    void anyPropertiesUnderARightFooter(byte[] bytes) throws IOException {
        byte[] file = Arrays.copyOf(
                FileHeader.encode(SstableFormat.FILE_TYPE, SstableFormat.VERSION, 1, 7),
                FileHeader.SIZE + bytes.length + 4 + FileFooter.SIZE);
        System.arraycopy(bytes, 0, file, FileHeader.SIZE, bytes.length);
        int end = FileHeader.SIZE + bytes.length + 4;
        int propertiesSize = Math.min(bytes.length, 400);
        Block.INT.set(file, end - 4, propertiesSize);
        CRC32C crc = new CRC32C();
        crc.update(file, end - 4 - propertiesSize, propertiesSize + 4);
        byte[] footer = FileFooter.encode(end, 7, (int) crc.getValue());
        System.arraycopy(footer, 0, file, end, footer.length);
        openAndWalk(file);
    }

    private static void openAndWalk(byte[] bytes) throws IOException {
        SimulatedFileSystem files = new SimulatedFileSystem();
        files.createDirectories(DIRECTORY);
        files.overwrite(PATH, bytes);
        SstableContext context =
                new SstableContext(files, new BlockCache(1 << 10), Runnable::run, (path, failure) -> {});
        try {
            Sstable table = Sstable.open(context, PATH, 7);
            try {
                Key key = new Key().set(0, new byte[0]);
                table.get(key, key.filterHash(), new Record(), true);
                SstableVerifier.verify(table);
            } finally {
                table.release();
            }
        } catch (CorruptionException e) {
            // What was hoped for.
        }
    }
}
