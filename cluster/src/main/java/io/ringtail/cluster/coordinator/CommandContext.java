package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.Acceptances;
import io.ringtail.cluster.quorum.ReadGroup;
import io.ringtail.cluster.quorum.RequestTrace;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One client's state in the cluster: the levels it has asked for, the records that have been read for its command, the lock its command has, and the writes its
 * replies wait for.
 *
 * <p>Made for each connection, and for each command carried out for another node. Confined to the connection's loop. A command that needs records is begun,
 * finds them missing, is begun again when they are here ({@link ClusterSession#fetch}), and lets go of them when it has ended ({@link ClusterSession#finish}).
 */
public final class CommandContext {
    private static final int MAX_RING_RETRIES = 2000;
    private static final int KEPT_RECORDS = 64;
    private static final int KEPT_VALUE_BYTES = 4096;
    /** Reads that a command looks through for one of its key. */
    private static final int MAX_LOOKED_THROUGH = 1024;

    private @Nullable ConsistencyLevel readLevel;
    private @Nullable ConsistencyLevel writeLevel;

    Key[] keys = new Key[0];
    Record[] records = new Record[0];
    /** Whether the read has ended, well or not. */
    boolean[] present = new boolean[0];
    /** Why the read failed; null when it did not. */
    @Nullable String[] failures = new String[0];

    int count;
    /** Where {@link #find} found the last one: commands ask for records in the order in which they were fetched. */
    private int lastFound;

    /** Whether no key is there twice. Of two, what a command has written is merged into the first, which has to be found again. */
    boolean distinct;

    int outstanding;
    /** Distinguishes a fetch from those before it, whose answers may still come. */
    int fetchNumber;

    @Nullable Runnable resume;
    @Nullable String failure;
    /** How many of the commands that come next may use what has been read: those that had come when the reads began. */
    int ahead;

    boolean awaited;
    boolean readable;
    int lockedSlot = -1;
    private int ringRetries;
    /** Whether all that the command has written is held by this node. */
    boolean isHeldHere = true;

    final WrittenCopies copies = new WrittenCopies();
    final KnownSynced synced = new KnownSynced();
    /** How many nodes have what a command wrote that was carried out elsewhere, once it is answered. */
    int forwardedCopies;
    final ReplicaWaits.Waiting wait = new ReplicaWaits.Waiting();
    private @Nullable RequestTrace trace;

    @Nullable WriteGroup group;
    /** Of earlier turns, oldest first; those at the head may have ended. As many as the connection may have replies held. */
    private final ArrayDeque<WriteGroup> unsettled = new ArrayDeque<>(0);
    /** Keys of writes under way that were made without looking at what is there, so that they may have to be made later than that. */
    private final FewTokens blind = new FewTokens();
    /** Keys of writes under way that this node does not show. */
    private final FewTokens unheld = new FewTokens();

    private boolean showsReads;
    /** Reads of this turn that have been answered with what this node holds. */
    private @Nullable ReadGroup reads;
    /** Of earlier turns, oldest first; those at the head may be settled. */
    private final ArrayDeque<ReadGroup> shown = new ArrayDeque<>(0);
    int replyIndex;
    long writesBegun;

    /** Members of sets that the command has asked for. */
    final List<MemberGathering> gatherings = new ArrayList<>(0);
    /** Whether the command changes sets: it is carried out by a replica of the key, under the slot's lock, and has read what it changes. */
    private boolean changesSets;
    /** Whether the command has found a set, to change which it needs the slot's lock. */
    private boolean wantsLock;
    /** Finds among many keys. */
    private final KeyIndex index = new KeyIndex();

    /** What this connection asks for when it reads; null is what the keyspace says. */
    public @Nullable ConsistencyLevel readLevel() {
        return readLevel;
    }

    public void readLevel(@Nullable ConsistencyLevel level) {
        readLevel = level;
    }

    /** What this connection asks for when it writes; null is what the keyspace says. */
    public @Nullable ConsistencyLevel writeLevel() {
        return writeLevel;
    }

    public void writeLevel(@Nullable ConsistencyLevel level) {
        writeLevel = level;
    }

    /** Where each step of what the next commands need is noted; null, nearly always, is nowhere. */
    public @Nullable RequestTrace trace() {
        return trace;
    }

    public void trace(@Nullable RequestTrace into) {
        trace = into;
    }

    /** Which reply of the turn the next command's is: what a failed write is told by. */
    public void replyIndex(int index) {
        replyIndex = index;
    }

    /**
     * A command of the client begins, or goes on. What was read ahead is forgotten once all commands it was read for have had it: whoever asks later is to see what
     * others have written since.
     */
    public void commandBegins() {
        if (!awaited && count > 0 && --ahead < 0) {
            clear();
        }
    }

    /** So many of the commands that come next had come when reads for them began. */
    public void readAheadFor(int commands) {
        ahead = commands;
    }

    /** This context is that of a command carried out for another node: who accepts its writes is counted for that node's client. */
    public void countFor(Acceptances client) {
        copies.own = client;
        synced.ofAnother();
    }

    /** Takes the group of writes that the turn's replies have to wait for; null when there are none under way. */
    public @Nullable WriteGroup takeGroup() {
        WriteGroup taken = group;
        group = null;
        dropSettled();
        if (taken != null && !taken.isDone()) {
            unsettled.add(taken);
        }
        return taken == null || (taken.isDone() && taken.failures().isEmpty()) ? null : taken;
    }

    /**
     * Whether writes of this client are under way that have not ended: what another node is to carry out must not get ahead of them, or replicas would see its
     * writes first and these would be made to win over them.
     */
    public boolean hasUnsettledWrites() {
        dropSettled();
        WriteGroup current = group;
        return !unsettled.isEmpty() || (current != null && !current.isDone());
    }

    /**
     * Says whether the command may be answered with what this node holds, before other replicas have confirmed it: its reply waits for that, and it is run again
     * should they not.
     */
    public void showsReads(boolean mayShow) {
        showsReads = mayShow;
    }

    public boolean showsReads() {
        return showsReads;
    }

    ReadGroup reads() {
        ReadGroup known = reads;
        if (known == null) {
            known = new ReadGroup();
            reads = known;
        }
        return known;
    }

    /** How many reads of this turn have been answered with what this node holds. */
    public int shownInTurn() {
        ReadGroup known = reads;
        return known == null ? 0 : known.count();
    }

    /** Takes the group of reads that the turn's replies have to wait for; null when there are none under way. */
    public @Nullable ReadGroup takeReads() {
        ReadGroup taken = reads;
        if (taken == null) {
            return null;
        }
        reads = null;
        dropSettledReads();
        if (taken.isCancelled()) {
            return null;
        }
        shown.add(taken);
        return taken;
    }

    /** Whether replies to reads of this client may yet have to be made anew. */
    public boolean hasUnsettledReads() {
        dropSettledReads();
        ReadGroup current = reads;
        return !shown.isEmpty() || (current != null && !current.isCancelled());
    }

    private void dropSettledReads() {
        ReadGroup oldest;
        while ((oldest = shown.peek()) != null && oldest.isSettled()) {
            shown.remove();
        }
    }

    /** The command was taken back after it had read some of its keys: reads of this turn from number {@code first} on are not told of. */
    public void unshow(int first) {
        ReadGroup current = reads;
        if (current != null) {
            current.cancel(first);
        }
    }

    /** Has what the client reads of the keys that {@code group} is about to read again read again too, wherever it has not been told of it yet. */
    public void repeats(ReadGroup group) {
        boolean isLater = false;
        for (ReadGroup each : shown) {
            isLater |= each == group;
            if (isLater) {
                each.doubtAlso(group);
            }
        }
        ReadGroup current = reads;
        if (current != null) {
            current.doubtAlso(group);
        }
    }

    /** Whether such a read is of this key, or of one with its token; it may be, when there are too many to look through. */
    public boolean hasUnsettledRead(Key key) {
        ReadGroup current = reads;
        int looked = 0;
        if (current != null) {
            looked = current.count();
            if (looked > MAX_LOOKED_THROUGH || current.has(key.token())) {
                return true;
            }
        }
        for (ReadGroup group : shown) {
            if (group.isSettled()) {
                continue;
            }
            looked += group.count();
            if (looked > MAX_LOOKED_THROUGH || group.has(key.token())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Notes a write that begins.
     *
     * @param isHeld whether this node shows it: it is a replica of the key, and holds nothing later, above which the write is to be put
     */
    void wrote(Key key, boolean isHeld) {
        forgetSettledKeys();
        if (!isLocked()) {
            blind.add(key.token());
        }
        if (!isHeld) {
            unheld.add(key.token());
        }
    }

    /** Whether a write to the key is under way which may have to be made later than what is there: whoever reads the key now may miss it. */
    public boolean hasUnsettledWrite(Key key) {
        forgetSettledKeys();
        return !blind.isEmpty() && blind.mayHave(key.token());
    }

    /** Whether what this node holds of a key may lack what the client has written to it. */
    boolean mayLackWrite(Key key) {
        if (unheld.isEmpty()) {
            return false;
        }
        forgetSettledKeys();
        return unheld.mayHave(key.token());
    }

    private void forgetSettledKeys() {
        if (!(blind.isEmpty() && unheld.isEmpty()) && !hasUnsettledWrites()) {
            blind.clear();
            unheld.clear();
        }
    }

    private void dropSettled() {
        WriteGroup oldest;
        while ((oldest = unsettled.peek()) != null && oldest.isDone()) {
            unsettled.remove();
        }
    }

    WriteGroup group() {
        WriteGroup known = group;
        if (known == null) {
            known = new WriteGroup(copies.own);
            known.trace(trace);
            group = known;
        }
        return known;
    }

    /** Whether a command that met a ring in change is to be tried again: some thousand times, a millisecond apart. */
    public boolean retriesForRing() {
        if (++ringRetries > MAX_RING_RETRIES) {
            ringRetries = 0;
            return false;
        }
        return true;
    }

    /** The command has been answered. */
    public void ringSettled() {
        ringRetries = 0;
    }

    /** Why the command cannot be carried out, as an error reply; null when it can as far as is known. */
    public @Nullable String failure() {
        return failure;
    }

    /** Whether records have been read, for the command or ahead of it. */
    public boolean hasFetched() {
        return count > 0;
    }

    /** Whether the command has waited for its records: it is run for the second time. */
    public boolean isAwaited() {
        return awaited;
    }

    public void awaited(boolean isAwaited) {
        awaited = isAwaited;
    }

    /** Says whether the command may see what has been read: not, if it is to write and that was read without its slot's lock. */
    public void readable(boolean isReadable) {
        readable = isReadable;
    }

    /** Whether the command has its slot's lock. */
    public boolean isLocked() {
        return lockedSlot >= 0;
    }

    /** Whether a read for the command is under way that others may join. */
    public boolean isFetching() {
        return outstanding > 0 && lockedSlot < 0;
    }

    /** Whether the command waits for replicas to accept what was written before it. */
    public boolean isWaiting() {
        return wait.isWaiting;
    }

    /** {@code WAIT} has been answered, or nobody is there to be answered. */
    void endWait() {
        wait.isWaiting = false;
        wait.number++;
        copies.own.forget();
    }

    /** Says whether the command changes sets. */
    public void changesSets(boolean changes) {
        changesSets = changes;
    }

    public boolean changesSets() {
        return changesSets;
    }

    /** Whether the command has come upon a set that it is to change, without its slot's lock. */
    public boolean wantsLock() {
        return wantsLock;
    }

    public void wantsLock(boolean wants) {
        wantsLock = wants;
    }

    /** Whether the command waits for members of sets. */
    public boolean wantsMembers() {
        for (MemberGathering gathering : gatherings) {
            if (!gathering.isDone()) {
                return true;
            }
        }
        return false;
    }

    /** Makes room for one more record to be read; its index. */
    int add(Key key) {
        if (count == keys.length) {
            int capacity = Math.max(4, 2 * count);
            keys = Arrays.copyOf(keys, capacity);
            records = Arrays.copyOf(records, capacity);
            present = Arrays.copyOf(present, capacity);
            failures = Arrays.copyOf(failures, capacity);
            for (int i = count; i < capacity; i++) {
                keys[i] = new Key();
                records[i] = new Record();
            }
        }
        keys[count].setEncoded(key.bytes(), 0, key.size());
        present[count] = false;
        failures[count] = null;
        return count++;
    }

    /** Adds what was read of a key that the command did not name. */
    void found(Key key, Record record) {
        int at = add(key);
        records[at].copyOf(record);
        present[at] = true;
        // Two searches for keys of which there are several must not go on from each other's places.
        distinct = false;
    }

    /** The index of what was asked for under that key; -1 when it was not. */
    int find(Key key) {
        if (count > KeyIndex.WORTHWHILE) {
            return index.find(keys, count, key);
        }
        byte[] bytes = key.bytes();
        int size = key.size();
        int at = distinct ? lastFound : 0;
        for (int i = 0; i < count; i++, at++) {
            if (at >= count) {
                at = 0;
            }
            Key candidate = keys[at];
            if (candidate.token() == key.token()
                    && candidate.size() == size
                    && Arrays.equals(candidate.bytes(), 0, size, bytes, 0, size)) {
                lastFound = at;
                return at;
            }
        }
        return -1;
    }

    /** Whether the command, which has its slot's lock, has read the key before it writes this record, and found it earlier. */
    boolean isComputed(Key key, Record written) {
        if (!isLocked() || count == 0) {
            return false;
        }
        int index = find(key);
        return index >= 0
                && present[index]
                && failures[index] == null
                && Long.compareUnsigned(records[index].maxHlc(), written.maxHlc()) < 0;
    }

    /** Forgets what was read. Large arrays are not kept. */
    void clear() {
        if (count > KEPT_RECORDS) {
            keys = new Key[0];
            records = new Record[0];
            present = new boolean[0];
            failures = new String[0];
        } else {
            for (int i = 0; i < count; i++) {
                if (records[i].size() > KEPT_VALUE_BYTES) {
                    records[i] = new Record();
                }
            }
        }
        count = 0;
        index.clear();
        gatherings.clear();
        lastFound = 0;
        distinct = false;
        ahead = 0;
        outstanding = 0;
        failure = null;
        resume = null;
        fetchNumber++;
    }
}
