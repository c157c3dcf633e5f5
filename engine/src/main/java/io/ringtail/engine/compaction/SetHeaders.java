package io.ringtail.engine.compaction;

import io.ringtail.engine.record.HeaderAbove;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import io.ringtail.engine.sstable.Sstable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Predicate;

/**
 * The header by which a task goes that meets members of a collection: of all there is in tables. Not in memtables: whatever a member is dropped for is on the disk, and is as durable as its being dropped. What a table
 * lacks of a header makes less void, never more.
 *
 * <p>A task meets the header before the members, if it is in the inputs. Of other tables it is looked for once for each collection, past their filters. Confined to one thread.
 */
final class SetHeaders {
    private final List<Sstable> elsewhere;
    private final boolean seesAllTables;
    private final Predicate<Key> inMemtables;
    private final HeaderAbove above = new HeaderAbove();
    private final Record found = new Record();
    /** Whether what the other tables have of it has been merged in. */
    private boolean isWhole;

    private boolean isInInputs;
    private boolean hasEnded;
    private boolean isInMemtables;
    private boolean knowsMemtables;

    /**
     * @param elsewhere tables whose records the task does not meet
     * @param inMemtables whether a memtable has anything of a key
     */
    SetHeaders(List<Sstable> elsewhere, Predicate<Key> inMemtables) {
        this(elsewhere, true, inMemtables);
    }

    private SetHeaders(List<Sstable> elsewhere, boolean seesAllTables, Predicate<Key> inMemtables) {
        this.elsewhere = elsewhere;
        this.seesAllTables = seesAllTables;
        this.inMemtables = inMemtables;
    }

    /** Those that are flushed with members, and nothing else: writers wait for flushes, and tables are merged later. */
    static SetHeaders ofFlush() {
        return new SetHeaders(List.of(), false, key -> true);
    }

    /** Whether what is known of a header is all that tables have. */
    boolean seesAllTables() {
        return seesAllTables;
    }

    /** The record of a key itself is met. If it is a header, all of it is known from then on. */
    void meet(Key key, Record record) {
        above.meet(key, record);
        begin();
        isInInputs = true;
        if (record.isCollection()) {
            complete();
        }
    }

    /** A member is met, whose header is {@link #header} from then on; whether it is under another key than what was met before. */
    boolean meetMember(Key member) {
        boolean isAnother = !above.isAbove(member);
        if (isAnother) {
            above.begin(member);
            begin();
        }
        if (!isWhole) {
            complete();
        }
        return isAnother;
    }

    private void begin() {
        isWhole = false;
        isInInputs = false;
        hasEnded = false;
        knowsMemtables = false;
    }

    private void complete() {
        isWhole = true;
        Key key = above.key();
        long filterHash = key.filterHash();
        try {
            for (Sstable table : elsewhere) {
                if (table.get(key, filterHash, found, true) == Lookup.FOUND) {
                    above.merge(found);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Key key() {
        return above.key();
    }

    Record header() {
        return above.record();
    }

    /** The header's end has come for good: it says so itself from now on. */
    Record end() {
        hasEnded = true;
        return above.record().endCollection();
    }

    /** Whether the header is as no table has it, so that somebody has to write it before members are dropped for it. */
    boolean isUnwritten() {
        return hasEnded && !isInInputs;
    }

    void written() {
        hasEnded = false;
    }

    /** Whether a memtable has anything of the header: then it may have members show up that no table knows of. */
    boolean isInMemtables() {
        if (!knowsMemtables) {
            knowsMemtables = true;
            isInMemtables = inMemtables.test(above.key());
        }
        return isInMemtables;
    }
}
