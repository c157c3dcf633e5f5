package io.ringtail.server.session;

/**
 * What {@code WATCH} saw of a key: nothing there ({@code live} false, the rest 0), or the versions of its value and its expiry. A
 * key that ends while it is watched has changed. Immutable.
 */
public record WatchedKey(int database, byte[] key, boolean live, long hlc, long actor, long expiryHlc) {}
