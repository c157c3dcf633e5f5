package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.replica.NodeClock;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;

/**
 * Makes what a change of members leaves of a set: a record for each member and the header, all with one dot. The caller is in the exclusive section. Confined to its session.
 *
 * <p>The members come first: whoever has the header of a change has its members. But of an actor of whom no change counts yet the header comes first, as nobody counts members of such a one; those that it takes the place of might be missed
 * meanwhile. Members of a set that begins are written unseen. What this actor itself has said of one before it says no more when the member is added anew, and of what others
 * have said the new record claims nothing.
 */
final class SetWriter {
    private static final byte[] NO_BYTES = {};

    private final NodeClock clock;
    private final long actor;
    private final Record header = new Record();
    private final Record member = new Record();
    private final Context seenOfHeader = new Context();
    private final Context seenOfMember = new Context();

    SetWriter(NodeClock clock, long actor) {
        this.clock = clock;
        this.actor = actor;
    }

    /** The way to what is held, and to where it is written. */
    interface Place {
        /** Has {@code seen} be the context of what the command has read of a key, and {@code state} that with all that is held here. */
        void read(Key key, Context seen, Record state);

        void write(Key key, Record record);
    }

    /**
     * @param adds whether the members are added, or else removed
     * @param begins whether the set begins with them
     */
    void change(long nowMillis, Key key, Key[] members, int count, boolean adds, boolean begins, Place place) {
        place.read(key, seenOfHeader, header);
        long latest = later(header.maxHlc(), seenOfHeader.maxHlc());
        if (!begins) {
            for (int i = 0; i < count; i++) {
                place.read(members[i], seenOfMember, member);
                latest = later(latest, member.maxHlc());
            }
        }
        long hlc = tick(nowMillis, latest);
        boolean counts = begins
                || seenOfHeader.members().indexOf(actor) >= 0 && header.isCausal() && header.causal().counts(actor);
        header.changeMembers(hlc, actor, Record.TYPE_SET, adds, seenOfHeader, begins, nowMillis);
        if (!counts) {
            place.write(key, header);
        }
        for (int i = 0; i < count; i++) {
            if (begins) {
                member.clear();
                seenOfMember.clear();
            } else if (count > 1) {
                place.read(members[i], seenOfMember, member);
            }
            place.write(members[i], changed(hlc, adds));
        }
        if (counts) {
            place.write(key, header);
        }
    }

    private Record changed(long hlc, boolean adds) {
        if (adds) {
            member.addSibling(hlc, actor, seenOfMember, NO_BYTES, 0, 0, 0);
        } else {
            member.addTombstone(hlc, actor, seenOfMember);
        }
        return member.isCausal() && member.causal().actorCount() > Record.MAX_ACTORS ? member.prune(Record.MAX_ACTORS) : member;
    }

    private static long later(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    /** A new event is later than all that it may have seen. */
    private long tick(long nowMillis, long latest) {
        if (clock.isTooFarAhead(latest)) {
            throw new QuorumException("ERR the set was written by a clock that was far ahead, and cannot be written before that time has come");
        }
        clock.observe(latest);
        return clock.tick(nowMillis);
    }
}
