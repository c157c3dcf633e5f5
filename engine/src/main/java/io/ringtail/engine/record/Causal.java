package io.ringtail.engine.record;

import java.util.Arrays;

/**
 * The state of a key whose conflicts are kept: siblings that have not seen each other, the context that says what is known, counts. A dotted version vector set, after Almeida, Baquero and others
 * ("Scalable and Accurate Causality Tracking for Eventually Consistent Stores", 2014), whose context has a floor as well.
 *
 * <p>Of {@link Record} it is the part that a last-write-wins register does without, and one law is for both: a register of version v is a sibling whose dot is the floor. So
 * {@link #merge} knows no kinds. Contexts unite; a sibling stays that both have, or that one has and the other does not know of.
 *
 * <p>At the key of a collection it is the header: {@link Context#members} says which changes of members are known, {@link #cleared} which of them somebody has deleted or written over the
 * whole of, and a type says what the members make. Members are records of their own. The collection's end is set on a sibling that says when it began, which is no value. An end voids, when it comes, the changes that are
 * older than itself, like a deletion that has seen these.
 *
 * <p>Invariants, which {@link CausalFormat} asks of bytes too: (1) siblings descend by dot; (2) a sibling's dot is the floor, or it is later and the vector covers it; (3) nothing in the vector, no
 * count, no count that a sibling superseded and no end of one is void, that is not later than the floor; (4) the vector covers every count and every end's version; (5) what is cleared is known, there is a type when
 * members are, and the members cover the beginning of a collection. So equal states are equal bytes.
 *
 * <p>Long because the laws are of the whole of it: how it merges, how it is written over and what it shows have to be read beside each other.
 *
 * <p>Reusable and mutable: siblings are pooled. Values are slices of arrays that may belong to somebody else. Confined to one thread at a time.
 */
public final class Causal {
    private static final Sibling[] NONE = new Sibling[0];
    /** Where the milliseconds begin in a hybrid time. */
    private static final int MILLIS_SHIFT = 16;
    /** What a counter begins with. */
    private static final byte[] ZERO = {'0'};

    final Context context = new Context();
    /** What a last-write-wins {@code EXPIRE} said: it holds for every register that is not later. */
    boolean hasExpiry;

    long expireAtMillis;
    long expiryHlc;
    long expiryActor;
    /** Changes of members that are void: what those had seen who deleted the collection. */
    final VersionVector cleared = new VersionVector();

    /** The first {@link #count} are in use, the rest are spare. */
    private Sibling[] siblings = NONE;

    private int count;

    Causal clear() {
        context.clear();
        cleared.clear();
        hasExpiry = false;
        for (int i = 0; i < count; i++) {
            siblings[i].release();
        }
        count = 0;
        return this;
    }

    /** Makes this what a last-write-wins record is. */
    Causal fromRegister(Record record) {
        clear();
        if (record.hasValue()) {
            context.raiseFloor(record.hlc(), record.actor());
            append().set(record.hlc(), record.actor(), record.isTombstone(), record.valueArray(), record.valueOffset(), record.valueSize());
        }
        if (record.hasExpiry()) {
            raiseExpiry(record.expireAtMillis(), record.expiryHlc(), record.expiryActor());
        }
        return this;
    }

    Causal copy(Causal other) {
        clear();
        context.copy(other.context);
        cleared.copy(other.cleared);
        hasExpiry = other.hasExpiry;
        expireAtMillis = other.expireAtMillis;
        expiryHlc = other.expiryHlc;
        expiryActor = other.expiryActor;
        for (int i = 0; i < other.count; i++) {
            append().copy(other.siblings[i]);
        }
        return this;
    }

    /** Whether a last-write-wins record can say it all. */
    boolean isRegister() {
        return context.vector.isEmpty() && context.members.isEmpty() && (context.hasFloor ? count == 1 : hasExpiry);
    }

    boolean isEmpty() {
        return context.isEmpty() && !hasExpiry;
    }

    // ---- reading it

    /** What is known of the key; changes with this. */
    public Context context() {
        return context;
    }

    /** How many siblings there are, tombstones included. */
    public int siblingCount() {
        return count;
    }

    /** A sibling, the greatest dot first; valid until this changes. */
    public Sibling sibling(int index) {
        assert index < count;
        return siblings[index];
    }

    /** Of a collection, what it is made of: {@link Record#TYPE_SET}; 0 when the key holds none. */
    public int type() {
        return context.type & ~Context.ADDS;
    }

    /** Of each actor, through which time its changes of members are void. */
    public VersionVector cleared() {
        return cleared;
    }

    /** How many actors the vector names. */
    public int actorCount() {
        return context.vector.size();
    }

    /** Up to when a sibling is there, in milliseconds since 1970; 0 when it does not end. */
    public long endMillis(int index) {
        Sibling sibling = siblings[index];
        int holding = sibling.expiries.holding();
        if (holding >= 0) {
            return sibling.expiries.end(holding);
        }
        return isHeldByExpiry(sibling) ? expireAtMillis : 0;
    }

    /** Whether it is the last-write-wins expiry that says when a sibling ends: what was said later, and makes it void, is an entry of the sibling itself. */
    boolean isHeldByExpiry(Sibling sibling) {
        return hasExpiry
                && sibling.expiries.size() == 0
                && Record.compareVersion(expiryHlc, expiryActor, sibling.hlc, sibling.actor) >= 0;
    }

    /** Whether anything in it ends, or was said not to. */
    boolean hasEnds() {
        boolean ends = hasExpiry;
        for (int i = 0; i < count && !ends; i++) {
            ends = siblings[i].expiries.size() > 0;
        }
        return ends;
    }

    public boolean isEnded(int index, long nowMillis) {
        long end = endMillis(index);
        return end != 0 && end <= nowMillis;
    }

    /** Whether a reader who wants all siblings gets this one. */
    public boolean isLive(int index, long nowMillis) {
        return !siblings[index].tombstone && !isEnded(index, nowMillis);
    }

    /** The sibling that a plain reader sees: the greatest dot that is live; when none is, the greatest; -1 when there is none at all. */
    int shown(long nowMillis) {
        for (int i = 0; i < count; i++) {
            if (!siblings[i].collection && isLive(i, nowMillis)) {
                return i;
            }
        }
        return count == 0 ? -1 : 0;
    }

    // ---- reading a collection's header

    /** When the collection ends, in milliseconds since 1970; 0 when it does not. */
    long collectionEndMillis() {
        long last = 0;
        for (int i = 0; i < count; i++) {
            if (siblings[i].collection) {
                long end = endMillis(i);
                if (end == 0) {
                    return 0;
                }
                last = Math.max(last, end);
            }
        }
        return last;
    }

    private static boolean isEnded(long end, long nowMillis) {
        return end != 0 && end <= nowMillis;
    }

    /** The last hybrid time whose changes an end voids, once it has come: that of the end, or, when hybrid time was ahead of the clock that ends go by, that at which it was set. */
    private long lastHlcThrough(long endMillis) {
        long last = hlcOf(endMillis);
        for (int i = 0; i < count; i++) {
            Expiries expiries = siblings[i].expiries;
            for (int j = 0; siblings[i].collection && j < expiries.size(); j++) {
                last = greater(last, expiries.hlc(j));
            }
        }
        return last;
    }

    private static long hlcOf(long endMillis) {
        return endMillis >= 1L << Long.SIZE - MILLIS_SHIFT ? -1 : endMillis << MILLIS_SHIFT | (1L << MILLIS_SHIFT) - 1;
    }

    private boolean isVoid(long hlc, long actor, long end, long nowMillis) {
        return cleared.covers(hlc, actor)
                || context.isThroughFloor(hlc, actor)
                || (isEnded(end, nowMillis) && Long.compareUnsigned(hlc, lastHlcThrough(end)) <= 0);
    }

    /** Where, among the members' actors, the latest change is that nothing voids; -1 when there is none. */
    int latestChange(long nowMillis) {
        long end = collectionEndMillis();
        VersionVector members = context.members;
        int latest = -1;
        for (int i = 0; i < members.size(); i++) {
            boolean later = latest < 0
                    || Record.compareVersion(members.hlc(i), members.actor(i), members.hlc(latest), members.actor(latest)) > 0;
            if (later && !isVoid(members.hlc(i), members.actor(i), end, nowMillis)) {
                latest = i;
            }
        }
        return latest;
    }

    /** Whether that change, the latest that nothing voids, has surely left a member: it is the latest of all, and an addition. */
    boolean isSurelyFilled(int latestChange) {
        return (context.type & Context.ADDS) != 0 && latestChange == context.members.greatest();
    }

    /**
     * The latest end of anything that a reader may see, in milliseconds; 0 when something does not end. For a key that is not deleted already.
     */
    long lastEndMillis() {
        long last = 0;
        for (int i = 0; i < count; i++) {
            if (siblings[i].tombstone && !context.counts.differsFrom(siblings[i].superseded)) {
                continue;
            }
            long end = endMillis(i);
            if (end == 0) {
                return 0;
            }
            last = Math.max(last, end);
        }
        // Where hybrid time is ahead of the clock a collection may have been changed after its end.
        return last != 0 && context.type != 0 && latestChange(last) >= 0 ? 0 : last;
    }

    /** The earliest end of anything that a reader may see, when all of it ends. */
    long firstEndMillis() {
        long first = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            if (!siblings[i].tombstone || context.counts.differsFrom(siblings[i].superseded)) {
                first = Math.min(first, endMillis(i));
            }
        }
        return first;
    }

    /** Whether some end was set by another event than what ends. */
    boolean hasExpiryUpdate() {
        if (hasExpiry && !context.isFloor(expiryHlc, expiryActor)) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            for (int entry = 0; entry < sibling.expiries.size(); entry++) {
                if (sibling.expiries.hlc(entry) != sibling.hlc || sibling.expiries.actor(entry) != sibling.actor) {
                    return true;
                }
            }
        }
        return false;
    }

    long maxHlc() {
        long max = context.maxHlc();
        return hasExpiry && Long.compareUnsigned(expiryHlc, max) > 0 ? expiryHlc : max;
    }

    long maxActor() {
        long max = context.maxHlc();
        return hasExpiry && (context.isEmpty() || Record.compareVersion(expiryHlc, expiryActor, max, context.maxActor()) > 0)
                ? expiryActor
                : context.maxActor();
    }

    /**
     * The smallest hybrid time of what this would bring to light where nothing else is known: siblings, ends, counts. What is only known to be superseded does not count.
     */
    long minHlc() {
        long min = -1;
        if (hasExpiry) {
            min = lesser(min, expiryHlc);
        }
        for (int i = 0; i < count; i++) {
            min = lesser(min, siblings[i].hlc);
        }
        for (int i = 0; i < context.counts.size(); i++) {
            min = lesser(min, context.counts.hlc(i));
        }
        // Where nothing is to be seen, but known: nothing is older than that.
        return min == -1 ? maxHlc() : min;
    }

    private static long greater(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    private static long lesser(long a, long b) {
        return Long.compareUnsigned(a, b) <= 0 ? a : b;
    }

    /** Whether the event is a sibling, a count or an end of what is here: known, and not superseded. */
    boolean holds(long hlc, long actor) {
        if (hasExpiry && expiryHlc == hlc && expiryActor == actor) {
            return true;
        }
        if (context.members.covers(hlc, actor) && !cleared.covers(hlc, actor)) {
            return true;
        }
        int counted = context.counts.indexOf(actor);
        if (indexOf(hlc, actor) >= 0 || (counted >= 0 && context.counts.hlc(counted) == hlc)) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            Expiries expiries = siblings[i].expiries;
            for (int entry = 0; entry < expiries.size(); entry++) {
                if (expiries.hlc(entry) == hlc && expiries.actor(entry) == actor) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a last-write-wins expiry of this version would end nothing here. */
    boolean hidesExpiry(long hlc, long actor) {
        if (context.isThroughFloor(hlc, actor) && !context.isFloor(hlc, actor)
                || hasExpiry && Record.compareVersion(expiryHlc, expiryActor, hlc, actor) > 0) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            boolean later = Record.compareVersion(sibling.hlc, sibling.actor, hlc, actor) > 0;
            if (!later
                    && (sibling.expiries.size() == 0
                            || Record.compareVersion(sibling.expiries.hlc(0), sibling.expiries.actor(0), hlc, actor) <= 0)) {
                return false;
            }
        }
        return count > 0;
    }

    /** Where the sibling of a dot is; -1 when there is none. */
    int indexOf(long hlc, long actor) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Record.compareVersion(siblings[middle].hlc, siblings[middle].actor, hlc, actor);
            if (order == 0) {
                return middle;
            }
            if (order > 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    // ---- merge

    /** Makes this the merge of itself and {@code other}. Values stay slices of the arrays they were in. */
    void merge(Causal other) {
        int before = keepWhatIsNotSuperseded(other);
        for (int i = 0; i < other.count; i++) {
            Sibling theirs = other.siblings[i];
            if (!context.knows(theirs.hlc, theirs.actor)) {
                append().copy(theirs).expiries.forgetKnown(context);
            }
        }
        sort(before);
        cleared.merge(other.cleared);
        context.merge(other.context);
        if (other.hasExpiry) {
            raiseExpiry(other.expireAtMillis, other.expiryHlc, other.expiryActor);
        }
        reduce();
    }

    private int keepWhatIsNotSuperseded(Causal other) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            Sibling mine = siblings[i];
            int index = other.indexOf(mine.hlc, mine.actor);
            if (index >= 0) {
                mine.merge(context, other.siblings[index], other.context);
            } else if (other.context.knows(mine.hlc, mine.actor)) {
                continue;
            } else {
                mine.expiries.forgetKnown(other.context);
            }
            keep(kept++, i);
        }
        truncate(kept);
        return kept;
    }

    void raiseExpiry(long endMillis, long hlc, long actor) {
        int order = hasExpiry ? Record.compareVersion(hlc, actor, expiryHlc, expiryActor) : 1;
        if (order > 0 || (order == 0 && Long.compareUnsigned(endMillis, expireAtMillis) > 0)) {
            hasExpiry = true;
            expireAtMillis = endMillis;
            expiryHlc = hlc;
            expiryActor = actor;
        }
    }

    /** Leaves out what is void or said twice. */
    private void reduce() {
        context.reduce();
        if (context.hasFloor) {
            cleared.dropThrough(context.floorHlc, context.floorActor);
        }
        if (context.hasFloor && hasExpiry && Record.compareVersion(expiryHlc, expiryActor, context.floorHlc, context.floorActor) < 0) {
            hasExpiry = false;
        }
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if (context.hasFloor) {
                sibling.expiries.dropThrough(context.floorHlc, context.floorActor);
                sibling.superseded.dropThrough(context.floorHlc, context.floorActor);
            }
            if (hasExpiry) {
                sibling.expiries.dropThrough(expiryHlc, expiryActor);
            }
        }
    }

    // ---- writing over it

    /** A new event is later than all that it may have seen, so the greatest version of a record is that of the event that made it. */
    private void checkNewest(long hlc, long seenMaxHlc) {
        if (Long.compareUnsigned(hlc, maxHlc()) <= 0 || Long.compareUnsigned(hlc, seenMaxHlc) <= 0) {
            throw new IllegalArgumentException("a write at " + Long.toUnsignedString(hlc) + " over what is as late: "
                    + Long.toUnsignedString(maxHlc()) + ", " + Long.toUnsignedString(seenMaxHlc));
        }
    }

    /** Writes a sibling in place of all that {@code seen} has seen: of all there is, when that is this one's own context. */
    void write(long hlc, long actor, Context seen, boolean tombstone, byte[] value, int offset, int size, long endMillis) {
        boolean overAll = seen == context;
        checkNewest(hlc, overAll ? 0 : seen.maxHlc());
        int kept = 0;
        if (overAll) {
            truncate(0);
        } else {
            kept = dropSeen(seen, true);
        }
        Sibling written = append().set(hlc, actor, tombstone, value, offset, size);
        written.superseded.copy(seen.counts);
        if (endMillis != 0) {
            written.expiries.add(endMillis, hlc, actor);
        }
        sort(kept);
        cleared.merge(seen.members);
        if (!overAll) {
            context.merge(seen);
        }
        context.vector.raise(actor, hlc);
        reduce();
    }

    /** Hybrid time is ahead of the clock, and the end has not come: said again, later than the change, it is the end of that, too. */
    private void setEndOfCollection(long endMillis, long hlc, long actor) {
        for (int i = 0; i < count; i++) {
            if (siblings[i].collection) {
                siblings[i].expiries.clear();
                siblings[i].expiries.add(endMillis, hlc, actor);
            }
        }
        context.vector.raise(actor, hlc);
    }

    private boolean hasOthersThanBeginnings() {
        for (int i = 0; i < count; i++) {
            if (!siblings[i].collection) {
                return true;
            }
        }
        return count == 0;
    }

    private boolean hasBeginning(int among) {
        for (int i = 0; i < among; i++) {
            if (siblings[i].collection) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes away the siblings that somebody has seen who writes over them; how many are left.
     *
     * @param beginnings whether those that say when a collection began go, too
     */
    private int dropSeen(Context seen, boolean beginnings) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            boolean stays = siblings[i].collection && !beginnings && !seen.isThroughFloor(siblings[i].hlc, siblings[i].actor);
            if (stays || !seen.knows(siblings[i].hlc, siblings[i].actor)) {
                keep(kept++, i);
            }
        }
        truncate(kept);
        return kept;
    }

    /** Makes a change of a member known. */
    void change(long hlc, long actor, int newType, boolean adds) {
        checkNewest(hlc, 0);
        context.type = newType | (adds ? Context.ADDS : 0);
        context.members.raise(actor, hlc);
    }

    /**
     * Makes a change of members known, and puts in order what is seen beside it. A collection that begins takes the place of all that {@code seen} has seen; one that is there keeps its members and its end, and takes the
     * place of values and deletions that were written at the same time as it.
     */
    void changeMembers(long hlc, long actor, int newType, boolean adds, Context seen, boolean begins, long nowMillis) {
        checkNewest(hlc, seen.maxHlc());
        long end = collectionEndMillis();
        if (isEnded(end, nowMillis)) {
            voidThrough(lastHlcThrough(end));
        }
        boolean anew = begins || isEnded(end, nowMillis);
        if (anew || hasOthersThanBeginnings()) {
            // What was begun stays, with the ends that others may have set of it meanwhile.
            int kept = dropSeen(seen, anew);
            if (anew || !hasBeginning(kept)) {
                Sibling beginning = append().set(hlc, actor, false, ZERO, 0, 0).beginCollection();
                beginning.superseded.copy(seen.counts);
                sort(kept);
            }
            if (begins) {
                cleared.merge(seen.members);
            }
            context.merge(seen);
            context.vector.raise(actor, hlc);
        }
        if (!anew && end != 0 && Long.compareUnsigned(hlc, hlcOf(end)) > 0) {
            setEndOfCollection(end, hlc, actor);
        }
        context.type = newType | (adds ? Context.ADDS : 0);
        raiseMembers(hlc, actor);
        reduce();
    }

    /**
     * Makes a change known, and no older one of an actor of whom none counted. What such a one has changed before is void: it would know of it, were it not that the header, as a deletion, may have been forgotten. Its members may still
     * be there.
     */
    private void raiseMembers(long hlc, long actor) {
        if (!counts(actor)) {
            cleared.raise(actor, hlc - 1);
        }
        context.members.raise(actor, hlc);
    }

    /** Whether some change of members by an actor is known that nobody has voided. */
    public boolean counts(long actor) {
        int index = context.members.indexOf(actor);
        return index >= 0 && !cleared.covers(context.members.hlc(index), actor);
    }

    /** Says in so many words what the collection's end has voided, which was to be concluded from that. */
    void endCollection() {
        long end = collectionEndMillis();
        if (end != 0) {
            voidThrough(lastHlcThrough(end));
        }
    }

    /** Whether a member says nothing, and hides nothing, that is not void by this header, and so by every one that this is merged into. */
    boolean voids(Causal member) {
        Context theirs = member.context;
        if (theirs.hasFloor && !context.isThroughFloor(theirs.floorHlc, theirs.floorActor)
                || member.hasExpiry && !context.isThroughFloor(member.expiryHlc, member.expiryActor)
                || !theirs.members.isEmpty()) {
            return false;
        }
        for (int i = 0; i < theirs.vector.size(); i++) {
            long hlc = theirs.vector.hlc(i);
            long actor = theirs.vector.actor(i);
            if (!cleared.covers(hlc, actor) && !context.isThroughFloor(hlc, actor)) {
                return false;
            }
        }
        return true;
    }

    private void voidThrough(long throughHlc) {
        VersionVector members = context.members;
        for (int i = 0; i < members.size(); i++) {
            long hlc = lesser(members.hlc(i), throughHlc);
            if (!context.isThroughFloor(hlc, members.actor(i))) {
                cleared.raise(members.actor(i), hlc);
            }
        }
    }

    /**
     * Whether a member shows up in the collection: some sibling of it is live whose dot is not void, and by an actor of whom a change counts. What such a one has changed later than the header knows is on its way, and may have taken the place
     * of what was there all the time; what it had changed before any counted is void.
     */
    boolean shows(Causal member, long nowMillis) {
        long end = collectionEndMillis();
        for (int i = 0; i < member.count; i++) {
            Sibling sibling = member.siblings[i];
            if (member.isLive(i, nowMillis)
                    && counts(sibling.actor)
                    && !isVoid(sibling.hlc, sibling.actor, end, nowMillis)) {
                return true;
            }
        }
        return false;
    }

    /** Adds to an actor's sum; when no reader may see a value, to a new one of 0. */
    void increment(long hlc, long actor, long delta, boolean live) {
        checkNewest(hlc, 0);
        if (!live) {
            write(hlc, actor, context, false, ZERO, 0, ZERO.length, 0);
        }
        context.counts.raise(actor, hlc, context.counts.sumOf(actor) + delta);
        context.vector.raise(actor, hlc);
    }

    /** Says when all that a reader may see ends, in place of what was said before; what has ended by then is not to come back with another end. */
    void expire(long hlc, long actor, long endMillis, long nowMillis) {
        checkNewest(hlc, 0);
        long ended = collectionEndMillis();
        if (isEnded(ended, nowMillis)) {
            // What it has ended is not to come back with another end.
            voidThrough(lastHlcThrough(ended));
        }
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if ((!sibling.tombstone || context.counts.differsFrom(sibling.superseded)) && !isEnded(endMillis(i), nowMillis)) {
                sibling.expiries.clear().add(endMillis, hlc, actor);
            }
        }
        boolean begins = latestChange(nowMillis) >= 0 && !hasBegun(nowMillis);
        if (count == 0 && !context.counts.isEmpty() && !begins) {
            // What was counted upon is forgotten: the end needs something that ends. One such does where a collection begins: there are no two siblings of one version.
            append().set(hlc, actor, false, ZERO, 0, ZERO.length).expiries.add(endMillis, hlc, actor);
        }
        if (begins) {
            // What was added while others deleted is all there is: likewise.
            append().set(hlc, actor, false, ZERO, 0, 0).beginCollection().expiries.add(endMillis, hlc, actor);
            sort(count - 1);
            raiseMembers(hlc, actor);
            context.type &= ~Context.ADDS;
        }
        context.vector.raise(actor, hlc);
        reduce();
    }

    private boolean hasBegun(long nowMillis) {
        for (int i = 0; i < count; i++) {
            if (siblings[i].collection && isLive(i, nowMillis)) {
                return true;
            }
        }
        return false;
    }

    /** Gives the greatest version in it a later time. */
    void reversion(long newHlc) {
        long hlc = maxHlc();
        long actor = maxActor();
        if (hasExpiry && expiryHlc == hlc && expiryActor == actor) {
            expiryHlc = newHlc;
        }
        if (context.isFloor(hlc, actor)) {
            context.floorHlc = newHlc;
        }
        context.vector.rename(actor, hlc, newHlc);
        context.members.rename(actor, hlc, newHlc);
        context.counts.rename(actor, hlc, newHlc);
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if (sibling.hlc == hlc && sibling.actor == actor) {
                sibling.hlc = newHlc;
            }
            sibling.expiries.rename(hlc, actor, newHlc);
        }
    }

    // ---- forgetting

    /** Takes away all events whose hybrid time is {@code throughHlc} or older. */
    void forgetThrough(long throughHlc) {
        // No actor is greater, so nothing of that time is.
        long actor = -1;
        if (context.hasFloor && Long.compareUnsigned(context.floorHlc, throughHlc) <= 0) {
            context.hasFloor = false;
        }
        context.vector.dropThrough(throughHlc, actor);
        context.counts.dropThrough(throughHlc, actor);
        context.members.dropThrough(throughHlc, actor);
        cleared.dropThrough(throughHlc, actor);
        context.reduce();
        if (hasExpiry && Long.compareUnsigned(expiryHlc, throughHlc) <= 0) {
            hasExpiry = false;
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if (Long.compareUnsigned(sibling.hlc, throughHlc) > 0) {
                sibling.superseded.dropThrough(throughHlc, actor);
                sibling.expiries.dropThrough(throughHlc, actor);
                keep(kept++, i);
            }
        }
        truncate(kept);
    }

    /** Takes away siblings whose hybrid time is {@code throughHlc} or older and that {@code held} has not; their dots stay known. */
    void dropUnlessHeld(long throughHlc, Causal held) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if (Long.compareUnsigned(sibling.hlc, throughHlc) > 0 || held.indexOf(sibling.hlc, sibling.actor) >= 0) {
                keep(kept++, i);
            }
        }
        truncate(kept);
    }

    /**
     * Leaves no more than {@code maxActors} in the vector, if that can be: those go whose time is the oldest, but none of whom there is something in the record. What a dropped one had
     * superseded may come back from somebody who still has it; nothing is lost.
     */
    void prune(int maxActors) {
        VersionVector vector = context.vector;
        while (vector.size() > maxActors) {
            int oldest = -1;
            for (int i = 0; i < vector.size(); i++) {
                boolean older = oldest < 0
                        || Record.compareVersion(vector.hlc(i), vector.actor(i), vector.hlc(oldest), vector.actor(oldest)) < 0;
                if (older && !isNeeded(vector.actor(i))) {
                    oldest = i;
                }
            }
            if (oldest < 0) {
                return;
            }
            vector.remove(oldest);
        }
    }

    private boolean isNeeded(long actor) {
        if (context.counts.indexOf(actor) >= 0) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            Sibling sibling = siblings[i];
            if ((sibling.actor == actor && !context.isFloor(sibling.hlc, actor)) || sibling.superseded.indexOf(actor) >= 0) {
                return true;
            }
            for (int entry = 0; entry < sibling.expiries.size(); entry++) {
                if (sibling.expiries.actor(entry) == actor) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Turns every sibling into a tombstone of its dot; when it ended stays. */
    void bury() {
        for (int i = 0; i < count; i++) {
            siblings[i].bury();
        }
    }

    /** Keeps of values nothing. */
    void dropValues() {
        for (int i = 0; i < count; i++) {
            siblings[i].release();
        }
    }

    // ---- the siblings' array

    /** A sibling after the last; the caller fills it, and sorts. */
    Sibling append() {
        if (count == siblings.length) {
            siblings = Arrays.copyOf(siblings, Math.max(2, count * 2));
        }
        Sibling added = siblings[count];
        if (added == null) {
            added = new Sibling();
            siblings[count] = added;
        }
        count++;
        return added;
    }

    private void keep(int to, int from) {
        if (to != from) {
            Sibling kept = siblings[from];
            siblings[from] = siblings[to];
            siblings[to] = kept;
        }
    }

    private void truncate(int newCount) {
        for (int i = newCount; i < count; i++) {
            siblings[i].release();
        }
        count = newCount;
    }

    /** Brings what follows {@code sorted} siblings into its place; there are few, and they come in order. */
    private void sort(int sorted) {
        for (int i = sorted; i < count; i++) {
            Sibling moved = siblings[i];
            int at = i;
            while (at > 0 && Record.compareVersion(siblings[at - 1].hlc, siblings[at - 1].actor, moved.hlc, moved.actor) < 0) {
                siblings[at] = siblings[at - 1];
                at--;
            }
            siblings[at] = moved;
        }
    }

    boolean isSameAs(Causal other) {
        if (count != other.count || !cleared.isSameAs(other.cleared) || hasExpiry != other.hasExpiry || !context.isSameAs(other.context)) {
            return false;
        }
        if (hasExpiry
                && (expireAtMillis != other.expireAtMillis || expiryHlc != other.expiryHlc || expiryActor != other.expiryActor)) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (!siblings[i].isSameAs(other.siblings[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(context.toString());
        if (!cleared.isEmpty()) {
            text.append(" cleared ").append(cleared);
        }
        if (hasExpiry) {
            text.append(" expires ").append(expireAtMillis).append(" by ").append(Long.toUnsignedString(expiryHlc));
        }
        for (int i = 0; i < count; i++) {
            text.append(" [").append(siblings[i]).append(']');
        }
        return text.toString();
    }
}
