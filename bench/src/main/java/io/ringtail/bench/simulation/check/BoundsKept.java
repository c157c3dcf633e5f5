package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Proves that nothing that has a bound ever exceeded it: remembers the worst that was seen of each bound at each node. Confined to one thread. */
public final class BoundsKept {
    private final Map<String, Gauge> worst = new TreeMap<>();

    /** Looks at what a node counts now. */
    public void observe(int node, List<Gauge> gauges) {
        for (Gauge gauge : gauges) {
            worst.merge("n" + node + " " + gauge.name(), gauge, (old, seen) -> excess(seen) > excess(old) ? seen : old);
        }
    }

    private static double excess(Gauge gauge) {
        return (double) gauge.value() - gauge.limit();
    }

    public List<Violation> check() {
        List<Violation> violations = new ArrayList<>();
        worst.forEach((subject, gauge) -> {
            if (gauge.value() > gauge.limit()) {
                violations.add(new Violation(BoundsKept.class, subject, gauge.value() + ", the limit is " + gauge.limit()));
            }
        });
        return violations;
    }
}
