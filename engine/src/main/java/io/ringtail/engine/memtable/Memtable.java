package io.ringtail.engine.memtable;

import io.ringtail.engine.io.Region;
import io.ringtail.engine.io.Regions;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A sorted map from internal key to record in one piece of memory outside the heap: a table of buckets in ring order, each
 * a short sorted chain, or a skip list once many keys crowd into it.
 *
 * <p>Created by the store, which has one active memtable and a few that are full and being flushed. One writer at a time
 * (the store's write lock guards {@link #merge}); any number of readers, which take no lock and never wait for the writer.
 * Whoever calls anything holds the memtable through the store's view; {@link #close} frees the memory, when nobody holds it.
 *
 * <p>Tokens are uniform, so the bucket {@code token >>> shift} holds one or two keys, buckets are already in order, a lookup
 * is O(1), a scan is a walk. Keys that share a hash tag, and keys a client has chosen to collide, land in few buckets: a bucket
 * with more than {@value #CHAIN_LIMIT} keys gets a tower of express links, so a lookup stays O(log n).
 *
 * <pre>
 *   offset 0          bucket heads, one int each            0: empty · node · tower, marked by the top bit
 *   then              nodes, records and towers, in the order they were made, aligned to 8 bytes
 *
 *   node:   next (4) · record (4) · token (8) · key size (4) · height (4) · next at levels 1 … height-1 (4 each) · key
 *   record: sequence (4) · capacity (4) · size (4) · bytes
 *   tower:  next at levels 0 … {@value #MAX_HEIGHT}-1 (4 each)
 * </pre>
 *
 * References are offsets in units of 8 bytes, so 31 bits reach 16 GiB. A node's key is the internal key without its token.
 *
 * <p>Invariants: (1) a node is complete before the link to it is published with release semantics, and its key never changes; (2) along level 0 of a
 * bucket keys ascend strictly; (3) a record's bytes are written while its sequence is odd; a reader copies them out and looks at the sequence again
 * (a seqlock, after Linux); (4) a record's capacity never changes, so that even a torn size reads within bounds.
 *
 * <p>One data structure, its layout, writer, readers and walk, in one file, however long: each relies on the others' ordering of stores and loads.
 *
 * <p>Why in place: a store whose clients overwrite the same keys would otherwise fill, and flush, memtables with nothing but superseded
 * records. What does not fit in place gets a new cell, and the old one is lost until the memtable goes.
 */
public final class Memtable implements AutoCloseable {
    /** Keys in a bucket beyond which it gets a tower. */
    static final int CHAIN_LIMIT = 8;

    static final int MAX_HEIGHT = 12;
    /** What one entry takes beyond its key and record, at most: node header, express links, record header, alignment. */
    static final int ENTRY_OVERHEAD = 24 + 4 * MAX_HEIGHT + 12 + 16;

    /** Keys that can be prefetched at a time: about as many misses as a core can have under way. */
    public static final int PREFETCH_MAX = 16;

    private static final int TOWER_MARK = 0x80000000;
    private static final int NEXT = 0;
    private static final int RECORD = 4;
    private static final int TOKEN = 8;
    private static final int KEY_SIZE = 16;
    private static final int HEIGHT = 20;
    private static final int LINKS = 24;
    private static final int CELL_CAPACITY = 4;
    private static final int CELL_SIZE = 8;
    private static final int CELL_BYTES = 12;
    /** The bucket table is sized for entries of this many bytes; other sizes make chains a little longer or shorter. */
    private static final int TYPICAL_ENTRY_BYTES = 128;

    private final Region region;
    private final long capacityBytes;
    private final int shift;
    private final int bucketCount;
    private final Record existing = new Record();
    private final long[] predecessors = new long[MAX_HEIGHT];
    private final byte[] scratch = new byte[1024];
    private long random = 0x9E3779B97F4A7C15L;

    // Written by the writer only. Read by others through a fence: for statistics, and once the memtable is full and published as such.
    private long used;
    private long maxHlc;
    private long minHlc = -1L;
    private int entryCount;

    // The writer's alone.
    private long refusedHlc;
    private long refusedActor;

    /** A memtable that can hold {@code capacityBytes}, overheads included, up to 16 GiB. */
    public Memtable(long capacityBytes) {
        this.capacityBytes = capacityBytes;
        int bits = Math.clamp(63 - Long.numberOfLeadingZeros(Math.max(1, capacityBytes / TYPICAL_ENTRY_BYTES)), 4, 26);
        bucketCount = 1 << bits;
        shift = 64 - bits;
        region = Regions.allocate(Math.max(capacityBytes, 4L * bucketCount + 64));
        byte[] zeros = new byte[Math.min(4 * bucketCount, 1 << 16)];
        for (long at = 0; at < 4L * bucketCount; at += zeros.length) {
            region.write(at, zeros, 0, (int) Math.min(zeros.length, 4L * bucketCount - at));
        }
        // Offset 0 is a bucket, so no node is ever there and 0 can mean "none".
        used = 4L * bucketCount;
    }

    /** The capacity a memtable needs for one record of this size, if it is to hold nothing else. */
    public static long capacityFor(long keySize, long recordSize) {
        return keySize + recordSize + ENTRY_OVERHEAD + (keySize + recordSize) / 16 + 4096;
    }

    /** Whether a key and a record of these sizes surely still fit. */
    private boolean hasRoom(int keySize, int recordSize) {
        return used + keySize + recordSize + ENTRY_OVERHEAD + 4 * MAX_HEIGHT <= capacityBytes;
    }

    /** Bytes used of the capacity, the bucket table and superseded records included. */
    public long usedBytes() {
        VarHandle.acquireFence();
        return used;
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
        long token = key.token();
        long bucket = 4L * (token >>> shift);
        int head = region.getInt(bucket);
        long node = head < 0 ? findInTower(bytes(head & ~TOWER_MARK), key) : findInChain(bucket, head, key);
        if (node != 0) {
            if (!mergeAt(node, incoming)) {
                return false;
            }
        } else {
            if (!hasRoom(key.size(), incoming.size())) {
                return false;
            }
            noteHlc(incoming);
            insert(bucket, head, key, incoming);
        }
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
        long token = key.token();
        long bucket = 4L * (token >>> shift);
        int head = region.getInt(bucket);
        long node = head < 0 ? findInTower(bytes(head & ~TOWER_MARK), key) : findInChain(bucket, head, key);
        if (node != 0) {
            return acceptAt(node, incoming);
        }
        if (!hasRoom(key.size(), incoming.size())) {
            return Outcome.NO_ROOM;
        }
        noteHlc(incoming);
        insert(bucket, head, key, incoming);
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
        long cell = bytes(region.getInt(node + RECORD));
        if (supersedes(incoming, cell)) {
            return store(node, cell, incoming) ? Outcome.MERGED : Outcome.NO_ROOM;
        }
        load(cell, existing, Integer.MAX_VALUE);
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

    /**
     * Looks for {@code key} along a chain and leaves in {@code predecessors[0]} the place of the link where it would be inserted,
     * and in {@code chainLength} how many keys were passed.
     */
    private long findInChain(long bucket, int head, Key key) {
        long link = bucket;
        int next = head;
        int length = 0;
        while (next != 0) {
            long node = bytes(next);
            int order = compare(node, key);
            if (order == 0) {
                return node;
            }
            if (order > 0) {
                break;
            }
            link = node + NEXT;
            next = region.getInt(link);
            length++;
        }
        predecessors[0] = link;
        while (next != 0 && length <= CHAIN_LIMIT) {
            next = region.getInt(bytes(next) + NEXT);
            length++;
        }
        chainLength = length;
        return 0;
    }

    private int chainLength;

    /** Looks for {@code key} below a tower and leaves in {@code predecessors[level]} the place of each level's link before it. */
    private long findInTower(long tower, Key key) {
        long before = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            long link = before == 0 ? tower + 4L * level : linkPlace(before, level);
            int next = region.getInt(link);
            while (next != 0) {
                long node = bytes(next);
                int order = compare(node, key);
                if (order == 0) {
                    return node;
                }
                if (order > 0) {
                    break;
                }
                before = node;
                link = linkPlace(node, level);
                next = region.getInt(link);
            }
            predecessors[level] = link;
        }
        return 0;
    }

    private static long linkPlace(long node, int level) {
        return level == 0 ? node + NEXT : node + LINKS + 4L * (level - 1);
    }

    private void insert(long bucket, int head, Key key, Record incoming) {
        boolean towered = head < 0;
        if (!towered && chainLength >= CHAIN_LIMIT) {
            long tower = allocate(4 * MAX_HEIGHT);
            region.putInt(tower, head);
            for (int level = 1; level < MAX_HEIGHT; level++) {
                region.putInt(tower + 4L * level, 0);
            }
            region.putIntRelease(bucket, units(tower) | TOWER_MARK);
            findInTower(tower, key);
            towered = true;
        }
        int height = towered ? randomHeight() : 1;
        int keySize = key.size() - Key.DATABASE_OFFSET;
        int recordSize = incoming.size();
        int nodeSize = LINKS + 4 * (height - 1) + keySize;
        long node = allocate(nodeSize);
        long cell = newCell(incoming, recordSize);
        region.putInt(node + RECORD, units(cell));
        region.putLong(node + TOKEN, key.token());
        region.putInt(node + KEY_SIZE, keySize);
        region.putInt(node + HEIGHT, height);
        region.write(node + LINKS + 4L * (height - 1), key.bytes(), Key.DATABASE_OFFSET, keySize);
        for (int level = 0; level < height; level++) {
            region.putInt(linkPlace(node, level), region.getInt(predecessors[level]));
        }
        for (int level = 0; level < height; level++) {
            region.putIntRelease(predecessors[level], units(node));
        }
        entryCount = entryCount + 1;
    }

    private int randomHeight() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        int height = 1 + Long.numberOfTrailingZeros(random | (1L << 2 * (MAX_HEIGHT - 1))) / 2;
        return Math.min(height, MAX_HEIGHT);
    }

    private boolean mergeAt(long node, Record incoming) {
        long cell = bytes(region.getInt(node + RECORD));
        if (supersedes(incoming, cell)) {
            return store(node, cell, incoming);
        }
        load(cell, existing, Integer.MAX_VALUE);
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
            region.putIntRelease(node + RECORD, units(newCell(record, size)));
        }
        return true;
    }

    private long newCell(Record record, int size) {
        // What alignment would waste is capacity instead.
        int capacity = ((CELL_BYTES + size + 7) & ~7) - CELL_BYTES;
        long cell = allocate(CELL_BYTES + capacity);
        region.putInt(cell, 0);
        region.putInt(cell + CELL_CAPACITY, capacity);
        region.putInt(cell + CELL_SIZE, size);
        writeRecord(cell + CELL_BYTES, record);
        return cell;
    }

    private void writeRecord(long offset, Record record) {
        if (record.isCausal()) {
            int size = record.size();
            byte[] target = size <= scratch.length ? scratch : new byte[size];
            region.write(offset, target, 0, record.encode(target, 0));
            return;
        }
        int headerSize = record.encodeHeader(scratch, 0);
        region.write(offset, scratch, 0, headerSize);
        if (record.valueSize() > 0) {
            region.write(offset + headerSize, record.valueArray(), record.valueOffset(), record.valueSize());
        }
    }

    private long allocate(int size) {
        long at = used;
        long end = at + ((size + 7L) & ~7L);
        if (end > region.size()) {
            throw new AssertionError("memtable of " + region.size() + " bytes asked for " + end);
        }
        used = end;
        return at;
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
            nodes[i] = region.getInt(4L * (keys[i].token() >>> shift));
        }
        long touched = 0;
        for (int i = 0; i < count; i++) {
            // Towers are marked by the sign; their keys are found through nodes that are warm already.
            long node = nodes[i] > 0 ? nodes[i] << 3 : 0;
            nodes[i] = node;
            scratch.tokens[i] = node == 0 ? 0 : region.getLong(node + TOKEN);
        }
        for (int i = 0; i < count; i++) {
            long node = nodes[i];
            if (node == 0) {
                continue;
            }
            if (scratch.tokens[i] == keys[i].token()) {
                long cell = bytes(region.getInt(node + RECORD));
                touched += region.getInt(cell);
                if (values) {
                    touched += region.getByte(cell + Math.min(64, region.getInt(cell + CELL_CAPACITY)));
                }
            } else {
                touched += region.getInt(bytes(region.getInt(node + NEXT)));
            }
        }
        scratch.touched = touched;
    }

    /** Room for one thread's {@link #prefetch}. */
    public static final class Prefetch {
        private final long[] nodes = new long[PREFETCH_MAX];
        private final long[] tokens = new long[PREFETCH_MAX];

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
        long node = lookup(key);
        if (node == 0) {
            return false;
        }
        load(bytes(region.getIntAcquire(node + RECORD)), into, maxBytes);
        return true;
    }

    /**
     * Whether {@code key} holds a last-write-wins value of just this version, with no end set. Compares in place; when the writer is at it, or it holds anything else,
     * the answer is false, and {@link #getVersions} tells what there is.
     */
    public boolean holds(Key key, long hlc, long actor) {
        long node = lookup(key);
        if (node == 0) {
            return false;
        }
        long cell = bytes(region.getIntAcquire(node + RECORD));
        int sequence = region.getIntAcquire(cell);
        boolean same = region.getByte(cell + CELL_BYTES) == Record.KIND_REGISTER
                && region.getByte(cell + CELL_BYTES + 1) == Record.FLAG_VALUE
                && region.getLong(cell + CELL_BYTES + 2) == hlc
                && region.getLong(cell + CELL_BYTES + 10) == actor;
        VarHandle.loadLoadFence();
        return same && (sequence & 1) == 0 && region.getInt(cell) == sequence;
    }

    /** The key's node, or 0. */
    private long lookup(Key key) {
        if (isEmpty()) {
            // After a restart or a flush; spares a miss in the bucket table.
            return 0;
        }
        int head = region.getIntAcquire(4L * (key.token() >>> shift));
        if (head == 0) {
            return 0;
        }
        return head < 0 ? lookupInTower(bytes(head & ~TOWER_MARK), key) : lookupInChain(head, key);
    }

    private long lookupInChain(int head, Key key) {
        for (int next = head; next != 0; ) {
            long node = bytes(next);
            int order = compare(node, key);
            if (order >= 0) {
                return order == 0 ? node : 0;
            }
            next = region.getIntAcquire(node + NEXT);
        }
        return 0;
    }

    private long lookupInTower(long tower, Key key) {
        long before = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = region.getIntAcquire(before == 0 ? tower + 4L * level : linkPlace(before, level));
            while (next != 0) {
                long node = bytes(next);
                int order = compare(node, key);
                if (order == 0) {
                    return node;
                }
                if (order > 0) {
                    break;
                }
                before = node;
                next = region.getIntAcquire(linkPlace(node, level));
            }
        }
        return 0;
    }

    private int compare(long node, Key key) {
        int order = Long.compareUnsigned(region.getLong(node + TOKEN), key.token());
        if (order != 0) {
            return order;
        }
        int height = region.getInt(node + HEIGHT);
        return region.compare(
                node + LINKS + 4L * (height - 1),
                region.getInt(node + KEY_SIZE),
                key.bytes(),
                Key.DATABASE_OFFSET,
                key.size() - Key.DATABASE_OFFSET);
    }

    /** Copies a cell's record out, or its first bytes, again if the writer was at it meanwhile. */
    private void load(long cell, Record into, int maxBytes) {
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
        return new Cursor(fromToken, throughToken, null);
    }

    /** The same from behind a key on, wherever among those of its token that is. */
    public RecordCursor cursorBehind(Key behind, long throughToken) {
        return new Cursor(behind.token(), throughToken, behind);
    }

    private final class Cursor implements RecordCursor {
        private final long fromToken;
        private final long throughToken;
        private static final int WARM_BUCKETS = 64;

        private final Key key = new Key();
        private final Record record = new Record();
        private byte[] keyScratch = new byte[128];
        private int bucket;
        private int next;
        private int warmTo;

        @SuppressWarnings("UnusedVariable") // written so that reads are not optimized away
        private long touched;

        Cursor(long fromToken, long throughToken, @Nullable Key behind) {
            this.fromToken = fromToken;
            this.throughToken = throughToken;
            this.bucket = (int) (fromToken >>> shift);
            this.warmTo = bucket;
            this.next = behind == null ? first(bucket) : firstBehind(bucket, behind);
        }

        private int firstBehind(int bucketIndex, Key behind) {
            int head = region.getIntAcquire(4L * bucketIndex);
            if (head < 0) {
                return firstBehindInTower(bytes(head & ~TOWER_MARK), behind);
            }
            int at = head;
            while (at != 0 && compare(bytes(at), behind) <= 0) {
                at = region.getIntAcquire(bytes(at) + NEXT);
            }
            return at;
        }

        private int firstBehindInTower(long tower, Key behind) {
            long before = 0;
            int found = 0;
            for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
                found = region.getIntAcquire(before == 0 ? tower + 4L * level : linkPlace(before, level));
                while (found != 0 && compare(bytes(found), behind) <= 0) {
                    before = bytes(found);
                    found = region.getIntAcquire(linkPlace(before, level));
                }
            }
            return found;
        }

        /** Reads the first nodes of the buckets ahead, all at a time, so that their cache misses overlap; see {@link Memtable#prefetch}. */
        private void warm() {
            int from = Math.max(warmTo, bucket);
            int to = Math.min(from + WARM_BUCKETS, bucketCount);
            long sum = 0;
            for (int ahead = from; ahead < to; ahead++) {
                int head = region.getInt(4L * ahead);
                if (head > 0) {
                    sum += region.getInt(bytes(head) + RECORD);
                }
            }
            touched += sum;
            warmTo = to;
        }

        private int first(int bucketIndex) {
            int head = region.getIntAcquire(4L * bucketIndex);
            return head < 0 ? region.getIntAcquire(bytes(head & ~TOWER_MARK)) : head;
        }

        @Override
        public boolean next() {
            while (true) {
                while (next == 0) {
                    if (++bucket >= bucketCount) {
                        bucket = bucketCount;
                        return false;
                    }
                    if (bucket + WARM_BUCKETS / 2 >= warmTo && warmTo < bucketCount) {
                        warm();
                    }
                    next = first(bucket);
                }
                long node = bytes(next);
                long token = region.getLong(node + TOKEN);
                if (Long.compareUnsigned(token, throughToken) > 0) {
                    bucket = bucketCount;
                    next = 0;
                    return false;
                }
                next = region.getIntAcquire(node + NEXT);
                if (Long.compareUnsigned(token, fromToken) >= 0) {
                    take(node);
                    return true;
                }
            }
        }

        private void take(long node) {
            int size = region.getInt(node + KEY_SIZE);
            int height = region.getInt(node + HEIGHT);
            if (keyScratch.length < size + Key.DATABASE_OFFSET) {
                keyScratch = new byte[2 * (size + Key.DATABASE_OFFSET)];
            }
            region.read(node + TOKEN, keyScratch, 0, Key.DATABASE_OFFSET);
            region.read(node + LINKS + 4L * (height - 1), keyScratch, Key.DATABASE_OFFSET, size);
            key.setEncoded(keyScratch, 0, size + Key.DATABASE_OFFSET);
            load(bytes(region.getIntAcquire(node + RECORD)), record, Integer.MAX_VALUE);
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
            bucket = bucketCount;
            next = 0;
        }
    }

    private static long bytes(int units) {
        return (long) units << 3;
    }

    private static int units(long bytes) {
        return (int) (bytes >>> 3);
    }

    /** Frees the memory. Nobody may use the memtable afterwards. */
    @Override
    public void close() {
        region.close();
    }
}
