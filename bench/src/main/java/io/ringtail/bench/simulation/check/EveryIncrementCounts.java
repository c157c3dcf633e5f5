package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Proves that counters that merge count every increment once, whatever befalls the cluster: whoever reads one finds at least as many as had been acknowledged before, and at most as many as had been begun.
 * A deletion takes away what it has seen and nothing else: all that was acknowledged before it, where quorums meet, and never what was counted after it, whether it was known there or not.
 */
public final class EveryIncrementCounts {
    private EveryIncrementCounts() {}

    /** @param state whose last reads meet what was counted at replicas' stand-ins, too */
    public static List<Violation> check(History history, FinalState state) {
        Set<Operation> last = new HashSet<>(state.lastReads());
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            if (key.counts().isEmpty()) {
                continue;
            }
            for (Operation read : key.reads()) {
                Violation violation = of(key, read, last.contains(read));
                if (violation != null) {
                    violations.add(violation);
                    break;
                }
            }
        }
        return violations;
    }

    private static @Nullable Violation of(KeyHistory key, Operation read, boolean isLast) {
        long least = 0;
        long most = 0;
        for (Operation count : key.counts()) {
            if (count.isOk() && count.precedes(read) && meets(read, count, isLast) && !mayBeDeleted(key, count, read)) {
                least++;
            }
            if (count.invokedAt() < read.returnedAt() && !isDeleted(key, count, read, isLast)) {
                most++;
            }
        }
        String result = read.result();
        long found = result == null ? 0 : Long.parseLong(result);
        return found >= least && found <= most
                ? null
                : new Violation(
                        EveryIncrementCounts.class,
                        key.key(),
                        found + " were read of " + least + " acknowledged and " + most + " begun, deleted ones aside",
                        read);
    }

    private static boolean meets(Operation read, Operation change, boolean isLast) {
        return isLast ? read.quorum().meetsAfterwards(change.quorum()) : read.mustMeet(change);
    }

    private static boolean mayBeDeleted(KeyHistory key, Operation count, Operation read) {
        return key.siblingWrites().stream().anyMatch(delete -> delete.invokedAt() < read.returnedAt() && !delete.precedes(count));
    }

    private static boolean isDeleted(KeyHistory key, Operation count, Operation read, boolean isLast) {
        return count.isOk()
                && key.siblingWrites().stream()
                        .anyMatch(delete -> delete.isOk()
                                && count.precedes(delete)
                                && delete.mustMeet(count)
                                && delete.precedes(read)
                                && meets(read, delete, isLast));
    }
}
