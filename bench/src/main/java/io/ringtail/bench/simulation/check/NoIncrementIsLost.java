package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Proves that counters counted: no two increments came to the same number, one that began after another was over came to a greater one, and in the end a counter
 * shows at least as many as were acknowledged and at most as many as were begun.
 *
 * <p>Only for runs in which the replica where increments are carried out stayed the same: without faults.
 */
public final class NoIncrementIsLost {
    private NoIncrementIsLost() {}

    public static List<Violation> check(History history, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            if (!key.increments().isEmpty()) {
                Violation violation = ofResults(key);
                if (violation == null) {
                    violation = ofWhatIsLeft(key, state);
                }
                if (violation != null) {
                    violations.add(violation);
                }
            }
        }
        return violations;
    }

    private static @Nullable Violation ofResults(KeyHistory key) {
        Map<Long, Operation> byResult = new HashMap<>();
        for (Operation increment : key.increments()) {
            if (!increment.isOk()) {
                continue;
            }
            Operation same = byResult.put(count(increment.result()), increment);
            if (same != null) {
                return violation(key, "two increments came to the same number", same, increment);
            }
            for (Operation earlier : key.increments()) {
                if (earlier.isOk() && earlier.precedes(increment) && count(earlier.result()) > count(increment.result())) {
                    return violation(key, "an increment came to less than one before it", earlier, increment);
                }
            }
        }
        return null;
    }

    private static @Nullable Violation ofWhatIsLeft(KeyHistory key, FinalState state) {
        if (!state.replicas().containsKey(key.key())) {
            return null;
        }
        long acknowledged = key.increments().stream().filter(Operation::isOk).count();
        Held held = state.merged(key.key());
        long left = held == null ? 0 : count(held.value());
        return left >= acknowledged && left <= key.increments().size()
                ? null
                : violation(key, left + " is left of " + acknowledged + " acknowledged and " + key.increments().size() + " begun");
    }

    private static long count(@Nullable String text) {
        return text == null ? 0 : Long.parseLong(Objects.requireNonNull(text));
    }

    private static Violation violation(KeyHistory key, String what, Operation... evidence) {
        return new Violation(NoIncrementIsLost.class, key.key(), what, evidence);
    }
}
