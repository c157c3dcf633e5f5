package io.ringtail.server.command;

import io.ringtail.cluster.membership.ChangeOutcome;

/** What became of a change of the topology, as commands answer it. Pure. */
final class ClusterChanges {
    private ClusterChanges() {}

    /** @throws CommandException when the change was not made, or may not have been */
    static void throwUnlessDecided(ChangeOutcome outcome) {
        switch (outcome) {
            case ChangeOutcome.Decided decided -> {}
            case ChangeOutcome.Refused refused -> throw new CommandException("ERR " + refused.reason());
            case ChangeOutcome.NoMajority noMajority -> throw new CommandException(
                    "NOREPLICAS the outcome is unknown: a change of the topology needs a majority of the members, and too few answered");
        }
    }
}
