package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;

/**
 * How far a node's books are closed, and how far it holds all that other replicas hold; what the words mean is {@code cluster.settle}'s. Immutable.
 *
 * @param closed a hybrid time; 0 is never, as with the next
 * @param whole a hybrid time
 * @param wholeEpoch of the topology that {@code whole} was found by
 * @param cleanEpoch of the last topology by which it held nothing of the partitions that it was going to be given; 0 when there was none
 */
public record Settled(long closed, long whole, long wholeEpoch, long cleanEpoch) {
    public static final Settled NOTHING = new Settled(0, 0, 0, 0);

    /** Bytes it takes at most. */
    static final int SIZE_LIMIT = 4 * Numbers.SIZE_LIMIT;

    void write(MessageWriter out) {
        Numbers.write(out, closed);
        Numbers.write(out, whole);
        Numbers.write(out, wholeEpoch);
        Numbers.write(out, cleanEpoch);
    }

    /** @throws io.ringtail.cluster.message.MalformedMessageException when it is anything else than what {@link #write} wrote */
    static Settled read(MessageReader in) {
        return new Settled(Numbers.read(in), Numbers.read(in), Numbers.read(in), Numbers.read(in));
    }

    public Settled withClean(long epoch) {
        return new Settled(closed, whole, wholeEpoch, epoch);
    }

    public Settled {
        if ((closed | whole | wholeEpoch | cleanEpoch) < 0) {
            throw new IllegalArgumentException("one of " + closed + ", " + whole + ", " + wholeEpoch + ", " + cleanEpoch + " is negative");
        }
    }
}
