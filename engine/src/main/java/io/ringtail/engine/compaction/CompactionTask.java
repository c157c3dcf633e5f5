package io.ringtail.engine.compaction;

import java.util.List;

/**
 * A piece of work for a {@link CompactionRunner}. Immutable.
 *
 * @param level of the inputs; -1 for the kinds that do not go by level
 * @param inputs replaced by the outputs
 */
public record CompactionTask(Kind kind, int level, List<TableInfo> inputs) {
    /** Why it is done. */
    public enum Kind {
        /** Nothing in the inputs is of use any more: they are dropped unread. */
        DROP,
        /** Much of the first input is of no use any more. */
        GARBAGE,
        /** Too many tables of a level overlap. */
        MERGE,
        /** The input has something in ranges that are not kept any more. */
        DISCARD
    }

    public CompactionTask {
        inputs = List.copyOf(inputs);
    }

    public List<Long> inputIds() {
        return inputs.stream().map(TableInfo::fileId).toList();
    }

    public long inputBytes() {
        return inputs.stream().mapToLong(TableInfo::bytes).sum();
    }
}
