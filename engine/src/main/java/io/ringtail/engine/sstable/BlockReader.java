package io.ringtail.engine.sstable;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.Region;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Takes blocks out of a mapped table: verifies, then decompresses. The scratch space one thread needs for it.
 *
 * <p>{@link #load} and {@link #copyTo} belong together, so that the caller can choose the target once the size is known.
 * Nothing of a block is believed, its raw size included, before its checksum is right; the size of a block stored raw
 * follows from the index, which was verified when the table was opened.
 *
 * <p>Confined to one thread.
 */
final class BlockReader {
    private static final int KEPT_BYTES = 256 << 10;

    private final CRC32C crc = new CRC32C();
    private byte[] stored = new byte[8192];
    private Region region;
    private Path path;
    private long offset;
    private int size;
    private int rawSize;

    BlockReader(Region region, Path path) {
        this.region = region;
        this.path = path;
    }

    /** Points it to another table. */
    BlockReader of(Region region, Path path) {
        this.region = region;
        this.path = path;
        return this;
    }

    /**
     * Looks at the block in {@code [offset, end)}; a compressed one is copied to the scratch space and verified.
     *
     * @return its raw size
     */
    int load(long offset, long end) throws CorruptionException {
        this.offset = offset;
        this.size = (int) (end - offset);
        byte compression = region.getByte(offset + 8);
        if (compression == Compression.NONE.id()) {
            rawSize = region.getInt(offset + 4);
            if (rawSize != size - SstableFormat.BLOCK_HEADER_SIZE) {
                throw new CorruptionException(path, offset, "block of " + size + " bytes says it has " + rawSize);
            }
            return rawSize;
        }
        if (size > SstableFormat.STREAMED_ENTRY_BYTES * 2) {
            throw new CorruptionException(path, offset, "compressed block of " + size + " bytes");
        }
        if (stored.length < size || stored.length > KEPT_BYTES) {
            stored = new byte[Math.max(size, 8192)];
        }
        region.read(offset, stored, 0, size);
        crc.reset();
        crc.update(stored, 4, size - 4);
        requireChecksum((int) Block.INT.get(stored, 0));
        rawSize = (int) Block.INT.get(stored, 4);
        if (rawSize < 14 || rawSize > SstableFormat.STREAMED_ENTRY_BYTES * 2) {
            throw new CorruptionException(path, offset, "block that says it has " + rawSize + " bytes");
        }
        return rawSize;
    }

    /** Writes the raw bytes of the block last loaded to {@code target[0, rawSize)}; a raw one is verified now. */
    void copyTo(byte[] target) throws CorruptionException {
        int header = SstableFormat.BLOCK_HEADER_SIZE;
        byte compression = region.getByte(offset + 8);
        if (compression == Compression.NONE.id()) {
            region.read(offset, stored, 0, header);
            region.read(offset + header, target, 0, rawSize);
            crc.reset();
            crc.update(stored, 4, header - 4);
            crc.update(target, 0, rawSize);
            requireChecksum((int) Block.INT.get(stored, 0));
        } else if (!Compression.decompress(stored[8], stored, header, size - header, target, rawSize)) {
            throw new CorruptionException(path, offset, "block does not decompress to " + rawSize + " bytes");
        }
    }

    private void requireChecksum(int expected) throws CorruptionException {
        int computed = (int) crc.getValue();
        if (computed != expected) {
            throw new CorruptionException(
                    path,
                    offset,
                    "block of %d bytes has CRC32C %08x, its bytes give %08x".formatted(size, expected, computed));
        }
    }
}
