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
        public boolean expiryIsFinal(long token, long expireAtMillis) {
            return true;
        }
    };

    /**
     * Whether no replica can still bring a record for {@code token} that is not later than {@code hlc}: older than the
     * grace period, and the range repaired since. When true for an {@code hlc}, then for all smaller ones.
     */
    boolean droppable(long token, long hlc);

    /**
     * Whether no replica can still bring, for {@code token}, a later expiry made before {@code expireAtMillis}: one that
     * says that a value which looks expired is not. When true for a time, then for all earlier ones.
     */
    boolean expiryIsFinal(long token, long expireAtMillis);
}
