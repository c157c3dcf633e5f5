package io.ringtail.engine.sstable;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** How a block is stored; the {@link #id} stands in the block's header. Immutable, safe for concurrent use. */
public enum Compression {
    NONE(0),
    LZ4(1),
    ZSTD(2);

    private static final LZ4Compressor LZ4_COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
    /** The decompressor that checks its input's bounds as well as its output's. */
    private static final LZ4SafeDecompressor LZ4_DECOMPRESSOR =
            LZ4Factory.fastestInstance().safeDecompressor();

    private final byte id;

    Compression(int id) {
        this.id = (byte) id;
    }

    public byte id() {
        return id;
    }

    /** The greatest size {@code rawSize} bytes can take when compressed. */
    int bound(int rawSize) {
        return switch (this) {
            case NONE -> rawSize;
            case LZ4 -> LZ4_COMPRESSOR.maxCompressedLength(rawSize);
            case ZSTD -> Math.toIntExact(Zstd.compressBound(rawSize));
        };
    }

    /** Compresses into {@code target[targetOffset …]}, which has room for {@link #bound}; returns the size. */
    int compress(byte[] raw, int rawSize, byte[] target, int targetOffset, int zstdLevel) {
        return switch (this) {
            case NONE -> {
                System.arraycopy(raw, 0, target, targetOffset, rawSize);
                yield rawSize;
            }
            case LZ4 -> LZ4_COMPRESSOR.compress(raw, 0, rawSize, target, targetOffset, target.length - targetOffset);
            case ZSTD ->
                Math.toIntExact(Zstd.compressByteArray(
                        target, targetOffset, target.length - targetOffset, raw, 0, rawSize, zstdLevel));
        };
    }

    /** Whether {@code stored} of the stored form gave exactly {@code rawSize} bytes at {@code target[0 …]}. */
    static boolean decompress(byte id, byte[] stored, int offset, int size, byte[] target, int rawSize) {
        try {
            return switch (id) {
                case 1 -> LZ4_DECOMPRESSOR.decompress(stored, offset, size, target, 0, rawSize) == rawSize;
                case 2 -> Zstd.decompressByteArray(target, 0, rawSize, stored, offset, size) == rawSize;
                default -> false;
            };
        } catch (LZ4Exception | ZstdException e) {
            return false;
        }
    }
}
