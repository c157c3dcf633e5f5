package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Proves of keys that keep siblings what their writers rely on.
 *
 * <ul>
 *   <li>No write is lost that nobody has seen and superseded: whoever reads after it was acknowledged finds it, or somebody wrote meanwhile who had seen it, or who said nothing of what he had seen and was not over
 *       when it began.
 *   <li>What has been read stays until somebody supersedes it, whether it was acknowledged or not.
 *   <li>There are no more siblings than writes that had not seen each other: beside a write nobody finds what its writer had seen, nor what was acknowledged before it began when its writer said nothing.
 *   <li>What has been superseded does not come back.
 *   <li>Nobody finds what nobody wrote.
 * </ul>
 *
 * Sets are held to the same, member by member, but that what was read of one while its outcome was unknown may be gone again. It knows neither dots nor vectors: what a writer had seen is what its client had been shown.
 */
public final class SiblingsAreKept {
    private final KeyHistory key;
    private final Set<Operation> last;

    private SiblingsAreKept(KeyHistory key, Set<Operation> last) {
        this.key = key;
        this.last = last;
    }

    /** @param state whose last reads have found what hints and repair have brought together: they meet what was written to replicas' stand-ins, too */
    public static List<Violation> check(History history, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            SiblingsAreKept of = new SiblingsAreKept(key, new HashSet<>(state.lastReads()));
            for (Operation read : key.siblingReads()) {
                Violation violation = of.of(read);
                if (violation != null) {
                    violations.add(violation);
                    break;
                }
            }
        }
        return violations;
    }

    private @Nullable Violation of(Operation read) {
        Violation violation = invented(read);
        if (violation == null) {
            violation = lost(read);
        }
        if (violation == null) {
            violation = goneBack(read);
        }
        if (violation == null) {
            violation = tooMany(read);
        }
        return violation == null ? returned(read) : violation;
    }

    private boolean meets(Operation reader, Operation change) {
        return last.contains(reader) ? reader.quorum().meetsAfterwards(change.quorum()) : reader.mustMeet(change);
    }

    private @Nullable Violation invented(Operation read) {
        if (new HashSet<>(read.siblings()).size() < read.siblings().size()) {
            return violation("a read found a sibling twice", read);
        }
        for (String value : read.siblings()) {
            Operation writer = key.writerOf(value);
            if (writer == null || writer.outcome() == Outcome.REFUSED || read.returnedAt() < writer.invokedAt()) {
                return violation("a read found what nobody had written", read);
            }
        }
        return null;
    }

    private @Nullable Violation lost(Operation read) {
        for (Operation write : key.siblingWrites()) {
            String value = write.request().value();
            if (value != null
                    && write.isOk()
                    && write.precedes(read)
                    && meets(read, write)
                    && !read.siblings().contains(value)
                    && !isSuperseded(write, read)) {
                return violation("a write is gone that nobody had seen and superseded", write, read);
            }
        }
        return null;
    }

    private @Nullable Violation goneBack(Operation read) {
        for (Operation earlier : key.siblingReads()) {
            if (!earlier.precedes(read) || !meets(read, earlier)) {
                continue;
            }
            for (String value : earlier.siblings()) {
                Operation writer = key.writerOf(value);
                // A walk over a set does not make more replicas hold what it has found.
                boolean isKept = writer != null && (read.kind() != Operation.Kind.READ_SET || writer.isOk());
                if (writer != null && isKept && !read.siblings().contains(value) && !isSuperseded(writer, read)) {
                    return violation("what one read found the next does not, though nobody has superseded it", writer, earlier, read);
                }
            }
        }
        return null;
    }

    /** Whether somebody who was there by then may have taken the place of {@code write}. */
    private boolean isSuperseded(Operation write, Operation read) {
        for (Operation by : key.siblingWrites()) {
            if (by != write && by.invokedAt() < read.returnedAt() && maySupersede(by, write)) {
                return true;
            }
        }
        return false;
    }

    private static boolean maySupersede(Operation by, Operation write) {
        List<String> seen = by.request().seen();
        return seen == null ? !by.precedes(write) : seen.contains(write.request().value());
    }

    private @Nullable Violation tooMany(Operation read) {
        for (String value : read.siblings()) {
            Operation writer = key.writerOf(value);
            List<String> seen = writer == null ? null : writer.request().seen();
            for (String other : read.siblings()) {
                Operation before = key.writerOf(other);
                if (writer == null || before == null) {
                    continue;
                }
                boolean hadSeen = seen == null
                        ? before.isOk() && before.precedes(writer) && writer.mustMeet(before)
                        : seen.contains(other);
                if (hadSeen) {
                    return violation("a write stands beside what its writer had seen", before, writer, read);
                }
            }
        }
        return null;
    }

    private @Nullable Violation returned(Operation read) {
        Predicate<Operation> isOver = write -> write.isOk() && write.precedes(read) && meets(read, write);
        for (Operation write : key.siblingWrites()) {
            if (!isOver.test(write)) {
                continue;
            }
            List<String> seen = write.request().seen();
            for (String value : read.siblings()) {
                Operation before = key.writerOf(value);
                boolean wasSeen = seen == null
                        ? before != null && before != write && before.isOk() && before.precedes(write) && write.mustMeet(before)
                        : seen.contains(value);
                if (wasSeen) {
                    return violation("a read found what had been superseded before it began", write, read);
                }
            }
        }
        return null;
    }

    private Violation violation(String what, Operation... evidence) {
        return new Violation(SiblingsAreKept.class, key.key(), what, evidence);
    }
}
