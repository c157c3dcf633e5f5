package io.ringtail.cluster.quorum;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
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
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One loop's reads: the record from the nearest replica, versions from as many others as the level asks for, and one merge.
 *
 * <p>When the versions differ, the records that the merge does not cover are fetched too, and whoever is behind is written to. Where reads ask a majority, the
 * answer waits until so many replicas hold what it says that every later read meets one of them: so what one reader has seen no later one misses.
 *
 * <p>A replica that does not answer within its usual time is not waited for alone: the next one is asked as well. Confined to the loop.
 *
 * <p>Long because a read is one state machine, from the choice of whom to ask to the last repair, whose transitions are easier to check side by side.
 */
final class Reads {
    private static final long REPLAN_MILLIS = 10;
    private static final int MAX_POOLED = 4096;

    private final long selfId;
    private final Calls calls;
    private final Loop loop;
    private final RingView ringView;
    private final Reachability reachability;
    private final ReplicaData data;
    private final ReplicaClock clock;
    private final QuorumOptions options;
    private final Outboxes outboxes;
    private final Writes writes;
    private final PeerLatency latency;
    private final Hedges hedges;
    private final ArrayDeque<ReadOperation> pool = new ArrayDeque<>();
    private final Record record = new Record();
    private final Digest digest = new Digest();
    private long pendingCount;

    /** Counts for INFO. Written by the loop, read by anyone as of about now. */
    long repaired;

    long hedged;
    long mismatched;

    Reads(
            long selfId,
            Calls calls,
            Loop loop,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            ReplicaClock clock,
            QuorumOptions options,
            Outboxes outboxes,
            Writes writes,
            PeerLatency latency,
            Hedges hedges) {
        this.selfId = selfId;
        this.calls = calls;
        this.loop = loop;
        this.ringView = ringView;
        this.reachability = reachability;
        this.data = data;
        this.clock = clock;
        this.options = options;
        this.outboxes = outboxes;
        this.writes = writes;
        this.latency = latency;
        this.hedges = hedges;
    }

    long pendingCount() {
        return pendingCount;
    }

    /**
     * Begins a read.
     *
     * @throws QuorumException when too few replicas can be reached
     */
    void read(Key key, @Nullable ConsistencyLevel level, long nowNanos, ReadListener listener) {
        ReadOperation operation = pool.poll();
        if (operation == null) {
            operation = new ReadOperation(this);
        }
        operation.key.setEncoded(key.bytes(), 0, key.size());
        operation.level = level;
        operation.listener = listener;
        operation.trace = listener.trace();
        operation.deadlineNanos = nowNanos + TimeUnit.MILLISECONDS.toNanos(options.readTimeoutMillis());
        pendingCount++;
        if (ringView.isFrozen()) {
            planLater(operation);
            return;
        }
        try {
            plan(operation);
        } catch (QuorumException e) {
            operation.ended = true;
            finish(operation);
            throw e;
        }
        ask(operation);
    }

    long nanoTime() {
        return loop.nanoTime();
    }

    private boolean isReachable(long memberId) {
        return memberId == selfId || reachability.isReachable(memberId);
    }

    /** Chooses whom to ask on the ring as it is now. */
    private void plan(ReadOperation operation) {
        Ring ring = ringView.ring();
        Key key = operation.key;
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicaSet = ring.replicas(keyspace, key.token());
        int[] preference = replicaSet.preference();
        ConsistencyLevel level = operation.level == null ? keyspace.readLevel() : operation.level;
        Requirement requirement = Quota.of(ring, replicaSet, level, selfId);
        if (replicaSet.isJoint() && !keyspace.sloppy()) {
            operation.sides = new BothSides(ring, replicaSet, requirement, level);
        }
        if (!requirement.isAnywhere()) {
            planParts(operation, ring, keyspace, replicaSet, requirement);
            return;
        }
        int replicas = replicaSet.count();
        int needed = requirement.needed();
        int listed = keyspace.sloppy() ? preference.length : replicas;
        for (int i = 0; i < listed && operation.candidateCount < replicas; i++) {
            long memberId = WriteOperation.memberAt(ring, preference, i);
            if (isReachable(memberId)) {
                operation.addCandidate(memberId);
            }
        }
        int reachable = operation.candidateCount;
        if (keyspace.sloppy()) {
            needed = Math.min(needed, reachable);
        }
        if (reachable < needed || reachable == 0) {
            throw QuorumException.noReplicas("read", needed, replicas, reachable);
        }
        operation.epoch = ring.epoch();
        operation.replicas = replicas;
        operation.needed = needed;
        sortByNearness(operation, ring);
    }

    /** Chooses whom to ask where replicas count by data center: none of those in others. */
    private void planParts(
            ReadOperation operation, Ring ring, Keyspace keyspace, ReplicaSet replicaSet, Requirement requirement) {
        int[] preference = replicaSet.preference();
        int[] reachable = new int[requirement.parts()];
        int listed = keyspace.sloppy() ? preference.length : replicaSet.count();
        for (int i = 0; i < listed; i++) {
            int part = Quota.partOf(requirement, ring, preference[i]);
            long memberId = WriteOperation.memberAt(ring, preference, i);
            if (part >= 0 && reachable[part] < requirement.replicas(part) && isReachable(memberId)) {
                operation.addCandidate(memberId);
                reachable[part]++;
            }
        }
        if (keyspace.sloppy() && operation.candidateCount > 0) {
            Quota.checkHasReplicas("read", ring, requirement);
        } else {
            Quota.checkReachable("read", ring, requirement, reachable);
        }
        operation.epoch = ring.epoch();
        operation.replicas = requirement.replicas();
        operation.asked = requirement;
        operation.datacenters = ring.datacenters();
        sortByNearness(operation, ring);
        if (requirement.parts() == 1) {
            // All candidates are of it: it counts as if there were no other replicas.
            operation.needed = Math.min(requirement.needed(), operation.candidateCount);
            return;
        }
        operation.require(requirement);
        for (int i = 0; i < operation.candidateCount; i++) {
            operation.partOf[i] = (byte) requirement.partOf(ring.datacenterOf(operation.candidates[i]));
        }
        for (int part = 0; part < requirement.parts(); part++) {
            operation.neededOf[part] = Math.min(operation.neededOf[part], reachable[part]);
            operation.needed += operation.neededOf[part];
        }
    }

    private void sortByNearness(ReadOperation operation, Ring ring) {
        long[] candidates = operation.candidates;
        for (int i = 1; i < operation.candidateCount; i++) {
            long moved = candidates[i];
            double cost = cost(ring, moved);
            int at = i;
            while (at > 0 && cost(ring, candidates[at - 1]) > cost) {
                candidates[at] = candidates[at - 1];
                at--;
            }
            candidates[at] = moved;
        }
    }

    private double cost(Ring ring, long memberId) {
        return memberId == selfId ? -1 : latency.meanNanos(memberId) + Neighbours.distance(ring, selfId, memberId);
    }

    /** Asks the first ones of each part, this node itself last. */
    private void askParts(ReadOperation operation, Requirement parts) {
        int attempt = operation.attempt;
        int nearest = operation.candidateCount == 0 ? -1 : 0;
        boolean here = false;
        for (int part = 0; part < parts.parts(); part++) {
            int left = operation.neededOf[part];
            for (int i = 0; i < operation.candidateCount && left > 0; i++) {
                if (operation.partOf[i] == part) {
                    left--;
                    if (operation.candidates[i] == selfId) {
                        here = true;
                    } else {
                        post(operation, i, i != nearest);
                    }
                }
            }
        }
        if (here) {
            readHere(operation, operation.indexOf(selfId));
        }
        if (operation.attempt == attempt) {
            evaluate(operation);
        }
    }

    /** Asks as many more of each part as may still be needed; false when there are not so many. */
    private boolean askMissing(ReadOperation operation, Requirement parts) {
        int attempt = operation.attempt;
        for (int part = 0; part < parts.parts(); part++) {
            int missing = operation.neededOf[part]
                    - operation.countOf(part, ReadOperation.ANSWERED)
                    - operation.countOf(part, ReadOperation.ASKED);
            for (; missing > 0; missing--) {
                int candidate = operation.notAsked(part);
                if (candidate < 0) {
                    return false;
                }
                askOne(operation, candidate, operation.hasRecord);
                if (operation.attempt != attempt || operation.ended) {
                    return true;
                }
            }
        }
        return true;
    }

    /** Asks the first ones: the nearest for the record, the others for versions. */
    private void ask(ReadOperation operation) {
        Requirement parts = operation.parts;
        if (parts != null) {
            askParts(operation, parts);
            return;
        }
        int attempt = operation.attempt;
        int needed = operation.needed;
        // Others first, so that their answers are under way when this node's own is looked at.
        int first = operation.candidates[0] == selfId ? 1 : 0;
        operation.nextCandidate = needed;
        for (int i = first; i < needed; i++) {
            post(operation, i, i != 0);
        }
        if (first == 1) {
            readHere(operation, 0);
        }
        if (operation.attempt == attempt) {
            evaluate(operation);
        }
    }

    private void readHere(ReadOperation operation, int candidate) {
        if (operation.trace != null) {
            operation.trace.note(selfId, "read here", null);
        }
        operation.states[candidate] = ReadOperation.ASKED;
        operation.outstanding++;
        if (data.read(operation.key, record)) {
            answered(operation, candidate, record);
            return;
        }
        Key copied = new Key().setEncoded(operation.key.bytes(), 0, operation.key.size());
        int attempt = operation.attempt;
        boolean taken = loop.offload(() -> {
            Record found = new Record();
            boolean failed;
            try {
                data.readWaiting(copied, found);
                failed = false;
            } catch (IOException e) {
                failed = true;
            }
            boolean unreadable = failed;
            loop.execute(() -> {
                if (operation.attempt != attempt) {
                    return;
                }
                outboxes.beginTurn();
                if (unreadable) {
                    fail(operation, candidate, "this node cannot read its data", false);
                } else {
                    answered(operation, candidate, found);
                    evaluate(operation);
                }
            });
        });
        if (!taken) {
            fail(operation, candidate, "too many requests wait for the disk", false);
        }
    }

    private void post(ReadOperation operation, int candidate, boolean digestOnly) {
        post(operation, candidate, digestOnly ? Replica.ENTRY_DIGEST : 0);
    }

    private void post(ReadOperation operation, int candidate, int flags) {
        if (operation.trace != null) {
            operation.trace.note(operation.candidates[candidate], flags == 0 ? "ask record" : "ask version", null);
        }
        operation.states[candidate] = ReadOperation.ASKED;
        operation.outstanding++;
        Outbox outbox = outboxes.of(operation.candidates[candidate]);
        if (outbox.readsEpoch != operation.epoch) {
            writes.send(outbox);
            send(outbox);
            outbox.readsEpoch = operation.epoch;
        }
        MessageWriter message = outbox.addRead(operation, candidate);
        message.writeByte(flags).writeKey(operation.key);
        if (outbox.readsAreMany()) {
            // On an ordered link a read finds what was written before it.
            writes.send(outbox);
            send(outbox);
        }
    }

    /** A read of one key that may wait for the replica's disk, in a message of its own: others do not wait with it. */
    private void postWaiting(ReadOperation operation, int candidate, long memberId) {
        if (operation.trace != null) {
            operation.trace.note(memberId, "wait for disk", null);
        }
        Outbox alone = new Outbox(memberId);
        alone.readsEpoch = operation.epoch;
        alone.addRead(operation, candidate).writeByte(Replica.ENTRY_MAY_BLOCK).writeKey(operation.key);
        send(alone);
    }

    void send(Outbox outbox) {
        if (outbox.readCount == 0) {
            return;
        }
        Batch batch = new Batch(outbox);
        MessageWriter message = outbox.finishReads(outbox.readsEpoch, clock.nowHlc());
        outbox.readCount = 0;
        if (calls.send(outbox.memberId, message, options.readTimeoutMillis(), batch)) {
            hedges.sent(batch);
        } else {
            loop.execute(() -> batch.failed(outbox.memberId, false));
        }
    }

    private boolean askNext(ReadOperation operation, boolean digestOnly) {
        if (operation.nextCandidate >= operation.candidateCount) {
            return false;
        }
        askOne(operation, operation.nextCandidate++, digestOnly);
        return true;
    }

    private void askOne(ReadOperation operation, int candidate, boolean digestOnly) {
        if (operation.candidates[candidate] == selfId) {
            readHere(operation, candidate);
        } else {
            post(operation, candidate, digestOnly);
        }
    }

    /** Asks somebody in place of one that is slow; false when there is nobody. */
    private boolean askInPlaceOf(ReadOperation operation, int slow) {
        if (operation.parts == null) {
            return askNext(operation, operation.hasRecord);
        }
        int candidate = operation.notAsked(operation.partOf[slow]);
        if (candidate >= 0) {
            askOne(operation, candidate, operation.hasRecord);
        }
        return candidate >= 0;
    }

    /** Who waits for the answer to one {@code READ}. */
    private final class Batch extends Hedges.Asked {
        private final ReadOperation[] operations;
        private final byte[] candidates;
        private final int[] attempts;
        /** How many the answer has dealt with already, should it turn out to make no sense. */
        private int handled;

        Batch(Outbox outbox) {
            hedges.super(outbox.memberId);
            int count = outbox.readCount;
            operations = Arrays.copyOf(outbox.readOperations, count);
            candidates = Arrays.copyOf(outbox.readTargets, count);
            attempts = Arrays.copyOf(outbox.readAttempts, count);
        }

        private boolean isAwaited(int index) {
            return operations[index].attempt == attempts[index];
        }

        @Override
        void hedge() {
            for (int i = 0; i < operations.length; i++) {
                ReadOperation operation = operations[i];
                if (isAwaited(i) && !operation.repairing && !operation.isAnswered()) {
                    if (operation.trace != null) {
                        operation.trace.note(memberId, "hedge", "slower than usual: somebody else is asked too");
                    }
                    if (askInPlaceOf(operation, candidates[i])) {
                        Reads.this.hedged++;
                    }
                    if (isAwaited(i)) {
                        evaluate(operation);
                    }
                }
            }
        }

        @Override
        public void replied(long member, MessageType type, MessageReader body) {
            outboxes.beginTurn();
            ended(true);
            Refusal refusal = Refusal.read(memberId, body, ringView);
            if (refusal != null) {
                refusedAsAWhole(refusal);
                return;
            }
            int count = body.readInt();
            if (count != operations.length) {
                throw new MalformedMessageException(
                        count + " answers to " + operations.length + " keys");
            }
            for (int i = 0; i < count; i++) {
                handled = i;
                int answer = body.readByte();
                ReadOperation operation = operations[i];
                int candidate = candidates[i];
                boolean awaited = isAwaited(i);
                switch (answer) {
                    case Replica.ANSWER_DIGEST -> {
                        digest.read(body);
                        handled = i + 1;
                        if (awaited) {
                            answered(operation, candidate, digest);
                        }
                    }
                    case Replica.ANSWER_RECORD -> {
                        body.readRecord(record);
                        handled = i + 1;
                        if (awaited) {
                            answered(operation, candidate, record);
                        }
                    }
                    case Replica.ANSWER_COLD -> {
                        handled = i + 1;
                        if (awaited) {
                            postWaiting(operation, candidate, memberId);
                        }
                        continue;
                    }
                    case Replica.ANSWER_UNREADABLE -> {
                        handled = i + 1;
                        if (awaited) {
                            fail(operation, candidate, "a replica cannot read its data", false);
                        }
                        continue;
                    }
                    default -> throw new MalformedMessageException("answer of kind " + answer);
                }
                if (awaited) {
                    evaluate(operation);
                }
            }
            body.finish();
        }

        private void refusedAsAWhole(Refusal refusal) {
            if (!refusal.isOfTopology()) {
                failAll(refusal.why(), false);
                return;
            }
            for (int i = 0; i < operations.length; i++) {
                if (isAwaited(i)) {
                    replan(operations[i], candidates[i]);
                }
            }
        }

        @Override
        public void failed(long member, boolean timedOut) {
            outboxes.beginTurn();
            ended(timedOut);
            failAll(null, timedOut);
        }

        private void failAll(@Nullable String why, boolean timedOut) {
            for (int i = handled; i < operations.length; i++) {
                if (isAwaited(i)) {
                    fail(operations[i], candidates[i], why, timedOut);
                }
            }
        }
    }

    private void answered(ReadOperation operation, int candidate, Record answer) {
        if (operation.repairing) {
            // What is being written to those who are behind, and answered then, stays what it is.
            noteAnswer(operation, candidate);
            return;
        }
        operation.merge(answer);
        operation.fetching[candidate] = false;
        operation.given[candidate] = true;
        noteAnswer(operation, candidate);
        operation.digests[candidate].set(answer);
        traceAnswer(operation, candidate, "record");
    }

    private void answered(ReadOperation operation, int candidate, Digest answer) {
        if (operation.repairing) {
            noteAnswer(operation, candidate);
            return;
        }
        noteAnswer(operation, candidate);
        operation.digests[candidate].copy(answer);
        traceAnswer(operation, candidate, "version");
    }

    private static void traceAnswer(ReadOperation operation, int candidate, String what) {
        if (operation.trace != null) {
            Digest answer = operation.digests[candidate];
            operation.trace.note(operation.candidates[candidate], what, RequestTrace.version(answer.hlc(), answer.actor()));
        }
    }

    private static void noteAnswer(ReadOperation operation, int candidate) {
        operation.outstanding--;
        if (operation.states[candidate] == ReadOperation.ASKED) {
            operation.states[candidate] = ReadOperation.ANSWERED;
            operation.answered++;
        }
    }

    private void fail(ReadOperation operation, int candidate, @Nullable String why, boolean timedOut) {
        operation.outstanding--;
        operation.timedOut |= timedOut;
        if (why != null) {
            operation.reason = why;
        }
        if (operation.states[candidate] == ReadOperation.ANSWERED || operation.fetching[candidate]) {
            // It had answered with versions, and its record was to be fetched.
            operation.answered--;
        }
        operation.fetching[candidate] = false;
        operation.states[candidate] = ReadOperation.FAILED;
        if (operation.trace != null) {
            operation.trace.note(operation.candidates[candidate], "failed", timedOut ? "no answer in time" : why);
        }
        evaluate(operation);
    }

    private void replan(ReadOperation operation, int candidate) {
        if (operation.repairing || operation.ended || operation.deadlineNanos - loop.nanoTime() <= 0) {
            fail(operation, candidate, "the topology is changing", false);
            return;
        }
        if (operation.trace != null) {
            operation.trace.note(operation.candidates[candidate], "other epoch", "begins anew");
        }
        operation.restart();
        planLater(operation);
    }

    /** Begins a read anew in a moment, on the ring of then; later still when this node has promised that it answers for the present ring no more. */
    private void planLater(ReadOperation operation) {
        int attempt = operation.attempt;
        loop.schedule(
                () -> {
                    if (operation.attempt != attempt) {
                        return;
                    }
                    outboxes.beginTurn();
                    operation.restart();
                    // Frozen before the ring is read: so no epoch can come about unseen in between.
                    if (ringView.isFrozen()) {
                        if (operation.deadlineNanos - loop.nanoTime() <= 0) {
                            end(operation, "NOREPLICAS the read was not tried: the topology is changing");
                        } else {
                            planLater(operation);
                        }
                        return;
                    }
                    try {
                        plan(operation);
                    } catch (QuorumException e) {
                        end(operation, e.getMessage());
                        return;
                    }
                    ask(operation);
                },
                REPLAN_MILLIS);
    }

    /** Looks how far a read has come, and does what comes next. */
    private void evaluate(ReadOperation operation) {
        if (operation.repairing || operation.ended) {
            return;
        }
        Requirement parts = operation.parts;
        if (parts != null && !operation.isAnswered()) {
            int attempt = operation.attempt;
            if (!askMissing(operation, parts)) {
                end(operation, failure(operation));
            } else if (operation.attempt == attempt && !operation.ended && operation.isAnswered()) {
                evaluate(operation);
            }
            return;
        }
        if (parts == null && operation.answered < operation.needed) {
            if (operation.outstanding < operation.needed - operation.answered && !askNext(operation, operation.hasRecord)) {
                if (operation.outstanding == 0 || operation.answered + operation.outstanding < operation.needed) {
                    end(operation, failure(operation));
                }
            } else if (operation.answered >= operation.needed) {
                evaluate(operation);
            }
            return;
        }
        boolean waiting = false;
        boolean fetches = false;
        int best = -1;
        for (int i = 0; i < operation.candidateCount; i++) {
            if (operation.states[i] != ReadOperation.ANSWERED) {
                continue;
            }
            if (operation.fetching[i]) {
                waiting = true;
            } else if (!operation.hasRecord) {
                // All the records asked for have failed: one of those that know a version has it.
                if (best < 0 || !operation.digests[best].covers(operation.digests[i])) {
                    best = i;
                }
            } else if (!operation.given[i] && !operation.mergedDigest.covers(operation.digests[i])) {
                fetch(operation, i);
                fetches = true;
            }
        }
        if (best >= 0 && !waiting) {
            fetch(operation, best);
            fetches = true;
        }
        if (!waiting && !fetches) {
            settle(operation);
        }
    }

    private void fetch(ReadOperation operation, int candidate) {
        mismatched++;
        if (operation.trace != null) {
            operation.trace.note(operation.candidates[candidate], "ask record", "its version differs");
        }
        operation.fetching[candidate] = true;
        if (operation.candidates[candidate] == selfId) {
            throw new IllegalStateException("this node answered itself with versions only");
        }
        operation.outstanding++;
        Outbox outbox = outboxes.of(operation.candidates[candidate]);
        outbox.addRead(operation, candidate).writeByte(0).writeKey(operation.key);
        if (outbox.readsAreMany()) {
            // On an ordered link a read finds what was written before it.
            writes.send(outbox);
            send(outbox);
        }
    }

    private static String failure(ReadOperation operation) {
        String why = operation.reason == null ? "" : ": " + operation.reason;
        return (operation.timedOut ? "TIMEOUT " : "NOREPLICAS ") + operation.counts() + why;
    }

    /** All versions are known and the newest is here: writes to whoever is behind, and answers when it is safe to. */
    private void settle(ReadOperation operation) {
        long newest = operation.merged.maxHlc();
        if (Long.compareUnsigned(newest, clock.nowHlc()) > 0) {
            // What is written here from now on comes after what has been read here.
            clock.observe(newest);
        }
        int behind = 0;
        for (int i = 0; i < operation.candidateCount; i++) {
            if (operation.states[i] == ReadOperation.ANSWERED) {
                if (operation.digests[i].isSameAs(operation.mergedDigest)) {
                    operation.holds(i);
                } else {
                    behind++;
                }
            }
        }
        if (behind == 0 || options.flaws().contains(Flaw.NO_READ_REPAIR)) {
            end(operation, null);
            return;
        }
        repaired++;
        operation.repairing = true;
        boolean majority = operation.asksMajority();
        int attempt = operation.attempt;
        operation.repairsPending = behind;
        // This node itself last: its own answer comes at once, and may be the one that ends the read.
        int here = -1;
        for (int i = 0; i < operation.candidateCount; i++) {
            if (operation.states[i] == ReadOperation.ANSWERED
                    && !operation.digests[i].isSameAs(operation.mergedDigest)) {
                if (operation.trace != null) {
                    operation.trace.note(operation.candidates[i], "repair", "is behind and gets the merge");
                }
                if (operation.candidates[i] == selfId) {
                    here = i;
                } else {
                    writes.repair(operation.key, operation.merged, operation, operation.candidates[i]);
                }
            }
        }
        if (here >= 0) {
            writes.repair(operation.key, operation.merged, operation, selfId);
        }
        if (operation.attempt == attempt && (!majority || operation.isConfirmed())) {
            end(operation, null);
        }
    }

    /** A replica that was behind has the record now, or could not be given it. */
    void repaired(ReadOperation operation, int candidate, boolean accepted) {
        operation.repairsPending--;
        if (accepted) {
            operation.holds(candidate);
        }
        if (operation.isConfirmed()) {
            end(operation, null);
        } else if (operation.repairsPending == 0) {
            if (operation.otherEpoch && operation.deadlineNanos - loop.nanoTime() > 0) {
                operation.restart();
                planLater(operation);
                return;
            }
            int next = operation.parts == null ? operation.nextCandidate++ : operation.notAsked(-1);
            if (next >= 0 && next < operation.candidateCount) {
                operation.repairsPending = 1;
                operation.states[next] = ReadOperation.ASKED;
                writes.repair(operation.key, operation.merged, operation, operation.candidates[next]);
            } else {
                end(operation, "TIMEOUT what was read could not be confirmed: " + operation.holders + " of "
                        + operation.replicas + " replicas hold it, " + (operation.replicas - operation.needed + 1)
                        + " have to" + (operation.sides == null ? "" : ", and as many of either side of a hand-over as later reads must meet"));
            }
        }
    }

    private void end(ReadOperation operation, @Nullable String failure) {
        if (operation.trace != null) {
            operation.trace.note(0, "read ended", failure == null ? operation.answered + " answered, " + operation.needed + " needed" : failure);
        }
        operation.ended = true;
        ReadListener listener = operation.listener;
        operation.listener = null;
        if (listener != null) {
            listener.read(operation.merged, failure);
        }
        finish(operation);
    }

    private void finish(ReadOperation operation) {
        pendingCount--;
        operation.clear();
        if (pool.size() < MAX_POOLED) {
            pool.add(operation);
        }
    }
}
