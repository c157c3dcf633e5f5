package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.ring.Datacenters;
import io.ringtail.cluster.ring.Requirement;
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
    /** Those whose record has come, and is part of the merge. Of records with siblings their versions do not tell. */
    boolean[] given = new boolean[4];

    /** The part of the requirement that a candidate counts for. Kept where there are parts. */
    byte[] partOf = new byte[4];

    /** What has to be met data center by data center; null when all answers are one count, {@link #needed}. */
    @Nullable Requirement parts;
    /** By part: what has to answer, in a sloppy keyspace maybe fewer than the level asks for; and who is known to hold what is answered. */
    int[] neededOf = new int[2];

    int[] holdersOf = new int[2];
    /** Of one data center or several, by what the parts are called; null when it is about all replicas. */
    @Nullable Requirement asked;
    @Nullable Datacenters datacenters;

    int candidateCount;
    int nextCandidate;
    int needed;
    int replicas;
    /** While the partition is handed over, whichever way that ends, later reads ask the replicas of one side only: what each side has to have of what is answered. Null when it is not. */
    @Nullable BothSides sides;

    /** A repair was refused: the topology has changed since the read was planned. */
    boolean otherEpoch;

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
            given = Arrays.copyOf(given, capacity);
            partOf = Arrays.copyOf(partOf, capacity);
            digests = Arrays.copyOf(digests, capacity);
            for (int i = candidateCount; i < capacity; i++) {
                digests[i] = new Digest();
            }
        }
        candidates[candidateCount] = memberId;
        states[candidateCount] = NOT_ASKED;
        given[candidateCount] = false;
        fetching[candidateCount++] = false;
    }

    /** Begins to count for a requirement of several parts. */
    void require(Requirement requirement) {
        parts = requirement;
        if (neededOf.length < requirement.parts()) {
            neededOf = new int[requirement.parts()];
            holdersOf = new int[requirement.parts()];
        }
        needed = 0;
        for (int part = 0; part < requirement.parts(); part++) {
            holdersOf[part] = 0;
            neededOf[part] = requirement.needed(part);
        }
    }

    /** How many candidates of a part are in a state. */
    int countOf(int part, byte state) {
        int count = 0;
        for (int i = 0; i < candidateCount; i++) {
            count += partOf[i] == part && states[i] == state ? 1 : 0;
        }
        return count;
    }

    /** Whether as many have answered as have to. */
    boolean isAnswered() {
        Requirement by = parts;
        if (by == null) {
            return answered >= needed;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (countOf(part, ANSWERED) < neededOf[part]) {
                return false;
            }
        }
        return true;
    }

    /** The first candidate that has not been asked, of a part, or of any with -1; -1 when there is none. */
    int notAsked(int part) {
        for (int i = 0; i < candidateCount; i++) {
            if (states[i] == NOT_ASKED && (part < 0 || partOf[i] == part)) {
                return i;
            }
        }
        return -1;
    }

    /** Notes that a candidate holds what is answered. */
    void holds(int candidate) {
        holders++;
        if (sides != null) {
            sides.holds(candidates[candidate]);
        }
        if (parts != null) {
            holdersOf[partOf[candidate]]++;
        }
    }

    int indexOf(long memberId) {
        for (int i = 0; i < candidateCount; i++) {
            if (candidates[i] == memberId) {
                return i;
            }
        }
        throw new IllegalStateException("no candidate: " + memberId);
    }

    /** Whether reads at this level ask a majority, of all or of every part. */
    boolean asksMajority() {
        if (sides != null) {
            return sides.areMajorities();
        }
        Requirement by = parts;
        if (by == null) {
            return 2 * needed > replicas;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (2 * neededOf[part] <= by.replicas(part)) {
                return false;
            }
        }
        return true;
    }

    /** What has answered and what is needed, for people. */
    String counts() {
        Requirement by = parts;
        if (by == null) {
            return needed + " of " + replicas + " replicas" + (asked == null ? "" : Quota.where(asked, 0, datacenters))
                    + " are needed to read, " + answered + " answered";
        }
        StringBuilder text = new StringBuilder();
        for (int part = 0; part < by.parts(); part++) {
            text.append(part == 0 ? "" : "; ")
                    .append(neededOf[part])
                    .append(" of ")
                    .append(by.replicas(part))
                    .append(" replicas")
                    .append(Quota.where(by, part, datacenters))
                    .append(" are needed to read, ")
                    .append(countOf(part, ANSWERED))
                    .append(" answered");
        }
        return text.toString();
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
        sides = null;
        otherEpoch = false;
        repairsPending = 0;
        parts = null;
        asked = null;
        datacenters = null;
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

    /** Whether the holders that a later read must meet are as many as they have to be: a read of several parts meets those of any one of them. */
    boolean isConfirmed() {
        if (sides != null) {
            return sides.areMet();
        }
        Requirement by = parts;
        if (by == null) {
            return holders >= replicas - needed + 1;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (holdersOf[part] >= by.replicas(part) - neededOf[part] + 1) {
                return true;
            }
        }
        return false;
    }

    /** Told by a repair's end; ignored when this operation has become another. */
    void repaired(int ofAttempt, long memberId, boolean accepted) {
        if (ofAttempt == attempt && repairing) {
            reads.repaired(this, indexOf(memberId), accepted);
        }
    }
}
