package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;

/** Proves that whatever was read had been written: to that key, by an operation that had begun, and that was not said to be certainly not done. */
public final class NothingInvented {
    private NothingInvented() {}

    public static List<Violation> check(History history) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            if (!key.counts().isEmpty()) {
                continue; // EveryIncrementCounts looks at those
            }
            for (Operation read : key.reads()) {
                String result = read.result();
                if (result == null) {
                    continue;
                }
                Operation writer = key.writerOf(result);
                if (writer == null && isCount(result, key)) {
                    continue;
                }
                if (writer == null) {
                    violations.add(violation(key, "a read saw what nobody wrote", read));
                } else if (writer.outcome() == Outcome.REFUSED) {
                    violations.add(violation(key, "a read saw a write that was refused", writer, read));
                } else if (read.returnedAt() < writer.invokedAt()) {
                    violations.add(violation(key, "a read saw a value before it was written", writer, read));
                }
            }
        }
        return violations;
    }

    /** Whether it is a number that as many increments as there were can have come to. */
    private static boolean isCount(String result, KeyHistory key) {
        try {
            long count = Long.parseLong(result);
            return count > 0 && count <= key.increments().size();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static Violation violation(KeyHistory key, String what, Operation... evidence) {
        return new Violation(NothingInvented.class, key.key(), what, evidence);
    }
}
