package io.ringtail.bench.simulation.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Proves that no two nodes ever took different topologies for one epoch, that no node went back, and that in the end all have the same. */
public final class RingAgreement {
    /**
     * A node has taken a topology for the present one. Immutable.
     *
     * @param life which of the node's lives: a new one begins with what it had stored
     * @param fingerprint equal for equal topologies only
     */
    public record Adoption(int node, int life, long epoch, String fingerprint) {}

    private RingAgreement() {}

    /**
     * @param adoptions of all nodes, in the order in which they happened
     * @param last what each node has in the end
     */
    public static List<Violation> check(List<Adoption> adoptions, List<Adoption> last) {
        List<Violation> violations = new ArrayList<>();
        Map<Long, Adoption> byEpoch = new HashMap<>();
        Map<Integer, Adoption> byNode = new HashMap<>();
        List<Adoption> all = new ArrayList<>(adoptions);
        all.addAll(last);
        for (Adoption adoption : all) {
            Adoption other = byEpoch.putIfAbsent(adoption.epoch, adoption);
            if (other != null && !other.fingerprint.equals(adoption.fingerprint)) {
                violations.add(violation(adoption.node, "two topologies of epoch " + adoption.epoch + ": " + other + ", " + adoption));
            }
            Adoption before = byNode.put(adoption.node, adoption);
            if (before != null && before.life == adoption.life && before.epoch > adoption.epoch) {
                violations.add(violation(adoption.node, "it went back from epoch " + before.epoch + " to " + adoption.epoch));
            }
        }
        if (last.stream().map(Adoption::epoch).distinct().count() > 1) {
            violations.add(new Violation(RingAgreement.class, "all nodes", "they ended at different epochs: " + last));
        }
        return violations;
    }

    private static Violation violation(int node, String what) {
        return new Violation(RingAgreement.class, "n" + node, what);
    }
}
