/**
 * The engine's only way to files and to memory outside the heap.
 *
 * <p>Everything that touches a disk goes through {@link io.ringtail.engine.io.FileSystem}, so that tests can lose what was
 * not synced or fail the k-th call. Everything off-heap goes through {@link io.ringtail.engine.io.Region}. Imports nothing
 * of the engine.
 */
@NullMarked
package io.ringtail.engine.io;

import org.jspecify.annotations.NullMarked;
