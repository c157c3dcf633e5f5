package io.ringtail.engine.compaction;

import io.ringtail.engine.sstable.SstableProperties;
import java.nio.file.Path;
import java.util.List;

/**
 * What a task gave. Immutable.
 *
 * @param outputs in token order, disjoint, synced; their names are durable once the directory is synced. May be none
 * @param bytesRead of input files, 0 for a drop
 * @param bytesWritten of output files
 * @param entriesRead over all inputs
 * @param entriesWritten to all outputs
 */
public record CompactionResult(
        CompactionTask task,
        List<Output> outputs,
        long bytesRead,
        long bytesWritten,
        long entriesRead,
        long entriesWritten) {
    /** A new table. */
    public record Output(long fileId, Path path, SstableProperties properties) {}

    public CompactionResult {
        outputs = List.copyOf(outputs);
    }

    public List<Long> outputIds() {
        return outputs.stream().map(Output::fileId).toList();
    }
}
