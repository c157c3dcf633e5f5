package io.ringtail.engine.compaction;

import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableProperties;

/**
 * What the picker knows of a table. Immutable. Tokens and hybrid logical times are unsigned; the numbers are those of
 * {@link SstableProperties}.
 *
 * @param bytes of the file
 * @param databases 256 bits, one for each database with an entry
 * @param voidMembers about how many entries are members of collections that go when the table is written again, by {@link VoidMembers}
 */
@SuppressWarnings("ArrayRecordComponent") // tables are compared by file id
public record TableInfo(
        long fileId,
        long bytes,
        long minToken,
        long maxToken,
        long entries,
        long tombstones,
        long expiring,
        long expiryUpdates,
        long minExpireAtMillis,
        long maxExpireAtMillis,
        long minHlc,
        long maxHlc,
        long[] databases,
        long voidMembers) {
    private static final double RING = 0x1p64;
    /** With fewer entries the tokens say too little about the share of the ring the table stands for. */
    private static final int FEW_ENTRIES = 16;
    private static final double SMALLEST_SHARE = 0x1p-30;

    public static TableInfo of(Sstable table) {
        SstableProperties properties = table.properties();
        return new TableInfo(
                table.fileId(),
                table.bytes(),
                properties.minToken(),
                properties.maxToken(),
                properties.entries(),
                properties.tombstones(),
                properties.expiring(),
                properties.expiryUpdates(),
                properties.minExpireAtMillis(),
                properties.maxExpireAtMillis(),
                properties.minHlc(),
                properties.maxHlc(),
                properties.databases(),
                0);
    }

    TableInfo withVoidMembers(long count) {
        return new TableInfo(
                fileId, bytes, minToken, maxToken, entries, tombstones, expiring, expiryUpdates, minExpireAtMillis,
                maxExpireAtMillis, minHlc, maxHlc, databases, count);
    }

    boolean overlaps(TableInfo other) {
        return Long.compareUnsigned(minToken, other.maxToken) <= 0
                && Long.compareUnsigned(other.minToken, maxToken) <= 0;
    }

    boolean holdsToken(long token) {
        return Long.compareUnsigned(minToken, token) <= 0 && Long.compareUnsigned(token, maxToken) <= 0;
    }

    /** Bytes this table would have if the whole ring were as densely filled as its own part of it. */
    double density() {
        if (entries < FEW_ENTRIES) {
            return bytes;
        }
        long span = maxToken - minToken;
        double share = ((span >>> 1) * 2.0 + (span & 1)) / RING * (entries + 1) / (entries - 1);
        return bytes / Math.min(1, Math.max(share, SMALLEST_SHARE));
    }

    /** How many entries a reader at {@code nowMillis} would find expired: exact at both ends, in between a guess. */
    long expired(long nowMillis) {
        if (expiring == 0 || nowMillis < minExpireAtMillis) {
            return 0;
        }
        if (nowMillis >= maxExpireAtMillis) {
            return expiring;
        }
        double elapsed = (double) nowMillis - minExpireAtMillis;
        return (long) (expiring * (elapsed / ((double) maxExpireAtMillis - minExpireAtMillis)));
    }
}
