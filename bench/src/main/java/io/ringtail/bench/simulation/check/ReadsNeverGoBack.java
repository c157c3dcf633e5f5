package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Proves that of two reads of a key, the second begun when the first was over and both by a majority, the second saw nothing older than the first, whoever asked
 * and whichever nodes they asked. Those that ask one data center alone are held to each other, and not to those that ask all: what a majority of one data center was made
 * to hold for them need not be met by a majority of all.
 *
 * <p>By version, where versions are told. By value, in any case: once an acknowledged write has been read over by something else it never comes back. (While it is
 * under way it may: its coordinator may give it a greater version before it acknowledges it.)
 */
public final class ReadsNeverGoBack {
    private ReadsNeverGoBack() {}

    public static List<Violation> check(History history) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            Map<Integer, List<Operation>> byDatacenter = new TreeMap<>();
            for (Operation read : key.reads()) {
                if (read.quorum().meets(read.quorum())) {
                    byDatacenter.computeIfAbsent(read.quorum().datacenter(), unused -> new ArrayList<>()).add(read);
                }
            }
            byDatacenter.values().forEach(reads -> check(key, reads, violations));
        }
        return violations;
    }

    private static void check(KeyHistory key, List<Operation> reads, List<Violation> violations) {
        Violation violation = byVersion(key, reads);
        if (violation == null) {
            violation = byValue(key, reads);
        }
        if (violation != null) {
            violations.add(violation);
        }
    }

    private static @Nullable Violation byVersion(KeyHistory key, List<Operation> reads) {
        List<Operation> byEnd = new ArrayList<>(reads);
        byEnd.removeIf(read -> read.version() == null);
        byEnd.sort(Comparator.comparingLong(Operation::returnedAt));
        Operation newest = null;
        int over = 0;
        for (Operation read : reads) {
            Version seen = read.version();
            if (seen == null) {
                continue;
            }
            while (over < byEnd.size() && byEnd.get(over).precedes(read)) {
                newest = newer(newest, byEnd.get(over++));
            }
            if (newest != null && seen.isOlderThan(Objects.requireNonNull(newest.version()))) {
                return new Violation(ReadsNeverGoBack.class, key.key(), "a read saw an older version than one before it", newest, read);
            }
        }
        return null;
    }

    private static Operation newer(@Nullable Operation one, Operation other) {
        return one != null
                        && Objects.requireNonNull(other.version()).isOlderThan(Objects.requireNonNull(one.version()))
                ? one
                : other;
    }

    private static @Nullable Violation byValue(KeyHistory key, List<Operation> reads) {
        for (Operation last : reads) {
            String value = last.result();
            Operation writer = value == null ? null : key.writerOf(value);
            if (value == null && !cameFromTheBeginning(key, last)) {
                continue;
            }
            if (value != null && (writer == null || !writer.isOk())) {
                continue;
            }
            for (Operation between : reads) {
                if (between.precedes(last)
                        && !Objects.equals(between.result(), value)
                        && (writer == null || (writer.precedes(between) && between.quorum().meets(writer.quorum())))
                        && !(between.result() == null && key.hasEndings())) {
                    return writer == null
                            ? new Violation(ReadsNeverGoBack.class, key.key(), "a value was read, then nothing again", between, last)
                            : new Violation(
                                    ReadsNeverGoBack.class, key.key(), "a value came back after it had been read over", writer, between, last);
                }
            }
        }
        return null;
    }

    /** Whether to have seen nothing can only mean to have seen the key as it was before any change. */
    private static boolean cameFromTheBeginning(KeyHistory key, Operation read) {
        return !key.hasEndings() && key.deletesBegunBy(read.returnedAt()).isEmpty();
    }
}
