package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Proves that a walk over all keys, made when nothing changed any more, met each key that was there exactly once, and none that was not. Keys whose values end are only
 * to be met once at most: they may end before, during or after it; so are sets, which may be empty.
 */
public final class WalksMeetEveryKey {
    private WalksMeetEveryKey() {}

    /** @param met in the order in which they were met */
    public static List<Violation> check(List<String> met, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        Map<String, Integer> counts = new TreeMap<>();
        met.forEach(key -> counts.merge(key, 1, Integer::sum));
        Set<String> keys = new HashSet<>(counts.keySet());
        keys.addAll(state.replicas().keySet());
        for (String key : keys.stream().sorted().toList()) {
            int count = counts.getOrDefault(key, 0);
            Held held = state.merged(key);
            boolean isThere = held != null && held.value() != null;
            boolean ends = held != null && (held.expireAtMillis() != 0 || held.isHeader());
            if (count > 1 || (count == 1 && !isThere && !ends)) {
                violations.add(new Violation(
                        WalksMeetEveryKey.class, key, "a walk met it " + count + " times, its replicas hold " + held));
            } else if (count == 0 && isThere && !ends) {
                violations.add(new Violation(WalksMeetEveryKey.class, key, "a walk did not meet it, its replicas hold " + held));
            }
        }
        return violations;
    }
}
