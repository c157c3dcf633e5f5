package io.ringtail.engine.memtable;

import io.ringtail.engine.io.Region;
import io.ringtail.engine.io.Regions;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.lang.invoke.VarHandle;

/**
 * A sorted map from internal key to record in one piece of memory outside the heap. Where a key is, is the {@link NodeIndex}'s; here is what is kept of it.
 *
 * <p>Created by the store, which has one active memtable and a few that are full and being flushed. One writer at a time
 * (the store's write lock guards {@link #merge}); any number of readers, which take no lock and never wait for the writer.
 * Whoever calls anything holds the memtable through the store's view; {@link #close} frees the memory, when nobody holds it.
 *
 * <p>Keys are nodes of the index by their tokens. Keys with a subkey, the members of a collection, are nodes below one of their collection's and type's own, the <i>nest</i>, whose name is what they all begin with: key and type. So a member of ten million is found in as many steps as a key of ten
 * million, and what all have in common is kept once.
 *
 * <pre>
 *   offset 0          the index' table
 *   then              nodes, branches, towers and records, in the order they were made, aligned to 8 bytes
 *
 *   record: sequence (4) · capacity (4) · size (4) · bytes
 * </pre>
 *
 * <p>Invariants, besides the index': (1) a record's bytes are written while its sequence is odd; a reader copies them out and looks at the sequence again
 * (a seqlock, after Linux); (2) a record's capacity never changes, so that even a torn size reads within bounds; (3) a node has its record, and a nest a first member soon, when it is published.
 *
 * <p>Why in place: a store whose clients overwrite the same keys would otherwise fill, and flush, memtables with nothing but superseded
 * records. What does not fit in place gets a new cell, and the old one is lost until the memtable goes.
 */
public final class Memtable implements AutoCloseable {
    /** What one entry takes beyond its key and record, at most: what its name takes, record header, alignment. */
    static final int ENTRY_OVERHEAD = NodeIndex.NAME_OVERHEAD + 12 + 16;

    /** Keys that can be prefetched at a time: about as many misses as a core can have under way. */
    public static final int PREFETCH_MAX = 16;

    private static final int CELL_CAPACITY = 4;
    private static final int CELL_SIZE = 8;
    private static final int CELL_BYTES = 12;
    /** The index' table is sized for entries of this many bytes; other sizes make chains a little longer or shorter. */
    private static final int TYPICAL_ENTRY_BYTES = 128;

    private final Region region;
    private final long capacityBytes;
    private final NodeIndex index;
    private final Record existing = new Record();
    private final byte[] scratch = new byte[Record.MAX_HEADER_SIZE];

    // Written by the writer only. Read by others through a fence: for statistics, and once the memtable is full and published as such.
    private long maxHlc;
    private long minHlc = -1L;
    private int entryCount;

    // The writer's alone.
    private long nestFound;
    private long refusedHlc;
    private long refusedActor;

    /** A memtable that can hold {@code capacityBytes}, overheads included, up to 16 GiB. */
    public Memtable(long capacityBytes) {
        this.capacityBytes = capacityBytes;
        int bits = Math.clamp(63 - Long.numberOfLeadingZeros(Math.max(1, capacityBytes / TYPICAL_ENTRY_BYTES)), 4, 26);
        region = Regions.allocate(Math.max(capacityBytes, (4L << bits) + 64));
        index = new NodeIndex(region, bits);
    }

    /** The capacity a memtable needs for one record of this size, if it is to hold nothing else. */
    public static long capacityFor(long keySize, long recordSize) {
        return keySize + recordSize + ENTRY_OVERHEAD + (keySize + recordSize) / 16 + 4096;
    }

    /** Whether a key and a record of these sizes surely still fit. */
    private boolean hasRoom(int keySize, int recordSize) {
        return index.used() + keySize + recordSize + ENTRY_OVERHEAD <= capacityBytes;
    }

    /** Bytes used of the capacity, the index' table and superseded records included. */
    public long usedBytes() {
        VarHandle.acquireFence();
        return index.used();
    }

    public long capacityBytes() {
        return capacityBytes;
    }

    public int entryCount() {
        VarHandle.acquireFence();
        return entryCount;
    }

    public boolean isEmpty() {
        return entryCount() == 0;
    }

    /** The greatest hybrid logical time in it, unsigned; 0 when empty. */
    public long maxHlc() {
        VarHandle.acquireFence();
        return maxHlc;
    }

    /** The smallest hybrid logical time in it, unsigned; all ones when empty. */
    public long minHlc() {
        VarHandle.acquireFence();
        return minHlc;
    }

    // ---- writing

    /** Merges {@code incoming} into what {@code key} holds; false, and nothing done, when there is no room for it. */
    public boolean merge(Key key, Record incoming) {
        return put(key, incoming, false);
    }

    /** {@link #merge} of a record that has in it all that {@code key} holds here: it takes its place, and nothing is read. */
    public boolean replace(Key key, Record whole) {
        return put(key, whole, true);
    }

    private boolean put(Key key, Record incoming, boolean isWhole) {
        long node = find(key);
        if (node != 0) {
            return isWhole
                    ? store(node, NodeIndex.bytes(region.getInt(node + NodeIndex.RECORD)), incoming)
                    : mergeAt(node, incoming);
        }
        if (!hasRoom(key.size(), incoming.size())) {
            return false;
        }
        insert(key, incoming);
        return true;
    }

    /** What {@link #accept} did. */
    public enum Outcome {
        /** Nothing held hides it, and it is merged. */
        MERGED,
        /** Nothing held hides it, and it was all there already. */
        UNCHANGED,
        /** A greater version is held; nothing was written. */
        REFUSED,
        /** A greater version of the value is held; the expiry that came with it is merged all the same. */
        REFUSED_MERGED,
        /** There is no room, and nothing was done. */
        NO_ROOM
    }

    /**
     * {@link #merge} that tells whether what this memtable holds hides {@code incoming}: as {@link Record#isHiddenBy} has it, in one probe. When it does, {@link
     * #refusedHlc} and {@link #refusedActor} say by which version.
     */
    public Outcome accept(Key key, Record incoming) {
        long node = find(key);
        if (node != 0) {
            return acceptAt(node, incoming);
        }
        if (!hasRoom(key.size(), incoming.size())) {
            return Outcome.NO_ROOM;
        }
        insert(key, incoming);
        return Outcome.MERGED;
    }

    /** The hybrid time of what hid the record that {@link #accept} refused last; for the writer. */
    public long refusedHlc() {
        return refusedHlc;
    }

    /** The actor of what hid the record that {@link #accept} refused last; for the writer. */
    public long refusedActor() {
        return refusedActor;
    }

    private Outcome acceptAt(long node, Record incoming) {
        long cell = NodeIndex.bytes(region.getInt(node + NodeIndex.RECORD));
        if (supersedes(incoming, cell)) {
            return store(node, cell, incoming) ? Outcome.MERGED : Outcome.NO_ROOM;
        }
        loadCell(cell, existing, Integer.MAX_VALUE);
        boolean hidden = incoming.isHiddenBy(existing);
        if (hidden) {
            refusedHlc = existing.hidingHlc(incoming);
            refusedActor = existing.hidingActor(incoming);
        }
        if (existing.covers(incoming)) {
            return hidden ? Outcome.REFUSED : Outcome.UNCHANGED;
        }
        if (!store(node, cell, existing.merge(incoming))) {
            return Outcome.NO_ROOM;
        }
        return hidden ? Outcome.REFUSED_MERGED : Outcome.MERGED;
    }

    /** The node of a key, or 0; for the writer, who may {@link #insert} it then. */
    private long find(Key key) {
        long node = index.find(
                index.tableSlot(key.token()), index.tableBits(), key.token(), key.bytes(), Key.DATABASE_OFFSET, tableNameSize(key));
        nestFound = node;
        return node != 0 && key.hasSubkey() ? findInNest(node, key) : node;
    }

    private long findInNest(long nest, Key key) {
        return index.find(nest + NodeIndex.RECORD, NodeIndex.NEST_BITS, key.subkeyPlace(), key.bytes(), nestNameOffset(key), nestNameSize(key));
    }

    /** Of the name that a key, or its nest, has in the table, the bytes behind the token. */
    private static int tableNameSize(Key key) {
        return (key.hasSubkey() ? key.subkeyOffset() + 1 : key.size()) - Key.DATABASE_OFFSET;
    }

    /** Of the name that a member has in its nest, where the bytes behind its place begin. */
    private static int nestNameOffset(Key key) {
        return key.subkeyOffset() + 1 + Long.BYTES;
    }

    private static int nestNameSize(Key key) {
        return key.size() - nestNameOffset(key);
    }

    /** Puts in what was just looked for in vain. */
    private void insert(Key key, Record incoming) {
        noteHlc(incoming);
        long place = key.token();
        int offset = Key.DATABASE_OFFSET;
        int size = tableNameSize(key);
        if (key.hasSubkey()) {
            if (nestFound == 0) {
                long nest = index.make(place, key.bytes(), offset, size, true);
                region.putInt(nest + NodeIndex.RECORD, 0);
                index.link(nest);
                long none = findInNest(nest, key);
                assert none == 0 : none;
            }
            place = key.subkeyPlace();
            offset = nestNameOffset(key);
            size = nestNameSize(key);
        }
        long node = index.make(place, key.bytes(), offset, size, false);
        region.putInt(node + NodeIndex.RECORD, NodeIndex.units(newCell(incoming, incoming.size())));
        index.link(node);
        entryCount = entryCount + 1;
    }

    private boolean mergeAt(long node, Record incoming) {
        long cell = NodeIndex.bytes(region.getInt(node + NodeIndex.RECORD));
        if (supersedes(incoming, cell)) {
            return store(node, cell, incoming);
        }
        loadCell(cell, existing, Integer.MAX_VALUE);
        return store(node, cell, existing.merge(incoming));
    }

    /** Whether {@code incoming} takes the place of all that the cell holds, told from the versions alone, which siblings do not do. */
    private boolean supersedes(Record incoming, long cell) {
        if (!incoming.hasValue() || incoming.isCausal() || region.getByte(cell + CELL_BYTES) != Record.KIND_REGISTER) {
            return false;
        }
        int flags = region.getByte(cell + CELL_BYTES + 1);
        long at = cell + CELL_BYTES + 2;
        if ((flags & Record.FLAG_VALUE) != 0) {
            if (Record.compareVersion(incoming.hlc(), incoming.actor(), region.getLong(at), region.getLong(at + 8)) <= 0) {
                return false;
            }
            at += 16;
        }
        return (flags & Record.FLAG_EXPIRY) == 0
                || Record.compareVersion(
                                incoming.hlc(), incoming.actor(), region.getLong(at + 8), region.getLong(at + 16))
                        > 0;
    }

    private boolean store(long node, long cell, Record record) {
        int size = record.size();
        boolean inPlace = size <= region.getInt(cell + CELL_CAPACITY);
        if (!inPlace && !hasRoom(0, size)) {
            return false;
        }
        noteHlc(record);
        if (inPlace) {
            int sequence = region.getInt(cell);
            region.putIntRelease(cell, sequence + 1);
            VarHandle.storeStoreFence();
            region.putInt(cell + CELL_SIZE, size);
            writeRecord(cell + CELL_BYTES, record);
            region.putIntRelease(cell, sequence + 2);
        } else {
            region.putIntRelease(node + NodeIndex.RECORD, NodeIndex.units(newCell(record, size)));
        }
        return true;
    }

    private long newCell(Record record, int size) {
        // What alignment would waste is capacity instead.
        int capacity = ((CELL_BYTES + size + 7) & ~7) - CELL_BYTES;
        long cell = index.allocate(CELL_BYTES + capacity);
        region.putInt(cell, 0);
        region.putInt(cell + CELL_CAPACITY, capacity);
        region.putInt(cell + CELL_SIZE, size);
        writeRecord(cell + CELL_BYTES, record);
        return cell;
    }

    private void writeRecord(long offset, Record record) {
        if (record.isCausal()) {
            region.write(offset, record.encoded(), 0, record.size());
            return;
        }
        int headerSize = record.encodeHeader(scratch, 0);
        region.write(offset, scratch, 0, headerSize);
        if (record.valueSize() > 0) {
            region.write(offset + headerSize, record.valueArray(), record.valueOffset(), record.valueSize());
        }
    }

    private void noteHlc(Record record) {
        long max = record.maxHlc();
        long min = record.minHlc();
        if (Long.compareUnsigned(max, maxHlc) > 0) {
            maxHlc = max;
        }
        if (Long.compareUnsigned(min, minHlc) < 0) {
            minHlc = min;
        }
    }

    // ---- reading

    /**
     * Brings what {@link #get} and {@link #merge} will look at for these keys into the processor's caches.
     *
     * <p>A lookup is a chain of cache misses, each waiting for the one before: bucket, node, record. The chains of different keys do not wait for each other, so
     * all buckets are read first, then all nodes, then all records, and the misses of each round overlap. What is read is kept only so that the reads are not
     * optimized away.
     *
     * @param count at most {@link #PREFETCH_MAX}
     * @param values whether values will be looked at, and not only the versions before them
     */
    public void prefetch(Key[] keys, int count, boolean values, Prefetch scratch) {
        long[] nodes = scratch.nodes;
        for (int i = 0; i < count; i++) {
            nodes[i] = firstNear(keys[i]);
        }
        long touched = 0;
        for (int i = 0; i < count; i++) {
            scratch.places[i] = nodes[i] == 0 ? 0 : index.place(nodes[i]);
        }
        for (int i = 0; i < count; i++) {
            long node = nodes[i];
            if (node == 0) {
                continue;
            }
            boolean isNear = scratch.places[i] == (keys[i].hasSubkey() ? keys[i].subkeyPlace() : keys[i].token());
            // A nest of the key's members has no record.
            if (isNear && !index.isNest(node)) {
                long cell = NodeIndex.bytes(region.getInt(node + NodeIndex.RECORD));
                touched += region.getInt(cell);
                if (values) {
                    touched += region.getByte(cell + Math.min(64, region.getInt(cell + CELL_CAPACITY)));
                }
            } else {
                touched += region.getInt(index.nextNear(node));
            }
        }
        scratch.touched = touched;
    }

    private long firstNear(Key key) {
        long token = key.token();
        if (!key.hasSubkey()) {
            return index.firstNear(index.tableSlot(token), index.tableBits(), token);
        }
        long nest = index.lookup(index.tableSlot(token), index.tableBits(), token, key.bytes(), Key.DATABASE_OFFSET, tableNameSize(key));
        return nest == 0 ? 0 : index.firstNear(nest + NodeIndex.RECORD, NodeIndex.NEST_BITS, key.subkeyPlace());
    }

    /** Room for one thread's {@link #prefetch}. */
    public static final class Prefetch {
        private final long[] nodes = new long[PREFETCH_MAX];
        private final long[] places = new long[PREFETCH_MAX];

        @SuppressWarnings("UnusedVariable") // written so that reads are not optimized away
        private long touched;
    }

    /** Copies into {@code into} what {@code key} holds; false, and {@code into} untouched, when there is nothing. */
    public boolean get(Key key, Record into) {
        return get(key, into, Integer.MAX_VALUE);
    }

    /** {@link #get} of the versions only: what {@code into} has of a register's value is its beginning or nothing. Costs the same whatever the value's size. */
    public boolean getVersions(Key key, Record into) {
        return get(key, into, Record.MAX_HEADER_SIZE);
    }

    private boolean get(Key key, Record into, int maxBytes) {
        if (isEmpty()) {
            // After a restart or a flush; spares a miss in the bucket table.
            return false;
        }
        long node = lookup(key);
        if (node == 0) {
            return false;
        }
        load(node, into, maxBytes);
        return true;
    }

    /**
     * Whether {@code key} holds a last-write-wins value of just this version, with no end set. Compares in place; when the writer is at it, or it holds anything else,
     * the answer is false, and {@link #getVersions} tells what there is.
     */
    public boolean holds(Key key, long hlc, long actor) {
        long node = isEmpty() ? 0 : lookup(key);
        if (node == 0) {
            return false;
        }
        long cell = NodeIndex.bytes(region.getIntAcquire(node + NodeIndex.RECORD));
        int sequence = region.getIntAcquire(cell);
        boolean same = region.getByte(cell + CELL_BYTES) == Record.KIND_REGISTER
                && region.getByte(cell + CELL_BYTES + 1) == Record.FLAG_VALUE
                && region.getLong(cell + CELL_BYTES + 2) == hlc
                && region.getLong(cell + CELL_BYTES + 10) == actor;
        VarHandle.loadLoadFence();
        return same && (sequence & 1) == 0 && region.getInt(cell) == sequence;
    }

    private long lookup(Key key) {
        long token = key.token();
        long node = index.lookup(index.tableSlot(token), index.tableBits(), token, key.bytes(), Key.DATABASE_OFFSET, tableNameSize(key));
        return node == 0 || !key.hasSubkey()
                ? node
                : index.lookup(
                        node + NodeIndex.RECORD, NodeIndex.NEST_BITS, key.subkeyPlace(), key.bytes(), nestNameOffset(key), nestNameSize(key));
    }

    /** Copies a node's record out, or its first bytes. */
    void load(long node, Record into, int maxBytes) {
        loadCell(NodeIndex.bytes(region.getIntAcquire(node + NodeIndex.RECORD)), into, maxBytes);
    }

    /** Copies out, again if the writer was at it meanwhile. */
    private void loadCell(long cell, Record into, int maxBytes) {
        int capacity = region.getInt(cell + CELL_CAPACITY);
        while (true) {
            int sequence = region.getIntAcquire(cell);
            if ((sequence & 1) != 0) {
                Thread.onSpinWait();
                continue;
            }
            int size = region.getInt(cell + CELL_SIZE);
            if (size < 0 || size > capacity) {
                continue;
            }
            // The versions of a register come first; those of siblings are between their values.
            int copied = size <= maxBytes || region.getByte(cell + CELL_BYTES) != Record.KIND_REGISTER ? size : maxBytes;
            byte[] array = into.ownArray(copied);
            region.read(cell + CELL_BYTES, array, 0, copied);
            VarHandle.loadLoadFence();
            if (region.getInt(cell) == sequence) {
                into.wrap(array, 0, copied);
                return;
            }
        }
    }

    /**
     * A walk over the keys whose tokens lie in {@code [fromToken, throughToken]}, unsigned. Sees each record as it is when it gets
     * there; keys that come meanwhile may be met. The caller holds the memtable for as long as the cursor is open.
     */
    public RecordCursor cursor(long fromToken, long throughToken) {
        return new MemtableCursor(this, index, fromToken, throughToken);
    }

    /** The same from behind a key on, wherever among those of its token that is. */
    public RecordCursor cursorBehind(Key behind, long throughToken) {
        MemtableCursor cursor = new MemtableCursor(this, index, behind.token(), throughToken);
        long nest = 0;
        if (behind.hasSubkey()) {
            nest = index.lookup(
                    index.tableSlot(behind.token()), index.tableBits(), behind.token(), behind.bytes(), Key.DATABASE_OFFSET, tableNameSize(behind));
        }
        cursor.passTo(behind.bytes(), Key.DATABASE_OFFSET, tableNameSize(behind));
        if (nest != 0) {
            cursor.passIn(nest, behind.subkeyPlace(), behind.bytes(), nestNameOffset(behind), nestNameSize(behind));
        }
        return cursor;
    }

    /** Frees the memory. Nobody may use the memtable afterwards. */
    @Override
    public void close() {
        region.close();
    }
}
