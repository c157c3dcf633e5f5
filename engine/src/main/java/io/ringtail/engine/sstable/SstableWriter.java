package io.ringtail.engine.sstable;

import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.WritableFile;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes one table from pairs in strictly ascending key order.
 *
 * <p>Created by a flush or a compaction, which calls {@link #add} for each pair and {@link #finish} once; closing without
 * {@link #finish} deletes the file. When {@link #finish} returns, the file's bytes are durable; its name is durable once
 * the caller has synced the directory.
 *
 * <p>Holds a block, a write buffer, and for each entry 8 bytes (its filter hash) and for each block 16: about 7 MiB for a
 * table of 64 MiB of small entries. Confined to one thread.
 */
public final class SstableWriter implements Closeable {
    private static final int WRITE_BUFFER_BYTES = 256 << 10;
    /** Padding, properties with short keys, and footer. */
    private static final int TAIL_BYTES = 512;

    /** One write buffer a thread, while no writer uses it: direct memory is given back late. */
    private static final ThreadLocal<@Nullable ByteBuffer> SPARE_BUFFER = new ThreadLocal<>();

    private final FileSystem files;
    private final Path path;
    private final long fileId;
    private final SstableOptions options;
    private final WritableFile file;
    private final ByteBuffer buffer;
    private final CRC32C crc = new CRC32C();
    private final BlockBuilder block = new BlockBuilder();
    private byte[] stored = new byte[8192];
    private long position;

    private long[] hashes = new long[4096];
    private int entries;
    private long[] blockTokens = new long[256];
    private long[] blockOffsets = new long[256];
    private int blocks;

    private ByteBuffer boundaryHeads = ByteBuffer.allocate(SstableFormat.BOUNDARY_SIZE * 16);
    private ByteBuffer boundaryKeys = ByteBuffer.allocate(1024);

    private byte @Nullable [] minKey;
    private byte[] lastKey = new byte[128];
    private int lastKeySize;

    private long tombstones;
    private long expiring;
    private long expiryUpdates;
    private long minExpireAtMillis = Long.MAX_VALUE;
    private long maxExpireAtMillis;
    private long minHlc = -1;
    private long maxHlc;
    private long rawBytes;
    private final long[] databases = new long[4];
    private boolean finished;

    /**
     * Creates {@code path}, which must not exist.
     *
     * @param storeId goes into the file's header, as {@code fileId} does
     */
    public SstableWriter(FileSystem files, Path path, long storeId, long fileId, SstableOptions options)
            throws IOException {
        this.files = files;
        this.path = path;
        this.fileId = fileId;
        this.options = options;
        this.file = files.create(path);
        ByteBuffer spare = SPARE_BUFFER.get();
        this.buffer = spare != null ? spare.clear() : ByteBuffer.allocateDirect(WRITE_BUFFER_BYTES);
        SPARE_BUFFER.remove();
        try {
            put(FileHeader.encode(SstableFormat.FILE_TYPE, SstableFormat.VERSION, storeId, fileId), 0, FileHeader.SIZE);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Adds a pair, of which nothing is kept.
     *
     * @throws IllegalArgumentException when the key is not greater than the one before, the record is empty, or the two
     *     are too large for one block
     */
    public void add(Key key, Record record) throws IOException {
        if (record.isEmpty()) {
            throw new IllegalArgumentException("empty record for " + key);
        }
        long entrySize = BlockBuilder.entrySize(key, record);
        if (entrySize > SstableFormat.MAX_ENTRY_BYTES) {
            throw new IllegalArgumentException("entry of " + entrySize + " bytes for " + key);
        }
        if (lastKeySize > 0 && Key.compare(lastKey, 0, lastKeySize, key.bytes(), 0, key.size()) >= 0) {
            throw new IllegalArgumentException("keys out of order in " + path + ": " + key + " after token "
                    + Long.toUnsignedString(Key.token(lastKey, 0)));
        }
        if (block.count() > 0 && block.rawSizeWith(entrySize) > options.blockTargetBytes()) {
            writeBlock();
        }
        if (block.count() == 0) {
            beginBlock(key);
        }
        if (entrySize >= SstableFormat.STREAMED_ENTRY_BYTES) {
            writeStreamed(key, record);
        } else {
            block.add(key, record);
        }
        count(key, record);
    }

    private void count(Key key, Record record) {
        if (entries == hashes.length) {
            hashes = Arrays.copyOf(hashes, entries * 2);
        }
        hashes[entries++] = key.filterHash();
        databases[key.database() >>> 6] |= 1L << key.database();
        countHlc(record.minHlc());
        countHlc(record.maxHlc());
        if (record.hasExpiryUpdate()) {
            expiryUpdates++;
        }
        if (record.isTombstone()) {
            tombstones++;
        } else if (record.lastEndMillis() != 0 && !record.isCollection()) {
            // Whether a collection is over only all of its header tells, which is in other tables, too.
            expiring++;
            minExpireAtMillis = Math.min(minExpireAtMillis, record.firstEndMillis());
            maxExpireAtMillis = Math.max(maxExpireAtMillis, record.lastEndMillis());
        }
        if (lastKey.length < key.size()) {
            lastKey = new byte[Math.max(key.size(), lastKey.length * 2)];
        }
        System.arraycopy(key.bytes(), 0, lastKey, 0, key.size());
        lastKeySize = key.size();
        if (minKey == null) {
            minKey = Arrays.copyOf(lastKey, lastKeySize);
        }
    }

    private void countHlc(long hlc) {
        if (Long.compareUnsigned(hlc, minHlc) < 0) {
            minHlc = hlc;
        }
        if (Long.compareUnsigned(hlc, maxHlc) > 0) {
            maxHlc = hlc;
        }
    }

    /** Entries added so far. */
    public int entries() {
        return entries;
    }

    /** About how many bytes the file would have if finished now; rather more: the block being filled counts raw. */
    public long bytes() {
        return position
                + block.rawSize()
                + SstableFormat.indexSize(blocks)
                + (long) entries * options.filterBitsPerKey() / 8
                + boundaryHeads.position()
                + boundaryKeys.position()
                + TAIL_BYTES;
    }

    // ---- blocks

    private void beginBlock(Key key) {
        if (blocks + 1 >= blockTokens.length) {
            blockTokens = Arrays.copyOf(blockTokens, blockTokens.length * 2);
            blockOffsets = Arrays.copyOf(blockOffsets, blockOffsets.length * 2);
        }
        blockTokens[blocks] = key.token();
        blockOffsets[blocks] = position;
        if (lastKeySize > 0 && Key.token(lastKey, 0) == key.token()) {
            addBoundary(key);
        }
        blocks++;
    }

    /** The shortest prefix of the key that is still greater than the key before it. */
    private void addBoundary(Key key) {
        int size = Arrays.mismatch(lastKey, 0, lastKeySize, key.bytes(), 0, key.size()) + 1;
        boundaryHeads = room(boundaryHeads, SstableFormat.BOUNDARY_SIZE);
        boundaryHeads.putInt(blocks).putInt(size).putLong(boundaryKeys.position());
        boundaryKeys = room(boundaryKeys, size);
        boundaryKeys.put(key.bytes(), 0, size);
    }

    private static ByteBuffer room(ByteBuffer buffer, int size) {
        if (buffer.remaining() >= size) {
            return buffer;
        }
        int capacity = Math.addExact(buffer.position(), Math.max(size, buffer.position()));
        return ByteBuffer.allocate(capacity).put(buffer.flip());
    }

    private void writeBlock() throws IOException {
        int rawSize = block.rawSize();
        byte[] raw = block.finish();
        Compression compression = options.compression();
        int header = SstableFormat.BLOCK_HEADER_SIZE;
        int bound = header + compression.bound(rawSize);
        if (stored.length < bound || stored.length > 2 << 20) {
            stored = new byte[Math.max(bound, 8192)];
        }
        int size = compression.compress(raw, rawSize, stored, header, options.zstdLevel());
        if (compression != Compression.NONE && size > rawSize - (rawSize >>> 3)) {
            compression = Compression.NONE;
            size = compression.compress(raw, rawSize, stored, header, options.zstdLevel());
        }
        Block.INT.set(stored, 4, rawSize);
        stored[8] = compression.id();
        Block.INT.set(stored, 0, crcOf(stored, 4, header - 4 + size));
        put(stored, 0, header + size);
        rawBytes += rawSize;
        block.clear();
    }

    /** A block of one entry with a value so large that it is written from where it is. */
    private void writeStreamed(Key key, Record record) throws IOException {
        byte[] head = BlockBuilder.headOfSingle(key, record);
        int rawSize = Math.addExact(head.length, record.tailSize());
        byte[] header = new byte[SstableFormat.BLOCK_HEADER_SIZE];
        Block.INT.set(header, 4, rawSize);
        header[8] = Compression.NONE.id();
        crc.reset();
        crc.update(header, 4, header.length - 4);
        crc.update(head, 0, head.length);
        crc.update(record.tailArray(), record.tailOffset(), record.tailSize());
        Block.INT.set(header, 0, (int) crc.getValue());
        put(header, 0, header.length);
        put(head, 0, head.length);
        put(record.tailArray(), record.tailOffset(), record.tailSize());
        rawBytes += rawSize;
    }

    // ---- the end

    /**
     * Writes what follows the blocks, and syncs and closes the file.
     *
     * @throws IllegalStateException when nothing was added
     */
    public SstableProperties finish() throws IOException {
        if (minKey == null || finished) {
            throw new IllegalStateException(path + (finished ? ": already finished" : ": no entries"));
        }
        if (block.count() > 0) {
            writeBlock();
        }
        blockOffsets[blocks] = position;
        long indexOffset = position;
        crc.reset();
        putLongs(blockTokens, blocks);
        putLongs(blockOffsets, blocks + 1);
        int indexCrc = (int) crc.getValue();
        long boundariesOffset = position;
        int boundaries = boundaryHeads.position() / SstableFormat.BOUNDARY_SIZE;
        int boundariesCrc = putBoundaries();
        long filterOffset = position;
        int filterLines = BloomFilter.linesFor(entries, options.filterBitsPerKey());
        int filterCrc = putFilter(filterLines);
        SstableProperties properties = new SstableProperties(
                entries,
                tombstones,
                expiring,
                expiryUpdates,
                minExpireAtMillis,
                maxExpireAtMillis,
                minHlc,
                maxHlc,
                rawBytes,
                indexOffset - SstableFormat.BLOCKS_OFFSET,
                blocks,
                boundaries,
                filterLines,
                databases,
                indexOffset,
                boundariesOffset,
                filterOffset,
                position,
                indexCrc,
                boundariesCrc,
                filterCrc,
                minKey,
                Arrays.copyOf(lastKey, lastKeySize));
        putProperties(properties);
        flushBuffer();
        file.sync();
        file.close();
        end();
        return properties;
    }

    /** Writes words and adds them to the checksum. */
    private void putLongs(long[] words, int count) throws IOException {
        byte[] chunk = new byte[8192];
        int at = 0;
        for (int i = 0; i < count; i++) {
            Block.LONG.set(chunk, at, words[i]);
            at += 8;
            if (at == chunk.length || i == count - 1) {
                crc.update(chunk, 0, at);
                put(chunk, 0, at);
                at = 0;
            }
        }
    }

    private int putBoundaries() throws IOException {
        crc.reset();
        crc.update(boundaryHeads.array(), 0, boundaryHeads.position());
        crc.update(boundaryKeys.array(), 0, boundaryKeys.position());
        put(boundaryHeads.array(), 0, boundaryHeads.position());
        put(boundaryKeys.array(), 0, boundaryKeys.position());
        return (int) crc.getValue();
    }

    private int putFilter(int filterLines) throws IOException {
        byte[] padding = new byte[(int) (-position & (BloomFilter.LINE_BYTES - 1))];
        crc.reset();
        crc.update(padding, 0, padding.length);
        put(padding, 0, padding.length);
        long[] words = BloomFilter.build(hashes, entries, filterLines);
        putLongs(words, words.length);
        return (int) crc.getValue();
    }

    /** Properties, their size, and the footer, whose checksum covers both. */
    private void putProperties(SstableProperties properties) throws IOException {
        byte[] encoded = properties.encode().array();
        byte[] tail = Arrays.copyOf(encoded, encoded.length + 4);
        Block.INT.set(tail, encoded.length, encoded.length);
        put(tail, 0, tail.length);
        put(FileFooter.encode(position, fileId, crcOf(tail, 0, tail.length)), 0, FileFooter.SIZE);
    }

    // ---- bytes

    private int crcOf(byte[] bytes, int offset, int size) {
        crc.reset();
        crc.update(bytes, offset, size);
        return (int) crc.getValue();
    }

    private void put(byte[] bytes, int offset, int size) throws IOException {
        int at = offset;
        int end = offset + size;
        while (at < end) {
            if (!buffer.hasRemaining()) {
                flushBuffer();
            }
            int part = Math.min(buffer.remaining(), end - at);
            buffer.put(bytes, at, part);
            at += part;
        }
        position += size;
    }

    private void flushBuffer() throws IOException {
        buffer.flip();
        if (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    /** Without effect after {@link #finish}; otherwise gives the table up and deletes the file. */
    @Override
    public void close() throws IOException {
        if (!finished) {
            end();
            try {
                file.close();
            } finally {
                files.delete(path);
            }
        }
    }

    private void end() {
        finished = true;
        SPARE_BUFFER.set(buffer);
    }
}
