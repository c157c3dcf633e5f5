package io.ringtail.engine.sstable;

import io.ringtail.engine.io.FileHeader;

/** The numbers of the table format, version 1; {@code docs/formats/sstable.md} tells the whole. */
final class SstableFormat {
    static final String FILE_TYPE = "RSST";
    static final int VERSION = 1;

    /** Where the first block begins. */
    static final int BLOCKS_OFFSET = FileHeader.SIZE;
    /** A block's header: CRC32C of all that follows (4) · raw size (4) · compression (1). */
    static final int BLOCK_HEADER_SIZE = 9;
    /** An entry from this size on is a block of its own and is stored raw, straight from the value's array. */
    static final int STREAMED_ENTRY_BYTES = 16 << 20;
    /** The greatest entry: an array's limit, less a block's head. */
    static final int MAX_ENTRY_BYTES = Integer.MAX_VALUE - 64;

    /** The index has a first token and an offset for each block, and one offset more: where the blocks end. */
    static long indexSize(int blocks) {
        return blocks * 16L + 8;
    }

    /** One boundary: block index (4) · size of the key (4) · offset of the key from the section's start (8). */
    static final int BOUNDARY_SIZE = 16;

    private SstableFormat() {}
}
