package io.ringtail.cluster.quorum;

import io.ringtail.engine.record.Record;
import org.jspecify.annotations.Nullable;

/** Told how a read ended, once, on the loop, possibly before the call that began it returns. */
@FunctionalInterface
public interface ReadListener {
    /**
     * @param record the merge of what the replicas hold, valid until this returns: a value, a tombstone, or empty; meaningless when it failed
     * @param failure an error reply; null when it went well
     */
    void read(Record record, @Nullable String failure);

    /** Where each step of the read is to be noted; null, nearly always, is nowhere. */
    default @Nullable RequestTrace trace() {
        return null;
    }
}
