package io.ringtail.engine.compaction;

import static io.ringtail.engine.record.RandomRecords.copy;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Compression;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What compaction leaves of sets that were deleted, written over, or that have ended. */
class SetPurgeTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final CompactionOptions OPTIONS = new CompactionOptions(
            2, 64 << 10, 64 << 10, 32, 0.5, 10, new SstableOptions(Compression.NONE, 1, 1024, 10));
    private static final int MEMBERS = 300;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final TreeMap<byte[], Record> memtable = new TreeMap<>(Arrays::compareUnsigned);
    private final TableSet tables = new TableSet(files, DIRECTORY, OPTIONS);
    private final Key set = new Key().set(0, "set".getBytes(StandardCharsets.UTF_8));
    private Predicate<Key> inMemtables = key -> false;

    @BeforeEach
    void makeDirectory() throws IOException {
        files.createDirectories(DIRECTORY);
    }

    @AfterEach
    void releaseTables() {
        tables.close();
    }

    private Horizon horizon(long nowMillis, TombstoneRule rule) {
        return new Horizon(nowMillis, -1, inMemtables, new long[256], rule);
    }

    private byte[] header() {
        return Arrays.copyOf(set.bytes(), set.size());
    }

    private byte[] member(int number) {
        byte[] name = ("member" + number).getBytes(StandardCharsets.UTF_8);
        Key key = MemberKeys.set(new Key(), set, Record.TYPE_SET, name, 0, name.length);
        return Arrays.copyOf(key.bytes(), key.size());
    }

    private static Context seen(Record record) {
        return new Context().of(record);
    }

    private static Record added(long hlc, long actor) {
        return new Record().addSibling(hlc, actor, new Context(), new byte[0], 0, 0, 0).detach();
    }

    private static Record withMembers(Record before, long hlc, long actor, boolean begins) {
        return copy(before).changeMembers(hlc, actor, Record.TYPE_SET, true, seen(before), begins, 0).detach();
    }

    private static Record deleted(Record before, long hlc, long actor) {
        return copy(before).addTombstone(hlc, actor, seen(before)).detach();
    }

    private Sstable flushMembers(long hlc, long actor) throws IOException {
        for (int i = 0; i < MEMBERS; i++) {
            memtable.put(member(i), added(hlc, actor));
        }
        return flush();
    }

    private Sstable flush(byte[] key, Record record) throws IOException {
        memtable.put(key, record);
        return flush();
    }

    private Sstable flush() throws IOException {
        Sstable table = tables.flush(memtable);
        memtable.clear();
        return table;
    }

    private void merge(TombstoneRule rule, long nowMillis, Sstable... inputs) throws IOException {
        List<TableInfo> infos = Arrays.stream(inputs).map(TableInfo::of).toList();
        assertThat(tables.run(new CompactionTask(CompactionTask.Kind.MERGE, 0, infos), horizon(nowMillis, rule))).isPresent();
    }

    private void mergeAll(TombstoneRule rule) throws IOException {
        merge(rule, 1000, tables.tables.toArray(Sstable[]::new));
    }

    private long entries() {
        return tables.tables.stream().mapToLong(table -> table.properties().entries()).sum();
    }

    @Test
    void membersGoThatAHeaderInAnotherTableVoidsWhateverIsSettled() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        memtable.put(header(), header);
        Sstable members = flushMembers(10, 1);
        flush(header(), deleted(header, 20, 2));
        merge(TombstoneRule.KEEP, 1000, members);
        assertThat(entries()).as("two parts of the header").isEqualTo(2);
        mergeAll(TombstoneRule.KEEP);
        assertThat(tables.read(header()).isTombstone()).as("others may not have heard of it").isTrue();
        mergeAll(TombstoneRule.ALONE);
        assertThat(tables.tables).isEmpty();
        tables.requireNoLeftovers();
    }

    @Test
    void aHeaderIsKeptWhileAnotherTableHasAnOlderOneOfIt() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        memtable.put(header(), header);
        Sstable members = flushMembers(10, 1);
        Sstable deletion = flush(header(), deleted(header, 20, 2));
        merge(TombstoneRule.ALONE, 1000, deletion);
        assertThat(tables.read(header()).isTombstone()).isTrue();
        assertThat(tables.read(header()).voids(tables.read(member(1)))).isTrue();
        assertThat(tables.tables).contains(members);
    }

    @Test
    void membersStayThatWereAddedMeanwhile() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        Sstable members = flushMembers(10, 1);
        flush(header(), header);
        memtable.put(member(0), added(15, 3));
        memtable.put(header(), withMembers(header, 15, 3, false));
        flush();
        flush(header(), deleted(header, 20, 2));
        merge(TombstoneRule.ALONE, 1000, members);
        mergeAll(TombstoneRule.ALONE);
        assertThat(entries()).isEqualTo(2);
        assertThat(tables.read(header()).hasMember(tables.read(member(0)), 0)).isTrue();
    }

    @Test
    void aMemberThatHidesWhatIsNotVoidGoesAsATombstoneDoes() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        // Somebody has taken out what 3 had added, of which who deletes the set has not heard, and added it again.
        Record again = added(12, 3).addSibling(14, 1, new Context().of(added(12, 3)), new byte[0], 0, 0, 0).detach();
        Sstable member = flush(member(0), again);
        flush(header(), deleted(withMembers(header, 14, 1, false), 20, 2));
        merge(TombstoneRule.KEEP, 1000, member);
        assertThat(tables.read(member(0)).causal().context().knows(12, 3)).isTrue();
        merge(TombstoneRule.ALONE, 1000, tables.tables.toArray(Sstable[]::new));
        assertThat(tables.read(member(0)).isEmpty()).isTrue();
    }

    @Test
    void membersWhoseHeaderIsForgottenGoOnceNobodyCanHaveIt() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        Sstable members = flushMembers(10, 1);
        Sstable first = flush(header(), header);
        merge(TombstoneRule.ALONE, 1000, first, flush(header(), deleted(header, 20, 2)));
        assertThat(tables.read(header()).isEmpty()).as("nothing older of it is left").isTrue();
        // Whoever made them makes another set: they do not come back.
        assertThat(withMembers(new Record(), 30, 1, true).hasMember(tables.read(member(1)), 0)).isFalse();
        merge(TombstoneRule.KEEP, 1000, members);
        assertThat(entries()).as("their header may be on its way").isEqualTo(MEMBERS);
        inMemtables = key -> key.size() == set.size();
        mergeAll(TombstoneRule.ALONE);
        assertThat(entries()).as("it is in a memtable").isEqualTo(MEMBERS);
        inMemtables = key -> false;
        mergeAll(TombstoneRule.ALONE);
        assertThat(tables.tables).isEmpty();
    }

    @Test
    void membersOfASetThatHasEndedGoWithAHeaderThatSaysSo() throws IOException {
        Record header = withMembers(new Record(), 10, 1, true);
        Record ending = copy(header).expire(11, 1, 500, 0).detach();
        Sstable members = flushMembers(10, 1);
        flush(header(), ending);
        merge(TombstoneRule.ALONE, 400, members);
        assertThat(tables.read(header()).hasMember(tables.read(member(7)), 400)).isTrue();
        members = tables.tables.getLast();
        merge(TombstoneRule.KEEP, 1000, members);
        assertThat(tables.read(member(7)).isEmpty()).as("somebody may have set another end in time").isFalse();
        members = tables.tables.getLast();
        merge(TombstoneRule.ALONE, 1000, members);
        assertThat(entries()).as("two headers").isEqualTo(2);
        // An end that comes to be known later does not bring them back: the header does not go by the end any more.
        assertThat(tables.read(header()).voids(added(10, 1))).isTrue();
        mergeAll(TombstoneRule.ALONE);
        assertThat(tables.tables).isEmpty();
    }

    @Test
    void membersUnderAStringGoAndTheStringStays() throws IOException {
        memtable.put(header(), withMembers(new Record(), 10, 1, true));
        Sstable members = flushMembers(10, 1);
        flush(header(), new Record().setValue(20, 2, 0, new byte[] {'s'}, 0, 1));
        merge(TombstoneRule.KEEP, 1000, members);
        assertThat(entries()).isEqualTo(2);
        assertThat(tables.read(header()).isLive(0)).isTrue();
        assertThat(tables.read(header()).value()).containsExactly('s');
    }

    @Test
    void aTableOfMembersThatAreVoidIsFoundAndAnotherIsNot() throws IOException {
        VoidMembers found = new VoidMembers(OPTIONS);
        Record header = withMembers(new Record(), 10, 1, true);
        memtable.put(header(), header);
        Sstable members = flushMembers(10, 1);
        assertThat(pick(found)).isEmpty();
        Sstable deletion = flush(header(), deleted(header, 20, 2));
        assertThat(pick(found)).containsExactly(members.fileId());
        merge(TombstoneRule.KEEP, 1000, members);
        assertThat(pick(found)).as("never twice for the same").isEmpty();
        assertThat(tables.tables).contains(deletion);
    }

    private List<Long> pick(VoidMembers found) throws IOException {
        Horizon horizon = horizon(1000, TombstoneRule.KEEP);
        boolean ignored = found.lookIntoAll(tables.tables, horizon);
        return CompactionPicker.pick(tables.tables.stream().map(found::info).toList(), OPTIONS, horizon, Set.of())
                .map(CompactionTask::inputIds)
                .orElse(List.of());
    }
}
