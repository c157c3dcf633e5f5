package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;

/**
 * Proves that hints do what they are for: once all are delivered, and without any read, every acknowledged change is on every replica of its key, or something newer.
 *
 * <p>Only for runs in which no coordinator can have died, or found its disk full, between the acknowledgement and the hint. Keys that end are left out: what has
 * ended may be gone.
 */
public final class HintsReachAllReplicas {
    private HintsReachAllReplicas() {}

    public static List<Violation> check(History history, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            List<Integer> replicas = state.replicas().get(key.key());
            if (replicas == null || key.hasEndings()) {
                continue;
            }
            for (int node : replicas) {
                Held held = state.held(node, key.key());
                Version version = held == null ? Version.NONE : held.version();
                for (Operation change : key.acknowledged()) {
                    Version acknowledged = change.version();
                    if (version != null && acknowledged != null && version.isOlderThan(acknowledged)) {
                        violations.add(new Violation(
                                HintsReachAllReplicas.class,
                                key.key(),
                                "n" + node + " has never been told; it holds " + held,
                                change));
                        break;
                    }
                }
            }
        }
        return violations;
    }
}
