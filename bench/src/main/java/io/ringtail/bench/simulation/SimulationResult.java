package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.History;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.Violation;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * How a run went. Immutable, its history aside, which nobody writes any more.
 *
 * @param traceHash equal for equal runs
 */
public record SimulationResult(
        long seed,
        int nodes,
        History history,
        List<Fault> faults,
        List<Violation> violations,
        long events,
        long traceHash) {
    private static final int VIOLATIONS_SHOWN = 5;
    private static final int OPERATIONS_SHOWN = 60;

    public boolean isGood() {
        return violations.isEmpty();
    }

    /** What went wrong, for people: the verdicts, the faults, and what was done to the keys in question around what shows it. */
    public String report() {
        StringBuilder text = new StringBuilder(4096);
        text.append("seed ").append(seed).append(", ").append(nodes).append(" nodes, ");
        text.append(history.operations().size()).append(" operations, ").append(faults.size()).append(" faults: ");
        text.append(violations.size()).append(violations.size() == 1 ? " violation" : " violations").append('\n');
        violations.stream().limit(VIOLATIONS_SHOWN).forEach(violation -> text.append(violation).append('\n'));
        text.append("faults:\n");
        faults.forEach(fault -> text.append("    ").append(fault).append('\n'));
        Set<String> shown = new LinkedHashSet<>();
        for (Violation violation : violations) {
            if (!violation.evidence().isEmpty() && shown.size() < 2 && shown.add(violation.subject())) {
                appendHistory(text, violation);
            }
        }
        return text.toString();
    }

    private void appendHistory(StringBuilder text, Violation violation) {
        List<Operation> ofKey = history.operations().stream()
                .filter(operation -> operation.key().equals(violation.subject()))
                .toList();
        int last = ofKey.indexOf(violation.evidence().getLast());
        int end = Math.min(ofKey.size(), last + OPERATIONS_SHOWN / 4);
        text.append("history of ").append(violation.subject()).append(":\n");
        for (Operation operation : ofKey.subList(Math.max(0, end - OPERATIONS_SHOWN), end)) {
            text.append(violation.evidence().contains(operation) ? "  * " : "    ").append(operation).append('\n');
        }
    }
}
