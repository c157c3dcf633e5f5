package io.ringtail.engine.sstable;

import io.ringtail.engine.io.FileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * What all tables of a store share. Immutable.
 *
 * @param files where they are
 * @param cache of their blocks
 * @param reclaimer unmaps and deletes what no reader holds any more: tens of microseconds, or milliseconds, that a thread
 *     which happens to be the last reader should not spend
 * @param deletionFailed is told of an obsolete table that could not be deleted; the next start deletes it
 */
public record SstableContext(
        FileSystem files, BlockCache cache, Executor reclaimer, BiConsumer<Path, IOException> deletionFailed) {}
