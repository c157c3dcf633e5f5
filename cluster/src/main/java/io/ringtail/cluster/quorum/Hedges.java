package io.ringtail.cluster.quorum;

import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import java.util.ArrayDeque;

/**
 * One loop's requests for reading that have not been answered, oldest first. One that takes longer than its member usually does is not waited for alone. Confined to the
 * loop.
 */
final class Hedges {
    private static final long CHECK_MILLIS = 3;

    /** One request, and who waits for it. */
    abstract class Asked implements Calls.Callback {
        final long memberId;
        private final long sentNanos = loop.nanoTime();
        private boolean hedged;
        private boolean ended;

        Asked(long memberId) {
            this.memberId = memberId;
        }

        /** The member takes longer than usual. Called once at most. */
        abstract void hedge();

        /** To be called when the request has ended: answered, or not answered in time. A link that broke tells nothing of the member. */
        void ended(boolean tellsLatency) {
            ended = true;
            if (tellsLatency) {
                latency.note(memberId, loop.nanoTime() - sentNanos);
            }
        }
    }

    private final Loop loop;
    private final PeerLatency latency;
    private final Outboxes outboxes;
    private final ArrayDeque<Asked> unanswered = new ArrayDeque<>();
    private boolean checkScheduled;

    Hedges(Loop loop, PeerLatency latency, Outboxes outboxes) {
        this.loop = loop;
        this.latency = latency;
        this.outboxes = outboxes;
    }

    /** Takes note of a request that has been sent. */
    void sent(Asked asked) {
        unanswered.add(asked);
        scheduleCheck();
    }

    private void scheduleCheck() {
        if (!checkScheduled) {
            checkScheduled = true;
            loop.schedule(this::check, CHECK_MILLIS);
        }
    }

    private void check() {
        checkScheduled = false;
        long now = loop.nanoTime();
        unanswered.removeIf(asked -> asked.ended);
        for (Asked asked : unanswered) {
            if (!asked.hedged && now - asked.sentNanos > latency.hedgeNanos(asked.memberId)) {
                asked.hedged = true;
                latency.note(asked.memberId, now - asked.sentNanos);
                outboxes.beginTurn();
                asked.hedge();
            }
        }
        if (!unanswered.isEmpty()) {
            scheduleCheck();
        }
    }
}
