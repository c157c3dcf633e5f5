package io.ringtail.cluster.gossip;

/**
 * How far a node's books are closed, and how far it holds all that other replicas hold; what the words mean is {@code cluster.settle}'s. Immutable.
 *
 * @param closed a hybrid time; 0 is never, as with the next
 * @param whole a hybrid time
 * @param wholeEpoch of the topology that {@code whole} was found by
 */
public record Settled(long closed, long whole, long wholeEpoch) {
    public static final Settled NOTHING = new Settled(0, 0, 0);

    public Settled {
        if ((closed | whole | wholeEpoch) < 0) {
            throw new IllegalArgumentException("one of " + closed + ", " + whole + ", " + wholeEpoch + " is negative");
        }
    }
}
