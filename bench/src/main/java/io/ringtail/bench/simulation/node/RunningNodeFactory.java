package io.ringtail.bench.simulation.node;

import io.ringtail.bench.simulation.NodeFactory;
import io.ringtail.bench.simulation.SimulatedNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Makes nodes of the production code. Remembers nothing: what a node is to find again is on its disk. */
public final class RunningNodeFactory implements NodeFactory {
    @Override
    public SimulatedNode create(Setup setup) {
        try {
            return new RunningNode(setup);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean knowsSiblings() {
        return true;
    }

    @Override
    public boolean knowsDatacenters() {
        return true;
    }
}
