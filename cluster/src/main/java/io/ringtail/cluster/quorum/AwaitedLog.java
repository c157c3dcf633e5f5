package io.ringtail.cluster.quorum;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits until something that was put into a log in this turn is as durable there as the log's policy asks for. One for the log of the data, one for that of the hints.
 *
 * <p>A turn's end hands what was put in to the log in one piece and says which position covers it; the log's syncs, each of which serves many turns, let go of those
 * they have passed, in order. Confined to the loop. As many wait as there are operations under way, at most.
 */
final class AwaitedLog {
    /** Something that waits. Told once. */
    @FunctionalInterface
    interface Waiter {
        /** @param failure why it will not become durable; null when it is */
        void settled(@Nullable String failure);
    }

    private record Wait(Waiter waiter, long position) {}

    private List<Waiter> inTurn = new ArrayList<>();
    private List<Waiter> turnBefore = new ArrayList<>();
    private final ArrayDeque<Wait> unsynced = new ArrayDeque<>();
    private long durablePosition;

    /** Has {@code waiter} told when the end of this turn is durable. */
    void add(Waiter waiter) {
        inTurn.add(waiter);
    }

    /** Whether this turn has put anything into the log that is waited for. */
    boolean isAwaited() {
        return !inTurn.isEmpty();
    }

    /**
     * The log was given what the turn has put in.
     *
     * @param position that must be durable, 0 when it counts as it is
     * @param failure why the log did not take it; null when it did
     */
    void logged(long position, @Nullable String failure) {
        if (inTurn.isEmpty()) {
            return;
        }
        List<Waiter> turn = inTurn;
        inTurn = turnBefore;
        turnBefore = turn;
        for (int i = 0; i < turn.size(); i++) {
            if (failure == null && position > durablePosition) {
                unsynced.add(new Wait(turn.get(i), position));
            } else {
                turn.get(i).settled(failure);
            }
        }
        turn.clear();
    }

    /** The log is durable up to {@code position}. */
    void durable(long position) {
        durablePosition = Math.max(durablePosition, position);
        Wait oldest;
        while ((oldest = unsynced.peek()) != null && oldest.position <= durablePosition) {
            unsynced.poll();
            oldest.waiter.settled(null);
        }
    }

    /** The log will not become durable any more. */
    void durableNoMore(String failure) {
        Wait oldest;
        while ((oldest = unsynced.poll()) != null) {
            oldest.waiter.settled(failure);
        }
    }
}
