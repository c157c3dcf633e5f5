/**
 * Sorted string tables: immutable files of (internal key, record) pairs in ring order.
 *
 * <p>A table is blocks of a few KiB, an index of their first tokens searched by interpolation, a blocked Bloom filter and
 * the properties compaction decides by; {@code docs/formats/sstable.md} has every byte. Imports {@code record} and {@code
 * io}; never the commit log or the memtable. Start reading at {@link io.ringtail.engine.sstable.Sstable}, then {@link
 * io.ringtail.engine.sstable.SstableWriter}.
 */
@NullMarked
package io.ringtail.engine.sstable;

import org.jspecify.annotations.NullMarked;
