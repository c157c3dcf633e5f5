package io.ringtail.server.peer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Cuts this node's links to others, or makes them long, for trying what happens then. A cut: everything to a member, or from it, is thrown away as if the network had lost it. Connections stay
 * open and silent; new ones do not come about. When a cut is healed, connections that lost something end and are made anew, so that no link has a gap. A delay: what goes to a
 * member leaves later, in order; it stays when cuts are healed.
 *
 * <p>One per node. Safe for concurrent use; a change is seen by every loop at its next message.
 */
public final class PeerFaults {
    public static final int MAX_DELAY_MILLIS = 10_000;
    private static final long[] NONE = {};

    private volatile long[] to = NONE;
    private volatile long[] from = NONE;
    private volatile Map<Long, Integer> delaysMillis = Map.of();

    /** Throws away what goes to the member. */
    public synchronized void dropTo(long memberId) {
        to = with(to, memberId);
    }

    /** Throws away what comes from the member. */
    public synchronized void dropFrom(long memberId) {
        from = with(from, memberId);
    }

    /** Both directions. */
    public synchronized void cut(long memberId) {
        dropTo(memberId);
        dropFrom(memberId);
    }

    public synchronized void heal(long memberId) {
        to = without(to, memberId);
        from = without(from, memberId);
    }

    public synchronized void healAll() {
        to = NONE;
        from = NONE;
    }

    /**
     * Has what goes to the member leave so much later from now on.
     *
     * @param millis 0 to {@value #MAX_DELAY_MILLIS}; 0 ends it
     */
    public synchronized void delay(long memberId, int millis) {
        if (millis < 0 || millis > MAX_DELAY_MILLIS) {
            throw new IllegalArgumentException("a delay of " + millis + " ms, can be 0 to " + MAX_DELAY_MILLIS);
        }
        Map<Long, Integer> next = new TreeMap<>(delaysMillis);
        if (millis == 0) {
            next.remove(memberId);
        } else {
            next.put(memberId, millis);
        }
        delaysMillis = Map.copyOf(next);
    }

    /** By how much what goes to the member is late; 0 when it is not. */
    public int delayMillis(long memberId) {
        Map<Long, Integer> delays = delaysMillis;
        return delays.isEmpty() ? 0 : delays.getOrDefault(memberId, 0);
    }

    public boolean dropsTo(long memberId) {
        return has(to, memberId);
    }

    public boolean dropsFrom(long memberId) {
        return has(from, memberId);
    }

    /** The members of which anything is thrown away or late, in ascending order. */
    public long[] memberIds() {
        LongStream cut = LongStream.concat(Arrays.stream(to), Arrays.stream(from));
        return LongStream.concat(cut, delaysMillis.keySet().stream().mapToLong(id -> id)).sorted().distinct().toArray();
    }

    /** Whether no connection with the member can come about, for which both directions are needed. */
    boolean isCut(long memberId) {
        return dropsTo(memberId) || dropsFrom(memberId);
    }

    private static boolean has(long[] ids, long id) {
        for (long each : ids) {
            if (each == id) {
                return true;
            }
        }
        return false;
    }

    private static long[] with(long[] ids, long id) {
        if (has(ids, id)) {
            return ids;
        }
        long[] more = Arrays.copyOf(ids, ids.length + 1);
        more[ids.length] = id;
        return more;
    }

    private static long[] without(long[] ids, long id) {
        return Arrays.stream(ids).filter(each -> each != id).toArray();
    }

    @Override
    public String toString() {
        long[] late = delaysMillis.keySet().stream().mapToLong(id -> id).sorted().toArray();
        return "to " + names(to) + " from " + names(from) + (late.length == 0 ? "" : " late to " + names(late));
    }

    private static String names(long[] ids) {
        StringBuilder text = new StringBuilder("[");
        for (long id : ids) {
            text.append(String.format(Locale.ROOT, text.length() == 1 ? "%012x" : " %012x", id));
        }
        return text.append(']').toString();
    }
}
