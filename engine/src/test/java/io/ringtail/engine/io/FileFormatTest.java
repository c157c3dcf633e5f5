package io.ringtail.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FileFormatTest {
    private static final Path FILE = Path.of("some.file");

    @Test
    void headerIsTheBytesOfTheSpecification() throws CorruptionException {
        byte[] header = FileHeader.encode("RLOG", 1, 0x1234_5678_9ABCL, 7);
        assertThat(HexFormat.of().formatHex(header, 0, 36))
                .isEqualTo("52494e475441494c524c4f470000000100001234" + "56789abc000000000000000700000000");
        assertThat(FileHeader.parse(header, FILE)).isEqualTo(new FileHeader("RLOG", 1, 0x1234_5678_9ABCL, 7));
    }

    @Test
    void everyFlippedBitOfAHeaderIsFound() {
        byte[] header = FileHeader.encode("RLOG", 1, 2, 3);
        for (int bit = 0; bit < header.length * 8; bit++) {
            byte[] flipped = header.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThatThrownBy(() -> FileHeader.parse(flipped, FILE))
                    .isInstanceOf(CorruptionException.class)
                    .hasMessageContaining("some.file at offset ");
        }
    }

    @Test
    void everyFlippedBitOfAFooterIsFound() throws CorruptionException {
        byte[] footer = FileFooter.encode(1000, 3, 0xCAFE);
        long size = 1000 + FileFooter.SIZE;
        assertThat(FileFooter.parse(footer, FILE, size)).isEqualTo(new FileFooter(1000, 3, 0xCAFE));
        for (int bit = 0; bit < footer.length * 8; bit++) {
            byte[] flipped = footer.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(FileFooter.isFooter(flipped)).isFalse();
            assertThatThrownBy(() -> FileFooter.parse(flipped, FILE, size)).isInstanceOf(CorruptionException.class);
        }
        assertThatThrownBy(() -> FileFooter.parse(footer, FILE, size + 1))
                .hasMessageContaining("says the content is 1000 bytes");
    }

    @Test
    void wrongTypeVersionAndShortFilesAreNamed() throws CorruptionException {
        byte[] header = FileHeader.encode("RLOG", 3, 2, 3);
        assertThatThrownBy(() -> FileHeader.parse(header, FILE).require("RSST", 3, FILE))
                .hasMessageContaining("file type RLOG, expected RSST");
        assertThatThrownBy(() -> FileHeader.parse(header, FILE).require("RLOG", 2, FILE))
                .hasMessageContaining("format version 3 of RLOG, this program reads 1 to 2");
        assertThatThrownBy(() -> FileHeader.parse(Arrays.copyOf(header, 39), FILE))
                .hasMessageContaining("cut after 39 of 40 bytes");
        assertThatThrownBy(() -> FileHeader.encode("LONGER", 1, 2, 3)).isInstanceOf(IllegalArgumentException.class);
    }
}
