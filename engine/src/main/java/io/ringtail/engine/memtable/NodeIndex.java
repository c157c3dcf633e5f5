package io.ringtail.engine.memtable;

import io.ringtail.engine.io.Region;

/**
 * Where a memtable's nodes are found by name, and how they are kept in order: a table of slots in ring order, of which each leads to a short sorted chain, or, where many names crowd, through branches of sixteen slots to shorter ones.
 *
 * <p>Made by the {@link Memtable}, which owns the region and knows what a node stands for. One writer at a time ({@link #find}, {@link #make}, {@link #link}); any number of readers ({@link #lookup}, {@link Walk}), which take no lock and never
 * wait for the writer.
 *
 * <p>A name is a <i>place</i>, 64 bits, and the bytes behind it. In the table a name is an internal key, and its place the token. The members of a collection are below a node of their own, their <i>nest</i>, by what follows the collection's key and the type in theirs: their
 * places are their hashes. A name of fewer than eight bytes, which no member has, has zeros for what its place lacks, and a negative size. Either sort of place is as good as random, so that a slot holds one or two names, slots are already in order, a lookup is O(1) and a walk is a walk. Where
 * places are not random (a hash tag, names that somebody has chosen), branches go down sixteen times at most; names of one place, beyond {@value #CHAIN_LIMIT}, get a tower of express links, so a lookup stays O(log n).
 *
 * <pre>
 *   slot    0: empty · node, the first of a chain · branch or tower, marked by the top bit: a tower where no bit of the place is left to branch by
 *   branch  slots for the next {@value #BRANCH_BITS} bits of the place (4 each)
 *   tower   next at levels 0 … {@value #MAX_HEIGHT}-1 (4 each)
 *   node    next (4) · record, or slot of a nest (4) · place (8) · size of the name behind its place (4) · height, and whether a nest (4)
 *           · next at levels 1 … height-1 (4 each) · name behind its place
 * </pre>
 *
 * References are offsets in units of 8 bytes, so 31 bits reach 16 GiB.
 *
 * <p>Invariants: (1) a node is complete before the link to it is published with release semantics, and its name never changes; (2) along a chain names ascend strictly; (3) a chain has all nodes of its slot, and ends with 0 or with one of a later slot.
 *
 * <p>The last of these is why a slot can branch under readers: its chain stays as it is, whole for whoever is on it, and the new slots lead into its middle. Rejected: a table for each collection that doubles as it grows (a pause of milliseconds each time, or slots to be mended one by one later), and one skip list (25 cache misses
 * deep in a million).
 */
final class NodeIndex {
    /** Nodes in a chain beyond which its slot branches. */
    static final int CHAIN_LIMIT = 4;

    static final int BRANCH_BITS = 4;
    static final int MAX_HEIGHT = 12;
    /** What one name takes beyond its bytes, at most: its nest's node and its own, each below branches and a tower that are made for it. */
    static final int NAME_OVERHEAD = 2 * (24 + 4 * MAX_HEIGHT + 8 + Long.SIZE / BRANCH_BITS * (4 << BRANCH_BITS) + 4 * MAX_HEIGHT);

    /** Where a node has its record, or a nest its slot. */
    static final int RECORD = 4;

    /** Bits of the place that choose among what is below a nest. */
    static final int NEST_BITS = Long.SIZE;

    private static final int MARK = 0x80000000;
    private static final int NEXT = 0;
    private static final int PLACE = 8;
    private static final int SIZE = 16;
    private static final int HEIGHT = 20;
    private static final int LINKS = 24;
    private static final int HEIGHT_MASK = 0xFF;
    private static final int NEST = 0x100;

    private final Region region;
    private final int tableBits;
    private final long[] predecessors = new long[MAX_HEIGHT];
    private long random = 0x9E3779B97F4A7C15L;

    // The writer's alone: where its last search ended.
    private long slot;
    private int slotBits;
    private int chainLength;
    private int heightToMake;

    // Written by the writer only; see Memtable.
    private long used;

    /** An index with a table of {@code 1 << bits} slots at the region's beginning. */
    NodeIndex(Region region, int bits) {
        this.region = region;
        this.tableBits = Long.SIZE - bits;
        int size = 4 << bits;
        byte[] zeros = new byte[Math.min(size, 1 << 16)];
        for (long at = 0; at < size; at += zeros.length) {
            region.write(at, zeros, 0, (int) Math.min(zeros.length, size - at));
        }
        // Offset 0 is a slot, so no node is ever there and 0 can mean "none".
        used = size;
    }

    /** The slot of the table that leads to a token. */
    long tableSlot(long token) {
        return token >>> tableBits << 2;
    }

    /** Bits of the token that choose among what is below a slot of the table. */
    int tableBits() {
        return tableBits;
    }

    /** Bytes used of the region; read by others than the writer through a fence. */
    long used() {
        return used;
    }

    long allocate(int size) {
        long at = used;
        long end = at + ((size + 7L) & ~7L);
        if (end > region.size()) {
            throw new AssertionError("memtable of " + region.size() + " bytes asked for " + end);
        }
        used = end;
        return at;
    }

    // ---- writing

    /** The node of a name below a slot, or 0: then {@link #make} and {@link #link} put one there, as the next that is done. */
    long find(long root, int rootBits, long place, byte[] bytes, int offset, int size) {
        slot = root;
        slotBits = rootBits;
        int head = region.getInt(root);
        while (head < 0 && slotBits > 0) {
            slotBits = Math.max(slotBits - BRANCH_BITS, 0);
            slot = branchSlot(head, place, slotBits);
            head = region.getInt(slot);
        }
        return head < 0
                ? findInTower(bytes(head & ~MARK), place, bytes, offset, size)
                : findInChain(head, place, bytes, offset, size);
    }

    /** Leaves in {@code predecessors[0]} the place of the link where the name would be inserted. */
    private long findInChain(int head, long place, byte[] bytes, int offset, int size) {
        long link = slot;
        int next = head;
        int length = 0;
        while (next != 0) {
            long node = bytes(next);
            int order = compare(node, place, bytes, offset, size);
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
        while (next != 0 && length < CHAIN_LIMIT && isBelow(bytes(next), place, slotBits)) {
            next = region.getInt(bytes(next) + NEXT);
            length++;
        }
        chainLength = length;
        heightToMake = 1;
        return 0;
    }

    /** Leaves in {@code predecessors[level]} the place of each level's link before the name. */
    private long findInTower(long tower, long place, byte[] bytes, int offset, int size) {
        long before = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            long link = before == 0 ? tower + 4L * level : linkAt(before, level);
            int next = region.getInt(link);
            while (next != 0) {
                long node = bytes(next);
                int order = compare(node, place, bytes, offset, size);
                if (order == 0) {
                    return node;
                }
                if (order > 0) {
                    break;
                }
                before = node;
                link = linkAt(node, level);
                next = region.getInt(link);
            }
            predecessors[level] = link;
        }
        chainLength = 0;
        heightToMake = 0;
        return 0;
    }

    private static long linkAt(long node, int level) {
        return level == 0 ? node + NEXT : node + LINKS + 4L * (level - 1);
    }

    /** Makes a node of the name that was looked for in vain, whose record, or nest's slot, the caller sets before it is linked. */
    long make(long place, byte[] bytes, int offset, int size, boolean isNest) {
        while (chainLength >= CHAIN_LIMIT) {
            if (slotBits > 0) {
                branch();
            } else {
                raiseTower();
            }
            long none = find(slot, slotBits, place, bytes, offset, size);
            assert none == 0 : none;
        }
        int height = heightToMake == 0 ? randomHeight() : heightToMake;
        heightToMake = height;
        long node = allocate(LINKS + 4 * (height - 1) + Math.max(size, 0));
        region.putLong(node + PLACE, place);
        region.putInt(node + SIZE, size);
        region.putInt(node + HEIGHT, isNest ? height | NEST : height);
        if (size > 0) {
            region.write(node + LINKS + 4L * (height - 1), bytes, offset, size);
        }
        return node;
    }

    /** Publishes the node that was made last. */
    void link(long node) {
        for (int level = 0; level < heightToMake; level++) {
            region.putInt(linkAt(node, level), region.getInt(predecessors[level]));
        }
        for (int level = 0; level < heightToMake; level++) {
            region.putIntRelease(predecessors[level], units(node));
        }
    }

    private void branch() {
        int bits = Math.max(slotBits - BRANCH_BITS, 0);
        long branch = allocate(4 << BRANCH_BITS);
        for (int i = 0; i < 1 << BRANCH_BITS; i++) {
            region.putInt(branch + 4L * i, 0);
        }
        int head = region.getInt(slot);
        long first = place(bytes(head));
        for (int next = head; next != 0 && isBelow(bytes(next), first, slotBits); next = region.getInt(bytes(next) + NEXT)) {
            long below = branchSlot(units(branch), place(bytes(next)), bits);
            if (region.getInt(below) == 0) {
                region.putInt(below, next);
            }
        }
        region.putIntRelease(slot, units(branch) | MARK);
    }

    private void raiseTower() {
        long tower = allocate(4 * MAX_HEIGHT);
        region.putInt(tower, region.getInt(slot));
        for (int level = 1; level < MAX_HEIGHT; level++) {
            region.putInt(tower + 4L * level, 0);
        }
        region.putIntRelease(slot, units(tower) | MARK);
    }

    private int randomHeight() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        int height = 1 + Long.numberOfTrailingZeros(random | (1L << 2 * (MAX_HEIGHT - 1))) / 2;
        return Math.min(height, MAX_HEIGHT);
    }

    // ---- reading

    /** The node of a name below a slot, or 0. */
    long lookup(long root, int rootBits, long place, byte[] bytes, int offset, int size) {
        int head = region.getIntAcquire(root);
        if (head > 0) {
            return lookupInChain(head, place, bytes, offset, size);
        }
        return head == 0 ? 0 : lookupBelow(head, rootBits, place, bytes, offset, size);
    }

    private long lookupBelow(int branch, int branchBits, long place, byte[] bytes, int offset, int size) {
        int bits = branchBits;
        int head = branch;
        while (head < 0 && bits > 0) {
            bits = Math.max(bits - BRANCH_BITS, 0);
            head = region.getIntAcquire(branchSlot(head, place, bits));
        }
        return head < 0
                ? lookupInTower(bytes(head & ~MARK), place, bytes, offset, size)
                : lookupInChain(head, place, bytes, offset, size);
    }

    private long lookupInChain(int head, long place, byte[] bytes, int offset, int size) {
        for (int next = head; next != 0; ) {
            long node = bytes(next);
            int order = compare(node, place, bytes, offset, size);
            if (order >= 0) {
                return order == 0 ? node : 0;
            }
            next = region.getIntAcquire(node + NEXT);
        }
        return 0;
    }

    private long lookupInTower(long tower, long place, byte[] bytes, int offset, int size) {
        long before = 0;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = region.getIntAcquire(before == 0 ? tower + 4L * level : linkAt(before, level));
            while (next != 0) {
                long node = bytes(next);
                int order = compare(node, place, bytes, offset, size);
                if (order == 0) {
                    return node;
                }
                if (order > 0) {
                    break;
                }
                before = node;
                next = region.getIntAcquire(linkAt(node, level));
            }
        }
        return 0;
    }

    /** The first node of the chain that a place below a slot leads to, or 0; towers apart, whose nodes are warm. For those who bring memory closer. */
    long firstNear(long root, int rootBits, long place) {
        int bits = rootBits;
        int head = region.getIntAcquire(root);
        while (head < 0 && bits > 0) {
            bits = Math.max(bits - BRANCH_BITS, 0);
            head = region.getIntAcquire(branchSlot(head, place, bits));
        }
        return head < 0 ? 0 : bytes(head);
    }

    long place(long node) {
        return region.getLong(node + PLACE);
    }

    boolean isNest(long node) {
        return (region.getInt(node + HEIGHT) & NEST) != 0;
    }

    /** Bytes of a node's name behind its place; negative where the place is more than the name. */
    int size(long node) {
        return region.getInt(node + SIZE);
    }

    /** Copies a node's name behind its place. */
    void read(long node, byte[] target, int offset, int size) {
        region.read(nameAt(node), target, offset, size);
    }

    /** The node that follows in the chain, warm or not, or 0; for those who bring memory closer. */
    long nextNear(long node) {
        return bytes(region.getInt(node + NEXT));
    }

    private long nameAt(long node) {
        return node + LINKS + 4L * ((region.getInt(node + HEIGHT) & HEIGHT_MASK) - 1);
    }

    private int compare(long node, long place, byte[] bytes, int offset, int size) {
        long own = place(node);
        if (own != place) {
            return Long.compareUnsigned(own, place);
        }
        int ownSize = size(node);
        int order = region.compare(nameAt(node), Math.max(ownSize, 0), bytes, offset, Math.max(size, 0));
        return order != 0 ? order : ownSize - size;
    }

    /** Whether a node is below the slot that, with so many bits left, a place leads to. */
    private boolean isBelow(long node, long place, int bits) {
        return bits == Long.SIZE || (place(node) ^ place) >>> bits == 0;
    }

    /** The slot of a branch for a place of which so many bits are left below it. Where fewer than four were left above, bits that are the same in all of the branch choose with them, and the order is the same. */
    private static long branchSlot(int branch, long place, int bits) {
        return bytes(branch & ~MARK) + ((place >>> bits & (1 << BRANCH_BITS) - 1) << 2);
    }

    static long bytes(int units) {
        return (long) units << 3;
    }

    static int units(long bytes) {
        return (int) (bytes >>> 3);
    }

    /**
     * A way along the nodes of the table or of a nest in order. Meets all that were there when it began, and perhaps those that come meanwhile. Confined to one thread.
     */
    final class Walk {
        private static final int WARM_SLOTS = 64;

        /** 0 in the table. */
        private long nest;

        /** A place that leads to the slot whose chain this is on. */
        private long position;

        private int bits;
        private int next;
        private long warmTo;

        @SuppressWarnings("UnusedVariable") // written so that reads are not optimized away
        private long touched;

        /** Begins with the slot of the table that a token leads to, or with that of a nest; nodes before the place may be met first. */
        void begin(long inNest, long place) {
            begin(inNest);
            int head = enter(place);
            next = head < 0 ? region.getIntAcquire(bytes(head & ~MARK)) : head;
        }

        /** Begins behind a name. */
        void beginBehind(long inNest, long place, byte[] bytes, int offset, int size) {
            begin(inNest);
            int head = enter(place);
            next = head < 0 ? behindInTower(bytes(head & ~MARK), place, bytes, offset, size) : behindInChain(head, place, bytes, offset, size);
        }

        private void begin(long inNest) {
            nest = inNest;
            warmTo = 0;
        }

        private int behindInChain(int head, long place, byte[] bytes, int offset, int size) {
            int at = head;
            while (at != 0 && compare(bytes(at), place, bytes, offset, size) <= 0) {
                at = region.getIntAcquire(bytes(at) + NEXT);
            }
            return at;
        }

        private int behindInTower(long tower, long place, byte[] bytes, int offset, int size) {
            long before = 0;
            int found = 0;
            for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
                found = region.getIntAcquire(before == 0 ? tower + 4L * level : linkAt(before, level));
                while (found != 0 && compare(bytes(found), place, bytes, offset, size) <= 0) {
                    before = bytes(found);
                    found = region.getIntAcquire(linkAt(before, level));
                }
            }
            return found;
        }

        /** The next node, or 0 at the end, and from then on. */
        long next() {
            while (true) {
                if (next != 0 && isBelow(bytes(next), position, bits)) {
                    long node = bytes(next);
                    next = region.getIntAcquire(node + NEXT);
                    return node;
                }
                long following = bits == Long.SIZE ? 0 : (position >>> bits) + 1 << bits;
                if (following == 0) {
                    end();
                    return 0;
                }
                int head = enter(following);
                next = head < 0 ? region.getIntAcquire(bytes(head & ~MARK)) : head;
            }
        }

        void end() {
            bits = Long.SIZE;
            next = 0;
        }

        /** Goes to the slot that a place leads to; what is in it. */
        private int enter(long place) {
            position = place;
            if (nest == 0) {
                warmTable(place >>> tableBits);
            }
            bits = nest == 0 ? tableBits : NEST_BITS;
            int head = region.getIntAcquire(nest == 0 ? tableSlot(place) : nest + RECORD);
            while (head < 0 && bits > 0) {
                bits = Math.max(bits - BRANCH_BITS, 0);
                long at = branchSlot(head, place, bits);
                if (at == bytes(head & ~MARK)) {
                    warm(at, 1 << BRANCH_BITS);
                }
                head = region.getIntAcquire(at);
            }
            return head;
        }

        /** Reads the first nodes of the slots ahead, all at a time, so that their cache misses overlap; see {@link Memtable#prefetch}. */
        private void warmTable(long index) {
            long slots = 1L << Long.SIZE - tableBits;
            if (index + WARM_SLOTS / 2 >= warmTo && warmTo < slots) {
                long from = Math.max(warmTo, index);
                long to = Math.min(from + WARM_SLOTS, slots);
                warm(from << 2, (int) (to - from));
                warmTo = to;
            }
        }

        private void warm(long from, int count) {
            long sum = 0;
            for (int i = 0; i < count; i++) {
                int head = region.getInt(from + 4L * i);
                if (head > 0) {
                    sum += region.getInt(bytes(head) + RECORD);
                }
            }
            touched += sum;
        }
    }
}
