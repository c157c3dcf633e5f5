package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Replication;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * With whom a member shares what, by one ring: for each partition and each other member that keys of it have for a replica as well. Pure.
 *
 * <p>Of a partition two members share the keys that have more replicas than either's place in the preference list. Where a keyspace counts
 * replicas by data center two replicas share all of it. Partitions that are shared alike with one member are one
 * job, up to {@value #PARTITIONS_MAX} of them: while all is equal that is one message for all.
 */
final class RepairJobs {
    static final int PARTITIONS_MAX = 16;

    /** @param share which keys are shared, as {@link KeyClasses} says */
    record Job(long memberId, int share, List<Integer> partitions) {
        List<TreeNode> nodes(Ring ring) {
            int depth = Integer.numberOfTrailingZeros(ring.topology().partitions());
            return partitions.stream().map(partition -> new TreeNode(ring.firstToken(partition), depth)).toList();
        }
    }

    private record Shared(long memberId, int share) {}

    private RepairJobs() {}

    /** The jobs of all partitions, ordered by member. */
    static List<Job> of(Ring ring, long selfId) {
        List<Job> jobs = new ArrayList<>();
        for (int partition = 0; partition < ring.topology().partitions(); partition++) {
            jobs.addAll(of(ring, selfId, partition));
        }
        Map<Long, Map<Integer, List<Integer>>> shared = new TreeMap<>();
        for (Job job : jobs) {
            shared.computeIfAbsent(job.memberId, unused -> new TreeMap<>())
                    .computeIfAbsent(job.share, unused -> new ArrayList<>())
                    .addAll(job.partitions);
        }
        List<Job> joined = new ArrayList<>();
        shared.forEach((memberId, byShare) -> byShare.forEach((share, partitions) -> {
            for (int from = 0; from < partitions.size(); from += PARTITIONS_MAX) {
                int to = Math.min(partitions.size(), from + PARTITIONS_MAX);
                joined.add(new Job(memberId, share, List.copyOf(partitions.subList(from, to))));
            }
        }));
        return joined;
    }

    /** The jobs of one partition. */
    static List<Job> of(Ring ring, long selfId, int partition) {
        List<Job> jobs = new ArrayList<>();
        int[] preference = ring.preferenceOf(partition);
        int replicas = Math.min(mostReplicas(ring), preference.length);
        int self = placeOf(ring, preference, replicas, selfId);
        for (int i = 0; self >= 0 && i < replicas; i++) {
            if (i != self) {
                jobs.add(job(ring, preference[i], KeyClasses.ofFactor(Math.max(i, self) + 1), partition));
            }
        }
        List<Replication> byDatacenter = KeyClasses.byDatacenter(ring);
        for (int index = 0; index < byDatacenter.size(); index++) {
            ReplicaSet set = ring.replicasOf(byDatacenter.get(index), partition);
            if (placeOf(ring, set.preference(), set.countBefore(), selfId) < 0) {
                continue;
            }
            for (int i = 0; i < set.countBefore(); i++) {
                if (ring.topology().members().get(set.preference()[i]).id() != selfId) {
                    jobs.add(job(ring, set.preference()[i], KeyClasses.ofDatacenters(index), partition));
                }
            }
        }
        return jobs;
    }

    private static Job job(Ring ring, int member, int share, int partition) {
        return new Job(ring.topology().members().get(member).id(), share, List.of(partition));
    }

    private static int placeOf(Ring ring, int[] preference, int replicas, long memberId) {
        for (int i = 0; i < replicas; i++) {
            if (ring.topology().members().get(preference[i]).id() == memberId) {
                return i;
            }
        }
        return -1;
    }

    /** Of keyspaces whose replicas are counted in all. */
    private static int mostReplicas(Ring ring) {
        return ring.topology().keyspaces().stream()
                .map(Keyspace::replication)
                .filter(replication -> !replication.isPerDatacenter())
                .mapToInt(Replication::count)
                .max()
                .orElse(0);
    }
}
