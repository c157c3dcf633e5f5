package io.ringtail.cluster.gossip;

/**
 * How gossip is set. Immutable.
 *
 * @param periodMillis between two rounds of a node: 10 to 30,000
 * @param fanout how many members it talks to each round: 1 to {@value #MAX_FANOUT}
 * @param phiThreshold from which phi on a member is suspected: 8 means that a silence as long as this comes about by
 *     chance once in 10^8
 */
public record GossipOptions(long periodMillis, int fanout, double phiThreshold) {
    public static final int MAX_FANOUT = 16;
    public static final GossipOptions DEFAULT = new GossipOptions(200, 3, 8);

    public GossipOptions {
        if (periodMillis < 10 || periodMillis > 30_000) {
            throw new IllegalArgumentException("gossip period " + periodMillis + " ms, must be 10 to 30,000");
        }
        if (fanout < 1 || fanout > MAX_FANOUT) {
            throw new IllegalArgumentException("gossip fanout " + fanout + ", must be 1 to " + MAX_FANOUT);
        }
        if (!(phiThreshold >= 1 && phiThreshold <= 100)) {
            throw new IllegalArgumentException("phi threshold " + phiThreshold + ", must be 1 to 100");
        }
    }

    public GossipOptions withPeriodMillis(long millis) {
        return new GossipOptions(millis, fanout, phiThreshold);
    }

    public GossipOptions withPhiThreshold(double threshold) {
        return new GossipOptions(periodMillis, fanout, threshold);
    }
}
