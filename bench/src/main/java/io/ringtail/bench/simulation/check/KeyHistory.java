package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The operations of one key, sorted by what checkers ask of them. Operations that were refused are left out but for {@link #writerOf}: they did not happen.
 *
 * <p>Immutable, once its operations are complete.
 */
public final class KeyHistory {
    private final String key;
    /** Reads that were answered, in the order of their beginnings. */
    private final List<Operation> reads = new ArrayList<>();
    /** Writes and deletes, acknowledged and of unknown outcome. */
    private final List<Operation> changes = new ArrayList<>();

    private final List<Operation> acknowledged = new ArrayList<>();
    /** Whatever sets an end: writes with one, and expiries. */
    private final List<Operation> endings = new ArrayList<>();

    private final List<Operation> increments = new ArrayList<>();
    private final List<Operation> siblingReads = new ArrayList<>();
    private final List<Operation> siblingWrites = new ArrayList<>();
    private final List<Operation> siblingExpiries = new ArrayList<>();
    private final List<Operation> counts = new ArrayList<>();
    private final Map<String, Operation> writers = new HashMap<>();

    KeyHistory(String key, List<Operation> operations) {
        this.key = key;
        for (Operation operation : operations) {
            String written = operation.request().value();
            if (written != null && writers.put(written, operation) != null) {
                throw new IllegalArgumentException("value " + written + " of " + key + " is written twice");
            }
            if (operation.outcome() != Outcome.REFUSED) {
                sort(operation);
            }
        }
    }

    private void sort(Operation operation) {
        switch (operation.kind()) {
            case READ -> addIfOk(operation, reads);
            case READ_SIBLINGS, READ_SET -> addIfOk(operation, siblingReads);
            case WRITE_SIBLING -> siblingWrites.add(operation);
            case EXPIRE_SIBLINGS -> siblingExpiries.add(operation);
            case COUNT -> counts.add(operation);
            case INCREMENT -> increments.add(operation);
            case WRITE, DELETE, EXPIRE, CLEAR -> sortChange(operation);
        }
    }

    private static void addIfOk(Operation operation, List<Operation> to) {
        if (operation.isOk()) {
            to.add(operation);
        }
    }

    private void sortChange(Operation operation) {
        if (operation.request().expireAtMillis() != 0) {
            endings.add(operation);
        }
        if (operation.kind().setsValue()) {
            changes.add(operation);
            addIfOk(operation, acknowledged);
        }
    }

    public String key() {
        return key;
    }

    public List<Operation> reads() {
        return reads;
    }

    public List<Operation> changes() {
        return changes;
    }

    public List<Operation> acknowledged() {
        return acknowledged;
    }

    public List<Operation> increments() {
        return increments;
    }

    /** Reads of all siblings, or all members of a set, that were answered, in the order of their beginnings. */
    public List<Operation> siblingReads() {
        return siblingReads;
    }

    /** Writes and deletes of siblings or members, and deletes of a counter that merges, acknowledged and of unknown outcome. */
    public List<Operation> siblingWrites() {
        return siblingWrites;
    }

    /** Whatever sets when siblings end that are there, likewise. */
    public List<Operation> siblingExpiries() {
        return siblingExpiries;
    }

    /** Increments of a counter that merges, likewise. */
    public List<Operation> counts() {
        return counts;
    }

    /** Who wrote, or wanted to write, a value; null when nobody did. */
    public @Nullable Operation writerOf(String value) {
        return writers.get(value);
    }

    /** Deletes that can have taken effect by {@code position}, of counters that merge, too. */
    List<Operation> deletesBegunBy(long position) {
        List<Operation> found = new ArrayList<>();
        for (Operation change : siblingWrites) {
            if (change.request().value() == null && change.invokedAt() < position) {
                found.add(change);
            }
        }
        for (Operation change : changes) {
            if (change.kind() == Kind.DELETE && change.invokedAt() < position) {
                found.add(change);
            }
        }
        return found;
    }

    /**
     * An acknowledged change that came after {@code change} and was over by {@code position}; null when there is none, or their quorums need not meet. Without a
     * {@code change}, any at all: what came before all changes is older than each.
     *
     * @param isMet whether whoever looks must have met a change
     */
    @Nullable Operation laterChange(@Nullable Operation change, long position, Predicate<Operation> isMet) {
        for (Operation later : acknowledged) {
            if (later.returnedAt() < position
                    && isMet.test(later)
                    && (change == null || (change.precedes(later) && change.quorum().meets(later.quorum())))) {
                return later;
            }
        }
        return null;
    }

    boolean hasEndings() {
        return !endings.isEmpty();
    }

    /** Whether something that ends may have ended by the clock of some node, for somebody who began to look at {@code position} and saw {@code highestMillis} at most. */
    boolean mayHaveEnded(long position, long highestMillis) {
        for (Operation ending : endings) {
            if (ending.invokedAt() < position && ending.request().expireAtMillis() <= highestMillis) {
                return true;
            }
        }
        return false;
    }

    /** Whether only writes of values set ends, so that a value's end is known from its writer alone. */
    boolean endsOnlyByWrites() {
        return endings.stream().allMatch(ending -> ending.kind() == Kind.WRITE);
    }
}
