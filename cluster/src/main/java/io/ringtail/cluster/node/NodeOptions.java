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
 */
public record NodeOptions(QuorumOptions quorums, GossipOptions gossip, RepairOptions repair, long maxDriftMillis) {

    Set<Flaw> flaws() {
        return quorums.flaws();
    }
}
