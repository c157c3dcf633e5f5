package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.quorum.Reachability;
import io.ringtail.cluster.quorum.ReadListener;
import io.ringtail.cluster.quorum.RequestTrace;
import io.ringtail.cluster.quorum.WriteGroup;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An event loop's way to the data of a cluster. As long as this node is the only one it is a {@link LocalSession} and nothing more; with others, reads come from
 * what was {@linkplain #fetch fetched} at a quorum, and writes go to all replicas.
 *
 * <p>Long because each of its methods is done in two ways, alone and with others, that are to be seen side by side.
 *
 * <p>Confined to its loop.
 */
public final class ClusterSession implements DataSession {
    private static final byte[] UNKNOWN_OUTCOME = "-TIMEOUT ".getBytes(StandardCharsets.US_ASCII);

    private final Self self;
    private final long selfId;
    private final Forwarding forwarding;
    private final ReplicaWaits waits;
    private final LocalSession local;
    private final Quorums quorums;
    private final RingView ringView;
    private final Reachability reachability;
    private final SlotLocks locks;
    private final NodeClock clock;
    private final Loop loop;
    private final long actor;
    private final Record outgoing = new Record();
    private final Record probe = new Record();
    private final SiblingWriter siblings;
    private final SetWriter sets;
    private final SetPlace setPlace = new SetPlace();
    private final Key[] prefetched = new Key[PREFETCH_MAX];
    private CommandContext context = new CommandContext();
    /** Clients that have changed something in this turn. */
    private final List<CommandContext> changed = new ArrayList<>();

    private Ring ring;
    private boolean distributed;
    private boolean admitted;

    /**
     * Who this node is.
     *
     * @param actor of the versions made here
     * @param refusal why it serves no data, being no member, as an error reply; null when it does
     * @param setsRefusal why no set can be written, as some member could not read it; likewise
     */
    public record Self(long id, long actor, Supplier<@Nullable String> refusal, Supplier<@Nullable String> setsRefusal) {}

    public ClusterSession(
            Self self,
            LocalCoordinator local,
            Quorums quorums,
            RingView ringView,
            Reachability reachability,
            SlotLocks locks,
            NodeClock clock,
            Loop loop,
            Forwarding forwarding) {
        this.self = self;
        this.selfId = self.id();
        this.actor = self.actor();
        this.local = local.localSession(false, loop::pause);
        this.siblings = local.siblingWriter();
        this.sets = local.setWriter();
        this.forwarding = forwarding;
        this.waits = new ReplicaWaits(self.id(), quorums, ringView, loop, forwarding, this.local::durablePosition);
        this.quorums = quorums;
        this.ringView = ringView;
        this.reachability = reachability;
        this.locks = locks;
        this.clock = clock;
        this.loop = loop;
        this.ring = ringView.ring();
    }

    @Override
    public boolean begin(CommandContext of) {
        context = of;
        String refusal = self.refusal.get();
        if (refusal != null) {
            throw new QuorumException(refusal);
        }
        ring = ringView.ring();
        distributed = !ring.isAlone();
        of.synced.begins();
        return distributed;
    }

    @Override
    public boolean forward(long memberId, byte[] bytes, int offset, int size, ForwardListener listener) {
        CommandContext of = context;
        RequestTrace trace = of.trace();
        if (trace != null) {
            trace.note(memberId, "forward", "it carries out what reads and then writes this key");
        }
        int copies = of.forwardedCopies;
        if (of.copies.clientName == 0) {
            of.copies.clientName = forwarding.newClientName();
        }
        return forwarding.forward(memberId, of.copies.clientName, bytes, offset, size, new ForwardListener() {
            @Override
            public void replied(byte[] array, int at, int count) {
                // A command that failed has written nothing, unless it says that it does not know.
                if (!startsWith(array, at, count, UNKNOWN_OUTCOME)) {
                    of.copies.carriedBy(memberId, copies);
                }
                of.synced.changedElsewhere();
                listener.replied(array, at, count);
            }

            @Override
            public void failed(String error) {
                listener.failed(error);
            }
        });
    }

    private static boolean startsWith(byte[] array, int offset, int size, byte[] prefix) {
        return size >= prefix.length
                && Arrays.equals(array, offset, offset + prefix.length, prefix, 0, prefix.length);
    }

    // ---- before a command: where it runs, and what it needs

    /** The member that carries out commands which read and then write this key: 0 when it is this node. */
    @Override
    public long primary(Key key) {
        Ring ring = ringView.ring();
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicas = ring.replicas(keyspace, key.token());
        int[] preference = replicas.preference();
        // Whoever stands in does not hold what it writes, and could not tell which of its own writes of the key it has seen.
        int listed = keyspace.sloppy() && !keyspace.keepsSiblings() && !context.changesSets() ? preference.length : replicas.count();
        ConsistencyLevel asked = context.writeLevel();
        ConsistencyLevel level = asked == null ? keyspace.writeLevel() : asked;
        // What need not wait for another data center is not carried out there.
        boolean stays = level.scope() == ConsistencyLevel.Scope.LOCAL && ring.datacenters().areSeveral();
        int here = stays ? ring.datacenterOf(selfId) : 0;
        for (int i = 0; i < listed; i++) {
            if (stays && ring.datacenters().of(preference[i]) != here) {
                continue;
            }
            long memberId = ring.topology().members().get(preference[i]).id();
            if (memberId == selfId) {
                return 0;
            }
            if (reachability.isReachable(memberId)) {
                context.forwardedCopies = quorums.quorumOfWrite(key, context.writeLevel());
                return memberId;
            }
        }
        throw new QuorumException(stays
                ? "NOREPLICAS none of the key's replicas in data center '" + ring.datacenters().name(here) + "' can be reached, if it has any"
                : "NOREPLICAS none of the key's " + listed + " replicas can be reached");
    }

    @Override
    public boolean fetch(Key[] keys, int count, int slot, Runnable resume) {
        CommandContext of = context;
        of.resume = resume;
        for (int i = 0; i < count; i++) {
            int ignored = of.add(keys[i]);
        }
        // Those that are read ahead are looked for before they are added.
        of.distinct = of.count == 1;
        if (slot < 0) {
            return fetchFrom(of, 0);
        }
        of.isHeldHere = true;
        int number = of.fetchNumber;
        switch (locks.acquire(slot, loop, () -> {
            if (of.fetchNumber != number) {
                // The client is gone.
                locks.release(slot);
                return;
            }
            of.lockedSlot = slot;
            if (fetchFrom(of, 0)) {
                resume.run();
            }
        })) {
            case NOW -> of.lockedSlot = slot;
            case LATER -> {
                RequestTrace trace = of.trace();
                if (trace != null) {
                    trace.note(selfId, "wait for slot", "another command has it");
                }
                return false;
            }
            case REFUSED -> {
                of.failure = "ERR too many commands wait for the slot of this key";
                return true;
            }
        }
        return fetchFrom(of, 0);
    }

    @Override
    public void fetchAlso(Key[] keys, int count) {
        CommandContext of = context;
        if (!of.isFetching()) {
            return;
        }
        int first = of.count;
        for (int i = 0; i < count; i++) {
            if (of.find(keys[i]) < 0) {
                int ignored = of.add(keys[i]);
            }
        }
        boolean ignored = fetchFrom(of, first);
    }

    /** Reads everything that was added from index {@code first} on; true when nothing is left to wait for. */
    private boolean fetchFrom(CommandContext of, int first) {
        int number = of.fetchNumber;
        int count = of.count;
        // One more than there are, so that none of the answers that come at once is taken for the last.
        of.outstanding += count - first + 1;
        long nowNanos = loop.nanoTime();
        for (int i = first; i < count; i++) {
            if ((i - first) % PREFETCH_MAX == 0 && count - first > 1) {
                int ahead = Math.min(PREFETCH_MAX, count - i);
                System.arraycopy(of.keys, i, prefetched, 0, ahead);
                local.prefetch(prefetched, ahead);
            }
            int index = i;
            try {
                ReadListener listener = (record, failure) -> {
                    if (of.fetchNumber == number) {
                        fetched(of, index, record, failure);
                    }
                };
                RequestTrace trace = of.trace();
                quorums.read(of.keys[i], of.readLevel(), nowNanos, trace == null ? listener : trace.watch(listener));
            } catch (QuorumException e) {
                of.present[index] = true;
                of.failures[index] = e.getMessage();
                of.outstanding--;
            }
        }
        return --of.outstanding == 0;
    }

    private static void fetched(CommandContext of, int index, Record record, @Nullable String failure) {
        of.present[index] = true;
        of.failures[index] = failure;
        if (failure == null) {
            if (record.isEmpty()) {
                of.records[index].clear();
            } else {
                of.records[index].copyOf(record);
            }
        }
        Runnable resume = of.resume;
        if (--of.outstanding == 0 && resume != null) {
            resume.run();
        }
    }

    @Override
    public void forget() {
        context.clear();
    }

    @Override
    public void finish() {
        CommandContext of = context;
        int slot = of.lockedSlot;
        if (slot >= 0) {
            of.lockedSlot = -1;
            WriteGroup group = of.group;
            if (of.isHeldHere || group == null || group.isDone()) {
                // This node has what was written, under the version it keeps, and whoever reads here next reads it here too.
                locks.release(slot);
            } else {
                group.whenDone(() -> locks.release(slot));
            }
        }
        of.clear();
    }

    /** Lets go of everything of a client that is gone. */
    @Override
    public void abandon(CommandContext gone) {
        int slot = gone.lockedSlot;
        gone.lockedSlot = -1;
        gone.awaited = false;
        gone.endWait();
        gone.clear();
        if (slot >= 0) {
            locks.release(slot);
        }
    }

    @Override
    public int awaitReplicas(long wanted, long timeoutMillis, Runnable resume) {
        return waits.awaitReplicas(context, wanted, timeoutMillis, resume);
    }

    @Override
    public SyncedCopies awaitSynced(boolean here, long wanted, long timeoutMillis, Runnable resume) {
        return waits.awaitSynced(context, here, wanted, timeoutMillis, resume);
    }

    @Override
    public void checkWritable(Key key) {
        quorums.checkWritable(key, context.writeLevel());
    }

    @Override
    public boolean isCongested() {
        return quorums.isCongested();
    }

    // ---- the data

    @Override
    public long nowMillis() {
        return local.nowMillis();
    }

    @Override
    public void prefetch(Key[] keys, int count) {
        // What has been fetched is not looked for here.
        if (!context.hasFetched()) {
            local.prefetch(keys, count);
        }
    }

    @Override
    public boolean read(Key key, Record into) {
        if (!distributed) {
            return local.read(key, into);
        }
        boolean live = readRecord(key, into);
        return live && into.showsCollection() && !into.isSurelyFilled()
                ? !gather(key, into, ThreadLocalRandom.current().nextLong(), 1, false).isEmpty()
                : live;
    }

    @Override
    public List<byte[]> gather(Key key, Record header, long fromHash, int wanted, boolean toChange) {
        if (!distributed) {
            return local.gather(key, header, fromHash, wanted, toChange);
        }
        CommandContext of = context;
        if (gathersHereOnly()) {
            // The transaction may have changed the set itself since others were asked: what this node holds has to do, as it is one of the set's replicas.
            return local.gather(key, header, fromHash, wanted, toChange);
        }
        for (MemberGathering gathering : of.gatherings) {
            if (gathering.isDone() && gathering.isOf(key, wanted, toChange)) {
                return gathering.members();
            }
        }
        of.gatherings.add(new MemberGathering(key, header, fromHash, wanted, toChange));
        throw NotFetchedException.INSTANCE;
    }

    private boolean gathersHereOnly() {
        return distributed && local.mayWait();
    }

    @Override
    public boolean gathersAll(Key key) {
        if (!distributed) {
            return true;
        }
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        int replicas = ring.replicas(keyspace, key.token()).count();
        ConsistencyLevel read = context.readLevel() == null ? keyspace.readLevel() : context.readLevel();
        ConsistencyLevel write = context.writeLevel() == null ? keyspace.writeLevel() : context.writeLevel();
        return !gathersHereOnly()
                && read.scope() == ConsistencyLevel.Scope.ALL
                && write.scope() == ConsistencyLevel.Scope.ALL
                && read.required(replicas) + write.required(replicas) > replicas;
    }

    @Override
    public boolean fetchMembers(Runnable resume) {
        CommandContext of = context;
        int number = of.fetchNumber;
        for (MemberGathering gathering : of.gatherings) {
            if (!gathering.isDone()) {
                gathering.begin(quorums, of.readLevel(), nowMillis(), () -> of.fetchNumber != number, () -> {
                    for (MemberGathering.Found found : gathering.found()) {
                        of.found(found.key(), found.record());
                    }
                    if (!of.wantsMembers()) {
                        resume.run();
                    }
                });
            }
        }
        return !of.wantsMembers();
    }

    @Override
    public void changesSet(Key key) {
        if (!distributed) {
            return;
        }
        if (!context.isLocked()) {
            context.wantsLock(true);
            throw NotFetchedException.INSTANCE;
        }
        checkIsReplica(key);
    }

    @Override
    public void changeMembers(Key key, Key[] members, int count, boolean adds, boolean begins) {
        String refusal = self.setsRefusal.get();
        if (refusal != null) {
            throw new QuorumException(refusal);
        }
        if (!distributed) {
            checkRing();
            local.changeMembers(key, members, count, adds, begins);
            hasChanged();
            return;
        }
        checkMayWriteState(key);
        sets.change(nowMillis(), key, members, count, adds, begins, setPlace);
    }

    /** What was read under the slot's lock, and what this node holds besides. */
    private final class SetPlace implements SetWriter.Place {
        @Override
        public void read(Key key, Context seen, Record state) {
            Record fetched = fetchedForChange(key);
            readHeldForSure(key);
            seen.of(fetched);
            // What it has of the probe's would change with the next read.
            state.copyOf(fetched).merge(probe).detach();
        }

        @Override
        public void write(Key key, Record record) {
            ClusterSession.this.write(key, record);
        }
    }

    @Override
    public boolean readRecord(Key key, Record into) {
        if (!distributed) {
            return local.readRecord(key, into);
        }
        CommandContext of = context;
        int index = of.readable ? of.find(key) : -1;
        if (index >= 0 && of.present[index]) {
            String failure = of.failures[index];
            if (failure != null) {
                throw new QuorumException(failure);
            }
            into.clear().merge(of.records[index]);
        } else if (!of.showsReads()
                || of.mayLackWrite(key)
                || !quorums.readHere(key, of.readLevel(), into, of.reads(), of.replyIndex)) {
            throw NotFetchedException.INSTANCE;
        }
        boolean live = into.isLive(into.hasExpiry() ? nowMillis() : 0);
        if (live) {
            local.hits++;
        } else {
            local.misses++;
        }
        return live;
    }

    @Override
    public boolean exists(Key key) {
        return read(key, probe);
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis) {
        if (!distributed) {
            checkRing();
            local.write(key, value, offset, size, expireAtMillis);
            hasChanged();
            return;
        }
        if (keepsSiblings(key)) {
            write(key, value, offset, size, expireAtMillis, null);
            return;
        }
        write(key, outgoing.setValue(beginWrite(key), actor, expireAtMillis, value, offset, size));
    }

    @Override
    public void delete(Key key) {
        if (!distributed) {
            checkRing();
            local.delete(key);
            hasChanged();
            return;
        }
        if (keepsSiblings(key)) {
            delete(key, null);
            return;
        }
        write(key, outgoing.setTombstone(beginWrite(key), actor));
    }

    @Override
    public void expire(Key key, long expireAtMillis) {
        if (!distributed) {
            checkRing();
            local.expire(key, expireAtMillis);
            hasChanged();
            return;
        }
        if (keepsSiblings(key) || hasFoundSet(key)) {
            readState(key);
            write(key, siblings.expire(nowMillis(), expireAtMillis));
            return;
        }
        write(key, outgoing.setExpiry(beginWrite(key), actor, expireAtMillis));
    }

    @Override
    public boolean keepsSiblings(Key key) {
        return ring.keepsSiblings(key.bytes(), key.userKeyOffset(), key.userKeySize());
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis, @Nullable Context seen) {
        if (!distributed) {
            checkRing();
            local.write(key, value, offset, size, expireAtMillis, seen);
            hasChanged();
            return;
        }
        readState(key);
        write(key, siblings.write(nowMillis(), seen, value, offset, size, expireAtMillis));
    }

    @Override
    public void delete(Key key, @Nullable Context seen) {
        if (!distributed) {
            checkRing();
            local.delete(key, seen);
            hasChanged();
            return;
        }
        readState(key);
        write(key, siblings.delete(nowMillis(), seen));
    }

    @Override
    public void increment(Key key, long delta, Record read) {
        if (!distributed) {
            checkRing();
            local.increment(key, delta, read);
            hasChanged();
            return;
        }
        readState(key);
        write(key, siblings.increment(nowMillis(), delta));
    }

    /** Has the state of a key whose siblings are kept be what was read of it under its slot's lock, and what this node holds: of its own writes none may be missing. */
    private void readState(Key key) {
        Record fetched = fetchedForChange(key);
        checkMayWriteState(key);
        readHeldForSure(key);
        siblings.begin(fetched, probe);
    }

    /** What the command has read of a key under its slot's lock. */
    private Record fetchedForChange(Key key) {
        CommandContext of = context;
        int index = of.isLocked() && of.readable ? of.find(key) : -1;
        if (index < 0 || !of.present[index]) {
            throw NotFetchedException.INSTANCE;
        }
        String failure = of.failures[index];
        if (failure != null) {
            throw new QuorumException(failure);
        }
        return of.records[index];
    }

    /** Whether the command has found a set at the key. */
    private boolean hasFoundSet(Key key) {
        CommandContext of = context;
        int index = of.readable ? of.find(key) : -1;
        return index >= 0 && of.present[index] && of.records[index].isLive(nowMillis()) && of.records[index].showsCollection();
    }

    private void checkMayWriteState(Key key) {
        checkRing();
        checkClock();
        quorums.checkWritable(key, context.writeLevel());
        String refusal = local.refusal();
        if (refusal != null) {
            throw new WriteRefusedException(refusal);
        }
        checkIsReplica(key);
    }

    /** Has the probe be what this node holds of a key. */
    private void readHeldForSure(Key key) {
        if (!local.readHeld(key, probe)) {
            // It was in memory when the command began, and the command may have written already.
            local.allowWaiting(true);
            try {
                boolean ignored = local.readHeld(key, probe);
            } finally {
                local.allowWaiting(false);
            }
        }
    }

    /** Whoever writes a state says of its own writes that all are known: it has to be one that holds them. */
    private void checkIsReplica(Key key) {
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicas = ring.replicas(keyspace, key.token());
        int self = ring.topology().indexOf(selfId);
        for (int i = 0; i < replicas.count(); i++) {
            if (replicas.preference()[i] == self) {
                return;
            }
        }
        throw new QuorumException("NOREPLICAS this node carries the command out and is no replica of one of its keys, whose siblings are kept or which is a set; nothing was written to that");
    }

    @Override
    public boolean mayWriteSiblings(int count) {
        CommandContext of = context;
        for (int i = 0; i < Math.min(count, of.count); i++) {
            if (!keepsSiblings(of.keys[i]) && !of.changesSets()) {
                continue;
            }
            String failure = of.failures[i];
            if (failure != null) {
                throw new QuorumException(failure);
            }
            checkIsReplica(of.keys[i]);
            quorums.checkWritable(of.keys[i], of.writeLevel());
            try {
                if (!local.readHeld(of.keys[i], probe)) {
                    return false;
                }
            } catch (UncheckedIOException e) {
                // The command meets it again, and answers it.
                return true;
            }
        }
        return true;
    }

    @Override
    public boolean anyKeepsSiblings() {
        return ring.anyKeepsSiblings();
    }

    /**
     * Throws unless the ring is still the one the command began on and data may be written under it. Asked under the store's write lock: a node that gives its partitions
     * away says so before it looks, under the same lock, whether it holds anything.
     */
    private void checkRing() {
        // Once admitted it stays so until the lock is let go: whoever looks for data then finds what was written.
        if (!admitted && (ringView.isFrozen() || ringView.ring() != ring)) {
            throw RingChangedException.INSTANCE;
        }
    }

    /** The command that has begun has changed something; when the turn ends that is in the log. */
    private void hasChanged() {
        if (context.synced.changedHere()) {
            changed.add(context);
        }
    }

    private void checkClock() {
        String refusal = clock.refusal(nowMillis());
        if (refusal != null) {
            throw new QuorumException(refusal);
        }
    }

    private long beginWrite(Key key) {
        checkRing();
        checkClock();
        quorums.checkWritable(key, context.writeLevel());
        return clock.tick(nowMillis());
    }

    private void write(Key key, Record record) {
        CommandContext of = context;
        of.writesBegun++;
        local.noteWrite();
        hasChanged();
        boolean isHeld = of.isComputed(key, record)
                ? quorums.writeComputed(key, record, of.writeLevel(), of.group(), of.replyIndex)
                : quorums.write(key, record, of.writeLevel(), of.group(), of.replyIndex);
        of.isHeldHere &= isHeld;
        of.wrote(key, isHeld);
        if (of.count > 0) {
            int index = of.find(key);
            if (index >= 0 && of.present[index]) {
                // What the command reads next is what it has just written. A new record: somebody may be looking at the old one.
                Record merged = new Record();
                merged.merge(of.records[index]).merge(record).detach();
                of.records[index] = merged;
            }
        }
    }

    @Override
    public void clearDatabase(int database) {
        if (!distributed) {
            checkRing();
            local.clearDatabase(database);
            hasChanged();
            return;
        }
        checkRing();
        checkClock();
        local.noteWrite();
        hasChanged();
        CommandContext of = context;
        long hlc = clock.tick(nowMillis());
        quorums.clear(database, hlc, of.group(), of.replyIndex);
        for (int i = 0; i < of.count; i++) {
            if (of.present[i] && of.keys[i].database() == database) {
                of.records[i] = new Record().merge(of.records[i]).merge(outgoing.setTombstone(hlc, ReplicaData.FLOOR_ACTOR)).detach();
            }
        }
    }

    @Override
    public RecordCursor scan(int database, long fromToken, long throughToken) {
        if (distributed) {
            throw new IllegalStateException("an event loop does not walk a cluster");
        }
        return local.scan(database, fromToken, throughToken);
    }

    @Override
    public long countKeys(int database) {
        if (distributed) {
            throw new IllegalStateException("an event loop does not count a cluster's keys");
        }
        return local.countKeys(database);
    }

    @Override
    public void allowWaiting(boolean allowed) {
        local.allowWaiting(allowed);
    }

    @Override
    public boolean mayBlock() {
        return local.mayBlock();
    }

    @Override
    public void enterExclusive() {
        local.enterExclusive();
    }

    @Override
    public void admitWrites() {
        checkRing();
        admitted = true;
    }

    @Override
    public void exitExclusive() {
        admitted &= local.isNested();
        local.exitExclusive();
    }

    @Override
    public void awaitExclusive() {
        if (!distributed) {
            local.awaitExclusive();
        }
    }

    @Override
    public long endTurn() throws WriteRefusedException {
        try {
            return local.endTurn();
        } finally {
            for (int i = 0; i < changed.size(); i++) {
                changed.get(i).synced.logged(local.loggedPosition());
            }
            changed.clear();
        }
    }

    @Override
    public void close() {
        local.close();
    }
}
