package io.ringtail.cluster.settle;

/** What comparing replicas has to do with settling them. Safe for concurrent use. */
public interface Books {
    /** Through which time all members had closed their books, by the topology of this epoch; 0 when that is not known. */
    long closedByAll(long epoch);

    /**
     * This node has compared all that it holds with every other replica, and what it has been given is durable.
     *
     * @param epoch by whose topology
     * @param through what {@link #closedByAll} was when that began
     */
    void whole(long epoch, long through);
}
