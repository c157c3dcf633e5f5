package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.ring.Datacenters;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import org.jspecify.annotations.Nullable;

/**
 * One record on its way to its replicas, and the count of who has accepted it.
 *
 * <p>Made, counted and taken back by {@link Writes}; pooled. Confined to the loop. Knows nothing of sending: it is the state, {@link Writes} acts on it.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>Each target is in exactly one state; {@code accepted + refused + unresolved + failed} is the number of targets.
 *   <li>It ends once, as accepted or failed; targets may answer after that, and are then only looked at for hints.
 *   <li>Answers to an attempt that has been given up are told by their attempt number and not counted.
 * </ol>
 */
final class WriteOperation {
    static final byte UNRESOLVED = 0;
    static final byte ACCEPTED = 1;
    static final byte REFUSED = 2;
    static final byte FAILED = 3;
    private static final int ANY = -1;

    /** A piece of memory that several operations' records stand in one behind the other. */
    static final class Chunk {
        static final int SIZE = 64 * 1024;

        final MessageWriter writer = new MessageWriter();
        int references;
    }

    @Nullable Chunk chunk;
    int offset;
    int size;

    /** The encoded key and record, as they stand in a message. */
    final MessageReader body = new MessageReader();

    long[] targets = new long[4];
    byte[] states = new byte[4];
    /** Whose place a target takes, 0 when it is a replica itself. */
    long[] standsFor = new long[4];
    /** The part of the requirement that a target counts for; -1 for none. Kept where there are parts. */
    byte[] partOf = new byte[4];

    /** What has to be met data center by data center; null when all acceptances are one count, {@link #needed}. */
    @Nullable Requirement parts;
    /** By part, what has to be accepted: in a sloppy keyspace fewer than the level asks for may do. */
    int[] neededOf = new int[2];
    /** Names of the data centers that the parts are about. */
    @Nullable Datacenters datacenters;

    int targetCount;
    int accepted;
    int refused;
    int unresolved;
    int needed;
    /** What the level asks for; in a sloppy keyspace {@code needed} may be less. */
    int wanted;
    /** Whether a hint for a replica that has not got the write could not be kept. */
    boolean hintLost;
    /** Hints of this attempt, in a sloppy keyspace, that are not durable yet. */
    int unsafeHints;
    /** Acceptances of this node as a stand-in whose hint is not durable, yet or any more: 0 or 1. */
    int unsafeStandIns;
    int replicas;
    int attempt;
    /** Of the ring that it was planned on. */
    long epoch;
    int revisions;
    boolean sloppy;
    /**
     * Whether the record was computed from a read of its key, with an earlier version, by a command that has the slot's lock. What was acknowledged before the command
     * began was in that read; so what hides the record was under way at the same time, and the command may as well have come just before it. It must not be given a
     * later version: a command that read the key since has built on the present one, or on what hides it, and would be undone.
     */
    boolean computed;
    /**
     * Whether it is the whole state of a key whose siblings are kept. What hides it has seen it, whoever says so; and it is never given a later version, which would say of what has come since that it is known, and superseded.
     */
    boolean causal;

    /** Whether its keyspace did not keep siblings when it was planned. */
    boolean decidedByVersion;

    boolean ended;
    /** Whether what this node accepts now may be in another turn than the client's reply, which does not wait for it: it counts when the log has it. */
    boolean late;
    /** Whether somebody may have it without our knowing. */
    boolean uncertain;

    long deadlineNanos;
    long hiddenByHlc;
    @Nullable String reason;
    @Nullable WriteGroup group;
    @Nullable RequestTrace trace;
    int replyIndex;
    /** Told of every acceptance, also of those that come when enough have; null when nobody will ask. */
    private @Nullable Acceptances acceptances;
    /** Hints of this attempt for replicas in whose place nobody has accepted it. */
    private int hintsKept;
    /** The read that this write repairs a replica for; it is not re-versioned and leaves no hints. */
    @Nullable ReadOperation repairOf;

    int repairAttempt;
    /** What the connection asked for; null is what the keyspace says. */
    @Nullable ConsistencyLevel level;

    void tell(@Nullable Acceptances of) {
        acceptances = of;
        if (of != null) {
            of.began();
        }
    }

    /** Notes a hint for a replica that will not accept it. */
    void hintKept(long memberId) {
        hintsKept++;
        if (acceptances != null) {
            acceptances.owedTo(memberId);
        }
    }

    /** The client is told that it has failed. */
    void tellFailed() {
        if (acceptances != null) {
            acceptances.failed(accepted, accepted == replicas);
            acceptances = null;
        }
    }

    /** Nobody is asked any more. Who refuses holds something later, and is as good as one that accepts. */
    void tellResolved() {
        Acceptances told = acceptances;
        if (told == null || accepted == replicas) {
            return;
        }
        int copies = accepted + refused;
        told.changed(accepted, copies);
        if (copies >= replicas) {
            told.completed();
        } else {
            told.leftToHints(copies, replicas, copies + hintsKept < replicas);
        }
    }

    /** Begins to count for a requirement; what it asks for may be lowered for a sloppy keyspace afterwards. */
    void require(Requirement requirement, int all, Datacenters of) {
        needed = all;
        wanted = all;
        parts = requirement.isAnywhere() ? null : requirement;
        if (parts != null) {
            datacenters = of;
            if (neededOf.length < requirement.parts()) {
                neededOf = new int[requirement.parts()];
            }
            for (int part = 0; part < requirement.parts(); part++) {
                neededOf[part] = requirement.needed(part);
            }
        }
    }

    /** Asks for no more than there are targets, of each part and in all; of one at least. */
    void requireOnlyTargets() {
        needed = Math.min(needed, targetCount);
        Requirement by = parts;
        if (by == null) {
            return;
        }
        int sum = 0;
        for (int part = 0; part < by.parts(); part++) {
            neededOf[part] = Math.min(neededOf[part], countOf(part, ANY));
            sum += neededOf[part];
        }
        if (sum == 0) {
            // None of those that count can be reached: whoever takes it will do.
            parts = null;
            needed = 1;
        }
    }

    /** How many targets of a part are in a state. */
    private int countOf(int part, int state) {
        int count = 0;
        for (int i = 0; i < targetCount; i++) {
            count += partOf[i] == part && (states[i] == state || state == ANY) ? 1 : 0;
        }
        return count;
    }

    /** Whether as many have accepted it as have to. */
    boolean isMet() {
        Requirement by = parts;
        if (by == null) {
            return accepted >= needed;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (countOf(part, ACCEPTED) < neededOf[part]) {
                return false;
            }
        }
        return true;
    }

    /** Whether those that refuse would be enough, with the others, if they accepted. */
    boolean isWithinReachOfRefusing() {
        Requirement by = parts;
        if (by == null) {
            return accepted + unresolved + refused >= needed;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (countOf(part, ANY) - countOf(part, FAILED) < neededOf[part]) {
                return false;
            }
        }
        return true;
    }

    /** What has been accepted and what is needed, for people. */
    String counts() {
        Requirement by = parts;
        if (by == null) {
            return accepted + " of " + replicas + " replicas have accepted it, " + needed + " are needed";
        }
        StringBuilder text = new StringBuilder();
        for (int part = 0; part < by.parts(); part++) {
            text.append(part == 0 ? "" : "; ")
                    .append(countOf(part, ACCEPTED))
                    .append(" of ")
                    .append(by.replicas(part))
                    .append(" replicas")
                    .append(Quota.where(by, part, datacenters))
                    .append(" have accepted it, ")
                    .append(neededOf[part])
                    .append(" are needed");
        }
        return text.toString();
    }

    /** @param part of the requirement that it counts for; -1 for none */
    int addTarget(long memberId, long insteadOf, int part) {
        int target = addTarget(memberId, insteadOf);
        partOf[target] = (byte) part;
        return target;
    }

    int addTarget(long memberId, long insteadOf) {
        if (targetCount == targets.length) {
            int capacity = 2 * targetCount;
            targets = java.util.Arrays.copyOf(targets, capacity);
            states = java.util.Arrays.copyOf(states, capacity);
            standsFor = java.util.Arrays.copyOf(standsFor, capacity);
            partOf = java.util.Arrays.copyOf(partOf, capacity);
        }
        targets[targetCount] = memberId;
        states[targetCount] = UNRESOLVED;
        standsFor[targetCount] = insteadOf;
        unresolved++;
        return targetCount++;
    }

    boolean hasTarget(long memberId) {
        for (int i = 0; i < targetCount; i++) {
            if (targets[i] == memberId) {
                return true;
            }
        }
        return false;
    }

    /** Notes what became of a target that was unresolved. */
    void resolve(int target, byte state) {
        assert states[target] == UNRESOLVED;
        states[target] = state;
        unresolved--;
        if (state == ACCEPTED) {
            accepted++;
            if (acceptances != null) {
                acceptances.changed(accepted - 1, accepted);
                acceptances.acceptedBy(targets[target]);
                if (accepted == replicas) {
                    acceptances.completed();
                }
            }
        } else if (state == REFUSED) {
            refused++;
        }
        if (trace != null) {
            String what = state == ACCEPTED ? "accepted" : state == REFUSED ? "refused" : "failed";
            trace.note(targets[target], what, state == ACCEPTED ? null : state == REFUSED ? "it holds a later version" : reason);
        }
    }

    /** Begins a new attempt: everything is open again. */
    void restart() {
        attempt++;
        if (acceptances != null && accepted > 0) {
            acceptances.changed(accepted, 0);
        }
        targetCount = 0;
        accepted = 0;
        refused = 0;
        unresolved = 0;
        unsafeHints = 0;
        unsafeStandIns = 0;
        hintsKept = 0;
    }

    private boolean isAcceptedByEnough() {
        Requirement by = parts;
        if (by == null) {
            return accepted - unsafeStandIns >= wanted;
        }
        for (int part = 0; part < by.parts(); part++) {
            // Whichever part this node itself counts for.
            if (countOf(part, ACCEPTED) - unsafeStandIns < by.needed(part)) {
                return false;
            }
        }
        return true;
    }

    /** Whether those who have accepted it are as many as the level asks for, or hints see to it that they will be. */
    boolean isSafe() {
        return isAcceptedByEnough() || !hintLost;
    }

    /** Whether it depends on hints that are not durable yet whether it is safe. */
    boolean awaitsHints() {
        return unsafeHints > 0 && !isAcceptedByEnough() && !hintLost;
    }

    /** Whether a replica that refuses holds what came after the write. Who stands in for a replica may hold what that one has not been brought. */
    boolean isOvertaken(int target) {
        return computed && (causal || standsFor[target] == 0);
    }

    /** Whether it may be given a later version. A sloppy keyspace promises no order of writes that another's read has not seen. */
    boolean mayBeRevised() {
        return !causal && (!computed || sloppy);
    }

    /** Whether the targets that have not said no are too few. */
    boolean isOutOfReach() {
        Requirement by = parts;
        if (by == null) {
            return accepted + unresolved < needed;
        }
        for (int part = 0; part < by.parts(); part++) {
            if (countOf(part, ACCEPTED) + countOf(part, UNRESOLVED) < neededOf[part]) {
                return true;
            }
        }
        return false;
    }

    /** Reads the key and the record; both are valid until the operation ends. */
    void decode(Key key, Record record) {
        Chunk held = chunk;
        if (held == null) {
            throw new IllegalStateException("the operation has given its record up");
        }
        body.wrap(held.writer.bytes(), offset, size);
        body.readKey(key);
        body.readRecord(record);
    }

    /** Forgets everything, for the next use; attempts go on counting, so that late answers are known. */
    void clear() {
        acceptances = null;
        restart();
        chunk = null;
        group = null;
        trace = null;
        repairOf = null;
        level = null;
        reason = null;
        ended = false;
        late = false;
        uncertain = false;
        sloppy = false;
        computed = false;
        causal = false;
        decidedByVersion = false;
        hintLost = false;
        wanted = 0;
        parts = null;
        datacenters = null;
        revisions = 0;
        hiddenByHlc = 0;
    }

    /** The members of a preference list that are the replicas of this operation's key, and those behind them. */
    static long memberAt(Ring ring, int[] preference, int index) {
        return ring.topology().members().get(preference[index]).id();
    }
}
