package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.DatacenterRing;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.cluster.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The preference lists of all partitions by one state of owners, those of now or those to be: on the ring of all members, and on each data center's. Confined to one call of {@link Ring#of}. */
final class Preferences {
    private static final int[] NOBODY = new int[0];

    private final int[][] ofAll;
    private final Map<String, int[][]> byDatacenter = new HashMap<>();

    Preferences(Topology topology, int[] owners, List<DatacenterRing> rings) {
        ofAll = new PreferenceSweep(topology, owners).preferences();
        for (DatacenterRing ring : rings) {
            byDatacenter.put(ring.datacenter(), new PreferenceSweep(topology, ring.ownersIn(topology)).preferences());
        }
    }

    /** By partition. */
    int[][] ofAll() {
        return ofAll;
    }

    ReplicaSet.Listed list(Replication replication, int partition) {
        if (!replication.isPerDatacenter()) {
            int[] preference = ofAll[partition];
            return new ReplicaSet.Listed(preference, Math.min(replication.count(), preference.length));
        }
        List<Replication.Share> shares = replication.shares();
        List<int[]> lists = new ArrayList<>();
        int[] counts = new int[shares.size()];
        int[] joined = new int[Ring.MAX_PREFERENCE];
        int replicas = 0;
        for (int i = 0; i < shares.size(); i++) {
            Replication.Share share = shares.get((i + partition) % shares.size());
            int[][] partitionsOfIt = byDatacenter.get(share.datacenter());
            int[] list = partitionsOfIt == null ? NOBODY : partitionsOfIt[partition];
            lists.add(list);
            counts[i] = Math.min(share.count(), list.length);
            System.arraycopy(list, 0, joined, replicas, counts[i]);
            replicas += counts[i];
        }
        int size = replicas;
        for (int i = 0; i < counts.length; i++) {
            int more = Math.min(lists.get(i).length - counts[i], joined.length - size);
            System.arraycopy(lists.get(i), counts[i], joined, size, more);
            size += more;
        }
        return new ReplicaSet.Listed(Arrays.copyOf(joined, size), replicas);
    }
}
