package io.ringtail.cluster.quorum;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.Replica;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One loop's writes: sends each to all its replicas at once, and ends it when enough have accepted it.
 *
 * <p>A replica that holds a greater version refuses and says which. When so many refuse that the quorum cannot be reached, the write gets a version above all of
 * theirs and is sent again, before it is acknowledged: so a coordinator whose clock is behind never acknowledges a write that an older one hides. Not so one that was
 * {@linkplain WriteOperation#computed computed from a read}: what hides it came after it.
 *
 * <p>A replica that cannot be reached, or does not answer in time, gets a hint, kept here; in a sloppy keyspace another member stands in for it, keeps record and
 * hint, and counts.
 *
 * <p>Replicas of another data center are sent a record once: one of them passes it on to the others ({@link RelayChoice}). Each answers for itself, and is turned to itself when that
 * fails.
 *
 * <p>A write in another epoch than a replica's is begun anew on the ring of the newer one, up to its deadline. Confined to the loop.
 *
 * <p>Long because a write is one state machine, from the choice of its targets to its last answer, whose transitions are easier to check side by side.
 */
final class Writes {
    /** Times a write may get another version; each time a replica has shown a later one, so clocks and rivals are at it, not an endless loop. */
    private static final int MAX_REVISIONS = 16;

    private static final long REPLAN_MILLIS = 10;
    private static final boolean[] NEAR_THEN_FAR = {true, false};
    private static final int MAX_POOLED = 4096;
    private static final int MAX_POOLED_CHUNKS = 64;

    private final long selfId;
    private final Calls calls;
    private final Loop loop;
    private final RingView ringView;
    private final Reachability reachability;
    private final ReplicaData data;
    private final ReplicaClock clock;
    private final HintSink hints;
    private final QuorumOptions options;
    private final Outboxes outboxes;

    private final ArrayDeque<WriteOperation> pool = new ArrayDeque<>();
    private final ArrayDeque<WriteOperation.Chunk> chunks = new ArrayDeque<>();
    private WriteOperation.Chunk current = new WriteOperation.Chunk();
    private final Key key = new Key();
    private final Record record = new Record();
    private final PeerLatency latency = new PeerLatency();
    /** For what was accepted here in turns later than the client's. */
    private final AwaitedLog log = new AwaitedLog();
    /** For hints that an acknowledgement counts on. */
    private final AwaitedLog hintLog;
    private final RelayChoice relays;
    private long pendingBytes;
    private long pendingCount;

    /** Counts for INFO. Written by the loop, read by anyone as of about now. */
    long hinted;

    long revised;
    long failed;
    /** Records sent to another data center once for several replicas; messages of such that a replica had to be sent itself after all. */
    long relayed;

    long relaysFailed;

    /** A write that this node holds, but its log perhaps not yet. */
    private final class Unlogged implements AwaitedLog.Waiter {
        private final WriteOperation operation;
        private final int attempt;
        private final int target;

        Unlogged(WriteOperation operation, int target) {
            this.operation = operation;
            this.attempt = operation.attempt;
            this.target = target;
        }

        @Override
        public void settled(@Nullable String failure) {
            if (operation.attempt != attempt) {
                return;
            }
            outboxes.beginTurn();
            if (failure == null) {
                operation.resolve(target, WriteOperation.ACCEPTED);
            } else {
                operation.reason = failure;
                operation.resolve(target, WriteOperation.FAILED);
                leaveHint(operation, target);
            }
            evaluate(operation);
        }
    }

    /** A hint of a write in a sloppy keyspace, which a power cut could still take back. */
    private final class UnsafeHint implements AwaitedLog.Waiter {
        private final WriteOperation operation;
        private final int attempt;
        private final boolean ofStandIn;

        /** @param ofStandIn whether this node itself stands in, and counts only with the hint */
        UnsafeHint(WriteOperation operation, boolean ofStandIn) {
            this.operation = operation;
            this.attempt = operation.attempt;
            this.ofStandIn = ofStandIn;
        }

        @Override
        public void settled(@Nullable String failure) {
            if (operation.attempt != attempt) {
                return;
            }
            outboxes.beginTurn();
            operation.unsafeHints--;
            if (failure != null) {
                operation.reason = failure;
                operation.hintLost = true;
            } else if (ofStandIn) {
                operation.unsafeStandIns--;
            }
            evaluate(operation);
        }
    }

    Writes(
            long selfId,
            Calls calls,
            Loop loop,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            ReplicaClock clock,
            HintSink hints,
            QuorumOptions options,
            Outboxes outboxes,
            AwaitedLog hintLog) {
        this.selfId = selfId;
        this.calls = calls;
        this.loop = loop;
        this.ringView = ringView;
        this.reachability = reachability;
        this.data = data;
        this.clock = clock;
        this.hints = hints;
        this.options = options;
        this.outboxes = outboxes;
        this.hintLog = hintLog;
        this.relays = new RelayChoice(selfId, calls);
        current.writer.begin(MessageType.WRITE);
    }

    /** What the turn has posted was sent. */
    void endTurn() {
        relays.endTurn();
    }

    /** How fast members answer writes. */
    PeerLatency latency() {
        return latency;
    }

    long pendingBytes() {
        return pendingBytes;
    }

    long pendingCount() {
        return pendingCount;
    }

    /**
     * Throws unless a write to the key can be tried now.
     *
     * @throws QuorumException when too few of its replicas can be reached
     */
    void check(Key written, @Nullable ConsistencyLevel level) {
        Ring ring = ringView.ring();
        Keyspace keyspace = ring.keyspace(written.bytes(), written.userKeyOffset(), written.userKeySize());
        ReplicaSet replicaSet = ring.replicas(keyspace, written.token());
        Requirement requirement = requirement(ring, keyspace, level, replicaSet);
        if (keyspace.sloppy()) {
            Quota.checkHasReplicas("write", ring, requirement);
            return;
        }
        int[] preference = replicaSet.preference();
        int replicas = replicaSet.count();
        if (!requirement.isAnywhere()) {
            checkParts(ring, replicaSet, requirement);
            return;
        }
        int needed = requirement.needed();
        int reachable = 0;
        for (int i = 0; i < replicas; i++) {
            if (isReachable(WriteOperation.memberAt(ring, preference, i))) {
                reachable++;
            }
        }
        if (reachable < needed) {
            throw QuorumException.noReplicas("write", needed, replicas, reachable);
        }
    }

    private void checkParts(Ring ring, ReplicaSet replicaSet, Requirement requirement) {
        int[] reachable = new int[requirement.parts()];
        for (int i = 0; i < replicaSet.count(); i++) {
            int part = Quota.partOf(requirement, ring, replicaSet.preference()[i]);
            if (part >= 0 && isReachable(WriteOperation.memberAt(ring, replicaSet.preference(), i))) {
                reachable[part]++;
            }
        }
        Quota.checkReachable("write", ring, requirement, reachable);
    }

    /** How many acceptances a write to the key needs. */
    int quorum(Key written, @Nullable ConsistencyLevel level) {
        Ring ring = ringView.ring();
        Keyspace keyspace = ring.keyspace(written.bytes(), written.userKeyOffset(), written.userKeySize());
        // Of a sloppy keyspace one node may be all that was there.
        return keyspace.sloppy() ? 1 : requirement(ring, keyspace, level, ring.replicas(keyspace, written.token())).needed();
    }

    /**
     * Begins a write of a versioned record. The caller has {@linkplain #check checked} and is in the exclusive section.
     *
     * @param computed whether it was computed from a read of the key, see {@link WriteOperation#computed}
     * @return whether this node holds the write now: it is a replica, and nothing it holds hides it
     */
    boolean write(
            Key written, Record version, @Nullable ConsistencyLevel level, WriteGroup group, int replyIndex, boolean computed) {
        WriteOperation operation = take(written, version);
        operation.computed = computed;
        operation.causal = version.isCausal();
        operation.group = group;
        operation.trace = group.trace();
        if (operation.trace != null) {
            operation.trace.note(selfId, "write", RequestTrace.version(version.maxHlc(), version.actor()));
        }
        operation.replyIndex = replyIndex;
        operation.level = level;
        group.began();
        operation.tell(group.acceptances());
        operation.deadlineNanos = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.writeTimeoutMillis());
        return plan(operation, written, version, level);
    }

    /** Brings a record to a replica that a read has found behind. */
    void repair(Key read, Record merged, ReadOperation reader, long memberId) {
        WriteOperation operation = take(read, merged);
        operation.repairOf = reader;
        operation.trace = reader.trace;
        operation.repairAttempt = reader.attempt;
        operation.epoch = reader.epoch;
        operation.needed = 1;
        operation.parts = null;
        int target = operation.addTarget(memberId, 0);
        if (memberId == selfId) {
            boolean ignored = acceptHere(operation, target, read, merged);
        } else {
            post(operation, target);
        }
        evaluate(operation);
    }

    private boolean isReachable(long memberId) {
        return memberId == selfId || reachability.isReachable(memberId);
    }

    private Requirement requirement(Ring ring, Keyspace keyspace, @Nullable ConsistencyLevel level, ReplicaSet replicas) {
        ConsistencyLevel asked = level == null ? keyspace.writeLevel() : level;
        if (asked.scope() == ConsistencyLevel.Scope.ALL || !ring.datacenters().areSeveral()) {
            return Requirement.ofAll(replicas.count(), needed(keyspace, level, replicas));
        }
        Requirement requirement = Quota.of(ring, replicas, asked, selfId);
        return asked.scope() == ConsistencyLevel.Scope.LOCAL && options.flaws().contains(Flaw.LOCAL_COUNTS_REMOTE)
                ? Requirement.ofAll(replicas.count(), requirement.needed())
                : requirement;
    }

    private int needed(Keyspace keyspace, @Nullable ConsistencyLevel level, ReplicaSet replicas) {
        ConsistencyLevel asked = level == null ? keyspace.writeLevel() : level;
        int needed = ignoresHandovers() ? asked.required(replicas.countBefore()) : replicas.required(asked);
        return options.flaws().contains(Flaw.QUORUM_ONE_SHORT) ? Math.max(1, needed - 1) : needed;
    }

    private boolean ignoresHandovers() {
        return options.flaws().contains(Flaw.HANDOVER_WITHOUT_JOINT_QUORUMS);
    }

    private WriteOperation take(Key written, Record version) {
        WriteOperation operation = pool.poll();
        if (operation == null) {
            operation = new WriteOperation();
        }
        encode(operation, written, version);
        pendingCount++;
        return operation;
    }

    private void encode(WriteOperation operation, Key written, Record version) {
        WriteOperation.Chunk chunk = current;
        if (chunk.writer.size() >= WriteOperation.Chunk.SIZE) {
            chunk = chunks.poll();
            if (chunk == null) {
                chunk = new WriteOperation.Chunk();
            }
            chunk.writer.begin(MessageType.WRITE);
            current = chunk;
        }
        operation.chunk = chunk;
        operation.offset = chunk.writer.size();
        chunk.writer.writeKey(written).writeRecord(version);
        operation.size = chunk.writer.size() - operation.offset;
        chunk.references++;
        pendingBytes += operation.size;
    }

    private void release(WriteOperation operation) {
        WriteOperation.Chunk chunk = operation.chunk;
        if (chunk == null) {
            return;
        }
        operation.chunk = null;
        pendingBytes -= operation.size;
        if (--chunk.references == 0) {
            if (chunk == current) {
                chunk.writer.begin(MessageType.WRITE);
            } else if (chunks.size() < MAX_POOLED_CHUNKS) {
                chunks.add(chunk);
            }
        }
    }

    /** Chooses the targets on the ring as it is now and sends. */
    private boolean plan(WriteOperation operation, Key written, Record version, @Nullable ConsistencyLevel level) {
        if (ringView.isFrozen()) {
            postpone(operation);
            return false;
        }
        Ring ring = ringView.ring();
        operation.epoch = ring.epoch();
        Keyspace keyspace = ring.keyspace(written.bytes(), written.userKeyOffset(), written.userKeySize());
        ReplicaSet replicaSet = ring.replicas(keyspace, written.token());
        int[] preference = replicaSet.preference();
        int replicas = ignoresHandovers() ? replicaSet.countBefore() : replicaSet.count();
        operation.replicas = replicas;
        Requirement requirement = requirement(ring, keyspace, level, replicaSet);
        operation.require(requirement, requirement.needed(), ring.datacenters());
        operation.sloppy = keyspace.sloppy();
        operation.decidedByVersion = !keyspace.keepsSiblings();
        int fallback = replicas;
        int here = -1;
        for (int i = 0; i < replicas; i++) {
            long memberId = WriteOperation.memberAt(ring, preference, i);
            long insteadOf = 0;
            int member = preference[i];
            if (!isReachable(memberId)) {
                long standIn = 0;
                if (operation.sloppy && ring.datacenters().areSeveral()) {
                    int at = standIn(ring, operation, preference, replicas, member);
                    standIn = at < 0 ? 0 : WriteOperation.memberAt(ring, preference, at);
                    member = at < 0 ? member : preference[at];
                } else {
                    while (operation.sloppy && standIn == 0 && fallback < preference.length) {
                        long candidate = WriteOperation.memberAt(ring, preference, fallback++);
                        standIn = isReachable(candidate) ? candidate : 0;
                    }
                }
                if (standIn == 0) {
                    operation.uncertain = true;
                    hint(operation, memberId, written, version);
                    continue;
                }
                insteadOf = memberId;
                memberId = standIn;
            }
            int target = operation.addTarget(memberId, insteadOf, Quota.partOf(requirement, ring, member));
            if (memberId == selfId) {
                here = target;
            } else if (insteadOf != 0 || !relays.isFar(ring, member)) {
                post(operation, target);
            } else {
                relays.add(target, ring.datacenters().of(member));
            }
        }
        postFar(operation);
        if (operation.sloppy && operation.targetCount > 0) {
            // Fewer than the level asks for will do, if a hint makes up for each of those that are missing.
            operation.requireOnlyTargets();
        }
        boolean isHeld = here >= 0 && acceptHere(operation, here, written, version);
        evaluate(operation);
        return isHeld;
    }

    /** The place in a preference list of one who can stand in: of the same data center, or else of another; -1 when there is none. */
    private int standIn(Ring ring, WriteOperation operation, int[] preference, int replicas, int member) {
        for (boolean near : NEAR_THEN_FAR) {
            for (int i = replicas; i < preference.length; i++) {
                long candidate = WriteOperation.memberAt(ring, preference, i);
                boolean isNear = ring.datacenters().of(preference[i]) == ring.datacenters().of(member);
                if (isNear == near && !operation.hasTarget(candidate) && isReachable(candidate)) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** Keeps a write here for a member; notes on the operation when that cannot be, or the member is this node itself. */
    private void hint(WriteOperation operation, long memberId, Key written, Record version) {
        boolean ignored = hint(operation, memberId, written, version, false);
    }

    private boolean hint(WriteOperation operation, long memberId, Key written, Record version, boolean ofStandIn) {
        boolean kept = memberId != selfId && hints.add(memberId, written, version);
        if (kept) {
            hinted++;
            if (!ofStandIn) {
                operation.hintKept(memberId);
            }
            if (operation.sloppy && !operation.ended) {
                operation.unsafeHints++;
                operation.unsafeStandIns += ofStandIn ? 1 : 0;
                outboxes.beginTurn();
                hintLog.add(new UnsafeHint(operation, ofStandIn));
            }
            if (operation.trace != null) {
                operation.trace.note(memberId, "hint", "kept here until it can be delivered");
            }
        } else {
            operation.hintLost = true;
            if (operation.trace != null) {
                operation.trace.note(memberId, "hint lost", "not taken: this node itself, or a bound reached");
            }
        }
        return kept;
    }

    private boolean acceptHere(WriteOperation operation, int target, Key written, Record version) {
        String refusal = data.refusal();
        if (refusal != null) {
            operation.reason = refusal;
            operation.resolve(target, WriteOperation.FAILED);
            leaveHint(operation, target);
            return false;
        }
        data.lock();
        Acceptance acceptance;
        try {
            clock.observe(version.maxHlc());
            acceptance = data.accept(written, version, operation.repairOf == null);
        } finally {
            data.unlock();
        }
        switch (acceptance) {
            case ACCEPTED -> {
                acceptedHere(operation, target, written, version);
                return true;
            }
            case REFUSED -> refused(operation, target, data.refusedHlc(), data.refusedActor());
            case COLD -> acceptColdHere(operation, target, written, version);
        }
        return false;
    }

    /** Counts this node's acceptance: at once in the turn of the client, whose reply waits for the log; later when the log has it. */
    private void acceptedHere(WriteOperation operation, int target, Key written, Record version) {
        long standsFor = operation.standsFor[target];
        if (standsFor != 0 && !hint(operation, standsFor, written, version, true)) {
            // Without a hint it would never come to whom it is for.
            operation.reason = "this node stands in, and has no room for hints";
            operation.resolve(target, WriteOperation.FAILED);
        } else if (operation.late && operation.repairOf == null) {
            outboxes.beginTurn();
            log.add(new Unlogged(operation, target));
        } else {
            operation.resolve(target, WriteOperation.ACCEPTED);
        }
    }

    /**
     * The log was given what the turn wrote.
     *
     * @param position that must be durable before it counts, 0 when it counts as it is
     * @param failure why the log did not take it; null when it did
     */
    void logged(long position, @Nullable String failure) {
        log.logged(position, failure);
    }

    /** The log is durable up to {@code position}. */
    void durable(long position) {
        log.durable(position);
    }

    /** The log will not become durable any more. */
    void durableNoMore(String failure) {
        log.durableNoMore(failure);
    }

    /** What this node holds can only be told by waiting for the disk. */
    private void acceptColdHere(WriteOperation operation, int target, Key written, Record version) {
        Key copiedKey = new Key().setEncoded(written.bytes(), 0, written.size());
        Record copiedRecord = new Record().copyOf(version);
        int attempt = operation.attempt;
        long epoch = operation.epoch;
        boolean isNew = operation.repairOf == null;
        boolean taken = loop.offload(() -> {
            ReplicaData.Settled settled =
                    data.acceptWaiting(copiedKey, copiedRecord, isNew, () -> ringView.ring().epoch() == epoch);
            loop.execute(() -> {
                if (operation.attempt != attempt) {
                    return;
                }
                outboxes.beginTurn();
                if (settled == null) {
                    replan(operation, target);
                    return;
                }
                switch (settled.acceptance()) {
                    case ACCEPTED -> {
                        operation.late = true;
                        acceptedHere(operation, target, copiedKey, copiedRecord);
                    }
                    case REFUSED -> refused(operation, target, settled.refusedHlc(), settled.refusedActor());
                    case COLD -> {
                        operation.reason = "this node cannot read its data";
                        operation.resolve(target, WriteOperation.FAILED);
                        leaveHint(operation, target);
                    }
                }
                evaluate(operation);
            });
        });
        if (!taken) {
            operation.reason = "too many requests wait for the disk";
            operation.resolve(target, WriteOperation.FAILED);
            leaveHint(operation, target);
        }
    }

    private void refused(WriteOperation operation, int target, long hiddenByHlc, long hiddenBy) {
        if (operation.repairOf != null || options.flaws().contains(Flaw.WALL_CLOCK_VERSIONS)) {
            // What hides it is later than it: for a repair that is as good.
            operation.resolve(target, WriteOperation.ACCEPTED);
            return;
        }
        if (hiddenBy == StoreSession.CLOSED_ACTOR) {
            // A clock that is so far behind makes no version that is taken, until it has heard of this.
            clock.observe(hiddenByHlc);
        }
        if (hiddenBy != StoreSession.CLOSED_ACTOR && operation.isOvertaken(target) && !clock.isTooFarAhead(hiddenByHlc)) {
            overtaken(operation, target);
            return;
        }
        if (Long.compareUnsigned(hiddenByHlc, operation.hiddenByHlc) > 0) {
            operation.hiddenByHlc = hiddenByHlc;
            if (clock.isTooFarAhead(hiddenByHlc)) {
                // A later version would carry that clock's error to this one, and no replica would take it.
                operation.reason = "a version from a clock that was far ahead hides it";
            }
        }
        operation.resolve(target, WriteOperation.REFUSED);
    }

    /** A replica holds what came after this write, and that is as good as the write itself. */
    private void overtaken(WriteOperation operation, int target) {
        if (operation.trace != null) {
            operation.trace.note(operation.targets[target], "overtaken", "a write that came after this one is there already");
        }
        if (operation.late && operation.targets[target] == selfId) {
            outboxes.beginTurn();
            log.add(new Unlogged(operation, target));
        } else {
            operation.resolve(target, WriteOperation.ACCEPTED);
        }
    }

    /** Posts what goes to other data centers: where several replicas of one are concerned, to one of them for all. */
    private void postFar(WriteOperation operation) {
        while (relays.next(operation.targets)) {
            int relay = relays.relay();
            if (relay < 0) {
                for (int i = 0; i < relays.count(); i++) {
                    post(operation, relays.target(i));
                }
            } else {
                postToRelay(operation, relay);
            }
        }
    }

    private void postToRelay(WriteOperation operation, int relay) {
        long relayId = operation.targets[relay];
        RelayOutbox outbox = outboxes.ofRelay(relayId);
        if (outbox.epoch != operation.epoch) {
            send(outbox);
            outbox.epoch = operation.epoch;
        }
        WriteOperation.Chunk chunk = chunkOf(operation);
        outbox.add(operation, relay).writeByte(Replica.ENTRY_NEW).writeRaw(chunk.writer.bytes(), operation.offset, operation.size);
        if (operation.trace != null) {
            operation.trace.note(relayId, "send", null);
        }
        for (int i = 0; i < relays.count(); i++) {
            int target = relays.target(i);
            if (target != relay) {
                outbox.passOn(operation, target);
                if (operation.trace != null) {
                    operation.trace.note(operation.targets[target], "send", "by way of %012x".formatted(relayId));
                }
            }
        }
        if (outbox.isFull()) {
            send(outbox);
        }
    }

    private static WriteOperation.Chunk chunkOf(WriteOperation operation) {
        WriteOperation.Chunk chunk = operation.chunk;
        if (chunk == null) {
            throw new IllegalStateException("a write without its record");
        }
        return chunk;
    }

    private void post(WriteOperation operation, int target) {
        Outbox outbox = outboxes.of(operation.targets[target]);
        if (outbox.writesEpoch != operation.epoch) {
            send(outbox);
            outbox.writesEpoch = operation.epoch;
        }
        MessageWriter message = outbox.addWrite(operation, target);
        long standsFor = operation.standsFor[target];
        if (operation.trace != null) {
            operation.trace.note(
                    operation.targets[target], "send", standsFor == 0 ? null : "stands in for %012x".formatted(standsFor));
        }
        int flags = operation.repairOf == null ? Replica.ENTRY_NEW : 0;
        if (standsFor == 0) {
            message.writeByte(flags);
        } else {
            message.writeByte(flags | Replica.ENTRY_STANDS_IN).writeLong(standsFor);
        }
        WriteOperation.Chunk chunk = chunkOf(operation);
        message.writeRaw(chunk.writer.bytes(), operation.offset, operation.size);
        if (outbox.writesAreMany()) {
            send(outbox);
        }
    }

    /** Sends what an outbox has. Called when the turn ends, or earlier when it is much. */
    void send(Outbox outbox) {
        if (outbox.writes().count == 0) {
            return;
        }
        send(outbox, options.writeTimeoutMillis());
    }

    private void send(Outbox outbox, long timeoutMillis) {
        Batch batch = new Batch(outbox);
        MessageWriter message = outbox.finishWrites(outbox.writesEpoch, clock.nowHlc());
        outbox.writes().count = 0;
        if (!calls.send(outbox.memberId, message, timeoutMillis, batch)) {
            // Not from within the operations' own planning: they are looked at when the turn's work is done.
            loop.execute(batch::notSent);
        }
    }

    /** Sends what a relay's outbox has; as {@link #send(Outbox)}. */
    void send(RelayOutbox outbox) {
        if (outbox.isEmpty()) {
            return;
        }
        long relayId = outbox.relayId;
        Batch own = new Batch(outbox.own, relayId);
        List<RelayOutbox.Other> others = outbox.others();
        @Nullable RelayedBatch[] batches = new RelayedBatch[others.size()];
        long[] answerIds = new long[batches.length];
        // Half of the time is left for the replicas themselves, if the relay is of no use.
        long patienceMillis = Math.max(1, options.writeTimeoutMillis() / 2);
        boolean sent = true;
        for (int i = 0; i < batches.length; i++) {
            RelayOutbox.Other other = others.get(i);
            if (other.entries.count > 0) {
                RelayedBatch batch = new RelayedBatch(other, outbox.epoch);
                batches[i] = batch;
                answerIds[i] = calls.expect(relayId, patienceMillis, batch);
                sent &= answerIds[i] != 0;
            }
        }
        MessageWriter message = outbox.finish(clock.nowHlc(), answerIds);
        outbox.clear();
        if (sent && calls.send(relayId, message, options.writeTimeoutMillis(), own)) {
            relayed += own.operations.length;
            return;
        }
        for (long answerId : answerIds) {
            calls.cancel(answerId);
        }
        loop.execute(() -> {
            own.notSent();
            for (@Nullable RelayedBatch batch : batches) {
                if (batch != null) {
                    batch.notSent();
                }
            }
        });
    }

    /** By what the entries of one {@code WRITE} are hidden: a hybrid time each, 0 for those that are not, and an actor. */
    private static final class Refusals {
        final long[] hlcs;
        final long[] actors;

        Refusals(int entries) {
            hlcs = new long[entries];
            actors = new long[entries];
        }
    }

    /** Who waits for the answer to one {@code WRITE}. */
    private class Batch implements Calls.Callback {
        final WriteOperation[] operations;
        /** Whose answer it is. */
        final long memberId;

        final long sentNanos = loop.nanoTime();
        private final byte[] targets;
        private final int[] attempts;
        /** How many the answer has dealt with already, should it turn out to make no sense. */
        int handled;

        Batch(Outbox outbox) {
            this(outbox.writes(), outbox.memberId);
        }

        Batch(WriteEntries entries, long memberId) {
            this.memberId = memberId;
            int count = entries.count;
            operations = Arrays.copyOf(entries.operations, count);
            targets = Arrays.copyOf(entries.targets, count);
            attempts = Arrays.copyOf(entries.attempts, count);
        }

        /** The target of an operation that still waits for this answer; -1 when it does not. */
        int awaited(int index) {
            return operations[index].attempt == attempts[index] ? targets[index] : -1;
        }

        @Override
        public void replied(long from, MessageType type, MessageReader body) {
            outboxes.beginTurn();
            if (from == memberId) {
                latency.note(memberId, loop.nanoTime() - sentNanos);
            }
            Refusal refusal = Refusal.read(memberId, body, ringView);
            if (refusal != null) {
                refusedAsAWhole(refusal);
                return;
            }
            Refusals hiding = refusals(body);
            for (int i = 0; i < operations.length; i++) {
                handled = i + 1;
                int target = awaited(i);
                if (target < 0) {
                    continue;
                }
                WriteOperation operation = operations[i];
                long hlc = hiding == null ? 0 : hiding.hlcs[i];
                if (hlc == 0) {
                    operation.resolve(target, WriteOperation.ACCEPTED);
                } else if (hlc == Replica.REFUSED_FOR_CLOCK) {
                    operation.reason = "this node's clock is too far ahead";
                    operation.resolve(target, WriteOperation.FAILED);
                } else if (hlc == Replica.REFUSED_WITHOUT_HINT) {
                    operation.reason = "a node that stands in has no room for hints";
                    operation.resolve(target, WriteOperation.FAILED);
                    leaveHint(operation, target);
                } else {
                    refused(operation, target, hlc, Objects.requireNonNull(hiding).actors[i]);
                }
                evaluate(operation);
            }
        }

        /**
         * Of each entry what hides it; null when all were accepted. Read to the end before any is acted on: those that had to wait for the
         * replica's disk come last, whatever their place.
         */
        private @Nullable Refusals refusals(MessageReader body) {
            int count = body.readInt();
            if (count < 0 || count > operations.length) {
                throw new MalformedMessageException(count + " refusals of " + operations.length + " writes");
            }
            Refusals hiding = count == 0 ? null : new Refusals(operations.length);
            for (int i = 0; i < count; i++) {
                int index = body.readVarint(operations.length - 1);
                long hlc = body.readLong();
                long actor = body.readLong();
                if (hiding == null || hiding.hlcs[index] != 0 || hlc == 0) {
                    throw new MalformedMessageException("write " + index + " refused for time " + hlc + ", or twice");
                }
                hiding.hlcs[index] = hlc;
                hiding.actors[index] = actor;
            }
            body.finish();
            return hiding;
        }

        void refusedAsAWhole(Refusal refusal) {
            if (!refusal.isOfTopology()) {
                fail(false, refusal.status() == ReplyStatus.CLOCK ? "this node's clock is too far ahead" : refusal.why());
                return;
            }
            for (int i = 0; i < operations.length; i++) {
                int target = awaited(i);
                if (target >= 0) {
                    replan(operations[i], target);
                }
            }
        }

        @Override
        public void failed(long from, boolean timedOut) {
            outboxes.beginTurn();
            fail(true, null);
        }

        void notSent() {
            outboxes.beginTurn();
            fail(false, null);
        }

        void fail(boolean uncertain, @Nullable String why) {
            for (int i = handled; i < operations.length; i++) {
                int target = awaited(i);
                if (target < 0) {
                    continue;
                }
                WriteOperation operation = operations[i];
                operation.uncertain |= uncertain;
                if (why != null) {
                    operation.reason = why;
                }
                operation.resolve(target, WriteOperation.FAILED);
                leaveHint(operation, target);
                evaluate(operation);
            }
        }
    }

    /** Who waits for the answer of a replica that a relay passes a {@code WRITE} on to. If there is none in time, the replica is turned to itself. */
    private final class RelayedBatch extends Batch {
        private final long epoch;

        RelayedBatch(RelayOutbox.Other other, long epoch) {
            super(other.entries, other.memberId);
            this.epoch = epoch;
        }

        @Override
        void refusedAsAWhole(Refusal refusal) {
            if (refusal.status() == ReplyStatus.UNREACHED) {
                sendDirectly(true);
            } else {
                super.refusedAsAWhole(refusal);
            }
        }

        @Override
        public void failed(long from, boolean timedOut) {
            outboxes.beginTurn();
            sendDirectly(true);
        }

        @Override
        void notSent() {
            outboxes.beginTurn();
            sendDirectly(false);
        }

        /** Sends what still waits, to end within the time that it would have had without the relay. */
        private void sendDirectly(boolean uncertain) {
            long passedMillis = TimeUnit.NANOSECONDS.toMillis(loop.nanoTime() - sentNanos);
            long leftMillis = options.writeTimeoutMillis() - passedMillis;
            if (leftMillis <= 0 || !isReachable(memberId)) {
                fail(uncertain, null);
                return;
            }
            Outbox alone = new Outbox(memberId);
            alone.writesEpoch = epoch;
            for (int i = handled; i < operations.length; i++) {
                int target = awaited(i);
                if (target >= 0) {
                    WriteOperation operation = operations[i];
                    operation.uncertain |= uncertain;
                    WriteOperation.Chunk chunk = chunkOf(operation);
                    alone.addWrite(operation, target)
                            .writeByte(Replica.ENTRY_NEW)
                            .writeRaw(chunk.writer.bytes(), operation.offset, operation.size);
                    if (operation.trace != null) {
                        operation.trace.note(memberId, "send", "the relay has not passed it on");
                    }
                }
            }
            if (alone.writes().count > 0) {
                relaysFailed++;
                send(alone, leftMillis);
            }
        }
    }

    /** Keeps a write here for the replica that did not take it. */
    private void leaveHint(WriteOperation operation, int target) {
        if (operation.repairOf != null) {
            return;
        }
        operation.uncertain = true;
        operation.decode(key, record);
        long standsFor = operation.standsFor[target];
        hint(operation, standsFor == 0 ? operation.targets[target] : standsFor, key, record);
    }

    /** Another epoch: the write begins anew on the ring that both will know soon. */
    private void replan(WriteOperation operation, int target) {
        ReadOperation reader = operation.repairOf;
        if (reader != null && reader.attempt == operation.repairAttempt) {
            reader.otherEpoch = true;
        }
        if (reader != null || operation.ended || operation.deadlineNanos - loop.nanoTime() <= 0) {
            operation.resolve(target, WriteOperation.FAILED);
            leaveHint(operation, target);
            evaluate(operation);
            return;
        }
        operation.restart();
        int attempt = operation.attempt;
        loop.schedule(
                () -> {
                    if (operation.attempt == attempt) {
                        outboxes.beginTurn();
                        begin(operation);
                    }
                },
                REPLAN_MILLIS);
    }

    /** This node has promised that it holds no data of the present epoch: the write waits for the next one. */
    private void postpone(WriteOperation operation) {
        if (operation.deadlineNanos - loop.nanoTime() <= 0) {
            operation.reason = "the topology is changing";
            end(operation, false);
            finishIfResolved(operation);
            return;
        }
        int attempt = operation.attempt;
        loop.schedule(
                () -> {
                    if (operation.attempt == attempt) {
                        outboxes.beginTurn();
                        begin(operation);
                    }
                },
                REPLAN_MILLIS);
    }

    /** Throws when a write that would take the place of whatever is earlier comes to where siblings are kept by now, which nobody has read for it. */
    private void checkPolicy(WriteOperation operation, Key written) {
        if (operation.decidedByVersion
                && !operation.causal
                && ringView.ring().keepsSiblings(written.bytes(), written.userKeyOffset(), written.userKeySize())) {
            throw new QuorumException("its keyspace has come to keep siblings meanwhile, send it again");
        }
    }

    /** Sends an operation again, as it is encoded, on the ring of now. */
    private void begin(WriteOperation operation) {
        operation.restart();
        operation.late = true;
        Key written = new Key();
        Record version = new Record();
        operation.decode(written, version);
        try {
            check(written, operation.level);
            checkPolicy(operation, written);
        } catch (QuorumException e) {
            operation.uncertain = true;
            operation.reason = String.valueOf(e.getMessage());
            end(operation, false);
            finishIfResolved(operation);
            return;
        }
        data.lock();
        try {
            boolean ignored = plan(operation, written, version, operation.level);
        } finally {
            data.unlock();
        }
    }

    /** Looks whether an operation has ended, or what else can be done for it. */
    private void evaluate(WriteOperation operation) {
        if (!operation.ended) {
            if (operation.isMet()) {
                endAccepted(operation);
            } else if (operation.isOutOfReach()) {
                if (operation.repairOf == null
                        && operation.mayBeRevised()
                        && operation.refused > 0
                        && operation.isWithinReachOfRefusing()
                        && operation.revisions < MAX_REVISIONS
                        && !clock.isTooFarAhead(operation.hiddenByHlc)) {
                    revise(operation);
                    return;
                }
                if (!operation.sloppy || !standIn(operation)) {
                    end(operation, false);
                }
            }
        }
        finishIfResolved(operation);
    }

    /** Gives the write a version above all that hide it, and sends it again. */
    private void revise(WriteOperation operation) {
        revised++;
        operation.revisions++;
        operation.late = true;
        Key written = new Key();
        Record version = new Record();
        operation.decode(written, version);
        version.detach();
        data.lock();
        try {
            long hlc = clock.tickAbove(operation.hiddenByHlc);
            version.reversion(hlc);
            if (operation.trace != null) {
                operation.trace.note(selfId, "revise", RequestTrace.version(hlc, version.actor()));
            }
            release(operation);
            encode(operation, written, version);
            operation.restart();
            boolean ignored = plan(operation, written, version, operation.level);
        } finally {
            data.unlock();
        }
    }

    /** Asks one more member to stand in; false when there is none left. */
    private boolean standIn(WriteOperation operation) {
        operation.decode(key, record);
        Ring ring = ringView.ring();
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        int[] preference = ring.replicas(keyspace, key.token()).preference();
        long insteadOf = 0;
        for (int i = 0; i < operation.targetCount; i++) {
            if (operation.states[i] == WriteOperation.FAILED) {
                insteadOf = operation.standsFor[i] == 0 ? operation.targets[i] : operation.standsFor[i];
            }
        }
        for (int i = 0; i < preference.length && insteadOf != 0; i++) {
            long candidate = WriteOperation.memberAt(ring, preference, i);
            if (!operation.hasTarget(candidate) && isReachable(candidate)) {
                Requirement parts = operation.parts;
                // By another ring data centers may have other numbers: then it takes the write, and does not count.
                int part = parts == null ? 0 : ring.epoch() == operation.epoch ? Quota.partOf(parts, ring, preference[i]) : -1;
                int target = operation.addTarget(candidate, candidate == insteadOf ? 0 : insteadOf, part);
                if (candidate == selfId) {
                    operation.late = true;
                    Key written = new Key();
                    Record version = new Record();
                    operation.decode(written, version);
                    boolean ignored = acceptHere(operation, target, written, version);
                    if (operation.isMet()) {
                        endAccepted(operation);
                    } else if (operation.unresolved == 0) {
                        return standIn(operation);
                    }
                } else {
                    post(operation, target);
                }
                return true;
            }
        }
        // Whoever is left has it: in a sloppy keyspace one node that lives is enough.
        if (operation.accepted > 0 && operation.unresolved == 0) {
            endAccepted(operation);
            return true;
        }
        return operation.unresolved > 0;
    }

    /** Ends what enough have accepted, or all that there are; not while it counts on a hint that is not durable: then it is looked at again when that is. */
    private void endAccepted(WriteOperation operation) {
        if (!operation.awaitsHints()) {
            end(operation, operation.isSafe());
        }
    }

    private void end(WriteOperation operation, boolean successful) {
        operation.ended = true;
        WriteGroup group = operation.group;
        operation.group = null;
        if (group == null) {
            return;
        }
        if (operation.trace != null) {
            operation.trace.note(
                    0, "write ended", operation.accepted + " accepted, " + operation.needed + " needed");
        }
        if (successful) {
            group.ended();
        } else {
            failed++;
            operation.tellFailed();
            group.failed(operation.replyIndex, error(operation));
        }
    }

    private static String error(WriteOperation operation) {
        String why = operation.reason == null ? "" : ": " + operation.reason;
        String counts = operation.counts();
        return operation.uncertain || operation.accepted > 0 || operation.refused > 0
                ? "TIMEOUT the outcome of this write is unknown: " + counts + why
                : "NOREPLICAS the write was not taken: " + counts + why;
    }

    private void finishIfResolved(WriteOperation operation) {
        if (operation.unresolved > 0 || !operation.ended) {
            return;
        }
        ReadOperation reader = operation.repairOf;
        int repairAttempt = operation.repairAttempt;
        boolean accepted = operation.accepted > 0;
        long repairedMember = reader == null ? 0 : operation.targets[0];
        operation.tellResolved();
        release(operation);
        pendingCount--;
        operation.clear();
        if (pool.size() < MAX_POOLED) {
            pool.add(operation);
        }
        if (reader != null) {
            reader.repaired(repairAttempt, repairedMember, accepted);
        }
    }
}
