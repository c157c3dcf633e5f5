package io.ringtail.cluster.quorum;

/** Whom it makes sense to send to: told by links and gossip together. Confined to the loop that asks. */
@FunctionalInterface
public interface Reachability {
    /** Whether the member has a link that answers, and is not known to be down. Never asked of this node itself. */
    boolean isReachable(long memberId);
}
