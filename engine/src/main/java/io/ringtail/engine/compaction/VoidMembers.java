package io.ringtail.engine.compaction;

import io.ringtail.engine.record.HeaderAbove;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.TokenRanges;
import io.ringtail.engine.sstable.Sstable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the tables of which much is members that compaction would drop: one small header in another table makes a million of them void, and no table can tell of itself.
 *
 * <p>Some entries of a table, from all over it, are put before {@link Purge} as if it were written again alone. What a table holds does not change, so one with few members is looked at once; one with many again and again, in turn. Looking
 * costs {@value #BLOCKS} blocks at most, whatever the table's size. Nothing is kept on the disk: after a start it is found out anew.
 *
 * <p>Made by the store. Confined to the thread that picks.
 */
public final class VoidMembers {
    private static final int BLOCKS = 64;
    private static final int ENTRIES_OF_BLOCK = 16;

    private final long clockSkewMillis;
    private final Map<Long, Sample> samples = new HashMap<>();
    private long looks;

    /** Of the entries looked at, how many were members, and how many of these are of no use. @param look when it was taken, in looks */
    private record Sample(int entries, int members, int voided, long look) {
        boolean mayComeToMatter() {
            return (long) members * CompactionPicker.REWRITTEN_PER_GARBAGE >= entries;
        }
    }

    public VoidMembers(CompactionOptions options) {
        this.clockSkewMillis = options.clockSkewMillis();
    }

    /** What the picker is to know of a table. */
    public TableInfo info(Sstable table) {
        Sample sample = samples.get(table.fileId());
        TableInfo info = TableInfo.of(table);
        return sample == null || sample.voided == 0
                ? info
                : info.withVoidMembers(info.entries() * sample.voided / sample.entries);
    }

    /**
     * Looks into the table whose turn it is.
     *
     * @param tables all live ones; the caller keeps them open
     * @return whether it was found to be worth more than was known of it
     */
    public boolean look(List<Sstable> tables, Horizon horizon) throws IOException {
        samples.keySet().retainAll(tables.stream().map(Sstable::fileId).toList());
        Sstable next = null;
        long nextLook = Long.MAX_VALUE;
        for (Sstable table : tables) {
            Sample sample = samples.get(table.fileId());
            long look = sample == null ? 0 : sample.mayComeToMatter() ? sample.look : Long.MAX_VALUE;
            if (look < nextLook) {
                next = table;
                nextLook = look;
            }
        }
        return next != null && lookInto(next, tables, horizon);
    }

    /** Looks into all tables that may matter; whether any was found to be worth more than was known of it. */
    public boolean lookIntoAll(List<Sstable> tables, Horizon horizon) throws IOException {
        boolean found = false;
        for (int i = 0; i < tables.size(); i++) {
            found |= look(tables, horizon);
        }
        return found;
    }

    /** A task has been done: what it has written, though it was thought to be rid of that, is not looked at again. */
    public void done(CompactionResult result) {
        long expected = result.task().inputs().stream().mapToLong(TableInfo::voidMembers).sum();
        if (2 * (result.entriesRead() - result.entriesWritten()) < expected) {
            result.outputs().forEach(output -> samples.put(output.fileId(), new Sample(1, 0, 0, ++looks)));
        }
    }

    private boolean lookInto(Sstable table, List<Sstable> tables, Horizon horizon) throws IOException {
        Sample before = samples.get(table.fileId());
        Sample now = sample(table, tables, horizon);
        samples.put(table.fileId(), now);
        return now.voided > (before == null ? 0 : before.voided);
    }

    private Sample sample(Sstable table, List<Sstable> tables, Horizon horizon) throws IOException {
        List<Sstable> outside = new ArrayList<>(tables);
        outside.remove(table);
        Purge purge =
                new Purge(horizon, outside, new SetHeaders(tables, horizon.inMemtables()), clockSkewMillis, TokenRanges.NONE);
        int entries = 0;
        int members = 0;
        int voided = 0;
        int blocks = table.properties().blocks();
        int looked = Math.min(BLOCKS, blocks);
        try {
            for (int i = 0; i < looked; i++) {
                try (RecordCursor cursor = table.cursorFrom((int) ((long) blocks * i / looked))) {
                    for (int entry = 0; entry < ENTRIES_OF_BLOCK && cursor.next(); entry++) {
                        entries++;
                        boolean isMember = HeaderAbove.isMember(cursor.key()) && cursor.record().isCausal();
                        // Removed one by one they are counted as tombstones.
                        boolean isCounted = isMember && !cursor.record().isTombstone();
                        members += isMember ? 1 : 0;
                        voided += purge.apply(cursor.key(), cursor.record()) == null && isCounted ? 1 : 0;
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new Sample(entries, members, voided, ++looks);
    }
}
