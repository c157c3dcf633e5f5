package io.ringtail.bench.simulation.check;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client asked for and was told. Between the two positions lies the time in which it took effect, if it did: of two operations of which the one returned before
 * the other was invoked, the first came before the second; others overlap.
 *
 * <p>Made by {@link History#invoke}, completed at most once. Confined to one thread.
 */
public final class Operation {
    public enum Kind {
        READ,
        WRITE,
        DELETE,
        /** Sets when the key ends, and nothing else. */
        EXPIRE,
        INCREMENT,
        /** Reads all siblings of a key that keeps them. */
        READ_SIBLINGS,
        /** Reads all members of a set. To checkers, members are siblings: adding one writes it, having seen none; removing one deletes it, having seen it; deleting a set says nothing of what was seen. */
        READ_SET,
        /** Writes a key that keeps siblings, or deletes what was seen of it when there is no value. */
        WRITE_SIBLING,
        /** Sets when all siblings end that are there, and tells which these are. */
        EXPIRE_SIBLINGS,
        /** An increment of a counter that merges. A deletion of one is a {@link #WRITE_SIBLING} without a value. */
        COUNT,
        /** Deletes every key there is: to each key a delete, which is what {@link History#byKey} makes of it. */
        CLEAR;

        /** Whether it says what the key holds. */
        public boolean setsValue() {
            return this == WRITE || this == DELETE;
        }
    }

    public enum Outcome {
        /** Done, as far as was asked for. */
        OK,
        /** No answer, or one that says so: it may take effect at any time from its beginning on, or never. */
        UNKNOWN,
        /** Certainly not done, now or later. */
        REFUSED
    }

    /**
     * What is asked for. Immutable.
     *
     * @param value what is written; no two writes write the same
     * @param expireAtMillis when what is written ends by the clock of a node, 0 for never
     * @param coordinator the node that was asked
     * @param seen the siblings that the writer of one had read; null for one who says nothing of that
     */
    public record Request(
            int client,
            Kind kind,
            String key,
            @Nullable String value,
            long expireAtMillis,
            int coordinator,
            Quorum quorum,
            @Nullable List<String> seen) {
        public Request(
                int client, Kind kind, String key, @Nullable String value, long expireAtMillis, int coordinator, Quorum quorum) {
            this(client, kind, key, value, expireAtMillis, coordinator, quorum, null);
        }
    }

    /** The position at which an operation that is not known to have returned does: after all else. */
    public static final long NEVER = Long.MAX_VALUE;

    private final int id;
    private final Request request;
    private final long invokedAt;
    private final long invokedNanos;
    private long returnedAt = NEVER;
    private long returnedNanos = NEVER;
    private Outcome outcome = Outcome.UNKNOWN;
    private @Nullable String result;
    private List<String> siblings = List.of();
    private @Nullable Version version;
    private String remark = "";
    private long wallLowMillis;
    private long wallHighMillis = Long.MAX_VALUE;
    private long firstEpoch;
    private long lastEpoch;

    Operation(int id, Request request, long invokedAt, long invokedNanos) {
        this.id = id;
        this.request = request;
        this.invokedAt = invokedAt;
        this.invokedNanos = invokedNanos;
    }

    void complete(
            Outcome how, @Nullable String seen, @Nullable Version seenVersion, String why, long position, long nanos) {
        if (returnedNanos != NEVER) {
            throw new IllegalStateException("completed twice: " + this);
        }
        outcome = how;
        result = seen;
        version = seenVersion;
        remark = why;
        returnedNanos = nanos;
        if (how != Outcome.UNKNOWN) {
            returnedAt = position;
        }
    }

    /** What a clearing is to one key. */
    Operation asDeleteOf(String key, Quorum quorum) {
        Operation delete = new Operation(
                id,
                new Request(request.client, Kind.DELETE, key, null, 0, request.coordinator, quorum),
                invokedAt,
                invokedNanos);
        delete.returnedAt = returnedAt;
        delete.returnedNanos = returnedNanos;
        delete.outcome = outcome;
        delete.version = version;
        delete.remark = remark.isEmpty() ? "clears all" : "clears all, " + remark;
        delete.wallLowMillis = wallLowMillis;
        delete.wallHighMillis = wallHighMillis;
        delete.firstEpoch = firstEpoch;
        delete.lastEpoch = lastEpoch;
        return delete;
    }

    /**
     * Says what clocks showed meanwhile, for values that end.
     *
     * @param lowMillis what the coordinator's showed at least; 0 when that is not known
     * @param highMillis what any node's has ever shown by the end
     */
    public void wall(long lowMillis, long highMillis) {
        wallLowMillis = lowMillis;
        wallHighMillis = highMillis;
    }

    /** Says which siblings a read has found, or an expiry. */
    public void siblings(List<String> found) {
        siblings = List.copyOf(found);
    }

    public List<String> siblings() {
        return siblings;
    }

    /** Says by which topology it was carried out: the coordinator's epochs when it was asked and when it answered. */
    public void epochs(long first, long last) {
        firstEpoch = first;
        lastEpoch = last;
    }

    /**
     * Whether this, a read, must have met {@code change}, which was over when it began: their quorums meet, and it did not go by a topology of before. Without a majority a node that has not heard
     * of a hand-over reads from the replicas of before, of whom a change since need not have asked any; with one it finds somebody who has heard.
     */
    boolean mustMeet(Operation change) {
        return quorum().meets(change.quorum()) && (quorum().isMajority() || firstEpoch >= change.lastEpoch);
    }

    public int id() {
        return id;
    }

    public Request request() {
        return request;
    }

    public Kind kind() {
        return request.kind;
    }

    public String key() {
        return request.key;
    }

    public Quorum quorum() {
        return request.quorum;
    }

    public Outcome outcome() {
        return outcome;
    }

    /** Whether it was to take away, or to end, what was not there: nothing has gone wrong, and nothing has happened. */
    public boolean hadNothingToRemove() {
        return outcome == Outcome.REFUSED
                && (request.kind == Kind.EXPIRE_SIBLINGS || (request.kind == Kind.WRITE_SIBLING && request.value == null));
    }

    public boolean isOk() {
        return outcome == Outcome.OK;
    }

    /** What a read saw, null for nothing; what a counter counted to. */
    public @Nullable String result() {
        return result;
    }

    /** The version that was given, or seen; null when that was not told. */
    public @Nullable Version version() {
        return version;
    }

    public long invokedAt() {
        return invokedAt;
    }

    /** {@link #NEVER} when the outcome is unknown. */
    public long returnedAt() {
        return returnedAt;
    }

    public long wallLowMillis() {
        return wallLowMillis;
    }

    public long wallHighMillis() {
        return wallHighMillis;
    }

    /** Whether it was over when {@code other} began. */
    public boolean precedes(Operation other) {
        return returnedAt < other.invokedAt;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(120);
        text.append('#').append(id);
        text.append(String.format(Locale.ROOT, " %10.3f ms … ", invokedNanos / 1e6));
        text.append(returnedNanos == NEVER ? "      never   " : String.format(Locale.ROOT, "%10.3f ms", returnedNanos / 1e6));
        text.append("  client ").append(request.client).append(" at n").append(request.coordinator).append("  ");
        text.append(request.kind.name().toLowerCase(Locale.ROOT)).append(' ').append(request.key);
        if (request.value != null) {
            text.append(" := ").append(request.value);
        }
        if (request.expireAtMillis != 0) {
            text.append(" until ").append(request.expireAtMillis);
        }
        text.append(" (").append(request.quorum).append(")  ").append(outcome);
        if (outcome == Outcome.OK && (request.kind == Kind.READ || request.kind == Kind.INCREMENT)) {
            text.append(' ').append(result == null ? "nothing" : result);
        }
        if (request.seen != null) {
            text.append(" having seen ").append(request.seen);
        }
        if (request.kind == Kind.READ_SIBLINGS || request.kind == Kind.READ_SET || request.kind == Kind.EXPIRE_SIBLINGS) {
            text.append(' ').append(siblings);
        }
        if (version != null) {
            text.append(" version ").append(version);
        }
        return remark.isEmpty() ? text.toString() : text.append("  ").append(remark).toString();
    }
}
