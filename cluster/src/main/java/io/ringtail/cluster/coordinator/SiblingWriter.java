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
        read.of(state);
    }

    /** What the command has read of the key, and what this node holds now; what has come here meanwhile the command has not seen. */
    void begin(Record readByCommand, Record held) {
        read.of(readByCommand);
        state.copyOf(readByCommand).merge(held);
        if (flaws.contains(Flaw.SIBLING_SENT_ALONE)) {
            state.clear();
        }
    }

    /**
     * A value in place of what {@code seen} has seen, or of all that the command has read.
     *
     * @return the state, valid until the next
     * @throws QuorumException when there would be too many siblings, or what is there comes from a clock that was far ahead
     */
    Record write(long nowMillis, @Nullable Context seen, byte[] value, int offset, int size, long expireAtMillis) {
        Context by = placeOf(seen);
        long hlc = tick(nowMillis, by.maxHlc());
        return checked(state.addSibling(hlc, actor, by, value, offset, size, expireAtMillis));
    }

    private Context placeOf(@Nullable Context seen) {
        if (flaws.contains(Flaw.CONTEXT_FORGOTTEN)) {
            return NONE;
        }
        return seen == null || flaws.contains(Flaw.CONTEXT_IGNORED) ? read : seen;
    }

    Record delete(long nowMillis, @Nullable Context seen) {
        Context by = seen == null ? read : seen;
        long hlc = tick(nowMillis, by.maxHlc());
        return checked(state.addTombstone(hlc, actor, by));
    }

    Record expire(long nowMillis, long expireAtMillis) {
        return checked(state.expire(tick(nowMillis, 0), actor, expireAtMillis, nowMillis));
    }

    Record increment(long nowMillis, long delta) {
        try {
            return checked(state.increment(tick(nowMillis, 0), actor, delta, nowMillis));
        } catch (IllegalArgumentException e) {
            // What has come here since the command has looked.
            throw new QuorumException("ERR value is not an integer or out of range");
        }
    }

    /** A new event is later than all that it may have seen. */
    private long tick(long nowMillis, long seenHlc) {
        long latest = Long.compareUnsigned(seenHlc, state.maxHlc()) > 0 ? seenHlc : state.maxHlc();
        if (clock.isTooFarAhead(latest)) {
            throw new QuorumException("ERR the key was written by a clock that was far ahead, and cannot be written before that time has come");
        }
        clock.observe(latest);
        return clock.tick(nowMillis);
    }

    private Record checked(Record made) {
        if (made.isCausal()) {
            if (made.causal().siblingCount() > Record.MAX_SIBLINGS) {
                counters.refused.increment();
                throw new QuorumException("ERR the key has " + Record.MAX_SIBLINGS
                        + " siblings, which is the most: read them with RT.GET, and write one value with the context that it gives");
            }
            if (made.causal().actorCount() > Record.MAX_ACTORS) {
                counters.pruned.increment();
                made.prune(Record.MAX_ACTORS);
            }
        }
        return made;
    }
}
