package io.ringtail.bench.simulation;

import io.ringtail.cluster.flaw.Flaw;
import java.util.Set;

/**
 * What does not come from the seed. Immutable.
 *
 * @param nodes of the cluster; 0 has the seed choose from 3 to 6
 * @param clients that ask one thing at a time each
 * @param faultSeconds for which clients are at work and faults happen
 * @param settleSeconds that a cluster may take to form, and to come to rest after the last fault
 * @param faults which kinds the seed may choose from; none for a run without
 * @param flaws planted in every node
 */
public record SimulationOptions(
        int nodes, int clients, int faultSeconds, int settleSeconds, Set<Fault.Kind> faults, Set<Flaw> flaws) {
    public static final int MAX_NODES = 32;

    public static final SimulationOptions DEFAULT = new SimulationOptions(0, 5, 10, 60, Set.of(Fault.Kind.values()), Set.of());

    public SimulationOptions {
        if (nodes < 0 || nodes > MAX_NODES) {
            throw new IllegalArgumentException(nodes + " nodes, must be at most " + MAX_NODES);
        }
        faults = Set.copyOf(faults);
        flaws = Set.copyOf(flaws);
    }

    public SimulationOptions withNodes(int other) {
        return new SimulationOptions(other, clients, faultSeconds, settleSeconds, faults, flaws);
    }

    public SimulationOptions withFaults(Set<Fault.Kind> other) {
        return new SimulationOptions(nodes, clients, faultSeconds, settleSeconds, other, flaws);
    }

    public SimulationOptions withFlaws(Set<Flaw> other) {
        return new SimulationOptions(nodes, clients, faultSeconds, settleSeconds, faults, other);
    }
}
