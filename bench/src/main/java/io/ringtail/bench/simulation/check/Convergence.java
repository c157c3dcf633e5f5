package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Proves that all replicas of a key hold the same of it: version, value and end. For keys that were written to or read since the faults were over. */
public final class Convergence {
    private Convergence() {}

    /** @param keys and members of sets, by {@link Held#member} */
    public static List<Violation> check(FinalState state, Collection<String> keys) {
        List<Violation> violations = new ArrayList<>();
        for (String key : keys) {
            List<Integer> replicas = state.replicas().getOrDefault(Held.keyOf(key), List.of());
            if (replicas.stream().map(node -> state.held(node, key)).distinct().count() > 1) {
                StringBuilder what = new StringBuilder("replicas differ:");
                for (int node : replicas) {
                    what.append(" n").append(node).append(" holds ").append(Objects.toString(state.held(node, key), "nothing"));
                }
                violations.add(new Violation(Convergence.class, key, what.toString()));
            }
        }
        return violations;
    }
}
