/**
 * What is stored and how two versions of it become one: internal keys in ring order, records, and their merge.
 *
 * <p>Pure: no clock, no thread, no I/O. Imports nothing of the engine. Start reading at {@link
 * io.ringtail.engine.record.Record}.
 */
@NullMarked
package io.ringtail.engine.record;

import org.jspecify.annotations.NullMarked;
