package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Kind;
import io.ringtail.bench.simulation.check.Operation.Outcome;
import io.ringtail.bench.simulation.check.Operation.Request;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything clients asked for and were told, in the order in which it happened: invoking and returning each take the next position, so that even what happens at one
 * moment of a simulated clock has an order.
 *
 * <p>Written by simulated clients, read by checkers. Confined to one thread.
 */
public final class History {
    private final List<Operation> operations = new ArrayList<>();
    private long nextPosition;

    /** Begins an operation. */
    public Operation invoke(Request request, long nowNanos) {
        Operation operation = new Operation(operations.size(), request, nextPosition++, nowNanos);
        operations.add(operation);
        return operation;
    }

    /**
     * Ends one.
     *
     * @param result what was read or counted to
     * @param remark for people
     */
    public void complete(
            Operation operation,
            Outcome outcome,
            @Nullable String result,
            @Nullable Version version,
            String remark,
            long nowNanos) {
        operation.complete(outcome, result, version, remark, nextPosition++, nowNanos);
    }

    /** In the order in which they were invoked. */
    public List<Operation> operations() {
        return operations;
    }

    /** The operations of each key, among them every clearing of all, as a delete at the level that the key's replicas had to be cleared at: a majority. */
    public Map<String, KeyHistory> byKey() {
        Map<String, List<Operation>> grouped = new TreeMap<>();
        List<Operation> clearings = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.kind() == Kind.CLEAR) {
                clearings.add(operation);
            } else {
                grouped.computeIfAbsent(operation.key(), unused -> new ArrayList<>()).add(operation);
            }
        }
        Map<String, KeyHistory> byKey = new TreeMap<>();
        grouped.forEach((key, ofKey) -> {
            if (!clearings.isEmpty()) {
                Quorum any = ofKey.getFirst().quorum();
                Quorum majority = new Quorum(any.replicas(), any.replicas() / 2 + 1, any.strict());
                clearings.forEach(clearing -> ofKey.add(clearing.asDeleteOf(key, majority)));
                ofKey.sort(Comparator.comparingInt(Operation::id));
            }
            byKey.put(key, new KeyHistory(key, ofKey));
        });
        return byKey;
    }

    /** Whether everything was ever to be deleted at once. */
    public boolean hasClearings() {
        return operations.stream().anyMatch(operation -> operation.kind() == Kind.CLEAR);
    }
}
