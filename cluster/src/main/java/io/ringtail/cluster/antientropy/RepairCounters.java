package io.ringtail.cluster.antientropy;

import java.util.concurrent.atomic.LongAdder;

/** What anti-entropy has done since the node was started. Safe for concurrent use. */
public final class RepairCounters {
    /** Ranges that this node has compared with some member. */
    public final LongAdder rangesCompared = new LongAdder();
    /** Of which it does not know how they compare. */
    public final LongAdder rangesFailed = new LongAdder();
    /** Ranges whose keys were listed. */
    public final LongAdder leavesDiffering = new LongAdder();
    public final LongAdder recordsSent = new LongAdder();
    public final LongAdder recordsReceived = new LongAdder();
    /** Sent and received for comparisons that this node has begun. */
    public final LongAdder bytes = new LongAdder();
    /** Requests of others. */
    public final LongAdder served = new LongAdder();

    /** Rounds in which everything was compared with every other replica. */
    public final LongAdder cycles = new LongAdder();

    private volatile long lastCycleMillis;

    /** When the last such round ended, in milliseconds since 1970; 0 when none has. */
    public long lastCycleMillis() {
        return lastCycleMillis;
    }

    void cycleEnded(long wallMillis) {
        cycles.increment();
        lastCycleMillis = wallMillis;
    }

    void add(RepairReport report) {
        rangesCompared.add(report.rangesCompared());
        rangesFailed.add(report.rangesFailed());
        leavesDiffering.add(report.leavesDiffering());
        recordsSent.add(report.recordsSent());
        recordsReceived.add(report.recordsReceived());
        bytes.add(report.bytes());
    }
}
