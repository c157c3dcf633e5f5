package io.ringtail.cluster.quorum;

import io.ringtail.cluster.flaw.Flaw;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Limits of a coordinator. Immutable.
 *
 * @param writeTimeoutMillis after which a write's outcome is unknown
 * @param readTimeoutMillis after which a read is given up
 * @param maxPendingBytes of writes that wait for replicas, per loop; beyond, writes are refused
 * @param flaws planted to prove that checkers find them; empty but in a simulation
 */
public record QuorumOptions(int writeTimeoutMillis, int readTimeoutMillis, long maxPendingBytes, Set<Flaw> flaws) {
    public static final QuorumOptions DEFAULT = new QuorumOptions(2000, 2000, 256L << 20, Set.of());

    public QuorumOptions {
        // Asked for with each key: a look at one bit.
        EnumSet<Flaw> planted = EnumSet.noneOf(Flaw.class);
        planted.addAll(flaws);
        flaws = Collections.unmodifiableSet(planted);
    }

    public QuorumOptions withFlaws(Set<Flaw> planted) {
        return new QuorumOptions(writeTimeoutMillis, readTimeoutMillis, maxPendingBytes, planted);
    }
}
