package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Proves that when everybody can be reached again every hint finds its way: no node keeps one. */
public final class HintsDrained {
    private HintsDrained() {}

    /** @param hints how many each node keeps */
    public static List<Violation> check(Map<Integer, Long> hints) {
        List<Violation> violations = new ArrayList<>();
        hints.forEach((node, count) -> {
            if (count != 0) {
                violations.add(new Violation(HintsDrained.class, "n" + node, count + " hints are left"));
            }
        });
        return violations;
    }
}
