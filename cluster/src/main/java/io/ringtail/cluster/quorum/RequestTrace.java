package io.ringtail.cluster.quorum;

import io.ringtail.engine.record.Record;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened, step by step, while one command was carried out: who was asked, who answered with which version, what was written to whom, and when. Made for a command
 * that somebody wants to see through; all others have none, and cost nothing.
 *
 * <p>Confined to the loop. It holds at most {@value #MAX_STEPS} steps; the rest are counted.
 */
public final class RequestTrace {
    public static final int MAX_STEPS = 1_000;

    /**
     * @param nanos since the command began
     * @param memberId whom it is about; 0 for nobody in particular
     * @param what a word or two, of a small vocabulary: see {@code docs/commands-rt.md}
     * @param detail more, for people; may be empty
     */
    public record Step(long nanos, long memberId, String what, String detail) {}

    private final LongSupplier nanoTime;
    private final long startNanos;
    private final List<Step> steps = new ArrayList<>();
    private int lostCount;

    /** @param nanoTime the monotonic clock; the command begins now */
    public RequestTrace(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        startNanos = nanoTime.getAsLong();
    }

    /** Adds a step. @param memberId whom it is about; 0 for nobody in particular */
    public void note(long memberId, String what, @Nullable String detail) {
        if (steps.size() == MAX_STEPS) {
            lostCount++;
            return;
        }
        steps.add(new Step(nanoTime.getAsLong() - startNanos, memberId, what, detail == null ? "" : detail));
    }

    /** In the order they happened. */
    public List<Step> steps() {
        return steps;
    }

    /** Steps that were too many. */
    public int lostCount() {
        return lostCount;
    }

    /** {@code listener}, for a read that is to be seen. */
    public ReadListener watch(ReadListener listener) {
        return new ReadListener() {
            @Override
            public void read(Record record, @Nullable String failure) {
                listener.read(record, failure);
            }

            @Override
            public RequestTrace trace() {
                return RequestTrace.this;
            }
        };
    }

    /** A version as steps tell it: hybrid time, and who made it. */
    static String version(long hlc, long actor) {
        return hlc == 0 ? "nothing" : String.format(Locale.ROOT, "version %016x of %012x", hlc, actor);
    }
}
