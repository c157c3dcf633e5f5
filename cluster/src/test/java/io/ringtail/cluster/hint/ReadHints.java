package io.ringtail.cluster.hint;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What is delivered, for tests of those who deliver it. */
public final class ReadHints {
    private ReadHints() {}

    /** All hints of one member. */
    public static HintBatch of(HintStore store, long target) {
        try {
            return store.read(target, null, 1 << 20, HintStore.Purpose.DELIVER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
