package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.Keyspace;
import java.util.List;
import java.util.Set;

/** Makes the nodes of one run: a new one for each life. One per run, so that it may remember what no disk does. */
@FunctionalInterface
public interface NodeFactory {
    /**
     * What a node is told at its start. Immutable.
     *
     * @param machine it runs on: its disk, clock, randomness, and the world's network
     * @param contacts hosts of the nodes to join, which listen at {@link SimulatedMachine#NODE_PORT}; of the first node that ever starts none
     * @param clusterSize how many nodes there will be
     * @param dataLoops of the node: event loops that clients are spread over
     * @param keyspaces of the cluster when it is created
     * @param topologies told of each topology that comes into force at the node
     * @param mending how replicas that missed something come to have it
     * @param flaws planted
     */
    record Setup(
            SimulatedMachine machine,
            List<String> contacts,
            int clusterSize,
            int dataLoops,
            List<Keyspace> keyspaces,
            TopologyListener topologies,
            Mending mending,
            Set<Flaw> flaws) {}

    /** Told of what comes into force. */
    @FunctionalInterface
    interface TopologyListener {
        /** @param fingerprint equal for equal topologies only */
        void began(long epoch, String fingerprint);
    }

    SimulatedNode create(Setup setup);

    /** Whether the nodes keep siblings where a keyspace says so. */
    default boolean knowsSiblings() {
        return false;
    }

    /** Whether the nodes go by data centers: then those of even machines are in one and those of odd machines in another, where keyspaces name them. */
    default boolean knowsDatacenters() {
        return false;
    }
}
