package io.ringtail.server.command;

import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.server.peer.PeerFaults;
import io.ringtail.server.peer.PeerMetrics;
import org.jspecify.annotations.Nullable;

/**
 * The node among others, for the commands that tell of the cluster or change it. Implemented by the data of a node; data on the heap, as tests have them, are no node's and
 * have none. Safe for concurrent use.
 */
public interface ClusterView {
    ClusterNode node();

    /** Which links are cut on purpose. */
    PeerFaults faults();

    /** What has gone between this node and others. */
    PeerMetrics traffic();

    /** Why the cluster does not let this node in, for good; null when it has, or may yet. */
    @Nullable String refusal();

    /**
     * Runs something on the control loop, and waits for it.
     *
     * @throws CommandException when it does not end in time
     */
    <T> T onControlLoop(Question<T> question);

    /** Something asked of the control loop. */
    @FunctionalInterface
    interface Question<T> {
        /** Called on the control loop. {@code answer} is called once, there or elsewhere, at once or later. */
        void ask(java.util.function.Consumer<T> answer);
    }
}
