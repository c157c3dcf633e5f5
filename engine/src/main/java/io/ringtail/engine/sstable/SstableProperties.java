package io.ringtail.engine.sstable;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.record.Key;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * What a table says about itself: enough to plan a compaction without reading it. Immutable (the keys are not to be
 * written to).
 *
 * <p>Hybrid logical times are unsigned. {@code minHlc} and {@code maxHlc} span registers and expiries alike.
 *
 * @param entries pairs of key and record
 * @param tombstones entries that are tombstones
 * @param expiring entries with an expire-at other than 0, but for headers of collections
 * @param expiryUpdates entries whose expiry (none included) was set apart from their value, so that it can change when an
 *     older value in another table ends
 * @param minExpireAtMillis the smallest expire-at, or {@code Long.MAX_VALUE} when nothing expires
 * @param maxExpireAtMillis the greatest expire-at, or 0 when nothing expires
 * @param minHlc the smallest hybrid logical time in the table
 * @param maxHlc the greatest
 * @param rawBytes of all blocks before compression
 * @param storedBytes of all blocks as stored
 * @param blocks how many
 * @param boundaries boundary keys between blocks that share a token
 * @param filterLines 64-byte lines of the Bloom filter
 * @param databases a set bit, 256 in all, for each database that has an entry; element i / 64, bit i % 64
 * @param indexOffset where the index section begins; blocks end there
 * @param boundariesOffset where the boundary section begins
 * @param filterOffset where the filter section, padding first, begins
 * @param filterEnd where the filter section ends and the properties begin
 * @param indexCrc CRC32C of the index section; likewise the next two
 * @param minKey the first internal key
 * @param maxKey the last
 */
@SuppressWarnings("ArrayRecordComponent") // keys are compared by the code that reads them, never by equals
public record SstableProperties(
        long entries,
        long tombstones,
        long expiring,
        long expiryUpdates,
        long minExpireAtMillis,
        long maxExpireAtMillis,
        long minHlc,
        long maxHlc,
        long rawBytes,
        long storedBytes,
        int blocks,
        int boundaries,
        int filterLines,
        long[] databases,
        long indexOffset,
        long boundariesOffset,
        long filterOffset,
        long filterEnd,
        int indexCrc,
        int boundariesCrc,
        int filterCrc,
        byte[] minKey,
        byte[] maxKey) {
    private static final int FIXED_SIZE = 10 * 8 + 3 * 4 + 4 * 8 + 4 * 8 + 3 * 4 + 2 * 4;

    public long minToken() {
        return Key.token(minKey, 0);
    }

    public long maxToken() {
        return Key.token(maxKey, 0);
    }

    /** Whether every entry is a tombstone or has an end. */
    public boolean everythingEnds() {
        return tombstones + expiring >= entries;
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(FIXED_SIZE + minKey.length + maxKey.length);
        out.putLong(entries).putLong(tombstones).putLong(expiring).putLong(expiryUpdates);
        out.putLong(minExpireAtMillis).putLong(maxExpireAtMillis);
        out.putLong(minHlc).putLong(maxHlc).putLong(rawBytes).putLong(storedBytes);
        out.putInt(blocks).putInt(boundaries).putInt(filterLines);
        for (long word : databases) {
            out.putLong(word);
        }
        out.putLong(indexOffset).putLong(boundariesOffset).putLong(filterOffset).putLong(filterEnd);
        out.putInt(indexCrc).putInt(boundariesCrc).putInt(filterCrc);
        out.putInt(minKey.length).put(minKey).putInt(maxKey.length).put(maxKey);
        return out.flip();
    }

    /** Reads what {@link #encode} wrote; {@code file} and {@code offset} are for the error message. */
    static SstableProperties decode(ByteBuffer in, Path file, long offset) throws CorruptionException {
        try {
            SstableProperties properties = new SstableProperties(
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    new long[] {in.getLong(), in.getLong(), in.getLong(), in.getLong()},
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    key(in, file, offset),
                    key(in, file, offset));
            if (in.hasRemaining()) {
                throw new CorruptionException(file, offset, in.remaining() + " bytes too many in the properties");
            }
            return properties;
        } catch (BufferUnderflowException e) {
            throw new CorruptionException(file, offset, "properties end too early");
        }
    }

    private static byte[] key(ByteBuffer in, Path file, long offset) throws CorruptionException {
        int size = in.getInt();
        if (size < Key.PREFIX_SIZE + 1 || size > in.remaining()) {
            throw new CorruptionException(file, offset, "key of " + size + " bytes in the properties");
        }
        byte[] key = new byte[size];
        in.get(key);
        return key;
    }
}
