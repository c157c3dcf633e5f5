package io.ringtail.cluster.coordinator;

/**
 * A command that writes cannot go on now: the ring is another than when it began, or is about to be. Nothing has been written: it is begun again in a moment. Without a
 * stack trace and always the same: it is a turn in the road, not a failure.
 */
public final class RingChangedException extends RuntimeException {
    public static final RingChangedException INSTANCE = new RingChangedException();

    private RingChangedException() {
        super("CLUSTERDOWN the cluster is letting nodes in and its partitions change owners, try again", null, false, false);
    }
}
