package io.ringtail.cluster.quorum;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes that one client's replies wait for: those of one turn. Told by each of its writes once, when it has been accepted by enough replicas or will not be.
 * Confined to the loop.
 */
public final class WriteGroup {
    /** A write that failed, and the reply that has to say so. */
    public record Failure(int replyIndex, String error) {}

    /** Where each step of the group's writes is to be noted; null, nearly always, is nowhere. */
    private @Nullable RequestTrace trace;
    private final @Nullable Acceptances acceptances;
    private int pending;
    private @Nullable Runnable whenDone;
    private @Nullable Runnable alsoWhenDone;
    private @Nullable List<Failure> failures;

    public void trace(@Nullable RequestTrace of) {
        trace = of;
    }

    @Nullable RequestTrace trace() {
        return trace;
    }

    /** Of a client that will not ask how many replicas have its writes. */
    public WriteGroup() {
        this(null);
    }

    /** @param acceptances told who accepts the writes, before and after the group has ended */
    public WriteGroup(@Nullable Acceptances acceptances) {
        this.acceptances = acceptances;
    }

    @Nullable Acceptances acceptances() {
        return acceptances;
    }

    void began() {
        pending++;
    }

    void ended() {
        pending--;
        if (pending > 0) {
            return;
        }
        Runnable first = whenDone;
        Runnable second = alsoWhenDone;
        whenDone = null;
        alsoWhenDone = null;
        if (first != null) {
            first.run();
        }
        if (second != null) {
            second.run();
        }
    }

    void failed(int replyIndex, String error) {
        List<Failure> known = failures;
        if (known == null) {
            known = new ArrayList<>();
            failures = known;
        }
        known.add(new Failure(replyIndex, error));
        ended();
    }

    public boolean isDone() {
        return pending == 0;
    }

    /** Has {@code listener} told when all have ended; not called when that is so already. */
    public void whenDone(Runnable listener) {
        Runnable known = whenDone;
        if (known == null) {
            whenDone = listener;
        } else {
            Runnable other = alsoWhenDone;
            alsoWhenDone = other == null ? listener : () -> {
                other.run();
                listener.run();
            };
        }
    }

    /** Those that failed. */
    public List<Failure> failures() {
        List<Failure> known = failures;
        return known == null ? List.of() : known;
    }
}
