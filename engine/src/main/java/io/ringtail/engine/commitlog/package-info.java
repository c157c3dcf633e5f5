/**
 * The commit log: what makes an acknowledged write survive the process, before it is in an SSTable.
 *
 * <p>Writers encode records into a buffer in memory; what one turn of an event loop brought is written as one frame,
 * all or nothing; a thread of the log's own makes frames durable as the sync policy says. At start the frames are
 * merged again. Knows {@code record} and {@code io}, and nothing of memtables or SSTables. Start reading at
 * {@link io.ringtail.engine.commitlog.CommitLog}; the bytes are in {@code docs/formats/commit-log.md}.
 */
@NullMarked
package io.ringtail.engine.commitlog;

import org.jspecify.annotations.NullMarked;
