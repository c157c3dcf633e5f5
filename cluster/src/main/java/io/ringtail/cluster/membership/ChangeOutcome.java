package io.ringtail.cluster.membership;

import io.ringtail.cluster.topology.Topology;

/** How a change of the topology that somebody asked for ended. */
public sealed interface ChangeOutcome {
    /** It is in force, here at least; or there was nothing to change. */
    record Decided(Topology topology) implements ChangeOutcome {}

    /** It is not one that can be made. */
    record Refused(String reason) implements ChangeOutcome {}

    /** Too few members answered, or others were always faster. It may still be decided, when a member had accepted it. */
    record NoMajority() implements ChangeOutcome {}
}
