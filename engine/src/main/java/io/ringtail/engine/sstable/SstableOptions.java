package io.ringtail.engine.sstable;

/**
 * How tables are written. Immutable.
 *
 * @param compression how blocks are stored when that saves at least an eighth
 * @param zstdLevel zstd's level, 1 … 19; used with {@link Compression#ZSTD} only
 * @param blockTargetBytes raw bytes after which a block is closed, 512 … 1 MiB
 * @param filterBitsPerKey bits of Bloom filter for each key, 4 … 32
 */
public record SstableOptions(Compression compression, int zstdLevel, int blockTargetBytes, int filterBitsPerKey) {
    public static final SstableOptions DEFAULT = new SstableOptions(Compression.LZ4, 3, 4096, 10);

    public SstableOptions {
        if (zstdLevel < 1 || zstdLevel > 19) {
            throw new IllegalArgumentException("zstd level " + zstdLevel + ", not 1 … 19");
        }
        if (blockTargetBytes < 512 || blockTargetBytes > 1 << 20) {
            throw new IllegalArgumentException("block of " + blockTargetBytes + " bytes, not 512 … 1048576");
        }
        if (filterBitsPerKey < 4 || filterBitsPerKey > 32) {
            throw new IllegalArgumentException("filter of " + filterBitsPerKey + " bits a key, not 4 … 32");
        }
    }

    public SstableOptions withCompression(Compression other) {
        return new SstableOptions(other, zstdLevel, blockTargetBytes, filterBitsPerKey);
    }
}
