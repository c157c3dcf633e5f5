package io.ringtail.engine.sstable;

import io.ringtail.engine.io.Region;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Walks a table block by block, past the cache. Made by {@link Sstable#cursor}; holds a reference to the table and one
 * decompressed block. Confined to one thread; allocates nothing per entry.
 */
final class SstableCursor implements RecordCursor {
    private static final int KEPT_BYTES = 1 << 20;

    private final Sstable table;
    private final SparseIndex index;
    private final BlockReader reader;
    private final long throughToken;
    private final Key key = new Key();
    private final Record record = new Record();
    private byte[] keyBytes = new byte[128];

    private byte[] raw = new byte[8192];
    private int rawSize;
    private int block;
    private int count;
    private int entry;
    private int entryOffset;
    private long fromToken;
    private boolean closed;

    /** @param firstBlock before which nothing of it is wanted */
    SstableCursor(Sstable table, Region region, SparseIndex index, long fromToken, long throughToken, int firstBlock) {
        this.table = table;
        this.index = index;
        this.reader = new BlockReader(region, table.path());
        this.fromToken = fromToken;
        this.throughToken = throughToken;
        this.block = firstBlock - 1;
    }

    @Override
    public boolean next() {
        if (closed) {
            throw new IllegalStateException("cursor over " + table.path() + " is closed");
        }
        try {
            while (entry == count) {
                if (!nextBlock()) {
                    return false;
                }
            }
            long token = Block.token(raw, entry);
            if (Long.compareUnsigned(token, throughToken) > 0) {
                entry = count;
                block = index.blocks();
                return false;
            }
            int end = Block.entryOffset(raw, rawSize, count, entry + 1);
            readEntry(token, entryOffset, end);
            entryOffset = end;
            entry++;
            return true;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new UncheckedIOException(table.malformed(block, e));
        }
    }

    private void readEntry(long token, int offset, int end) {
        int restSize = Block.varint(raw, offset);
        int rest = offset + Block.varintSize(restSize);
        int keySize = Key.DATABASE_OFFSET + restSize;
        if (keyBytes.length < keySize) {
            keyBytes = new byte[keySize * 2];
        }
        Block.LONG.set(keyBytes, 0, token);
        System.arraycopy(raw, rest, keyBytes, Key.DATABASE_OFFSET, restSize);
        key.setEncoded(keyBytes, 0, keySize);
        int recordOffset = rest + restSize;
        record.wrap(raw, recordOffset, end - recordOffset);
    }

    /** Loads the next block that has an entry in the range; false at the end. */
    private boolean nextBlock() {
        if (block + 1 >= index.blocks()) {
            block = index.blocks();
            return false;
        }
        block++;
        try {
            rawSize = reader.load(index.offset(block), index.offset(block + 1));
            if (raw.length < rawSize || raw.length > KEPT_BYTES) {
                raw = new byte[Math.max(rawSize, 8192)];
            }
            reader.copyTo(raw);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        count = Block.count(raw);
        entry = fromToken == 0 ? 0 : Block.lowerBound(raw, count, fromToken);
        if (entry < count) {
            fromToken = 0;
            entryOffset = Block.entryOffset(raw, rawSize, count, entry);
        }
        return true;
    }

    @Override
    public Key key() {
        return key;
    }

    @Override
    public Record record() {
        return record;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            table.release();
        }
    }
}
