/**
 * One node's storage: an ordered map from internal key to record whose only write is merge.
 *
 * <p>{@link io.ringtail.engine.Store} opens and wires the rooms below: {@code record} (what is stored), {@code io} (files and memory), {@code commitlog},
 * {@code memtable}, {@code sstable}, {@code compaction}, {@code manifest}. It knows how records merge and nothing of who wrote them. Start reading at
 * {@link io.ringtail.engine.Store} and {@link io.ringtail.engine.StoreSession}.
 */
@NullMarked
package io.ringtail.engine;

import org.jspecify.annotations.NullMarked;
