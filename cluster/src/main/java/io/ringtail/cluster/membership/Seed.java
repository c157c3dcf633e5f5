package io.ringtail.cluster.membership;

/**
 * Where a member of the cluster to join may be found. Immutable.
 *
 * @param host as it was configured
 * @param port where other nodes connect
 */
public record Seed(String host, int port) {
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
