package io.ringtail.bench.simulation.check;

import io.ringtail.bench.simulation.check.Operation.Outcome;
import io.ringtail.bench.simulation.check.Operation.Request;
import java.util.ArrayList;
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

    /** The operations of each key. */
    public Map<String, KeyHistory> byKey() {
        Map<String, List<Operation>> grouped = new TreeMap<>();
        for (Operation operation : operations) {
            grouped.computeIfAbsent(operation.key(), unused -> new ArrayList<>()).add(operation);
        }
        Map<String, KeyHistory> byKey = new TreeMap<>();
        grouped.forEach((key, ofKey) -> byKey.put(key, new KeyHistory(key, ofKey)));
        return byKey;
    }
}
