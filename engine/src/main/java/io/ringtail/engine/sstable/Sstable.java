package io.ringtail.engine.sstable;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.Region;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An open table: immutable, memory-mapped, sorted by internal key.
 *
 * <p>Header, footer, properties, index and filter are verified when it is opened; a block each time it is taken from the
 * file. Bytes that fail are reported as {@link CorruptionException} and never served.
 *
 * <p>Safe for concurrent use. Counted by reference: {@link #open} gives the first reference, every reader takes one with
 * {@link #tryRetain} (or relies on somebody's who does) and gives it back with {@link #release}; a cursor holds its own.
 * After the last release the file is unmapped and, when {@link #markObsolete} was called, deleted, both on the context's
 * reclaimer. Reading without a reference may end the process.
 *
 * <p>A miss reads at most one cache line of the filter. A hit reads a few lines of the index and one block, taken from
 * the {@link BlockCache} or decompressed.
 */
public final class Sstable {
    private static final int CHECK_CHUNK_BYTES = 64 << 10;
    private static final ThreadLocal<@Nullable BlockReader> READER = new ThreadLocal<>();

    private final SstableContext context;
    private final Path path;
    private final long fileId;
    private final Region region;
    private final SstableProperties properties;
    private final SparseIndex index;
    private final BloomFilter filter;
    private final Residency residency;
    private final long minToken;
    private final long maxToken;
    private final AtomicInteger references = new AtomicInteger(1);
    private volatile boolean obsolete;

    private Sstable(SstableContext context, Path path, long fileId, Region region, SstableProperties properties) {
        this.context = context;
        this.path = path;
        this.fileId = fileId;
        this.region = region;
        this.properties = properties;
        this.index = new SparseIndex(region, properties);
        this.filter = new BloomFilter(
                region, properties.filterEnd() - (long) properties.filterLines() * BloomFilter.LINE_BYTES,
                properties.filterLines());
        this.residency = new Residency(region.address(), region.size());
        this.minToken = properties.minToken();
        this.maxToken = properties.maxToken();
    }

    /**
     * Maps and verifies a table.
     *
     * @throws CorruptionException when the file is not a whole, undamaged table with this id
     */
    public static Sstable open(SstableContext context, Path path, long fileId) throws IOException {
        if (context.files().size(path) < FileHeader.SIZE + FileFooter.SIZE) {
            throw new CorruptionException(path, 0, "too small for a table");
        }
        Region region = context.files().map(path);
        try {
            SstableProperties properties = verifyEnds(region, path, fileId);
            Sstable table = new Sstable(context, path, fileId, region, properties);
            String defect = table.index.defect(properties);
            if (defect != null) {
                throw new CorruptionException(path, properties.indexOffset(), defect);
            }
            return table;
        } catch (IOException | RuntimeException e) {
            region.close();
            throw e;
        }
    }

    private static SstableProperties verifyEnds(Region region, Path path, long fileId) throws CorruptionException {
        byte[] header = bytes(region, 0, FileHeader.SIZE);
        FileHeader parsed =
                FileHeader.parse(header, path).require(SstableFormat.FILE_TYPE, SstableFormat.VERSION, path);
        long footerOffset = region.size() - FileFooter.SIZE;
        FileFooter footer =
                FileFooter.parse(bytes(region, footerOffset, FileFooter.SIZE), path, region.size());
        if (parsed.fileId() != fileId || footer.fileId() != fileId) {
            throw new CorruptionException(
                    path, 0, "file id " + parsed.fileId() + " and " + footer.fileId() + ", expected " + fileId);
        }
        long end = footer.contentSize();
        int size = end < SstableFormat.BLOCKS_OFFSET + 4 ? -1 : region.getInt(end - 4);
        if (size < 0 || size > end - 4 - SstableFormat.BLOCKS_OFFSET) {
            throw new CorruptionException(path, end - 4, "properties of " + size + " bytes");
        }
        long offset = end - 4 - size;
        verifySection(region, path, "properties", offset, end, footer.contentChecksum());
        ByteBuffer encoded = ByteBuffer.wrap(bytes(region, offset, size));
        SstableProperties properties = SstableProperties.decode(encoded, path, offset);
        verifyLayout(properties, path, offset);
        verifySection(region, path, "index", properties.indexOffset(), properties.boundariesOffset(),
                properties.indexCrc());
        verifySection(region, path, "boundaries", properties.boundariesOffset(), properties.filterOffset(),
                properties.boundariesCrc());
        verifySection(region, path, "filter", properties.filterOffset(), offset, properties.filterCrc());
        return properties;
    }

    private static void verifyLayout(SstableProperties properties, Path path, long offset)
            throws CorruptionException {
        long filterSize = (long) properties.filterLines() * BloomFilter.LINE_BYTES;
        boolean right = properties.blocks() > 0
                && properties.boundaries() >= 0
                && properties.filterLines() > 0
                && properties.entries() > 0
                && properties.indexOffset() > SstableFormat.BLOCKS_OFFSET
                && properties.filterEnd() == offset
                && properties.boundariesOffset() - SstableFormat.indexSize(properties.blocks())
                        == properties.indexOffset()
                && properties.filterOffset() - (long) properties.boundaries() * SstableFormat.BOUNDARY_SIZE
                        >= properties.boundariesOffset()
                && properties.filterEnd() - filterSize >= properties.filterOffset()
                && properties.filterEnd() - filterSize - properties.filterOffset() < BloomFilter.LINE_BYTES;
        if (!right) {
            throw new CorruptionException(path, offset, "sections do not fit the file");
        }
    }

    private static void verifySection(Region region, Path path, String what, long offset, long end, int expected)
            throws CorruptionException {
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[(int) Math.min(CHECK_CHUNK_BYTES, end - offset)];
        for (long at = offset; at < end; at += chunk.length) {
            int part = (int) Math.min(chunk.length, end - at);
            region.read(at, chunk, 0, part);
            crc.update(chunk, 0, part);
        }
        if ((int) crc.getValue() != expected) {
            throw new CorruptionException(
                    path,
                    offset,
                    "%s has CRC32C %08x, its bytes give %08x".formatted(what, expected, (int) crc.getValue()));
        }
    }

    private static byte[] bytes(Region region, long offset, int size) {
        byte[] bytes = new byte[size];
        region.read(offset, bytes, 0, size);
        return bytes;
    }

    // ---- what it is

    public Path path() {
        return path;
    }

    public long fileId() {
        return fileId;
    }

    public SstableProperties properties() {
        return properties;
    }

    /** Bytes of the file. */
    public long bytes() {
        return region.size();
    }

    /** Bytes of filter and index: what should stay in memory for fast lookups. */
    public long lookupBytes() {
        return properties.filterEnd() - properties.indexOffset();
    }

    // ---- lookup

    /** Whether the table can hold a key with this {@link Key#filterHash}; about 1 % of absent keys pass. */
    public boolean mayContain(Key key, long filterHash) {
        long token = key.token();
        return Long.compareUnsigned(token, minToken) >= 0
                && Long.compareUnsigned(token, maxToken) <= 0
                && filter.mayContain(filterHash);
    }

    /**
     * Looks for a key.
     *
     * <p>When {@link Lookup#FOUND}, {@code into} is the record; its value is a slice of a cached block or of {@code into}'s
     * own array, so that it stays as it is until {@code into} is next given to {@code get}. Nothing is copied but the
     * block itself. Otherwise {@code into} is undefined.
     *
     * @param filterHash the key's {@link Key#filterHash}, computed once for all tables
     * @param mayBlock whether to wait for the disk; when false, a block neither cached nor in the page cache is
     *     {@link Lookup#COLD}
     */
    public Lookup get(Key key, long filterHash, Record into, boolean mayBlock) throws IOException {
        if (!mayContain(key, filterHash)) {
            return Lookup.MISSING;
        }
        int block = index.find(key);
        if (block < 0) {
            return Lookup.MISSING;
        }
        long id = BlockCache.id(fileId, block);
        byte[] raw = context.cache().get(id);
        int size;
        if (raw != null) {
            size = raw.length;
        } else {
            long offset = index.offset(block);
            long end = index.offset(block + 1);
            if (!mayBlock && !residency.isResident(offset, end)) {
                return Lookup.COLD;
            }
            BlockReader reader = reader();
            size = reader.load(offset, end);
            boolean keep = context.cache().admits(id, size);
            raw = keep ? new byte[size] : into.ownArray(size);
            reader.copyTo(raw);
            if (keep) {
                context.cache().put(id, raw);
            }
        }
        try {
            int entry = Block.find(raw, size, key);
            if (entry < 0) {
                return Lookup.MISSING;
            }
            int count = Block.count(raw);
            int record = Block.recordOffset(raw, Block.entryOffset(raw, size, count, entry));
            into.wrap(raw, record, Block.entryOffset(raw, size, count, entry + 1) - record);
            return Lookup.FOUND;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw malformed(block, e);
        }
    }

    CorruptionException malformed(int block, RuntimeException cause) {
        CorruptionException corruption =
                new CorruptionException(path, index.offset(block), "malformed block: " + cause.getMessage());
        corruption.initCause(cause);
        return corruption;
    }

    private BlockReader reader() {
        BlockReader reader = READER.get();
        if (reader == null) {
            reader = new BlockReader(region, path);
            READER.set(reader);
        }
        return reader.of(region, path);
    }

    /** About how many stored bytes the blocks take that have tokens in the range, both ends inclusive, unsigned. */
    public long bytesBetween(long fromToken, long throughToken) {
        long from = index.offset(index.firstBlockFrom(fromToken));
        long through = throughToken == -1
                ? index.offset(index.blocks())
                : index.offset(index.firstBlockFrom(throughToken + 1));
        return through - from;
    }

    // ---- iteration

    /** All pairs. The cursor takes a reference, which its {@code close} gives back. */
    public RecordCursor cursor() {
        return cursor(0, -1);
    }

    /**
     * The pairs with tokens from {@code fromToken} through {@code throughToken}, both inclusive, unsigned. Blocks are not
     * put into the cache. A failing read is thrown from {@code next} as an {@link java.io.UncheckedIOException}.
     */
    public RecordCursor cursor(long fromToken, long throughToken) {
        if (!tryRetain()) {
            throw new IllegalStateException(path + " is closed");
        }
        return new SstableCursor(this, region, index, fromToken, throughToken, index.firstBlockFrom(fromToken));
    }

    /** The same from a key on, which may be met, and a few before it of the same token. */
    public RecordCursor cursorNear(Key from, long throughToken) {
        if (!tryRetain()) {
            throw new IllegalStateException(path + " is closed");
        }
        return new SstableCursor(this, region, index, from.token(), throughToken, index.firstBlockBehind(from));
    }

    /** All pairs from the first of a block on. */
    public RecordCursor cursorFrom(int block) {
        if (!tryRetain()) {
            throw new IllegalStateException(path + " is closed");
        }
        return new SstableCursor(this, region, index, 0, -1, block);
    }

    // ---- lifetime

    /** Takes a reference; false when the last one is gone already. */
    public boolean tryRetain() {
        while (true) {
            int count = references.get();
            if (count == 0) {
                return false;
            }
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
        }
    }

    /** Gives a reference back; the last one has the file unmapped. */
    public void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException(path + " released once too often");
        }
        if (left == 0) {
            context.reclaimer().execute(this::reclaim);
        }
    }

    /** Has the file deleted once nobody reads it any more. The caller still releases its own reference. */
    public void markObsolete() {
        obsolete = true;
    }

    private void reclaim() {
        region.close();
        if (obsolete) {
            context.cache().forget(fileId, index.blocks());
            try {
                context.files().delete(path);
            } catch (IOException e) {
                context.deletionFailed().accept(path, e);
            }
        }
    }

    @Override
    public String toString() {
        return "Sstable[" + path.getFileName() + " " + properties.entries() + " entries]";
    }
}
