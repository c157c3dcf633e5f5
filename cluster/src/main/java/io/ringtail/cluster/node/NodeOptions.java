package io.ringtail.cluster.node;

import io.ringtail.cluster.antientropy.RepairOptions;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.quorum.QuorumOptions;
import java.util.Set;

/**
 * How a node takes part in its cluster. Immutable.
 *
 * @param maxDriftMillis how far ahead of this node's clock others may be
 * @param streamBytesPerSecond {@code stream-rate}: handed over to new replicas, to all together
 */
public record NodeOptions(
        QuorumOptions quorums, GossipOptions gossip, RepairOptions repair, long maxDriftMillis, long streamBytesPerSecond) {
    public static final long DEFAULT_STREAM_BYTES_PER_SECOND = 50L << 20;

    Set<Flaw> flaws() {
        return quorums.flaws();
    }
}
