package io.ringtail.server.data;

import io.ringtail.cluster.membership.MembershipListener;
import io.ringtail.cluster.membership.Seed;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.server.peer.PeerNetwork;
import java.io.IOException;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes to the log what happens to the node's membership, and has new handshakes say which cluster it belongs to. Called on the control loop. */
final class MembershipEvents implements MembershipListener {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipEvents.class);

    private final PeerNetwork network;
    private final Consumer<String> refused;

    MembershipEvents(PeerNetwork network, Consumer<String> refused) {
        this.network = network;
        this.refused = refused;
    }

    @Override
    public void joined(Topology topology) {
        network.clusterId(topology.clusterId());
        LOG.info("member of {}", describe(topology));
    }

    @Override
    public void refused(String reason) {
        LOG.error("not let into the cluster, and will not be until it is configured otherwise: {}", reason);
        refused.accept(reason);
    }

    @Override
    public void epochBegan(Topology topology) {
        LOG.info("now in {}", describe(topology));
    }

    @Override
    public void forgotten(Topology topology) {
        LOG.error("no member any more of {}: another node has removed this one", describe(topology));
        refused.accept("this node was removed from its cluster");
    }

    @Override
    public void refusedAnother(long memberId, String reason) {
        LOG.warn("node {} was not let in: {}", String.format(Locale.ROOT, "%012x", memberId), reason);
    }

    @Override
    public void joining(Seed by) {
        // Those that let it in make links to it, maybe before they have told it.
        network.clusterId(0);
        LOG.info("asks {} to be let into its cluster, and takes no data until then", by);
    }

    @Override
    public void staysAlone(Topology own, String reason) {
        network.clusterId(own.clusterId());
        LOG.warn("not let into another cluster, and goes on in its own: {}", reason);
    }

    @Override
    public void heardOfOtherCluster(long memberId, long clusterId) {
        LOG.warn("node {} belongs to another cluster of the same name, {}", String.format(Locale.ROOT, "%012x", memberId),
                Long.toHexString(clusterId));
    }

    @Override
    public void topologyFileFailed(IOException cause) {
        LOG.error("the topology file cannot be written; this node takes no part in changes of the topology until it can: {}",
                cause.toString());
    }

    private static String describe(Topology topology) {
        return "cluster '" + topology.clusterName() + "', epoch " + topology.epoch() + ", "
                + topology.members().size() + " members";
    }
}
