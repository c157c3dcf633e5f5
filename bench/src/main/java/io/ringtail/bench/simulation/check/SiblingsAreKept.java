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
 *   <li>What has an end stays until then by every clock: of ends that were set one after the other, and of those that were set without knowing of each other, the later holds. Then it is gone.
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
        if (violation == null) {
            violation = outlived(read);
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
                    && !isSuperseded(write, read)
                    && !mayHaveEnded(write, read)) {
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
                if (writer != null
                        && isKept
                        && !read.siblings().contains(value)
                        && !isSuperseded(writer, read)
                        && !mayHaveEnded(writer, read)) {
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

    private boolean maySupersede(Operation by, Operation write) {
        List<String> seen = by.request().seen();
        if (seen == null) {
            return !by.precedes(write);
        }
        // A reader to whom it had ended was not shown it, and has seen it.
        return seen.contains(write.request().value()) || mayHaveBeenSeenEnded(write, by);
    }

    /** Whether an end of {@code write} had come by some clock when {@code by} was over, whoever put it off later. */
    private boolean mayHaveBeenSeenEnded(Operation write, Operation by) {
        return hasCome(write, by)
                || key.siblingExpiries().stream()
                        .anyMatch(expiry -> hasCome(expiry, by) && !expiry.precedes(write) && expiry.invokedAt() < by.returnedAt());
    }

    /** Whether some end that was set of {@code write} by then may have come, and may hold. */
    private boolean mayHaveEnded(Operation write, Operation read) {
        if (hasCome(write, read) && !isPutOff(write, write, read)) {
            return true;
        }
        for (Operation expiry : key.siblingExpiries()) {
            // What an expiry tells that it has found is no more than there was: others may have come meanwhile.
            if (hasCome(expiry, read) && !expiry.precedes(write) && expiry.invokedAt() < read.returnedAt() && !isPutOff(write, expiry, read)) {
                return true;
            }
        }
        return false;
    }

    /** By the clock of some node. */
    private static boolean hasCome(Operation ending, Operation read) {
        long end = ending.request().expireAtMillis();
        return end != 0 && end <= read.wallHighMillis();
    }

    /** Whether a later end was set after {@code ending} was: it holds, whether or not whoever set it knew of the earlier one. */
    private boolean isPutOff(Operation write, Operation ending, Operation read) {
        for (Operation expiry : key.siblingExpiries()) {
            if (expiry.isOk()
                    && expiry.siblings().contains(write.request().value())
                    && !hasCome(expiry, read)
                    && (ending == write || ending.precedes(expiry))
                    && expiry.precedes(read)
                    && meets(read, expiry)) {
                return true;
            }
        }
        return false;
    }

    /** What ends when its writer said, since nobody has said otherwise, is there no more by the clock of the node that was asked. */
    private @Nullable Violation outlived(Operation read) {
        for (String value : read.siblings()) {
            Operation writer = key.writerOf(value);
            if (writer != null && hasSurelyEnded(writer, read)) {
                return violation("a read found what had ended", writer, read);
            }
        }
        return null;
    }

    private boolean hasSurelyEnded(Operation write, Operation read) {
        long end = write.request().expireAtMillis();
        return end != 0
                && end <= read.wallLowMillis()
                && key.siblingExpiries().stream().noneMatch(expiry -> mayHavePutOff(write, expiry, read));
    }

    /** An expiry that must have met a write, and tells nothing of it, has found it ended. */
    private static boolean mayHavePutOff(Operation write, Operation expiry, Operation read) {
        boolean foundItEnded = expiry.isOk()
                && write.isOk()
                && write.precedes(expiry)
                && expiry.mustMeet(write)
                && !expiry.siblings().contains(write.request().value());
        return expiry.invokedAt() < read.returnedAt() && !expiry.precedes(write) && !foundItEnded;
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
