package io.ringtail.bench.simulation.reference;

import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import java.util.HashMap;
import java.util.Map;

/** Makes reference nodes, and keeps their disks. One per run. */
public final class ReferenceFactory implements NodeFactory {
    private final Map<Integer, ReferenceDisk> disks = new HashMap<>();

    @Override
    public SimulatedNode create(Setup setup) {
        return new ReferenceNode(setup, disks.computeIfAbsent(setup.machine().index(), unused -> new ReferenceDisk()));
    }
}
