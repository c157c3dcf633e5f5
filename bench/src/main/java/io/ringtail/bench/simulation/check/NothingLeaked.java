package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Proves that once nobody asks for anything nothing of what was asked for is left in a node: no call that waits, no lock that is held, no session. */
public final class NothingLeaked {
    private NothingLeaked() {}

    /** @param leftovers what each node still has, by name */
    public static List<Violation> check(Map<Integer, Map<String, Long>> leftovers) {
        List<Violation> violations = new ArrayList<>();
        leftovers.forEach((node, counts) -> counts.forEach((name, count) -> {
            if (count != 0) {
                violations.add(new Violation(NothingLeaked.class, "n" + node, count + " " + name));
            }
        }));
        return violations;
    }
}
