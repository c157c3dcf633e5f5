package io.ringtail.engine.sstable;

/** What came of looking for a key in a table. */
public enum Lookup {
    /** The record is there and was read. */
    FOUND,
    /** The table does not hold the key. */
    MISSING,
    /** The key may be there, but reading it would wait for the disk, which the caller forbade. */
    COLD
}
