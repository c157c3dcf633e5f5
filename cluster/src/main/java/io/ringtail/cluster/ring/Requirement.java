package io.ringtail.cluster.ring;

import java.util.Arrays;

/**
 * How many of a key's replicas have to take part: so many of all, or so many of those in each of some data centers, every one of which has to be met. Immutable; worked out
 * with the {@link Ring}, so that a request only looks it up.
 */
public final class Requirement {
    /** In the place of a data center: wherever they are. */
    public static final int ANYWHERE = -1;

    private static final int MOST_REPLICAS = Ring.MAX_PREFERENCE;
    /** The largest number a level may ask for, and as many more as it may be enlarged by. */
    private static final int MOST_NEEDED = 99 + MOST_REPLICAS;

    private static final Requirement[][] OF_ALL = new Requirement[MOST_REPLICAS + 1][MOST_NEEDED + 1];

    static {
        for (int replicas = 0; replicas <= MOST_REPLICAS; replicas++) {
            for (int needed = 0; needed <= MOST_NEEDED; needed++) {
                OF_ALL[replicas][needed] = new Requirement(new int[] {ANYWHERE}, new int[] {needed}, new int[] {replicas});
            }
        }
    }

    private final int[] datacenters;
    private final int[] needed;
    private final int[] replicas;
    private final int neededInAll;
    private final int replicasInAll;

    /**
     * @param datacenters by their indexes in the ring, or {@link #ANYWHERE} alone
     * @param needed how many in each
     * @param replicas how many there are in each
     */
    Requirement(int[] datacenters, int[] needed, int[] replicas) {
        this.datacenters = datacenters;
        this.needed = needed;
        this.replicas = replicas;
        this.neededInAll = Arrays.stream(needed).sum();
        this.replicasInAll = Arrays.stream(replicas).sum();
    }

    /** So many of all replicas. */
    public static Requirement ofAll(int replicas, int needed) {
        return OF_ALL[replicas][needed];
    }

    /** How many parts it has; most often one. */
    public int parts() {
        return datacenters.length;
    }

    /** The data center of a part, by its index in the ring; {@link #ANYWHERE} for all replicas. */
    public int datacenter(int part) {
        return datacenters[part];
    }

    /** How many have to take part of those that a part is about; may be more than there are. */
    public int needed(int part) {
        return needed[part];
    }

    /** How many replicas a part is about. */
    public int replicas(int part) {
        return replicas[part];
    }

    /** How many have to take part in all. */
    public int needed() {
        return neededInAll;
    }

    /** How many replicas it is about in all. */
    public int replicas() {
        return replicasInAll;
    }

    /** Whether it is about all replicas, wherever they are. */
    public boolean isAnywhere() {
        return datacenters[0] == ANYWHERE;
    }

    /** The part that is about a data center; -1 when there is none. */
    public int partOf(int datacenter) {
        for (int part = 0; part < datacenters.length; part++) {
            if (datacenters[part] == datacenter || datacenters[part] == ANYWHERE) {
                return part;
            }
        }
        return -1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Requirement that
                && Arrays.equals(datacenters, that.datacenters)
                && Arrays.equals(needed, that.needed)
                && Arrays.equals(replicas, that.replicas);
    }

    @Override
    public int hashCode() {
        return (Arrays.hashCode(datacenters) * 31 + Arrays.hashCode(needed)) * 31 + Arrays.hashCode(replicas);
    }

    @Override
    public String toString() {
        return "Requirement[" + Arrays.toString(needed) + " of " + Arrays.toString(replicas) + " in " + Arrays.toString(datacenters) + "]";
    }
}
