/**
 * Keeps the number of tables and the space they take bounded: merges tables, drops what no reader needs any more.
 *
 * <p>{@link io.ringtail.engine.compaction.CompactionPicker} decides (pure), {@link
 * io.ringtail.engine.compaction.CompactionRunner} does it. Imports {@code sstable}, {@code record}, {@code io}. Start
 * reading at the picker.
 */
@NullMarked
package io.ringtail.engine.compaction;

import org.jspecify.annotations.NullMarked;
