package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import java.util.ArrayList;
import java.util.List;

/** Whether a coordinator could serve every key: what a node that has just started waits for. Pure. */
public final class QuorumsInReach {
    private QuorumsInReach() {}

    /**
     * Whether of each partition and strict keyspace so many replicas can be reached as its reads and its writes take; all of them where a level asks for more than there are.
     *
     * @param selfId the coordinator, which always reaches itself
     */
    public static boolean ofAllPartitions(Ring ring, long selfId, Reachability reachability) {
        List<Member> members = ring.topology().members();
        boolean[] reached = new boolean[members.size()];
        for (int i = 0; i < reached.length; i++) {
            long id = members.get(i).id();
            reached[i] = id == selfId || reachability.isReachable(id);
        }
        List<Keyspace> looked = new ArrayList<>();
        for (Keyspace keyspace : ring.topology().keyspaces()) {
            // A sloppy one is served by whoever can be reached; of those that are placed and served alike one is enough.
            if (keyspace.sloppy() || looked.stream().anyMatch(other -> isServedAlike(keyspace, other))) {
                continue;
            }
            looked.add(keyspace);
            for (int partition = 0; partition < ring.topology().partitions(); partition++) {
                if (!isServed(ring.replicasOf(keyspace, partition), keyspace, reached)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isServedAlike(Keyspace one, Keyspace other) {
        return one.replicationFactor() == other.replicationFactor()
                && one.readLevel().equals(other.readLevel())
                && one.writeLevel().equals(other.writeLevel());
    }

    private static boolean isServed(ReplicaSet replicas, Keyspace keyspace, boolean[] reached) {
        int needed = Math.max(replicas.required(keyspace.readLevel()), replicas.required(keyspace.writeLevel()));
        int inReach = 0;
        for (int i = 0; i < replicas.count(); i++) {
            inReach += reached[replicas.preference()[i]] ? 1 : 0;
        }
        return inReach >= Math.min(needed, replicas.count());
    }
}
