package io.ringtail.bench.simulation.check;

import java.util.List;

/**
 * A promise that was not kept. Immutable.
 *
 * @param checker the name of the promise
 * @param subject the key, node or bound it is about
 * @param what in words
 * @param evidence the operations that show it
 */
public record Violation(String checker, String subject, String what, List<Operation> evidence) {
    public Violation(Class<?> checker, String subject, String what, Operation... evidence) {
        this(checker.getSimpleName(), subject, what, List.of(evidence));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(checker).append(", ").append(subject).append(": ").append(what);
        evidence.forEach(operation -> text.append("\n    ").append(operation));
        return text.toString();
    }
}
