package io.ringtail.cluster.topology;

/**
 * One node as the topology knows it. Immutable.
 *
 * @param id of the node's store, 48 bits: the same as long as its data live
 * @param host that other nodes and clients reach it at
 * @param nodePort where other nodes connect
 * @param clientPort where clients connect
 * @param weight its share of the partitions, relative to the others'; 1 to {@value #MAX_WEIGHT}
 * @param rack what fails together with it; empty when nothing is known
 * @param datacenter what is near to it; empty is the one of all members that have been given none
 */
public record Member(long id, String host, int nodePort, int clientPort, int weight, String rack, String datacenter) {
    public static final int MAX_WEIGHT = 1000;
    public static final int MAX_NAME_SIZE = 255;

    public Member {
        if (id <= 0 || id >= 1L << 48) {
            throw new IllegalArgumentException("member id " + id + " is not of 48 bits");
        }
        if (host.isEmpty() || host.length() > MAX_NAME_SIZE || rack.length() > MAX_NAME_SIZE) {
            throw new IllegalArgumentException("host or rack of a length that is not 1 to " + MAX_NAME_SIZE);
        }
        if (!Replication.isDatacenterName(datacenter)) {
            throw new IllegalArgumentException("'" + datacenter + "' cannot be the name of a data center");
        }
        if (nodePort < 1 || nodePort > 65535 || clientPort < 1 || clientPort > 65535) {
            throw new IllegalArgumentException("ports " + nodePort + ", " + clientPort);
        }
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight " + weight + ", must be 1 to " + MAX_WEIGHT);
        }
    }

    /** One in the data center without a name. */
    public Member(long id, String host, int nodePort, int clientPort, int weight, String rack) {
        this(id, host, nodePort, clientPort, weight, rack, "");
    }

    public Member withWeight(int otherWeight) {
        return new Member(id, host, nodePort, clientPort, otherWeight, rack, datacenter);
    }

    public Member withRack(String otherRack) {
        return new Member(id, host, nodePort, clientPort, weight, otherRack, datacenter);
    }

    public Member withDatacenter(String otherDatacenter) {
        return new Member(id, host, nodePort, clientPort, weight, rack, otherDatacenter);
    }

    /** The id as logs and people write it. */
    public String name() {
        return String.format(java.util.Locale.ROOT, "%012x", id);
    }
}
