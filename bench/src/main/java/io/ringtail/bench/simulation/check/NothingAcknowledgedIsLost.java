package io.ringtail.bench.simulation.check;

import io.ringtail.cluster.replica.ReplicaData;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Proves that after all faults the replicas together still have every acknowledged write, or something that rightly came in its place: nothing that is left is older than
 * any acknowledged write, and nothing the last reads saw is older than one which they had to meet. A write that one replica has taken is only met by a read of all, if
 * its coordinator died before it told the others or kept a hint.
 *
 * <p>By version, where versions are told: this holds in sloppy keyspaces too. By time, where quorums meet: what is left was not over when an acknowledged write
 * began, and there is not nothing where there should be something.
 */
public final class NothingAcknowledgedIsLost {
    private NothingAcknowledgedIsLost() {}

    public static List<Violation> check(History history, FinalState state) {
        List<Violation> violations = new ArrayList<>();
        for (KeyHistory key : history.byKey().values()) {
            if (key.acknowledged().isEmpty()) {
                continue;
            }
            Held left = state.replicas().containsKey(key.key()) ? state.merged(key.key()) : null;
            if (state.replicas().containsKey(key.key())) {
                add(violations, left(key, left == null ? null : left.value(), version(left), state, null));
            }
            for (Operation read : state.lastReads()) {
                if (read.kind() == Operation.Kind.READ && read.key().equals(key.key())) {
                    add(violations, left(key, read.result(), read.version(), state, read));
                }
            }
        }
        return violations;
    }

    private static void add(List<Violation> violations, @Nullable Violation violation) {
        if (violation != null) {
            violations.add(violation);
        }
    }

    /** Not told when nothing is left, or a clearing is all that is: what was deleted may have been forgotten altogether. */
    private static @Nullable Version version(@Nullable Held left) {
        Version version = left == null ? null : left.version();
        return version != null && version.actor() == ReplicaData.FLOOR_ACTOR ? null : version;
    }

    private static @Nullable Violation left(
            KeyHistory key, @Nullable String value, @Nullable Version version, FinalState state, @Nullable Operation read) {
        boolean mayHaveEnded = value == null && key.mayHaveEnded(Operation.NEVER, state.highestWallMillis());
        if (mayHaveEnded) {
            return null;
        }
        Predicate<Operation> isMet = read == null ? any -> true : change -> read.quorum().meetsAfterwards(change.quorum());
        for (Operation change : key.acknowledged()) {
            Version acknowledged = change.version();
            if (version != null
                    && acknowledged != null
                    && version.isOlderThan(acknowledged)
                    && isMet.test(change)
                    && (read == null || change.precedes(read))) {
                return violation(key, "what is left, version " + version + ", is older than an acknowledged write", change, read);
            }
        }
        Operation lost = value == null ? lostToNothing(key, isMet) : lostTo(key, value, isMet);
        return lost == null
                ? null
                : violation(key, "what is left, " + (value == null ? "nothing" : value) + ", is no later than it", lost, read);
    }

    private static @Nullable Operation lostTo(KeyHistory key, String value, Predicate<Operation> isMet) {
        Operation writer = key.writerOf(value);
        return writer == null ? null : key.laterChange(writer, Operation.NEVER, isMet);
    }

    /** The write that should be there when nothing is; null when a delete may have been the last word. */
    private static @Nullable Operation lostToNothing(KeyHistory key, Predicate<Operation> isMet) {
        Operation lost = key.laterChange(null, Operation.NEVER, isMet);
        for (Operation delete : key.deletesBegunBy(Operation.NEVER)) {
            Operation later = key.laterChange(delete, Operation.NEVER, isMet);
            if (later == null) {
                return null;
            }
            lost = later;
        }
        return lost;
    }

    private static Violation violation(KeyHistory key, String what, Operation lost, @Nullable Operation read) {
        return read == null
                ? new Violation(NothingAcknowledgedIsLost.class, key.key(), what, lost)
                : new Violation(NothingAcknowledgedIsLost.class, key.key(), what, lost, read);
    }
}
