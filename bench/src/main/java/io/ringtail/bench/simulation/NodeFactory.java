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
     * @param keyspaces of the cluster when it is created
     * @param flaws planted
     */
    record Setup(
            SimulatedMachine machine, List<String> contacts, int clusterSize, List<Keyspace> keyspaces, Set<Flaw> flaws) {}

    SimulatedNode create(Setup setup);
}
