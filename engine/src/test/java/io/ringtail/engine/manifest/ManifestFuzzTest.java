package io.ringtail.engine.manifest;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Whatever bytes a manifest has, reading it ends in a state or in a corruption error, and nothing else. */
class ManifestFuzzTest {
    private static final Path PATH = Path.of("/store/manifest-000000000001");

    @FuzzTest(maxDuration = "5s")
    void anyBytes(byte[] bytes) {
        decode(bytes);
    }

    /** Between a right header and a footer with the right checksum, so that the bytes are looked at. */
    @FuzzTest(maxDuration = "5s")
    void anyContentUnderARightFooter(byte[] bytes) {
        int end = FileHeader.SIZE + bytes.length;
        byte[] file = Arrays.copyOf(
                FileHeader.encode(ManifestFile.FILE_TYPE, ManifestFile.VERSION, 1, 1), end + FileFooter.SIZE);
        System.arraycopy(bytes, 0, file, FileHeader.SIZE, bytes.length);
        CRC32C crc = new CRC32C();
        crc.update(file, 0, end);
        byte[] footer = FileFooter.encode(end, 1, (int) crc.getValue());
        System.arraycopy(footer, 0, file, end, footer.length);
        decode(file);
    }

    private static void decode(byte[] bytes) {
        try {
            ManifestFile.decode(bytes, PATH, 1);
        } catch (CorruptionException e) {
            // What was hoped for.
        }
    }
}
