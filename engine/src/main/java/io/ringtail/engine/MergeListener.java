package io.ringtail.engine;

/**
 * Hears where in the ring a store's contents change: of every merge that changed anything, and of every clearing. What replay of the log restores is not told.
 *
 * <p>Called under the store's write lock, for each write: it must not block, and should cost next to nothing.
 */
public interface MergeListener {
    /** Hears nothing. */
    MergeListener NONE = new MergeListener() {
        @Override
        public void merged(long token) {}

        @Override
        public void cleared(int database) {}
    };

    /** What a key of this token holds has changed, or may have. */
    void merged(long token);

    /** The floor of a database was raised. */
    void cleared(int database);
}
