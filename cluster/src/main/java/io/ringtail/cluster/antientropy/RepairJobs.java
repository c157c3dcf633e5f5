package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * With whom a member shares what, by one ring: for each partition and each other member that keys of it have for a replica as well. Pure.
 *
 * <p>Of a partition two members share the keys that have more replicas than either's place in the preference list. Partitions that are shared alike with one member are one
 * job, up to {@value #PARTITIONS_MAX} of them: while all is equal that is one message for all.
 */
final class RepairJobs {
    static final int PARTITIONS_MAX = 16;

    /** @param factorMin shared are the keys whose keyspaces ask for at least so many replicas */
    record Job(long memberId, int factorMin, List<Integer> partitions) {
        List<TreeNode> nodes(Ring ring) {
            int depth = Integer.numberOfTrailingZeros(ring.topology().partitions());
            return partitions.stream().map(partition -> new TreeNode(ring.firstToken(partition), depth)).toList();
        }
    }

    private record Shared(long memberId, int factorMin) {}

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
                    .computeIfAbsent(job.factorMin, unused -> new ArrayList<>())
                    .addAll(job.partitions);
        }
        List<Job> joined = new ArrayList<>();
        shared.forEach((memberId, byFactor) -> byFactor.forEach((factorMin, partitions) -> {
            for (int from = 0; from < partitions.size(); from += PARTITIONS_MAX) {
                int to = Math.min(partitions.size(), from + PARTITIONS_MAX);
                joined.add(new Job(memberId, factorMin, List.copyOf(partitions.subList(from, to))));
            }
        }));
        return joined;
    }

    /** The jobs of one partition. */
    static List<Job> of(Ring ring, long selfId, int partition) {
        int[] preference = ring.preferenceOf(partition);
        int replicas = Math.min(mostReplicas(ring), preference.length);
        int self = placeOf(ring, preference, replicas, selfId);
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; self >= 0 && i < replicas; i++) {
            if (i != self) {
                long memberId = ring.topology().members().get(preference[i]).id();
                jobs.add(new Job(memberId, Math.max(i, self) + 1, List.of(partition)));
            }
        }
        return jobs;
    }

    private static int placeOf(Ring ring, int[] preference, int replicas, long memberId) {
        for (int i = 0; i < replicas; i++) {
            if (ring.topology().members().get(preference[i]).id() == memberId) {
                return i;
            }
        }
        return -1;
    }

    private static int mostReplicas(Ring ring) {
        return ring.topology().keyspaces().stream().mapToInt(Keyspace::replicationFactor).max().orElse(0);
    }
}
