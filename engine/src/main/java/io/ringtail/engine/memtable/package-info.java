/**
 * The newest data, in memory outside the heap, in ring order.
 *
 * <p>Imports {@code record} and {@code io}. Start reading at {@link io.ringtail.engine.memtable.Memtable}.
 */
@NullMarked
package io.ringtail.engine.memtable;

import org.jspecify.annotations.NullMarked;
