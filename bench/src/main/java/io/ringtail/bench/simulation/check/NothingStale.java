package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proves that no read returned anything older than what had been acknowledged before it began, wherever read and write quorums meet.
 *
 * <p>Older by version, where versions are told: the read saw a lesser one than was acknowledged. Older by the clock of the outside world, in any case: what it saw was
 * written by an operation that was over when another began, which in turn was acknowledged before the read began. Writes that overlap may come in either order; a
 * write of unknown outcome may take effect at any time after it began. A value may end early or late by as much as clocks differ.
 */
public final class NothingStale {
    private NothingStale() {}

    public static List<Violation> check(History history) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            for (Operation read : key.reads()) {
                Violation violation = byVersion(key, read);
                if (violation == null) {
                    violation = byTime(key, read);
                }
                if (violation != null) {
                    violations.add(violation);
                }
            }
        }
        return violations;
    }

    private static @Nullable Violation byVersion(KeyHistory key, Operation read) {
        Version seen = read.version();
        if (seen == null) {
            return null;
        }
        for (Operation change : key.acknowledged()) {
            Version acknowledged = change.version();
            if (acknowledged != null
                    && change.precedes(read)
                    && read.mustMeet(change)
                    && seen.isOlderThan(acknowledged)) {
                return new Violation(
                        NothingStale.class, key.key(), "a read saw an older version than was acknowledged before it", change, read);
            }
        }
        return null;
    }

    private static @Nullable Violation byTime(KeyHistory key, Operation read) {
        String result = read.result();
        if (result == null) {
            return ofNothing(key, read);
        }
        Operation writer = key.writerOf(result);
        if (writer == null) {
            return null; // invented: another's business
        }
        long ends = writer.request().expireAtMillis();
        if (ends != 0 && key.endsOnlyByWrites() && ends <= read.wallLowMillis()) {
            return new Violation(NothingStale.class, key.key(), "a read saw a value that had ended", writer, read);
        }
        Operation later = key.laterChange(writer, read.invokedAt(), read::mustMeet);
        return later == null
                ? null
                : new Violation(
                        NothingStale.class, key.key(), "a read saw a value older than one acknowledged before it", writer, later, read);
    }

    /** A read that saw nothing: right when nothing was there yet, when some delete can be the last word, or something can have ended. */
    private static @Nullable Violation ofNothing(KeyHistory key, Operation read) {
        Operation first = key.laterChange(null, read.invokedAt(), read::mustMeet);
        if (first == null || key.mayHaveEnded(read.returnedAt(), read.wallHighMillis())) {
            return null;
        }
        Operation later = first;
        for (Operation delete : key.deletesBegunBy(read.returnedAt())) {
            Operation afterDelete = key.laterChange(delete, read.invokedAt(), read::mustMeet);
            if (afterDelete == null) {
                return null;
            }
            later = afterDelete;
        }
        return new Violation(
                NothingStale.class, key.key(), "a read saw nothing, though a value had been acknowledged before it", later, read);
    }
}
