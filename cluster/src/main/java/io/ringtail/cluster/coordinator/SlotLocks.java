package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.HashSlot;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One lock per hash slot, for commands that read and then write: they are carried out at one replica, one after another. Whoever has to wait is called back on its
 * loop, first come, first served.
 *
 * <p>One for a node, shared by its loops. Safe for concurrent use; nothing is run under the locks inside.
 */
public final class SlotLocks {
    /** Commands that may wait for one slot. */
    public static final int MAX_WAITING = 100_000;

    private static final int STRIPES = 64;

    private record Waiter(Loop loop, Runnable granted) {}

    private final Object[] stripes = new Object[STRIPES];
    private final boolean[] held = new boolean[HashSlot.COUNT];

    @SuppressWarnings("unchecked")
    private final @Nullable ArrayDeque<Waiter>[] waiting = new ArrayDeque[HashSlot.COUNT];

    public SlotLocks() {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
    }

    /** What came of asking for a lock. */
    public enum Grant {
        /** It is the caller's now. */
        NOW,
        /** {@code granted} will be called on its loop, and has the lock then. */
        LATER,
        /** Too many wait already. */
        REFUSED
    }

    public Grant acquire(int slot, Loop loop, Runnable granted) {
        synchronized (stripes[slot & (STRIPES - 1)]) {
            if (!held[slot]) {
                held[slot] = true;
                return Grant.NOW;
            }
            ArrayDeque<Waiter> queue = waiting[slot];
            if (queue == null) {
                queue = new ArrayDeque<>();
                waiting[slot] = queue;
            } else if (queue.size() >= MAX_WAITING) {
                return Grant.REFUSED;
            }
            queue.add(new Waiter(loop, granted));
            return Grant.LATER;
        }
    }

    /** Hands the lock on to who has waited longest. */
    public void release(int slot) {
        Waiter next;
        synchronized (stripes[slot & (STRIPES - 1)]) {
            ArrayDeque<Waiter> queue = waiting[slot];
            next = queue == null ? null : queue.poll();
            if (next == null) {
                held[slot] = false;
                waiting[slot] = null;
            }
        }
        if (next != null) {
            next.loop.execute(next.granted);
        }
    }

    /** How many are held: none when nothing is under way. */
    public int heldCount() {
        int count = 0;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            synchronized (stripes[stripe]) {
                for (int slot = stripe; slot < held.length; slot += STRIPES) {
                    count += held[slot] ? 1 : 0;
                }
            }
        }
        return count;
    }
}
