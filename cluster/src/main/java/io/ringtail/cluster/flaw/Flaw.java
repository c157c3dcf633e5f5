package io.ringtail.cluster.flaw;

/**
 * A mistake that can be planted in a node, so that a test can prove that the checkers would see it.
 *
 * <p>Nodes are handed an {@link java.util.EnumSet} of these with their options. In production it is empty; no configuration can fill it. Each place that honours a
 * flaw does the wrong thing in one line and the right thing otherwise.
 */
public enum Flaw {
    /** The coordinator is content with one answer fewer than the consistency level asks for, though never with none. */
    QUORUM_ONE_SHORT,
    /** A read is answered with what the coordinator itself holds, and nobody is asked to confirm it. */
    READ_UNCONFIRMED,
    /** A read merges what the replicas said and answers, but writes nothing back to those that were behind. */
    NO_READ_REPAIR,
    /** A hint is deleted when it has been sent, not when it has been acknowledged. */
    HINT_DELETED_EARLY,
    /** Who proposes a topology takes it for decided as soon as it has accepted it itself. */
    EPOCH_WITHOUT_MAJORITY,
    /** Versions are what the wall clock says: neither what other nodes have been heard to say nor what was said before holds it back from going backwards. */
    WALL_CLOCK_VERSIONS,
    /** Of two records of one key the one that arrived last is kept, whatever their versions. */
    MERGE_BY_ARRIVAL,
    /** A write does not mark the leaf of the Merkle tree that it falls into: what it changed is taken to be as it was hashed before. */
    LEAF_NOT_MARKED,
    /** Replicas that compare what they hold do not tell each other which databases were cleared. */
    CLEARING_NOT_COMPARED,
    /** While a partition is handed over, writes go to the replicas of before only, and are content with their quorum. */
    HANDOVER_WITHOUT_JOINT_QUORUMS,
    /** A replica takes a partition for handed over when all but the last page of it has been. */
    TRANSFER_CUT_SHORT,
    /** A tombstone is forgotten as soon as this node itself has nothing that it hides, whether or not all replicas have it. */
    TOMBSTONE_DROPPED_BY_DATE,
    /** A replica takes itself for whole though it could not compare with all others. */
    WHOLE_WITHOUT_ALL,
    /** Whoever writes a key that keeps siblings takes the place of all that its node has read, whatever the writer has seen. */
    CONTEXT_IGNORED,
    /** Whoever writes a key that keeps siblings takes the place of none, whatever the writer has seen. */
    CONTEXT_FORGOTTEN,
    /** A write at a {@code LOCAL_} level is content with as many acceptances as that asks for, from whichever data center they come. */
    LOCAL_COUNTS_REMOTE,
    /** Of a key that keeps siblings the new one is sent alone, and says nevertheless that all that its node has ever written of the key is known. */
    SIBLING_SENT_ALONE
}
