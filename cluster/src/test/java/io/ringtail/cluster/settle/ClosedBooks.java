package io.ringtail.cluster.settle;

import io.ringtail.engine.Store;

/** Closes a node's books at a test's word: in a node that is {@link Settlement}'s to do. */
public final class ClosedBooks {
    private ClosedBooks() {}

    /** From now on what a client writes has to be later than {@code hlc}. */
    public static void close(SettledTimes times, Store store, long hlc) {
        store.writeLock().lock();
        try {
            times.close(hlc);
        } finally {
            store.writeLock().unlock();
        }
    }
}
