package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key being read from several replicas: who was asked, who has answered with which versions, and the merge of the records that have come.
 *
 * <p>Made and taken back by {@link Reads}; pooled. Confined to the loop. It is the state and the counting; {@link Reads} acts on it.
 *
 * <p>Invariant: answers to an attempt that has been given up are told by its number and not counted.
 */
final class ReadOperation {
    static final byte NOT_ASKED = 0;
    static final byte ASKED = 1;
    /** Answered with versions that the merge may or may not cover. */
    static final byte ANSWERED = 2;
    static final byte FAILED = 3;

    private final Reads reads;
    final Key key = new Key();
    /** The merge of all records that have come. */
    final Record merged = new Record();
    final Digest mergedDigest = new Digest();

    /** In order of preference, the nearest first. */
    long[] candidates = new long[4];
    byte[] states = new byte[4];
    Digest[] digests = {new Digest(), new Digest(), new Digest(), new Digest()};
    /** Those whose record is wanted again, whole. */
    boolean[] fetching = new boolean[4];

    int candidateCount;
    int nextCandidate;
    int needed;
    int replicas;
    int answered;
    int outstanding;
    int attempt;
    /** Of the ring that it was planned on. */
    long epoch;
    boolean hasRecord;
    boolean repairing;
    int holders;
    int repairsPending;
    boolean ended;
    boolean timedOut;
    long deadlineNanos;
    @Nullable String reason;
    @Nullable ConsistencyLevel level;
    @Nullable ReadListener listener;
    @Nullable RequestTrace trace;

    ReadOperation(Reads reads) {
        this.reads = reads;
    }

    void addCandidate(long memberId) {
        if (candidateCount == candidates.length) {
            int capacity = 2 * candidateCount;
            candidates = Arrays.copyOf(candidates, capacity);
            states = Arrays.copyOf(states, capacity);
            fetching = Arrays.copyOf(fetching, capacity);
            digests = Arrays.copyOf(digests, capacity);
            for (int i = candidateCount; i < capacity; i++) {
                digests[i] = new Digest();
            }
        }
        candidates[candidateCount] = memberId;
        states[candidateCount] = NOT_ASKED;
        fetching[candidateCount++] = false;
    }

    /** Begins a new attempt. */
    void restart() {
        attempt++;
        candidateCount = 0;
        nextCandidate = 0;
        answered = 0;
        outstanding = 0;
        hasRecord = false;
        repairing = false;
        holders = 0;
        repairsPending = 0;
        merged.clear();
        mergedDigest.set(merged);
    }

    void clear() {
        restart();
        ended = false;
        timedOut = false;
        reason = null;
        level = null;
        listener = null;
        trace = null;
    }

    /** Merges a record that has come; its value may be a slice of somebody else's array. */
    void merge(Record record) {
        if (hasRecord) {
            merged.merge(record).detach();
        } else {
            hasRecord = true;
            if (record.isEmpty()) {
                merged.clear();
            } else {
                merged.copyOf(record);
            }
        }
        mergedDigest.set(merged);
    }

    /** Whether the holders that a later read must meet are as many as they have to be. */
    boolean isConfirmed() {
        return holders >= replicas - needed + 1;
    }

    /** Told by a repair's end; ignored when this operation has become another. */
    void repaired(int ofAttempt, boolean accepted) {
        if (ofAttempt == attempt && repairing) {
            reads.repaired(this, accepted);
        }
    }
}
