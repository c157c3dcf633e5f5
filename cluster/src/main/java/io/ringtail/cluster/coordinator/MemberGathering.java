package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.quorum.WalkPage;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Members of a set that a command on an event loop has asked for: read at a quorum page by page, small ones at first, while the command waits. From a hash on, and behind the last member on from the first.
 *
 * <p>Bounded by {@value #MAX_BYTES} bytes. Confined to its loop, which it holds for one page at a time.
 */
final class MemberGathering {
    /** Bytes of members that wait in memory for one command of an event loop. */
    static final int MAX_BYTES = 64 << 20;

    /** Members that one command has the records of, as it may take them out; somewhat more than a command takes. */
    static final int MAX_CHANGED = (1 << 16) + 64;

    private static final int FIRST_ENTRIES = 64;
    private static final int GROWTH = 4;
    private static final int ENTRIES_MAX = 4096;

    /** A member as it was read. */
    record Found(Key key, Record record) {}

    private final Key key;
    private final Record header;
    private final long fromHash;
    private final boolean toChange;
    private final MemberCursor.Members members;
    private final List<Found> found = new ArrayList<>();
    private boolean isAround;
    private int entries;
    private boolean isDone;
    private @Nullable String failure;

    MemberGathering(Key key, Record header, long fromHash, int wanted, boolean toChange) {
        this.key = new Key().setEncoded(key.bytes(), 0, key.size());
        this.header = new Record().copyOf(header);
        this.fromHash = fromHash;
        this.toChange = toChange;
        this.members = new MemberCursor.Members(wanted, MAX_BYTES);
        this.entries = Math.clamp(wanted, FIRST_ENTRIES, ENTRIES_MAX);
    }

    /** Whether it is what a command asks for that is begun again, from whatever hash. */
    boolean isOf(Key asked, int wanted, boolean asksToChange) {
        return members.wanted == wanted && toChange == asksToChange && asked.size() == key.size()
                && Key.compare(asked.bytes(), 0, asked.size(), key.bytes(), 0, key.size()) == 0;
    }

    boolean isDone() {
        return isDone;
    }

    /** The members, those at which it began first. */
    List<byte[]> members() {
        if (failure != null) {
            throw new QuorumException(failure);
        }
        return members.list;
    }

    /** What was read of them, when they are to be changed. */
    List<Found> found() {
        return found;
    }

    /** @param done run when it has ended, well or not, and not from within this call; never when it is {@code isGivenUp} before */
    void begin(Quorums quorums, @Nullable ConsistencyLevel level, long nowMillis, BooleanSupplier isGivenUp, Runnable done) {
        ask(MemberKeys.before(key, Record.TYPE_SET, fromHash), quorums, level, nowMillis, isGivenUp, done);
    }

    private void ask(byte[] after, Quorums quorums, @Nullable ConsistencyLevel level, long nowMillis, BooleanSupplier isGivenUp, Runnable done) {
        ReplicaScan.Request request =
                new ReplicaScan.Request(key.database(), key.token(), key.token(), after, entries, ReplicaScan.MAX_BYTES);
        entries = Math.min(GROWTH * entries, ENTRIES_MAX);
        quorums.walk(request, level, (page, why) -> {
            if (isGivenUp.getAsBoolean()) {
                return;
            }
            byte[] next = null;
            if (page == null) {
                failure = why;
            } else {
                next = take(page, nowMillis);
            }
            if (next == null) {
                isDone = true;
                done.run();
            } else {
                ask(next, quorums, level, nowMillis, isGivenUp, done);
            }
        });
    }

    /** Takes the members of a page; where to go on, null when that was all. */
    private byte @Nullable [] take(WalkPage page, long nowMillis) {
        try {
            boolean isBehind = false;
            while (!isBehind && page.nextRecord()) {
                if (!MemberKeys.isMember(page.key(), key, Record.TYPE_SET)) {
                    isBehind = true;
                    continue;
                }
                long hash = MemberKeys.hash(page.key());
                if (isAround && Long.compareUnsigned(hash, fromHash) >= 0) {
                    return null;
                }
                if ((isAround || Long.compareUnsigned(hash, fromHash) >= 0) && header.hasMember(page.record(), nowMillis)) {
                    members.add(page.key());
                    if (toChange) {
                        if (found.size() == MAX_CHANGED) {
                            throw new QuorumException("ERR at most " + MAX_CHANGED + " members are taken out at a time in a cluster");
                        }
                        found.add(new Found(
                                new Key().setEncoded(page.key().bytes(), 0, page.key().size()), new Record().copyOf(page.record())));
                    }
                    if (members.isEnough()) {
                        return null;
                    }
                }
            }
            byte[] horizon = page.horizon();
            if (!isBehind && horizon != null) {
                return horizon;
            }
        } catch (QuorumException e) {
            failure = String.valueOf(e.getMessage());
            return null;
        } catch (MalformedMessageException e) {
            failure = "NOREPLICAS the members cannot be walked, what a replica has sent is not understood: " + e.getMessage();
            return null;
        }
        if (isAround || fromHash == 0) {
            return null;
        }
        isAround = true;
        return MemberKeys.before(key, Record.TYPE_SET, 0);
    }
}
