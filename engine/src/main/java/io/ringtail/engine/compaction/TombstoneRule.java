package io.ringtail.engine.compaction;

/**
 * What other replicas may still hold, as far as it keeps this node from forgetting. Given by the store's owner; compaction
 * looks after this node's own tables and memtables itself. Pure.
 */
public interface TombstoneRule {
    /** A node with no other replicas: nobody else holds anything. */
    TombstoneRule ALONE = new TombstoneRule() {
        @Override
        public boolean droppable(long token, long hlc) {
            return true;
        }

        @Override
        public boolean droppable(long firstToken, long lastToken, long hlc) {
            return true;
        }

        @Override
        public boolean expiryIsFinal(long token, long expireAtMillis) {
            return true;
        }

        @Override
        public long expiriesFinalMillis(long firstToken, long lastToken) {
            return Long.MAX_VALUE;
        }
    };

    /**
     * A node whose replicas may have missed anything and are not repaired: all that can hide something is kept, for as long as it takes.
     *
     * <p>An expired value too. Elsewhere there may be an {@code EXPIRE} or {@code PERSIST} made in time that did not come here; a tombstone of the value's own
     * version would hide, and then overwrite, the value that it rightly keeps alive.
     */
    TombstoneRule KEEP = new TombstoneRule() {
        @Override
        public boolean droppable(long token, long hlc) {
            return false;
        }

        @Override
        public boolean droppable(long firstToken, long lastToken, long hlc) {
            return false;
        }

        @Override
        public boolean expiryIsFinal(long token, long expireAtMillis) {
            return false;
        }

        @Override
        public long expiriesFinalMillis(long firstToken, long lastToken) {
            return Long.MIN_VALUE;
        }
    };

    /**
     * Whether no replica can still bring a record for {@code token} that is not later than {@code hlc}: older than the
     * grace period, and the range repaired since. When true for an {@code hlc}, then for all smaller ones.
     */
    boolean droppable(long token, long hlc);

    /** Whether {@link #droppable(long, long)} is true for all tokens from one through another, both included. */
    boolean droppable(long firstToken, long lastToken, long hlc);

    /**
     * Whether no replica can still bring, for {@code token}, a later expiry made before {@code expireAtMillis}: one that
     * says that a value which looks expired is not. When true for a time, then for all earlier ones.
     */
    boolean expiryIsFinal(long token, long expireAtMillis);

    /** The latest time for which {@link #expiryIsFinal} is true for all tokens from one through another, both included; {@link Long#MIN_VALUE} when there is none. */
    long expiriesFinalMillis(long firstToken, long lastToken);

    /** How much later than the clock of the node that makes it the hybrid time of an expiry may be, milliseconds. */
    default long expiryDriftMillis() {
        return 0;
    }
}
