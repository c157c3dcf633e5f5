package io.ringtail.engine;

/** What became of a record that a store was asked to take, see {@link StoreSession#accept}. */
public enum Acceptance {
    /** It is in the store, now or already before; nothing there hides it. */
    ACCEPTED,
    /** The store holds a greater version, which hides it. */
    REFUSED,
    /** That cannot be told without waiting for a disk; nothing was written. */
    COLD
}
