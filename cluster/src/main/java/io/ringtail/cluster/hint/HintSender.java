package io.ringtail.cluster.hint;

import java.util.function.Consumer;

/** Sends hints to the member they are for, as the writes they were. The coordinator's, which knows how writes are written. Confined to the control loop. */
public interface HintSender {
    /**
     * Sends all of a batch as one request.
     *
     * @param acknowledged called on the loop, exactly once and not from within this call, if this returned true: with true when the member has merged, or refused
     *     because it holds something later, every hint of the batch and that is as durable there as a write's acknowledgment says; with false when that is not known
     * @return false when it was not sent
     */
    boolean send(long target, HintBatch batch, Consumer<Boolean> acknowledged);
}
