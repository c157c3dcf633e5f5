package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Record;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Makes what a write leaves of a key whose conflicts are kept. The {@link #state} is filled first, with all that this node has of the key and all that it has read: what is made says of this node's own writes that they
 * are all known, and goes to the replicas whole, for a part that claimed as much would have them forget siblings that nobody has seen. The caller is in the exclusive section. Confined to its session.
 */
final class SiblingWriter {
    /** What has been done about bounds, for INFO; safe for concurrent use. */
    static final class Counters {
        final LongAdder refused = new LongAdder();
        final LongAdder pruned = new LongAdder();
    }

    private static final Context NONE = new Context();

    private final NodeClock clock;
    private final long actor;
    private final Counters counters;
    private final Set<Flaw> flaws;
    private final Record state = new Record();
    private final Context read = new Context();
    private boolean sawAll;
    private boolean pruned;

    SiblingWriter(NodeClock clock, long actor, Counters counters, Set<Flaw> flaws) {
        this.clock = clock;
        this.actor = actor;
        this.counters = counters;
        this.flaws = flaws;
    }

    /** What is held of the key, to be filled by a reader who sees it all: {@link #readAll} follows. */
    Record state() {
        return state;
    }

    /** What the command has read is all there is. */
    void readAll() {
        sawAll = true;
    }

    /** What the command has read of the key, and what this node holds now; what has come here meanwhile the command has not seen. */
    void begin(Record readByCommand, Record held) {
        sawAll = false;
        read.of(readByCommand);
        state.copyOf(readByCommand).merge(held);
        if (flaws.contains(Flaw.SIBLING_SENT_ALONE)) {
            state.clear();
        }
    }

    /** Whether what was made last has in it all that {@link #state} had: nothing of its context was pruned. */
    boolean isWhole() {
        return !pruned;
    }

    /**
     * A value in place of what {@code seen} has seen, or of all that the command has read.
     *
     * @return the state, valid until the next
     * @throws QuorumException when there would be too many siblings, or what is there comes from a clock that was far ahead
     */
    Record write(long nowMillis, @Nullable Context seen, byte[] value, int offset, int size, long expireAtMillis) {
        Context by = placeOf(seen);
        long hlc = tick(nowMillis, state, by);
        return checked(state.addSibling(hlc, actor, by, value, offset, size, expireAtMillis));
    }

    private @Nullable Context placeOf(@Nullable Context seen) {
        if (flaws.contains(Flaw.CONTEXT_FORGOTTEN)) {
            return NONE;
        }
        return seen == null || flaws.contains(Flaw.CONTEXT_IGNORED) ? read() : seen;
    }

    Record delete(long nowMillis, @Nullable Context seen) {
        Context by = seen == null ? read() : seen;
        long hlc = tick(nowMillis, state, by);
        return checked(state.addTombstone(hlc, actor, by));
    }

    /** What the command has read; null when that is all of the state. */
    private @Nullable Context read() {
        return sawAll ? null : read;
    }

    Record expire(long nowMillis, long expireAtMillis) {
        return checked(state.expire(tick(nowMillis, state, null), actor, expireAtMillis, nowMillis));
    }

    Record increment(long nowMillis, long delta) {
        return increment(state, nowMillis, delta);
    }

    /** Adds to what is counted in a record that has in it all that is held of the key. */
    Record increment(Record all, long nowMillis, long delta) {
        try {
            return checked(all.increment(tick(nowMillis, all, null), actor, delta, nowMillis));
        } catch (IllegalArgumentException e) {
            // What has come here since the command has looked.
            throw new QuorumException("ERR value is not an integer or out of range");
        }
    }

    /** A new event is later than all that it may have seen. */
    private long tick(long nowMillis, Record over, @Nullable Context seen) {
        long latest = over.maxHlc();
        if (seen != null && Long.compareUnsigned(seen.maxHlc(), latest) > 0) {
            latest = seen.maxHlc();
        }
        if (clock.isTooFarAhead(latest, nowMillis)) {
            throw new QuorumException("ERR the key was written by a clock that was far ahead, and cannot be written before that time has come");
        }
        if (Long.compareUnsigned(latest, clock.nowHlc()) > 0) {
            clock.observe(latest);
        }
        return clock.tick(nowMillis);
    }

    private Record checked(Record made) {
        pruned = false;
        if (made.isCausal()) {
            if (made.causal().siblingCount() > Record.MAX_SIBLINGS) {
                counters.refused.increment();
                throw new QuorumException("ERR the key has " + Record.MAX_SIBLINGS
                        + " siblings, which is the most: read them with RT.GET, and write one value with the context that it gives");
            }
            if (made.causal().actorCount() > Record.MAX_ACTORS) {
                counters.pruned.increment();
                pruned = true;
                made.prune(Record.MAX_ACTORS);
            }
        }
        return made;
    }
}
